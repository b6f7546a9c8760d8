"""Pictures without a ground from models that have none: drawn on a flat colour, which is removed afterwards."""

from __future__ import annotations

from dataclasses import replace

from ..errors import RequestInvalid
from ..pictures.cutout import instruction, key_for
from ..request.capabilities import Capabilities
from ..request.checks import check
from .plan import Plan

SEE_THROUGH = ("png", "webp")
"Formats that keep transparency."


def keyed(plan: Plan, facts: Capabilities) -> Plan:
    """The plan of an order with `cutout`: as it is where the model has transparent backgrounds, else on a flat colour.

    Raises RequestInvalid where nothing is to be transparent.
    """
    asked = plan.order.request
    if not asked.cutout:
        return plan
    if asked.background != "transparent":
        raise RequestInvalid(
            "cutout is for transparent backgrounds", hint="add --background transparent", param="cutout"
        )
    if asked.output_format not in (None, *SEE_THROUGH):
        raise RequestInvalid(
            f"a cutout cannot be {asked.output_format}", hint=f"use {' or '.join(SEE_THROUGH)}", param="output_format"
        )
    native = replace(plan, request=replace(plan.request, cutout=None))
    if _has_transparency(native, facts):
        return native
    key = key_for(asked.prompt)
    prompt = f"{asked.prompt}\n\n{instruction(key)}"
    note = (
        f"{plan.model} has no transparent background for certain: it is asked to draw on {key}, which is then removed"
    )
    return replace(
        native, request=replace(native.request, background=None, prompt=prompt), warnings=(note,), keyed=True
    )


def _has_transparency(plan: Plan, facts: Capabilities) -> bool:
    table = facts.model(plan.model)
    if table is None or table.get("transparent", "yes") != "yes":
        return False
    try:
        check(plan.request, plan.model, facts, rules=plan.rules, any_model=plan.route.any_model)
    except RequestInvalid as exc:
        if exc.param == "background":
            return False
        raise
    return True
