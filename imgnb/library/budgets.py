"""What may be spent: per session, day or notebook, as plain values. What was spent is added up in `spending.py`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from ..errors import ConfigInvalid

Per = Literal["session", "day", "notebook"]

OFF = "off"
"What is said in place of an amount where nothing is to limit what is spent."

_GRAMMAR = re.compile(
    r"\$?\s*(\d{1,12}(?:\.\d{1,6})?)\s*(usd|credits)?\s*(?:(?:per\b|a\b|/)\s*(session|day|notebook))?", re.IGNORECASE
)
_SMALLEST = 1e-9
# Sums of cents are not exact in binary: what is exactly left may be spent.


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

    @property
    def kind(self) -> tuple[str, str]:
        """What there is one budget for: its time or place, and its currency."""
        return self.per, self.currency

    def __str__(self) -> str:
        return f"{money(self.amount, self.currency)} per {self.per}"


def parse_budgets(texts: Iterable[str | float], source: str = "") -> tuple[Budget, ...]:
    """The budgets that these mean, of several of a kind the smallest; "off" means none."""
    found: dict[tuple[str, str], Budget] = {}
    for text in texts:
        if str(text).strip().lower() == OFF:
            return ()
        budget = Budget.parse(text, source)
        found[budget.kind] = min(budget, found.get(budget.kind, budget), key=lambda one: one.amount)
    return tuple(found.values())


def money(amount: float, currency: str) -> str:
    """An amount as people read it: 0.05 USD, 0.0053 USD, 12 credits."""
    if currency != "USD":
        return f"{round(amount, 4):g} {currency}"
    return f"{amount:.2f} USD" if round(amount, 2) == round(amount, 4) else f"{amount:.4f} USD"


@dataclass(frozen=True)
class Balance:
    """A budget and what counts against it now."""

    budget: Budget
    spent: float

    @property
    def left(self) -> float:
        return max(self.budget.amount - self.spent, 0.0)

    def to_dict(self) -> dict[str, str | float]:
        """As JSON has it."""
        budget = self.budget
        amounts = {"amount": budget.amount, "spent": round(self.spent, 6), "left": round(self.left, 6)}
        return {"per": budget.per, "currency": budget.currency, **amounts}

    def __str__(self) -> str:
        currency = self.budget.currency
        return f"{self.budget}: {money(self.spent, currency)} spent, {money(self.left, currency)} left"


@dataclass(frozen=True)
class Allowance:
    """The budgets that a request must keep to, and what it may cost at most on the way that it is to go."""

    budgets: tuple[Budget, ...]
    amount: float | None
    "None where nobody knows; then it passes for as long as something is left."
    currency: str = "USD"
    'What it is paid in; "" where nobody knows that, either.'

    def refusal(self, balance: Balance) -> str | None:
        """Why a budget that stands like this does not allow for it; None where it does."""
        left, currency = balance.left, balance.budget.currency
        if self.currency not in (currency, "") or self.amount == 0:
            return None
        if left > _SMALLEST if self.amount is None else self.amount <= left + _SMALLEST:
            return None
        asked = (
            "what this costs is not known" if self.amount is None else f"this may cost {money(self.amount, currency)}"
        )
        return f"the budget of {balance.budget} leaves {money(left, currency)}, and {asked}"
