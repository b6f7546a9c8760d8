"""What is to be done, as values: the order as it was given, and the plan that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from ..errors import ConfigInvalid
from ..providers import DIALECTS
from ..providers.routes import Route
from ..records import Generation
from ..records.lock import Pin
from ..request import ImageRequest
from ..request.prices import UNKNOWN, Cost
from ..request.rules import Rules

if TYPE_CHECKING:
    from ..library import Balance

STILL = ("gif", "svg")
"Formats that do not stream."


@dataclass(frozen=True)
class Finish:
    """How answers are to be finished: protected pixels put back, a flat ground removed."""

    composite: bool = False
    cutout: bool = False

    def __bool__(self) -> bool:
        return bool(self.composite or self.cutout)


@dataclass(frozen=True)
class Order:
    """A request and how it is to be met; nothing here is part of its identity."""

    request: ImageRequest
    route: str | None = None
    "The route that was named for this very request; None leaves the choice open."
    via: str | None = None
    "The dialect that was named; None takes the route's usual one."
    fallback: tuple[str, ...] = ()
    "Routes that are tried in turn where the first fails."
    mode: str = "auto"
    take: int | None = None
    name: str | None = None
    composite: bool = False
    "Put the pixels that the mask protects back into the answer."
    previews: bool = False
    image_input: str | None = None
    "How a conversation's pictures are sent: data (URLs), url (links that the user gave), or file (sent once)."
    place: Mapping[str, str | None] = field(default_factory=dict)
    "notebook, cell_id, kernel, run, front_end and execution_count, as far as known."
    pin: Pin | None = None
    "What the lock in force pins it to: nothing else answers it, and nothing is asked for in its stead."
    unpinned: str = ""
    "A sentence, where it is pinned to another take than the one that was named."

    @property
    def finish(self) -> Finish:
        """How its answers are to be finished."""
        return Finish(self.composite, bool(self.request.cutout))


HOW = tuple(item.name for item in fields(Order) if item.name not in ("request", "pin", "unpinned"))
"Options that say how a request is to be met; all others are what is asked. What is pinned is no option."


@dataclass(frozen=True)
class Plan:
    """What will happen to an order: where it goes, as which model, what it may cost, and what is odd about it."""

    order: Order
    route: Route
    dialect: str
    model: str
    request: ImageRequest
    "What is sent: the order's request with partial_images settled, and its pictures as the route takes them."
    stream: bool
    main_model: str | None = None
    "The model that leads, where the dialect converses."
    estimate: Cost = UNKNOWN
    ceiling: Cost = UNKNOWN
    "The most that it may cost, where the model decides: what budgets reckon with."
    warnings: tuple[str, ...] = ()
    keyed: bool = False
    "Whether the picture is drawn on a flat colour, to be cut out."

    @property
    def expected(self) -> float | None:
        """What it will probably cost; the most where only that is known, None where nothing is."""
        return self.ceiling.amount if self.estimate.amount is None else self.estimate.amount

    @property
    def rules(self) -> Rules:
        """What route and dialect add to the model's rules."""
        route, dialect = self.route, DIALECTS[self.dialect]
        takes = [taken for taken in (route.takes, dialect.takes) if taken is not None]
        return Rules(
            refuses=route.refuses,
            takes=tuple(name for name in takes[0] if all(name in others for others in takes)) if takes else None,
            ratios=route.ratios,
            edits=bool(route.edit_path) or self.dialect != "images" or route.edit_body == "image_array",
            converses=dialect.converses,
            main_model=self.main_model,
        )


@dataclass(frozen=True)
class Outlook:
    """What would come of an order, of which nothing is sent: its plan, or the stored generation that answers it."""

    plan: Plan
    endpoint: str
    found: Generation | None = None
    balances: tuple[Balance, ...] = ()
    refusals: tuple[str, ...] = ()
    "Why it would fail before anything is sent."

    @property
    def would(self) -> str:
        """ "replay", "ask" or "fail"."""
        return "replay" if self.found else "fail" if self.refusals else "ask"


def dialect_of(order: Order, route: Route) -> str:
    """The dialect to speak: the one that was named, else one that can do what is asked, else the route's usual one.

    Raises ConfigInvalid where the route does not speak the one that was named.
    """
    if order.via is not None:
        if order.via not in route.dialects:
            raise ConfigInvalid(
                f"route {route.name!r} does not speak {order.via!r}",
                hint=f"it speaks {', '.join(route.dialects)}; also_speaks in its table may add others",
            )
        return order.via
    if order.request.operation == "converse" or order.request.continues is not None:
        return next((name for name in route.dialects if DIALECTS[name].converses), route.dialect)
    return route.dialect


def settle(order: Order, route: Route, model: str, main_model: str, partial_images: int) -> Plan:
    """The plan for an order, unchecked: its parameters may be anything; `partial_images` is what previews take."""
    request = order.request
    name = dialect_of(order, route)
    dialect = DIALECTS[name]
    streams = route.streaming and dialect.streams and request.output_format not in STILL
    asked = request.partial_images
    if asked is None:
        asked = partial_images if order.previews and streams and request.stream is not False else 0
    wanted = isinstance(asked, int) and asked > 0
    stream = streams and (wanted if request.stream is None else bool(request.stream))
    if stream and isinstance(asked, int):
        asked = max(asked, route.min_partial_images)
    asked = asked if streams or request.partial_images is None else 0
    return Plan(
        order,
        route,
        name,
        model,
        replace(request, partial_images=asked or None),
        stream,
        main_model=(request.main_model or main_model) if dialect.converses else None,
    )
