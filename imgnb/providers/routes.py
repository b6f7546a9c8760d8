"""Where requests can go: the routes of routes.toml and of the user's settings, as frozen values."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConfigInvalid, KeyMissing

LOCAL = "local"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Key:
    """A secret that shows as stars wherever it is printed; only `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def hidden_in(self, text: str) -> str:
        """The text with stars in place of the key: some servers repeat it when they refuse it."""
        return text.replace(self._value, "***") if len(self._value) >= 8 else text

    def __repr__(self) -> str:
        return "Key(***)"

    def __reduce__(self) -> str:
        raise TypeError("a key is never written down")


@dataclass(frozen=True)
class Route:
    """One way to pictures; the fields are explained at the top of routes.toml."""

    name: str
    owner: str
    base_url: str
    dialect: str = "images"
    base_url_env: str | None = None
    key_env: str | None = None
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    sketch: bool = False
    free: bool = False
    openai_prices: bool = False
    any_model: bool = False
    streaming: bool = True
    min_partial_images: int = 0
    response_format: str | None = None
    image_field: str = "image[]"
    edit_body: str = "multipart"
    default_model: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    query: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    models: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    refuses: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    from_project: bool = False

    def key(self, environ: Mapping[str, str] = os.environ) -> Key | None:
        """The key from the environment, or None when the route needs none. Raises KeyMissing when it is not there."""
        if not self.key_env:
            return None
        value = environ.get(self.key_env, "").strip()
        if not value:
            raise KeyMissing(
                f"route {self.name!r} needs a key and {self.key_env} is not set",
                hint=f"set {self.key_env}, or use --route {LOCAL} (IMGNB_ROUTE={LOCAL}) to run without a key",
            )
        if not value.isascii() or not value.isprintable():
            raise KeyMissing(
                f"{self.key_env} holds characters that a key cannot have", hint="copy it again, without quotes"
            )
        return Key(value)

    def has_key(self, environ: Mapping[str, str] = os.environ) -> bool:
        """True when the route needs no key or its key is there."""
        return not self.key_env or bool(environ.get(self.key_env, "").strip())


def load_routes(
    tables: Mapping[str, Mapping[str, Any]] = _NOTHING, environ: Mapping[str, str] = os.environ
) -> dict[str, Route]:
    """All routes by name: the shipped ones, changed or joined by the user's `tables`, base URLs from the environment.

    Raises ConfigInvalid for a table that cannot be used.
    """
    merged: dict[str, Mapping[str, Any]] = {**_shipped()}
    for name, table in tables.items():
        if table.get("from_project") and name in merged:
            raise ConfigInvalid(
                f"a project's file may not decide where keys go, as its route {name!r} would",
                hint="give the route another name, or put it into your own config.toml",
            )
        merged[name] = {**merged.get(name, {}), **table}
    return {name: _route(name, table, environ) for name, table in merged.items()}


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
    _check_names(name, table)
    shipped = _shipped().get(name, {})
    values = {"owner": name, **shipped, **table}
    override = environ.get(str(values.get("base_url_env") or ""), "").strip()
    base_url = (override or str(values.get("base_url", ""))).rstrip("/")
    if problem := _url_problem(base_url, shown=not override):
        where = f"{values['base_url_env']}: " if override else ""
        raise ConfigInvalid(f"{where}route {name!r} has a base URL that {problem}", hint="give one as https://host/v1")
    if shipped and (host := urlsplit(base_url).netloc) != urlsplit(shipped["base_url"]).netloc:
        # Another server than the owner's answers, so its name and prices are not the owner's.
        said = {} if override else table
        values |= {"owner": said.get("owner", host), "openai_prices": said.get("openai_prices", False)}
    return Route(**{**values, "name": name, "base_url": base_url})


def _check_names(name: str, table: Mapping[str, Any]) -> None:
    known = {item.name for item in fields(Route)} - {"name"}
    for key in table:
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"a route has {', '.join(sorted(known))}"
            raise ConfigInvalid(f"route {name!r} has no setting {key!r}", hint=hint)
    if table.get("from_project") and name in _shipped():
        raise ConfigInvalid(
            f"a project's file may not change the route {name!r}, whose key would follow",
            hint="put the change into your own config.toml, or name that file with IMGNB_CONFIG",
        )
    for pair in (*dict(table.get("headers", {})).items(), *dict(table.get("query", {})).items()):
        if not all(isinstance(part, str) and part.isascii() and part.isprintable() for part in pair):
            raise ConfigInvalid(f"route {name!r} cannot send {pair[0]!r}", hint="headers and query are plain text")


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
