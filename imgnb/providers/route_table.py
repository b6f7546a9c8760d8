"""What the routes can do, as rows for `imgnb routes` and `%imagegen routes`: from the tables alone, nobody is asked.

A row never holds a key, only where it would come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from ..config import ENVIRONMENT
from ..request.capabilities import Capabilities
from ..request.prices import Price
from . import keys
from .dialects import DIALECTS
from .routes import Route

PICKED = "*"
"Stands before the route that is taken when none is named."


@dataclass(frozen=True)
class RouteRow:
    """One route, in plain values."""

    name: str
    owner: str
    base_urls: tuple[str, ...]
    dialects: tuple[str, ...]
    model: str
    "The model that it is asked for when nothing is said; what it can do is said of that one."
    streaming: bool
    edits: bool
    mask: bool
    conversations: bool
    files: bool
    transparent: str
    "yes, no, preview, or not known."
    sizes: str
    ratios: tuple[str, ...]
    price: str
    key_variable: str | None
    key_from: str | None
    "environment or keyring; None where there is no key, or none is needed."
    picked: bool
    probed: tuple[str, ...]
    "The settings that a probe found out, and when."
    probed_on: str | None

    @property
    def can(self) -> tuple[str, ...]:
        """What it can do, in a word each."""
        abilities = {
            "stream": self.streaming,
            "edit": self.edits,
            "mask": self.mask,
            "converse": self.conversations,
            "files": self.files,
            "transparent": self.transparent == "yes",
            "transparent (preview)": self.transparent == "preview",
        }
        return tuple(word for word, able in abilities.items() if able)

    @property
    def key(self) -> str:
        """Whether its key is there, in a few words."""
        if self.key_variable is None:
            return "none needed"
        if self.key_from == "keyring":
            return "in the keyring"
        return f"{self.key_variable} is {'set' if self.key_from else 'not set'}"

    def to_dict(self) -> dict[str, Any]:
        """The row as plain JSON values."""
        return asdict(self)


def route_rows(
    routes: Iterable[Route],
    facts: Capabilities,
    *,
    picked: str,
    model: str | None = None,
    environ: Mapping[str, str] = ENVIRONMENT,
) -> tuple[RouteRow, ...]:
    """A row for each route; `picked` is taken when none is named, `model` is the user's default model."""
    return tuple(_row(route, facts, route.name == picked, model, environ) for route in routes)


def table_text(rows: Iterable[RouteRow]) -> str:
    """The rows for people: two lines each, the same on any terminal."""
    return "\n".join(_lines(rows)) + f"\n\n{PICKED} is taken when no route is named; --route NAME names one"


def _lines(rows: Iterable[RouteRow]) -> Iterator[str]:
    yield _columns(" ", "route", "where", "speaks", "price", "key")
    for row in rows:
        mark, speaks = PICKED if row.picked else " ", ", ".join(row.dialects)
        yield _columns(mark, row.name, row.base_urls[0], speaks, row.price, row.key)
        owner = f"of {row.owner}; " if row.owner != row.name else ""
        yield f"{'':15}{owner}{', '.join(row.can) or 'pictures only'}; {', '.join(row.ratios) or row.sizes}"
        if len(row.base_urls) > 1:
            yield f"{'':15}also at {', '.join(row.base_urls[1:])}"
        if row.probed:
            yield f"{'':15}from the probe of {row.probed_on}: {', '.join(row.probed)}"


def _columns(mark: str, name: str, where: str, speaks: str, price: str, key: str) -> str:
    return f"{mark} {name:<12} {where:<36} {speaks:<23} {price:<25} {key}".rstrip()


def _row(route: Route, facts: Capabilities, picked: bool, model: str | None, environ: Mapping[str, str]) -> RouteRow:
    facts = facts.on(route.capabilities, route.offers)
    model = model or route.default_model or facts.default_model
    dialects = [DIALECTS[name] for name in route.dialects]
    return RouteRow(
        name=route.name,
        owner=route.owner,
        base_urls=route.base_urls,
        dialects=route.dialects,
        model=model,
        streaming=route.streaming and any(dialect.streams for dialect in dialects),
        edits=_edits(route) or route.edit_body == "image_array",
        mask=_edits(route) and "*" not in route.refuses.get("mask", {}) and _takes(route, "mask"),
        conversations=any(dialect.converses for dialect in dialects),
        files=route.files,
        transparent=_transparent(route, facts, model),
        sizes=_sizes(facts, model),
        ratios=route.ratios,
        price="free" if route.free else _price(route.price(model, facts), own=_has_own(route, model)),
        key_variable=route.key_env,
        key_from=key_from(route, environ),
        picked=picked,
        probed=route.probed,
        probed_on=route.probed_on,
    )


def key_from(route: Route, environ: Mapping[str, str] = ENVIRONMENT) -> str | None:
    """Where the route's key comes from: the environment, else the keyring; None where it is in neither."""
    if route.key_env and environ.get(route.key_env, "").strip():
        return "environment"
    stored = route.key_env and not route.from_project and route.name in keys.stored_routes(environ)
    return "keyring" if stored else None


def _edits(route: Route) -> bool:
    return bool(route.edit_path) or route.dialect != "images"


def _takes(route: Route, param: str) -> bool:
    return route.takes is None or param in route.takes


def _transparent(route: Route, facts: Capabilities, model: str) -> str:
    if route.any_model:
        return "yes"
    if not _takes(route, "background") or "transparent" in route.refuses.get("background", {}):
        return "no"
    table = facts.model(model)
    return "not known" if table is None else str(table.get("transparent", "yes"))


def _sizes(facts: Capabilities, model: str) -> str:
    rule = facts.size_rule(model)
    if rule is None:
        return "sizes not known"
    if "multiple" not in rule:
        return ", ".join(rule["usual"])
    return f"sizes in steps of {rule['multiple']} up to {rule['max_edge']}, {rule['max_ratio']:g}:1 at most"


def _has_own(route: Route, model: str) -> bool:
    return any(fnmatchcase(model, pattern) for pattern in route.prices)


def _price(price: Price | None, *, own: bool) -> str:
    """The price in a few words."""
    if price is None:
        return "not known"
    if price.call is not None:
        return f"{price.call:g} {price.currency} a call"
    if price.picture:
        amounts = "/".join(f"{amount:g}" for amount in price.picture.values())
        return f"{amounts} {price.currency} a picture"
    return "its own, by the token" if own else "OpenAI's prices"
