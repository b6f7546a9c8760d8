"""What a dry run says: where a request would go, as what, and what it would cost. Nothing is sent."""

from __future__ import annotations

import json
from typing import Any

from ..records import Generation


def dry_run(plan: Any, found: Generation | None) -> str:
    """A line for each thing: the service's plan for an order, and the stored generation that answers it, if any."""
    cost = "unknown" if plan.estimate.amount is None else f"{plan.estimate.amount:.4f} {plan.estimate.currency}"
    lines = [
        f"route        {plan.route.name} ({plan.route.owner})",
        f"model        {plan.model}",
        f"would        {'replay ' + found.id if found else 'ask, streaming' if plan.stream else 'ask'}",
        f"estimate     {'nothing: it is in the library' if found else cost}",
        f"parameters   {json.dumps(plan.request.params(), ensure_ascii=False, default=dict)}",
        f"fingerprint  {plan.order.request.fingerprint()}",
        *(f"warning      {warning}" for warning in plan.warnings),
        f"prompt       {plan.order.request.prompt}",
    ]
    return "\n".join(lines)
