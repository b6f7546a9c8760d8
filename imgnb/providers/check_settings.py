"""Whether a route's table can be used; what is wrong is said with the file, the table and the setting."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConfigInvalid
from ..request.capabilities import check_table
from ..request.prices import check_price
from ..request.sizes import parse_ratio
from .dialects import DIALECTS

EDIT_BODIES = ("multipart", "json", "image_array")


def check_settings(table: Mapping[str, Any], known: Mapping[str, str], where: str) -> None:
    """Raise ConfigInvalid for a setting that is not `known`, by name and type, or cannot be used; `where` it stands."""
    for key, value in table.items():
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"a route has {', '.join(sorted(known))}"
            raise ConfigInvalid(f"{where} has no setting {key!r}", hint=hint)
        if not _fits(value, known[key]):
            raise ConfigInvalid(f"{where} {key} is {value!r}", hint=f"give {_KIND_NAMES[_kind(known[key])]}")
    for setting in ("dialect", "also_speaks", "edit_body"):
        given = table.get(setting, ())
        for value in [given] if isinstance(given, str) else given:
            _check_choice(setting, value, where)
    for pair in (*dict(table.get("headers", {})).items(), *dict(table.get("query", {})).items()):
        if not all(isinstance(part, str) and part.isascii() and part.isprintable() for part in pair):
            raise ConfigInvalid(f"{where} cannot send {pair[0]!r}", hint="headers and query are plain text")
    if any(parse_ratio(ratio) is None for ratio in table.get("ratios", ())):
        raise ConfigInvalid(f"{where} ratios is {table['ratios']!r}", hint='list ratios such as "16:9"')
    for setting in ("capabilities", "refuses", "prices"):
        for inner, facts in table.get(setting, {}).items():
            if not isinstance(facts, Mapping):
                raise ConfigInvalid(f"{where} {setting} has {inner!r} as {facts!r}", hint="give a table")
    for model, facts in table.get("capabilities", {}).items():
        check_table(model, facts, source=f"{where} capabilities: ")
    for model, price in table.get("prices", {}).items():
        check_price(model, price, f"{where} prices: ")


def _check_choice(setting: str, value: str, where: str) -> None:
    choices = EDIT_BODIES if setting == "edit_body" else tuple(DIALECTS)
    if value not in choices:
        close = get_close_matches(value, choices, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ConfigInvalid(f"{where} {setting} is {value!r}", hint=f"{hint}use one of {', '.join(choices)}")


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


def url_problem(url: str, *, shown: bool) -> str | None:
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
