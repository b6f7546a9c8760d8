"""What a plan will cost, and what its answer did: from the tables of prices, the provider's count, and this library's history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..events import Answered
from ..library import Allowance
from ..providers import DIALECTS
from ..request import ImageRequest
from ..request.prices import FREE, UNKNOWN, Cost, Price
from .plan import Plan
from .tools import Tools

if TYPE_CHECKING:
    from ..library import Budget

NO_PRICE = Cost(None, None, "")
"Of a plan whose route has not said what it asks, nor in what."


def estimated(plan: Plan, tools: Tools) -> Plan:
    """The plan with its estimate, and the most that it may cost. Prices that are fixed need no history."""
    if plan.route.free:
        return replace(plan, estimate=FREE, ceiling=FREE)
    price = _price(plan, tools)
    if price is None:
        return replace(plan, estimate=NO_PRICE, ceiling=NO_PRICE)
    asked = plan.request if plan.stream else replace(plan.request, partial_images=None)
    estimate, ceiling = price.estimate(asked), price.at_most(asked)
    if price.call is not None or price.picture:
        return replace(plan, estimate=estimate, ceiling=ceiling)
    usual = tools.library.usual_cost(asked, plan.model, plan.route.name, plan.main_model, price.partials(1))
    if usual is not None:
        pictures, partials = asked.n or 1, price.partials(asked.partial_images or 0)
        estimate = Cost(round(pictures * (usual.mean + partials), 6), "history", price.currency)
        dearest = round(pictures * (usual.most + partials), 6)
        if ceiling.amount is None or dearest > ceiling.amount:
            ceiling = replace(estimate, amount=dearest)
    return replace(plan, estimate=estimate, ceiling=ceiling)


def paid(plan: Plan, tools: Tools, answered: Answered | None, pictures: int) -> Cost:
    """What the call cost: by the route's price, as the provider counted, else as estimated where a picture came."""
    if plan.route.free or (answered and answered.sketch):
        return FREE
    price = _price(plan, tools)
    if price is None:
        return UNKNOWN
    usage, converses = answered.usage if answered else None, DIALECTS[plan.dialect].converses
    cost = price.actual(
        usage, _as_it_came(plan, answered), pictures, _writers(plan, tools, answered), converses=converses
    )
    if not pictures or cost.basis not in (None, "estimate") or not _is_better(plan.estimate, cost, price):
        return cost
    each = (plan.estimate.amount or 0.0) / (plan.request.n or 1)
    return Cost(round(each * pictures, 6), "estimate", price.currency)


def allowance(plan: Plan, budgets: Sequence[Budget]) -> Allowance:
    """What the budgets have to allow for, before the plan is carried out."""
    return Allowance(tuple(budgets), plan.ceiling.amount, plan.ceiling.currency)


def uncountable(plan: Plan) -> str | None:
    """Why a budget cannot count a plan beforehand; None where it can."""
    if plan.ceiling.amount is not None:
        return None
    of = f"what {plan.model} costs on route {plan.route.name} is not known"
    if plan.ceiling == NO_PRICE:
        return f"{of}: it cannot be counted against the budget"
    return f"{of} before: the budget counts it only afterwards"


def unpriced(plan: Plan, answered: Answered | None) -> str:
    """What is not in a cost that lacks something."""
    return f"the tokens of {_writer(plan, answered) or 'the model that wrote'} are not in the cost: their price is not known"


def _is_better(before: Cost, after: Cost, price: Price) -> bool:
    """Whether the estimate before says more than the one after: what the like has cost says more than a table."""
    if before.amount is None or price.picture:
        return False
    return after.amount is None or before.basis == "history"


def _price(plan: Plan, tools: Tools) -> Price | None:
    return plan.route.price(plan.model, tools.facts(plan.route))


def _writers(plan: Plan, tools: Tools, answered: Answered | None) -> Price | None:
    """The price of the model that writes beside the one that draws: a conversation's main model, an SVG's author."""
    name = _writer(plan, answered)
    return plan.route.price(name, tools.capabilities) if name else None


def _writer(plan: Plan, answered: Answered | None) -> str | None:
    svg = ((answered.usage if answered else None) or {}).get("svg_usage")
    return plan.main_model or (str(svg.get("model") or "") if isinstance(svg, Mapping) else None)


def _as_it_came(plan: Plan, answered: Answered | None) -> ImageRequest:
    """The request, with the size and quality that the model chose where it was left to it."""
    said = answered.effective if answered else {}
    chosen = {
        name: said[name]
        for name in ("size", "quality")
        if getattr(plan.request, name) in (None, "auto") and isinstance(said.get(name), str)
    }
    return replace(plan.request, **chosen)
