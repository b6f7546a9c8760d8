"""What a plan will cost: from what the like has cost in this library, else from the tables of prices."""

from __future__ import annotations

from dataclasses import replace

from ..request.prices import FREE, UNKNOWN, Cost
from .plan import Plan
from .tools import Tools


def estimated(plan: Plan, tools: Tools) -> Plan:
    """The plan with its estimate, and the most that it may cost. Prices that are fixed need no history."""
    if plan.route.free:
        return replace(plan, estimate=FREE, ceiling=FREE)
    price = plan.route.price(plan.model, tools.facts(plan.route))
    if price is None:
        return replace(plan, estimate=UNKNOWN, ceiling=UNKNOWN)
    asked = plan.request if plan.stream else replace(plan.request, partial_images=None)
    estimate, ceiling = price.estimate(asked), price.at_most(asked)
    if price.call is None and not price.picture:
        partial = price.partials(1)
        each = tools.library.usual_cost(asked, plan.model, plan.route.name, partial)
        if each is not None:
            amount = (asked.n or 1) * (each + price.partials(asked.partial_images or 0))
            estimate = Cost(round(amount, 6), "history", price.currency)
            if ceiling.amount is None or estimate.amount is None or estimate.amount > ceiling.amount:
                ceiling = estimate
    return replace(plan, estimate=estimate, ceiling=ceiling)
