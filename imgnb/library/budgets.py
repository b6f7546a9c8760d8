"""What may be spent: per session, day or notebook. Checked where a generation is claimed, under the write lock, so that
two requests at once cannot both take what is left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args

from sqlalchemy import ColumnElement, Connection, case, func, select
from ulid import ULID

from ..errors import BudgetExceeded, ConfigInvalid
from . import tables

Per = Literal["session", "day", "notebook"]

_ROW = tables.generation.c
_GRAMMAR = re.compile(
    r"\$?\s*(\d{1,12}(?:\.\d{1,6})?)\s*(usd|credits)?\s*(?:(?:per\b|a\b|/)\s*(session|day|notebook))?", re.IGNORECASE
)


@dataclass(frozen=True)
class Budget:
    """An amount, in USD or credits, that a session (of a kernel), a day (local time) or a notebook may cost."""

    amount: float
    per: Per = "session"
    currency: str = "USD"

    @classmethod
    def parse(cls, text: str | float, source: str = "") -> Budget:
        """The budget that "5", "5.00 per day" or "40 credits per notebook" means. Raises ConfigInvalid for anything else."""
        match = _GRAMMAR.fullmatch(str(text).strip())
        if match is None or isinstance(text, bool):
            raise ConfigInvalid(
                f"{source}budget is {text!r}", hint='write it as 5.00, "5.00 per day" or "40 credits per notebook"'
            )
        amount, currency, per = match.groups()
        unit = "credits" if (currency or "").lower() == "credits" else "USD"
        return cls(float(amount), cast(Per, (per or "session").lower()), unit)

    def __str__(self) -> str:
        return f"{money(self.amount, self.currency)} per {self.per}"


PERS: tuple[str, ...] = get_args(Per)


def money(amount: float, currency: str) -> str:
    """An amount as people read it: 0.05 USD, 0.0053 USD, 12 credits."""
    if currency != "USD":
        return f"{amount:g} {currency}"
    return f"{amount:.2f} USD" if round(amount, 2) == round(amount, 4) else f"{amount:.4f} USD"


@dataclass(frozen=True)
class Allowance:
    """The budgets that a request must keep to, and what it may cost at most; None where nobody knows."""

    budgets: tuple[Budget, ...]
    amount: float | None
    currency: str = "USD"

    def check(self, connection: Connection, session: str, notebook: str | None) -> None:
        """Raise BudgetExceeded when a budget is used up, or would be passed. What costs nothing passes always."""
        if self.amount == 0:
            return
        for budget in self.budgets:
            if self.amount is None or self.currency == budget.currency:
                self._check(budget, budget.amount - spent(connection, budget, session, notebook))

    def _check(self, budget: Budget, left: float) -> None:
        if left > 0 if self.amount is None else self.amount <= left + 1e-9:
            return
        asked = "its cost is not known" if self.amount is None else f"this may cost {money(self.amount, self.currency)}"
        raise BudgetExceeded(
            f"the budget of {budget} leaves {money(max(left, 0.0), budget.currency)}, and {asked}; nothing was sent",
            hint="raise it with %imagegen budget, IMGNB_BUDGET or the setting budget, or ask for less: --quality low, fewer "
            "or smaller pictures",
        )


def spent(connection: Connection, budget: Budget, session: str, notebook: str | None) -> float:
    """What was paid in the budget's time or place; of a request that still runs, what it was expected to cost."""
    amount = case((_ROW.status == "running", _ROW.cost_estimate), else_=_ROW.cost)
    query = select(func.coalesce(func.sum(amount), 0.0)).where(
        _ROW.currency == budget.currency, _scope(budget, session, notebook)
    )
    return float(connection.scalar(query) or 0.0)


def _scope(budget: Budget, session: str, notebook: str | None) -> ColumnElement[bool]:
    if budget.per == "day":
        midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return _ROW.id >= str(ULID.from_datetime(midnight))[:10]
    if budget.per == "notebook" and notebook is not None:
        return _ROW.notebook == notebook
    return _ROW.session == session  # also for a notebook that does not say its name
