"""What a studio offers for the route and model that are chosen: from the tables alone, nobody is asked.

Only what can be done is offered. A value that a change of route or model has made impossible falls back, and a sentence
says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import gcd
from typing import Any

from ..generation.plan import STILL
from ..providers import DIALECTS
from ..providers.routes import Route, pick_route
from ..request.capabilities import Capabilities
from ..request.sizes import broken_rule, format_size, nearest_size, parse_size
from ..workspace import Workspace
from .form import Form

_WORDS = {"quality": "quality", "output_format": "format", "background": "background", "size": "size"}


@dataclass(frozen=True)
class RouteOffer:
    """A route that can be chosen; `missing` is the variable of a key that is not there."""

    name: str
    missing: str | None = None
    free: bool = False


@dataclass(frozen=True)
class SizeOffer:
    """A usual size, with its shape in words."""

    size: str
    ratio: str


@dataclass(frozen=True)
class Offers:
    """What may be chosen, and what it is where nothing is."""

    routes: tuple[RouteOffer, ...]
    route: str
    "The route that it goes to."
    models: tuple[str, ...]
    model: str
    sizes: tuple[SizeOffer, ...]
    free_size: Mapping[str, Any] | None
    "The rule of a size that is not among the usual ones; None where there is no other."
    qualities: tuple[str, ...]
    formats: tuple[str, ...]
    backgrounds: tuple[str, ...]
    transparent: str
    "yes, no or preview, with this model on this route."
    pictures: int
    "The most in one request."
    partials: int
    "The most previews; 0 where it does not stream."
    edits: bool
    masks: bool
    references: int
    "The most pictures that may go in."
    no_reference: str = ""
    "Why no other picture may go in; empty where it may."
    no_mask: str = ""
    "Why a mask may not."

    def to_dict(self) -> dict[str, Any]:
        """The offers as plain JSON values."""
        return asdict(self)

    def settled(self, form: Form) -> tuple[Form, tuple[str, ...]]:
        """The form with what is offered, and a sentence for each value that is not and so falls back."""
        changes: dict[str, Any] = {}
        notes: list[str] = []
        for name, offered in (
            ("model", self.models), ("quality", self.qualities), ("output_format", self.formats),
            ("background", self.backgrounds),
        ):  # fmt: skip
            value = getattr(form, name)
            if value is not None and offered and value not in offered:
                changes[name] = None
                notes.append(
                    f"{_WORDS.get(name, name)} {value} is not offered by {self._who(name)}: the default is used"
                )
            elif value is not None and not offered and name != "model":
                changes[name] = None
                notes.append(f"{self._who(name)} takes no {_WORDS[name]}: it is left out")
        if form.size is not None and (fallen := self._size(form.size)):
            changes["size"], said = fallen
            notes.append(said)
        for name, most, what in (("n", self.pictures, "pictures"), ("partial_images", self.partials, "previews")):
            value = getattr(form, name)
            if value is not None and value > most:
                changes[name] = most if most else None
                notes.append(f"{value} {what} are more than it gives at once: {most or 'none'}")
        if form.n == 0:
            changes["n"] = None
        return replace(form, **changes), tuple(notes)

    def _who(self, name: str) -> str:
        return self.route if name == "model" else self.model

    def _size(self, size: str) -> tuple[str | None, str] | None:
        """The size to use in the place of this one, and why; None where it may stay."""
        if size in ("auto", *(offer.size for offer in self.sizes)):
            return None
        parsed = parse_size(size)
        if parsed is None or not self.sizes:
            return None, f"size {size} is not offered: the model decides"
        rule = self.free_size or {"usual": [offer.size for offer in self.sizes]}
        if all(parse_size(offer.size) is None for offer in self.sizes):
            return None  # a route of ratios turns a size into one, and says so
        broken = broken_rule(parsed, rule)
        near = format_size(nearest_size(parsed, rule))
        return (near, f"{size} {broken}: {near} is used") if broken else None


def offered(workspace: Workspace, form: Form) -> Offers:
    """What may be chosen beside what the form says. Raises ConfigInvalid for a route that does not exist."""
    route = pick_route(workspace.routes, form.route or workspace.settings.route)
    facts = workspace.capabilities.on(route.capabilities, route.offers)
    usual = workspace.settings.model or route.default_model or facts.default_model
    model = form.model or usual
    if route.offers and model not in facts.models:
        model = usual
    rule = facts.size_rule(model) or facts.size_rule(facts.default_model) or {"usual": (), "auto": True}
    transparent = _transparent(route, facts, model)
    return Offers(
        routes=tuple(_route_offer(found) for found in workspace.routes.values()),
        route=route.name,
        models=tuple(dict.fromkeys((*facts.models, *([usual] if usual not in facts.models else [])))),
        model=model,
        sizes=_sizes(route, rule),
        free_size=rule if "multiple" in rule and not route.ratios and _takes(route, "size") else None,
        qualities=_values(route, facts, "quality", model),
        formats=_values(route, facts, "output_format", model),
        backgrounds=_backgrounds(route, facts, form, model, transparent),
        transparent=transparent,
        pictures=_pictures(route, facts, form),
        partials=_partials(route, facts, form),
        edits=_edits(route),
        masks=_masks(route),
        references=(most := int(facts.limits["images"]) if _edits(route) else 0),
        no_reference=_no_reference(route, most, form),
        no_mask="" if _masks(route) else f"{route.name} takes no masks: choose another route",
    )


def _route_offer(route: Route) -> RouteOffer:
    return RouteOffer(route.name, None if route.has_key() else route.key_env, route.free)


def _takes(route: Route, param: str) -> bool:
    """Whether the route and its usual protocol have the parameter."""
    lists = [taken for taken in (route.takes, DIALECTS[route.dialect].takes) if taken is not None]
    return all(param in taken for taken in lists) and "*" not in route.refuses.get(param, {})


def _values(route: Route, facts: Capabilities, param: str, model: str) -> tuple[str, ...]:
    """What the parameter may be; nothing where it is not taken."""
    table = facts.model(model) or {}
    if not _takes(route, param) or param in table.get("refuses", ()):
        return ()
    refused = route.refuses.get(param, {})
    return tuple(value for value in facts.choices(param, model) if value not in refused)


def _transparent(route: Route, facts: Capabilities, model: str) -> str:
    if not _takes(route, "background") or "transparent" in route.refuses.get("background", {}):
        return "no"
    return str((facts.model(model) or {}).get("transparent", "yes"))


def _backgrounds(route: Route, facts: Capabilities, form: Form, model: str, transparent: str) -> tuple[str, ...]:
    alpha = facts.facts["formats"].get(form.output_format or "png", {}).get("alpha", True)
    found = _values(route, facts, "background", model)
    return found if alpha and transparent != "no" else tuple(value for value in found if value != "transparent")


def _pictures(route: Route, facts: Capabilities, form: Form) -> int:
    if not _takes(route, "n") or DIALECTS[route.dialect].converses:
        return 1
    return int(facts.facts["formats"].get(form.output_format or "png", {}).get("max_n", facts.limits["n"][1]))


def _partials(route: Route, facts: Capabilities, form: Form) -> int:
    if not (route.streaming and DIALECTS[route.dialect].streams) or form.output_format in STILL:
        return 0
    return int(facts.limits["partial_images"][1])


def _edits(route: Route) -> bool:
    return bool(route.edit_path) or route.dialect != "images" or route.edit_body == "image_array"


def _masks(route: Route) -> bool:
    return _edits(route) and _takes(route, "mask")


def _no_reference(route: Route, most: int, form: Form) -> str:
    if not most:
        return f"{route.name} takes no pictures: choose another route"
    return f"{most} pictures are the most that may go in: take one out" if len(form.images) >= most else ""


def _sizes(route: Route, rule: Mapping[str, Any]) -> tuple[SizeOffer, ...]:
    if not _takes(route, "size"):
        return ()
    if route.ratios:
        return tuple(SizeOffer(ratio, ratio) for ratio in route.ratios)
    return tuple(SizeOffer(size, _ratio(size)) for size in rule["usual"])


def _ratio(size: str) -> str:
    """The shape of a size: "3:2"."""
    width, height = parse_size(size) or (1, 1)
    common = gcd(width, height) or 1
    return f"{width // common}:{height // common}"
