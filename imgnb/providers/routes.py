"""Where requests can go: the routes of routes.toml and of the user's settings, as frozen values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from ..config import ENVIRONMENT
from ..errors import ConfigInvalid, KeyMissing
from ..request.capabilities import Capabilities
from ..request.prices import Price
from . import keys, probed
from .check_settings import check_settings, url_problem
from .keys import Key, checked

LOCAL = "local"
FINDABLE = (
    "streaming", "min_partial_images", "edit_path", "edit_body", "also_speaks", "ratios", "refuses", "capabilities", "models_path",
)  # fmt: skip
"Settings that a probe may find out."

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
    models_path: str = "/models"
    from_project: bool = False
    from_file: str | None = None
    probed: tuple[str, ...] = ()
    "What of this a probe has found out: it lies below the user's own settings and above the shipped ones."
    probed_on: str | None = None

    @property
    def dialects(self) -> tuple[str, ...]:
        """The wire protocols that it speaks, the usual one first."""
        return tuple(dict.fromkeys((self.dialect, *self.also_speaks)))

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Where it can be reached, the usual place first."""
        return tuple(dict.fromkeys((self.base_url, *self.fallback_base_urls)))

    def key(self, environ: Mapping[str, str] = ENVIRONMENT) -> Key | None:
        """The key from the environment or the keyring, or None when the route needs none. Raises KeyMissing."""
        if not self.key_env:
            return None
        if given := Key(environ.get(self.key_env, "").strip()):
            return checked(given, self.key_env)
        if not self.from_project and (stored := keys.read(self.name, environ)):
            return stored
        raise KeyMissing(
            f"route {self.name!r} needs a key and {self.key_env} is not set",
            hint=f"set {self.key_env}, or put it into the keyring (imgnb keys set {self.name}), or use --route {LOCAL} "
            f"(IMGNB_ROUTE={LOCAL}) to run without a key",
        )

    def has_key(self, environ: Mapping[str, str] = ENVIRONMENT) -> bool:
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


_SETTINGS = {item.name: str(item.type) for item in fields(Route) if item.name not in ("name", "probed", "probed_on")}
"What a table may set, and as what."


def load_routes(
    tables: Mapping[str, Mapping[str, Any]] = _NOTHING,
    environ: Mapping[str, str] = ENVIRONMENT,
    *,
    probes: bool = True,
    models: Mapping[str, Mapping[str, Any]] = _NOTHING,
) -> dict[str, Route]:
    """All routes by name: the shipped ones, changed or joined by the user's `tables`, base URLs from the environment.

    Between the two lies what `probes` have found out, but for facts that the user's own `models` state.

    Raises ConfigInvalid for a table that cannot be used.
    """
    shipped = _shipped()
    for name, table in tables.items():
        if table.get("from_project") and name in shipped:
            raise ConfigInvalid(
                f"a project's file may not decide where keys go, as its route {name!r} would",
                hint="give the route another name, or put it into your own config.toml",
            )
    names = dict.fromkeys((*shipped, *tables))
    return {name: _route(name, tables.get(name, {}), environ, models if probes else None) for name in names}


def pick_route(routes: Mapping[str, Route], name: str | None, environ: Mapping[str, str] = ENVIRONMENT) -> Route:
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


def _route(
    name: str, table: Mapping[str, Any], environ: Mapping[str, str], models: Mapping[str, Mapping[str, Any]] | None
) -> Route:
    """The route that the user's table makes, laid over what a probe found, unless `models` is None, and the shipped one."""
    where = f"{table['from_file']}: [routes.{name}]" if table.get("from_file") else f"[routes.{name}]"
    check_settings(table, _SETTINGS, where)
    _check_owner(name, table, where)
    shipped = _shipped().get(name, {})
    override = environ.get(str(table.get("base_url_env", shipped.get("base_url_env")) or ""), "").strip()
    given = override or table.get("base_url", shipped.get("base_url"))
    if not given:
        raise ConfigInvalid(f"{where} has no base_url", hint='add base_url = "https://host/v1"')
    base_url = str(given).rstrip("/")
    found, probed_on = _probed(name, base_url, environ, models) if models is not None else (_NOTHING, None)
    values = {"owner": name, **shipped, **found, **table}
    for key in ("capabilities", "refuses"):
        values[key] = _laid((shipped.get(key, {}), found.get(key, {}), table.get(key, {})))
    for key in ("prices", "models", "headers", "query"):
        values[key] = {
            **table.get(key, {}),
            **{k: v for k, v in shipped.get(key, {}).items() if k not in table.get(key, {})},
        }
    others = [str(url).rstrip("/") for url in values.get("fallback_base_urls", ())]
    for url in (base_url, *others):
        if problem := url_problem(url, shown=not override):
            said = f"{values['base_url_env']}: route {name!r}" if override and url == base_url else where
            raise ConfigInvalid(f"{said} has a base_url that {problem}", hint="give one as https://host/v1")
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
    values |= {"probed": tuple(key for key in found if key not in table), "probed_on": probed_on}
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Route(**plain)


def _check_owner(name: str, table: Mapping[str, Any], where: str) -> None:
    if table.get("from_project") and name in _shipped():
        raise ConfigInvalid(
            f"{where} is shipped, and a project's file may not change a route whose key would follow",
            hint="put the change into your own config.toml, or name that file with IMGNB_CONFIG",
        )


def _laid(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Tables of tables laid over each other: later ones win, setting by setting, and stand last."""
    laid: dict[str, Any] = {}
    for table in tables:
        for key, inner in table.items():
            laid[key] = {**laid.pop(key, {}), **inner}
    return laid


def _probed(
    name: str, base_url: str, environ: Mapping[str, str], models: Mapping[str, Mapping[str, Any]]
) -> tuple[Mapping[str, Any], str | None]:
    """What a probe has found at this base URL, and when; nothing where it cannot be used any more."""
    found = probed.findings(name, base_url, environ)
    if found is None:
        return _NOTHING, None
    try:
        check_settings(found.settings, _SETTINGS, "probes.json")
    except ConfigInvalid:  # written by another version of imgnb: a probe can be made again
        return _NOTHING, None
    settings = {setting: value for setting, value in found.settings.items() if setting in FINDABLE}
    for model, facts in settings.get("capabilities", {}).items():
        left = {fact: value for fact, value in facts.items() if fact not in models.get(model, {})}
        settings["capabilities"] = {**settings["capabilities"], model: left}
    return settings, found.date


@cache
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    text = (resources.files(__package__) / "routes.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text)["routes"])
