"""What is to be done, as values: the order as it was given, and the plan that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..providers.routes import Route
from ..request import ImageRequest
from ..request.prices import UNKNOWN, Cost

STILL = ("gif", "svg")
"Formats that do not stream."


@dataclass(frozen=True)
class Order:
    """A request and how it is to be met; nothing here is part of its identity."""

    request: ImageRequest
    route: str | None = None
    "The route that was named for this very request; None leaves the choice open."
    mode: str = "auto"
    take: int | None = None
    name: str | None = None
    previews: bool = False
    place: Mapping[str, str | None] = field(default_factory=dict)
    "notebook, cell_id and kernel, as far as known."


@dataclass(frozen=True)
class Plan:
    """What will happen to an order: where it goes, as which model, what it may cost, and what is odd about it."""

    order: Order
    route: Route
    model: str
    request: ImageRequest
    "The order's request with partial_images settled."
    stream: bool
    estimate: Cost = UNKNOWN
    warnings: tuple[str, ...] = ()


def settle(order: Order, route: Route, model: str, partial_images: int) -> Plan:
    """The plan for an order, unchecked: its parameters may be anything; `partial_images` is what previews take."""
    request = order.request
    streams = route.streaming and request.output_format not in STILL
    asked = request.partial_images
    if asked is None:
        asked = partial_images if order.previews and streams and request.stream is not False else 0
    wanted = isinstance(asked, int) and asked > 0
    stream = streams and (wanted if request.stream is None else bool(request.stream))
    if stream and isinstance(asked, int):
        asked = max(asked, route.min_partial_images)
    return Plan(order, route, model, replace(request, partial_images=asked or None), stream)
