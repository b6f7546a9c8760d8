"""Whether a route answers, and which models it lists: one GET, which costs nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import ImgnbError, ProtocolBroken
from ..events import Cancel
from .http import Wire, told
from .keys import Key
from .refusals import HINTS, web_page
from .routes import Route
from .secrecy import hide
from .speaker import carried

LIST_BYTES = 8_000_000
"More than any list of models has; the rest is not read."

PATHS = ("/images", "/responses", "/chat", "/models", "/files", "/completions")
"Beginnings of what stands below a base URL, and not in it."


@dataclass(frozen=True)
class Reached:
    """What came of asking at one base URL; `status` None where nobody answered."""

    base_url: str
    seconds: float
    status: int | None = None
    models: tuple[str, ...] | None = None
    "The models that it lists; None where it lists none."
    error: ImgnbError | None = None


def ask(wire: Wire, route: Route, key: Key | None, base_url: str, cancel: Cancel | None = None) -> Reached:
    """Ask the route for its list of models at this base URL. What fails is in the answer, without the key."""
    cancel = cancel or Cancel()
    started = time.monotonic()
    status, models, error = None, None, None
    try:
        with wire.send("GET", base_url + route.models_path, cancel=cancel, **carried(route, key)) as response:
            status = response.status_code
            if route.models_path:
                deadline = started + wire.timeouts.total
                body = _beginning(wire.chunks(response, cancel, deadline))
                kind = response.headers.get("content-type", "")
                try:
                    models = _listed(body, kind)
                except ProtocolBroken as exc:
                    raise told(response, exc) from exc
    except ImgnbError as exc:
        hide(exc, key)
        error, status = exc, getattr(exc, "status", None)
    return Reached(base_url, round(time.monotonic() - started, 3), status, models, error)


def likelier(base_url: str) -> Iterator[str]:
    """Base URLs that may have been meant: without an endpoint's path, and with /v1."""
    short = base_url
    for path in PATHS:
        short = short.partition(path)[0]
    short = short.rstrip("/")
    if short != base_url and urlsplit(short).netloc:
        yield short
    if not short.endswith("/v1"):
        yield f"{short}/v1"


def _beginning(chunks: Iterator[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > LIST_BYTES:
            raise ProtocolBroken(f"the list of models has more than {LIST_BYTES:,} bytes", hint=HINTS[ProtocolBroken])
    return bytes(body)


def _listed(body: bytes, content_type: str) -> tuple[str, ...]:
    """The ids in a list of models. Raises ProtocolBroken for anything else."""
    if page := web_page(content_type, body):
        raise ProtocolBroken(page, hint=HINTS[ProtocolBroken])
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    listed = document.get("data") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        raise ProtocolBroken("the answer is no list of models", hint=HINTS[ProtocolBroken])
    ids = [item.get("id") if isinstance(item, dict) else item for item in listed]
    return tuple(name for name in ids if isinstance(name, str))
