"""Whether protected pixels can be put back into what will come, told before it is paid for."""

from __future__ import annotations

from ..errors import RequestInvalid
from ..pictures.composite import is_aligned
from ..pictures.conversion import upright_size
from ..request.sizes import format_size, parse_size
from .plan import Plan


def check_composite(plan: Plan) -> None:
    """Raise RequestInvalid where there is no mask, where a ground is to be cut out as well, or the shape cannot fit."""
    order = plan.order
    if order.request.reference("mask") is None:
        raise RequestInvalid(
            "composite puts back what a mask protects, and there is none", hint="add --mask", param="composite"
        )
    if order.request.cutout:
        raise RequestInvalid(
            "composite keeps a picture's ground and cutout removes it", hint="leave one out", param="composite"
        )
    given = next(
        iter(order.request.images or (order.request.continues.pictures if order.request.continues else ())), None
    )
    asked = parse_size(order.request.size) if order.request.size else None
    if given is None or asked is None:
        return
    base = upright_size(given.path)
    if not is_aligned(base, asked):
        raise RequestInvalid(
            f"size {order.request.size} has not the proportions of the picture, {format_size(base)}: its protected pixels "
            "could not be put back",
            hint=f"ask for {format_size(base)} or another size of those proportions, or leave composite out",
            param="composite",
        )
