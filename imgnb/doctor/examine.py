"""A route, looked at: its key, whether it can be reached, and its list of models. Nothing here costs anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from ..errors import ImgnbError, KeyMissing, NotFound, ProtocolBroken
from ..events import Progress
from ..providers import probed
from ..providers.keys import Key
from ..providers.reaching import Reached, ask, likelier
from ..providers.route_table import key_from
from ..providers.routes import Route, load_routes
from ..workspace import Workspace
from .check import Check

TIMEOUTS: dict[str, Any] = {"connect_timeout": 5.0, "read_timeout": 15.0, "total_timeout": 20.0}
"Seconds, of the workspace that examines: a list of models comes at once, or something is wrong."


def examine(workspace: Workspace, route: Route) -> Iterator[Check | Progress]:
    """Everything that can be said of a route for free."""
    if route.from_file:
        yield Check("settings", None, f"[routes.{route.name}] of {route.from_file}")
    if route.probed:
        yield Check("probe", None, f"of {route.probed_on}: {_found(route)}")
    key: Key | None = None
    try:
        key = route.key()
        yield _key(route)
    except KeyMissing as exc:
        yield Check.failed("key", exc)
    reached: list[Reached] = []
    for base_url in route.base_urls:
        yield Progress(f"asking {base_url}")
        reached.append(ask(workspace.wire, route, key, base_url))
    yield from _reached(reached)
    first = next((one for one in reached if one.status is not None), None)
    if first is None or (key is None and route.key_env):
        return
    yield from _models(workspace, route, key, first)


def in_words(settings: Mapping[str, Any]) -> str:
    """Settings as they could stand in a table."""
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())


def _found(route: Route) -> str:
    """What a probe has found out of a route, without what the user's own table says otherwise."""
    known = probed.findings(route.name, route.base_url)
    settings = known.settings if known is not None else {}
    return in_words({name: value for name, value in settings.items() if name in route.probed})


def _key(route: Route) -> Check:
    if not route.key_env:
        return Check("key", None, "none is sent")
    stored = key_from(route) == "keyring"
    return Check("key", True, "in the keyring" if stored else f"{route.key_env} is set")


def _reached(reached: list[Reached]) -> Iterator[Check]:
    """A line for each address. One that cannot be reached is a failure where no other can."""
    several = any(one.status is not None for one in reached)
    for one in reached:
        if one.status is not None:
            yield Check("reached", True, f"{one.base_url} in {one.seconds:.2f} s")
        elif one.error is not None:
            hint = _meant(one.base_url) or one.error.hint
            yield Check("reached", None if several else False, f"{one.base_url}: {one.error.message}", hint)


def _meant(base_url: str) -> str | None:
    """The host that may have been meant, among those that are known."""
    known = {urlsplit(url).netloc for route in load_routes({}, {}).values() for url in route.base_urls}
    host = urlsplit(base_url).netloc
    close = get_close_matches(host, known - {host}, 1, 0.75)
    return f"did you mean {close[0]}? correct the route's base_url" if close else None


def _models(workspace: Workspace, route: Route, key: Key | None, reached: Reached) -> Iterator[Check | Progress]:
    if not route.models_path:
        yield Check("models", None, "the route has no list of models")
        return
    if reached.error is not None:
        yield from _unlisted(workspace, route, key, reached, reached.error)
        return
    models = reached.models or ()
    yield Check("models", True, f"GET {route.models_path}: {reached.status}, {len(models)} models")
    facts = workspace.capabilities
    model = workspace.settings.model or route.default_model or facts.default_model
    yield _listed("--model", route.models.get(model, model), models, False)
    if "responses" in route.dialects:
        main = workspace.settings.main_model or route.main_model or facts.default_main_model
        yield _listed("--main-model", route.models.get(main, main), models, None)


def _unlisted(
    workspace: Workspace, route: Route, key: Key | None, reached: Reached, error: ImgnbError
) -> Iterator[Check | Progress]:
    """Why there is no list, and where one would be."""
    said = f"GET {route.models_path}: {error.message}"
    if isinstance(error, NotFound | ProtocolBroken):
        for base_url in likelier(reached.base_url):
            yield Progress(f"asking {base_url}")
            if ask(workspace.wire, route, key, base_url).models is not None:
                yield Check("models", False, said, f'base_url = "{base_url}" answers: correct the route\'s base_url')
                return
    if isinstance(error, NotFound):
        hint = 'check that the base_url ends in /v1; a server that lists no models needs models_path = ""'
        yield Check("models", False, said, hint)
        return
    yield Check("models", False, said, error.hint)


def _listed(option: str, name: str, models: tuple[str, ...], missing: bool | None) -> Check:
    """Whether the model is among those that are listed; what it means where it is `missing`."""
    subject = option.removeprefix("--").replace("-", " ")
    if name in models:
        return Check(subject, True, f"{name} is among them")
    close = get_close_matches(name, models, 3, 0.7)
    hint = f"it has {', '.join(close)}: " if close else ""
    return Check(
        subject, missing, f"{name} is not among them", f"{hint}name one that it has, by {option} or in your settings"
    )
