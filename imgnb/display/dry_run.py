"""What a dry run says: where a request would go, as what, and what it would cost. Nothing is sent."""

from __future__ import annotations

import json
from typing import Any

BASES = {
    "estimate": "by the tables of prices",
    "history": "by what the like has cost in this library",
    "free": "this route is free",
    None: "no price is known",
}
"What an estimate rests on, in words."


def dry_run(outlook: Any) -> str:
    """A line for each thing that the service foresees for an order."""
    plan = outlook.plan
    lines = [
        f"route        {plan.route.name} ({plan.route.owner})",
        f"model        {plan.model}" + (f", led by {plan.main_model}" if plan.main_model else ""),
        f"would        {_would(outlook)}",
        f"estimate     {'nothing: it is in the library' if outlook.found else _expected(plan)}",
        *(f"budget       {balance}" for balance in outlook.balances),
        f"parameters   {json.dumps(plan.request.params(), ensure_ascii=False, default=dict)}",
        f"fingerprint  {plan.order.request.fingerprint()}",
        *(f"warning      {warning}" for warning in (*plan.warnings, *outlook.refusals)),
        f"prompt       {plan.order.request.prompt}",
    ]
    return "\n".join(lines)


def dry_run_document(outlook: Any) -> dict[str, Any]:
    """The same for programs, as JSON has it; `would` is "replay", "ask" or "fail"."""
    plan = outlook.plan
    replayed = {"amount": 0.0, "currency": plan.ceiling.currency or "USD", "basis": "replay"} if outlook.found else None
    return {
        "route": plan.route.name,
        "owner": plan.route.owner,
        "base_url": plan.route.base_url,
        "dialect": plan.dialect,
        "endpoint": outlook.endpoint,
        "model": plan.model,
        "main_model": plan.main_model,
        "stream": plan.stream,
        "would": outlook.would,
        "generation": outlook.found.id if outlook.found else None,
        "estimate": replayed or _cost(plan.estimate),
        "at_most": replayed or _cost(plan.ceiling),
        "budgets": [balance.to_dict() for balance in outlook.balances],
        "parameters": plan.request.params(),
        "warnings": [*plan.warnings, *outlook.refusals],
        "fingerprint": plan.order.request.fingerprint(),
        "prompt": plan.order.request.prompt,
    }


def _would(outlook: Any) -> str:
    if outlook.found:
        return f"replay {outlook.found.id}"
    return {"ask": "ask, streaming" if outlook.plan.stream else "ask"}.get(outlook.would, "be refused, see below")


def _expected(plan: Any) -> str:
    """The estimate, the most where that is another, and what they rest on."""
    estimate, ceiling = plan.estimate, plan.ceiling
    if estimate.amount is None and ceiling.amount is None:
        return (
            f"unknown ({BASES[None]})" if not ceiling.currency else "unknown (no such picture is in tables or library)"
        )
    if estimate.amount is None:
        return f"at most {_amount(ceiling)} ({BASES[ceiling.basis]}; it depends on what the model decides)"
    probable, most = _amount(estimate), _amount(ceiling)
    return f"{probable}{'' if most == probable else f', at most {most}'} ({BASES[estimate.basis]})"


def _amount(cost: Any) -> str:
    return f"{cost.amount:.4f} USD" if cost.currency == "USD" else f"{cost.amount:g} {cost.currency}"


def _cost(cost: Any) -> dict[str, Any]:
    return {"amount": cost.amount, "currency": cost.currency or None, "basis": cost.basis}
