"""What was spent, held against what may be: budgets are checked where a generation is claimed, under the write lock, so that
two requests at once cannot both take what is left."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import ColumnElement, Connection, case, func, or_, select
from ulid import ULID

from ..errors import BudgetExceeded
from . import tables
from .budgets import Allowance, Balance, Budget
from .costs import MAYBE_PAID

WAY_OUT = (
    "raise it with %imagegen budget, IMGNB_BUDGET or the setting budget, or ask for less: --quality low, fewer or smaller "
    "pictures"
)

IMPORTED = "imported"
"The session of what was drawn elsewhere: others have paid for it, so it counts against no budget here."

_ROW = tables.generation.c


def check(
    connection: Connection, allowance: Allowance, session: str, notebook: str | None, apart_from: str | None = None
) -> None:
    """Raise BudgetExceeded when a budget is used up, or would be passed. What costs nothing passes always.

    What a generation that is already running may cost is not counted where it is this very one: `apart_from`.
    """
    for budget in allowance.budgets if allowance.amount != 0 else ():
        if refusal := allowance.refusal(balance(connection, budget, session, notebook, apart_from)):
            raise BudgetExceeded(f"{refusal}; nothing was sent", hint=WAY_OUT)


def balance(
    connection: Connection, budget: Budget, session: str, notebook: str | None, apart_from: str | None = None
) -> Balance:
    """What was paid in the budget's time or place; of what still runs, or may have been charged, what was expected."""
    amount = case((or_(_ROW.status == "running", MAYBE_PAID), _ROW.cost_estimate), else_=_ROW.cost)
    conditions = [_ROW.currency == budget.currency, _ROW.session != IMPORTED, _scope(budget, session, notebook)]
    conditions += [] if apart_from is None else [_ROW.id != apart_from]
    query = select(func.coalesce(func.sum(amount), 0.0)).where(*conditions)
    return Balance(budget, float(connection.scalar(query) or 0.0))


def _scope(budget: Budget, session: str, notebook: str | None) -> ColumnElement[bool]:
    if budget.per == "day":
        # Combined first: on a day when the clocks change, midnight has another offset than now.
        midnight = datetime.combine(date.today(), time.min).astimezone()
        return _ROW.id >= str(ULID.from_datetime(midnight))[:10]
    if budget.per == "notebook" and notebook is not None:
        return _ROW.notebook == notebook
    return _ROW.session == session  # also for a notebook that does not say its name
