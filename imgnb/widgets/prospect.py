"""What would come of a form if it were drawn now, in a few words: what it costs, that it is stored, or why it is refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..display.dry_run import BASES
from ..generation import Order
from ..request.prices import Cost
from ..workspace import Workspace
from .wording import in_words


@dataclass(frozen=True)
class Prospect:
    """`would` is what would happen; `hint` the way out where it would fail."""

    would: Literal["", "ask", "replay", "fail"]
    words: str
    hint: str = ""
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The prospect as plain JSON values."""
        return {**asdict(self), "hint": in_words(self.hint), "warnings": [in_words(one) for one in self.warnings]}


NOTHING_YET = Prospect("", "Say what to draw.")
NOT_YET_KNOWN = Prospect("", "Looking what this would cost …")


def prospect(workspace: Workspace, order: Order) -> Prospect:
    """What would come of the order; nothing is sent. Raises ImgnbError for one that may not be sent, KeyMissing too."""
    outlook = workspace.service.outlook(order)
    plan = outlook.plan
    if outlook.found is not None:
        return Prospect("replay", "In the library already: free.")
    if outlook.refusals:
        return Prospect("fail", outlook.refusals[0], "nothing would be sent")
    plan.route.key()
    return Prospect(
        "ask", f"{_cost(plan.estimate, plan.ceiling)} {plan.model} on {plan.route.name}.", "", plan.warnings
    )


def _cost(estimate: Cost, ceiling: Cost) -> str:
    """What it will cost, and what that rests on."""
    if estimate.basis == "free":
        return "Free."
    if estimate.amount is not None:
        return f"About {_amount(estimate)} ({BASES.get(estimate.basis, 'by the price of the route')})."
    if ceiling.amount is not None:
        return f"At most {_amount(ceiling)}."
    return "Its price is not known."


def _amount(cost: Cost) -> str:
    return f"{cost.amount:.4f} USD" if cost.currency == "USD" else f"{cost.amount:g} {cost.currency}"
