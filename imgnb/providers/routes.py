"""Where requests can go: the routes of routes.toml and of the user's settings, as frozen values."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConfigInvalid, KeyMissing
from ..request.capabilities import Capabilities, check_table
from ..request.prices import Price, check_price
from ..request.sizes import parse_ratio
from . import keys
from .dialects import DIALECTS
from .keys import Key, checked

LOCAL = "local"
EDIT_BODIES = ("multipart", "json", "image_array")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Route:
    """One way to pictures; the fields are explained at the top of routes.toml."""

    name: str
    owner: str
    base_url: str
    dialect: str = "images"
    also_speaks: tuple[str, ...] = ()
    base_url_env: str | None = None
    fallback_base_urls: tuple[str, ...] = ()
    key_env: str | None = None
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    sketch: bool = False
    free: bool = False
    any_model: bool = False
    streaming: bool = True
    min_partial_images: int = 0
    generate_path: str = "/images/generations"
    edit_path: str = "/images/edits"
    edit_body: str = "multipart"
    image_field: str = "image[]"
    results: str = "data"
    response_format: str | None = None
    files: bool = False
    default_model: str | None = None
    main_model: str | None = None
    openai_prices: bool = False
    ratios: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    takes: tuple[str, ...] | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    query: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    models: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    refuses: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    capabilities: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _NOTHING)
    prices: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _NOTHING)
    from_project: bool = False
    from_file: str | None = None

    @property
    def dialects(self) -> tuple[str, ...]:
        """The wire protocols that it speaks, the usual one first."""
        return tuple(dict.fromkeys((self.dialect, *self.also_speaks)))

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Where it can be reached, the usual place first."""
        return tuple(dict.fromkeys((self.base_url, *self.fallback_base_urls)))

    def key(self, environ: Mapping[str, str] = os.environ) -> Key | None:
        """The key from the environment or the keyring, or None when the route needs none. Raises KeyMissing."""
        if not self.key_env:
            return None
        if value := environ.get(self.key_env, "").strip():
            return checked(value, self.key_env)
        if not self.from_project and (stored := keys.read(self.name, environ)):
            return stored
        raise KeyMissing(
            f"route {self.name!r} needs a key and {self.key_env} is not set",
            hint=f"set {self.key_env}, or put it into the keyring (imgnb keys set {self.name}), or use --route {LOCAL} "
            f"(IMGNB_ROUTE={LOCAL}) to run without a key",
        )

    def has_key(self, environ: Mapping[str, str] = os.environ) -> bool:
        """True when the route needs no key or its key is there."""
        return not self.key_env or bool(environ.get(self.key_env, "").strip()) or self._is_stored(environ)

    def _is_stored(self, environ: Mapping[str, str]) -> bool:
        return not self.from_project and self.name in keys.stored_routes(environ)

    def price(self, model: str, facts: Capabilities) -> Price | None:
        """What it asks for this model; None when that is not known."""
        for pattern, table in self.prices.items():
            if fnmatchcase(model, pattern):
                return Price.of(table, facts.limits["partial_image_tokens"])
        return facts.price(model) if self.openai_prices else None


def load_routes(
    tables: Mapping[str, Mapping[str, Any]] = _NOTHING, environ: Mapping[str, str] = os.environ
) -> dict[str, Route]:
    """All routes by name: the shipped ones, changed or joined by the user's `tables`, base URLs from the environment.

    Raises ConfigInvalid for a table that cannot be used.
    """
    shipped = _shipped()
    for name, table in tables.items():
        if table.get("from_project") and name in shipped:
            raise ConfigInvalid(
                f"a project's file may not decide where keys go, as its route {name!r} would",
                hint="give the route another name, or put it into your own config.toml",
            )
    return {name: _route(name, tables.get(name, {}), environ) for name in dict.fromkeys((*shipped, *tables))}


def pick_route(routes: Mapping[str, Route], name: str | None, environ: Mapping[str, str] = os.environ) -> Route:
    """The route of that name; without one, the first real route whose key is there, else `local`.

    Only shipped routes and the user's own are picked unnamed, never one that came with a project's file.
    """
    if name is None:
        for route in routes.values():
            if route.key_env and not route.from_project and route.has_key(environ):
                return route
        return routes[LOCAL]
    if name not in routes:
        close = get_close_matches(name, routes, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"routes are {', '.join(routes)}"
        raise ConfigInvalid(f"there is no route {name!r}", hint=hint)
    return routes[name]


def _route(name: str, table: Mapping[str, Any], environ: Mapping[str, str]) -> Route:
    """The route that the user's table makes, laid over the shipped one of that name."""
    where = f"{table['from_file']}: " if table.get("from_file") else ""
    _check_names(name, table, where)
    shipped = _shipped().get(name, {})
    values = {"owner": name, **shipped, **table}
    for key, value in shipped.items():
        if isinstance(value, Mapping) and key in table:
            values[key] = {**table[key], **{k: v for k, v in value.items() if k not in table[key]}}
    override = environ.get(str(values.get("base_url_env") or ""), "").strip()
    if not override and not values.get("base_url"):
        raise ConfigInvalid(
            f"{where}route {name!r} has no base_url", hint=f'add base_url = "https://host/v1" to [routes.{name}]'
        )
    base_url = (override or str(values["base_url"])).rstrip("/")
    others = [str(url).rstrip("/") for url in values.get("fallback_base_urls", ())]
    for url in (base_url, *others):
        if problem := _url_problem(url, shown=not override):
            said = f"{values['base_url_env']}: " if override and url == base_url else where
            raise ConfigInvalid(
                f"{said}route {name!r} has a base URL that {problem}", hint="give one as https://host/v1"
            )
    if shipped and (host := urlsplit(base_url).netloc) != urlsplit(shipped["base_url"]).netloc:
        # Another server than the owner's answers, so its name, prices and other addresses are not the owner's, unless the
        # user's own table says that they are.
        said_owner = None if override else table.get("owner")
        if said_owner != shipped["owner"]:
            told = {} if override else table
            values |= {"owner": said_owner or host, "openai_prices": told.get("openai_prices", False)}
            values |= {"prices": told.get("prices", {})}
        others = [] if override or "fallback_base_urls" not in table else others
    values |= {"name": name, "base_url": base_url, "fallback_base_urls": others}
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Route(**plain)


def _check_names(name: str, table: Mapping[str, Any], where: str) -> None:
    known = {item.name: item for item in fields(Route) if item.name != "name"}
    for key, value in table.items():
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"a route has {', '.join(sorted(known))}"
            raise ConfigInvalid(f"{where}route {name!r} has no setting {key!r}", hint=hint)
        if not _fits(value, str(known[key].type)):
            raise ConfigInvalid(
                f"{where}route {name!r}: {key} is {value!r}", hint=f"give {_KIND_NAMES[_kind(str(known[key].type))]}"
            )
    if table.get("from_project") and name in _shipped():
        raise ConfigInvalid(
            f"{where}a project's file may not change the route {name!r}, whose key would follow",
            hint="put the change into your own config.toml, or name that file with IMGNB_CONFIG",
        )
    for setting in ("dialect", "also_speaks", "edit_body"):
        given = table.get(setting, ())
        for value in [given] if isinstance(given, str) else given:
            _check_choice(name, setting, value, where)
    for pair in (*dict(table.get("headers", {})).items(), *dict(table.get("query", {})).items()):
        if not all(isinstance(part, str) and part.isascii() and part.isprintable() for part in pair):
            raise ConfigInvalid(
                f"{where}route {name!r} cannot send {pair[0]!r}", hint="headers and query are plain text"
            )
    if any(parse_ratio(ratio) is None for ratio in table.get("ratios", ())):
        raise ConfigInvalid(f"{where}route {name!r}: ratios is {table['ratios']!r}", hint='list ratios such as "16:9"')
    for model, facts in table.get("capabilities", {}).items():
        check_table(model, facts, source=f"{where}route {name!r}: ")
    for model, price in table.get("prices", {}).items():
        check_price(model, price, f"{where}route {name!r}: ")


def _check_choice(name: str, setting: str, value: str, where: str) -> None:
    choices = EDIT_BODIES if setting == "edit_body" else tuple(DIALECTS)
    if value not in choices:
        close = get_close_matches(value, choices, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ConfigInvalid(
            f"{where}route {name!r}: {setting} is {value!r}", hint=f"{hint}use one of {', '.join(choices)}"
        )


_KIND_NAMES = {
    "str": "text, in quotes",
    "bool": "true or false",
    "int": "a whole number from 0",
    "tuple": 'a list of texts, such as ["a", "b"]',
    "Mapping": "a table",
}


def _kind(annotation: str) -> str:
    return next(kind for kind in _KIND_NAMES if annotation.startswith(kind))


def _fits(value: object, annotation: str) -> bool:
    kind = _kind(annotation)
    if kind == "tuple":
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind == "Mapping":
        return isinstance(value, Mapping)
    return isinstance(value, str if kind == "str" else bool) or (value is None and "None" in annotation)


def _url_problem(url: str, *, shown: bool) -> str | None:
    """What is wrong with a base URL, without its password; not `shown`, as somebody may have put a key in its place."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as exc:
        return f"cannot be read ({exc})"
    if parts.scheme not in ("https", "http", "local") or not host:
        return f"is {url.rpartition('@')[2]!r}" if shown else "is no URL"
    if parts.username is not None:
        return "holds a user or password, which would be recorded: name a variable as key_env"
    return "has a query, which belongs into the route's table query" if parts.query or parts.fragment else None


@cache
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    text = (resources.files(__package__) / "routes.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text)["routes"])
