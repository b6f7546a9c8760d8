"""Which request goes to which endpoint, in which dialect; and what any endpoint may answer first.

What a provider would refuse is refused here, so that other clients see what they would see there. serve.py puts this
behind an httpx transport and a real HTTP server.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate

from ...errors import ConfigInvalid
from ...request.capabilities import Capabilities
from . import chat, envelope, files, images, responses
from .call import Call
from .dialects import DIALECTS, OPENAI, Dialect
from .faults import Faults
from .memory import Link, Memory
from .models import models
from .replies import Refused, Reply, refusal

Pause = Callable[[float], object]
"Waits that many seconds, or until nobody listens any more."

REFUSING: Mapping[str, Refused] = {
    "server_error": Refused(500, "The server had an error", type="server_error"),
    "server_error_text": Refused(500, "upstream connect error", type="text"),
    "unauthorized": Refused(401, "Incorrect API key provided", None, "invalid_api_key"),
    "payment": Refused(402, "The account has no balance", None, "insufficient_quota"),
    "not_found": Refused(404, "The model does not exist", "model", "model_not_found"),
    "moderation": Refused(
        400, "Your request was rejected by the safety system", None, "moderation_blocked", "image_generation_user_error"
    ),
}
"Faults that are refusals."


@dataclass(frozen=True)
class Endpoint:
    """A path and what answers there; `group` is what a dialect must speak to have it."""

    group: str
    method: str
    path: str
    answer: Callable[[Call], Reply]
    refuse: Callable[[Refused], Reply] = refusal

    def match(self, path: str) -> str | None:
        """The name in the path, or an empty one; None when the path is another."""
        found = re.search(rf"(?:^|/){self.path}$", path)
        return (found.groupdict().get("name") or "") if found else None


ENDPOINTS = (
    Endpoint("images", "POST", "images/generations", images.generations),
    Endpoint("images", "POST", "images/edits", images.edits),
    Endpoint("responses", "POST", "responses", responses.create),
    Endpoint("responses", "GET", "responses/(?P<name>[^/]+)", responses.retrieve),
    Endpoint("responses", "DELETE", "responses/(?P<name>[^/]+)", responses.delete),
    Endpoint("chat", "POST", "chat/completions", chat.completions),
    Endpoint("envelope", "POST", "images/generate", envelope.generate, envelope.refuse),
    Endpoint("files", "POST", "files", files.create),
    Endpoint("files", "GET", "files/(?P<name>[^/]+)", files.retrieve),
    Endpoint("files", "GET", "files/(?P<name>[^/]+)/content", files.content),
    Endpoint("files", "DELETE", "files/(?P<name>[^/]+)", files.delete),
    Endpoint("", "GET", "models(?:/(?P<name>[^/]+))?", models),
)


class LocalAPI:
    """Answers requests in a dialect, and under the path prefix of another in that one."""

    def __init__(self, faults: Faults | None = None, dialect: Dialect = OPENAI) -> None:
        self.faults = faults or Faults()
        self.dialect = dialect
        self.capabilities = Capabilities.load()
        self.memory = Memory()

    def reply(self, method: str, url: str, headers: Mapping[str, str], body: bytes, pause: Pause = time.sleep) -> Reply:
        """The answer to one request; `headers` have lower-case names, `url` is absolute."""
        host = "/".join(url.split("/", 3)[:3])
        path = url.split("://", 1)[-1].partition("/")[2].split("?", 1)[0]
        method = "GET" if method == "HEAD" else method
        refuse: Callable[[Refused], Reply] = refusal
        try:
            if method == "GET" and (link := self.memory.links.get(path)):
                return _linked(link, path, pause)
            dialect = DIALECTS.get(path.partition("/")[0], self.dialect)
            endpoint, name = _endpoint(method, path, dialect)
            refuse = endpoint.refuse
            faults: Mapping[str, str] = {}
            if method == "POST":
                faults = self._faults(headers)
                if "silent" in faults:
                    pause(_seconds(faults["silent"]))
                _refuse(faults)

            def slow() -> object:
                return pause(_seconds(faults.get("slow")))

            call = Call(dialect, host, headers, body, name, faults, self.capabilities, self.memory, slow)
            return endpoint.answer(call)
        except Refused as refused:
            return refuse(refused)

    def _faults(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        try:
            return {**self.faults.take(), **Faults(headers.get("x-imgnb-fault", "")).take()}
        except ConfigInvalid as exc:
            raise Refused(400, f"{exc.message}; {exc.hint}", "x-imgnb-fault", "invalid_value") from exc


def _endpoint(method: str, path: str, dialect: Dialect) -> tuple[Endpoint, str]:
    """The endpoint of a path and the name in it. Raises Refused when there is none."""
    there = [endpoint for endpoint in ENDPOINTS if not endpoint.group or endpoint.group in dialect.speaks]
    found = [(endpoint, name) for endpoint in there if (name := endpoint.match(path)) is not None]
    if not found:
        raise Refused(404, f"there is no {method} /{path} in the dialect {dialect.name}", type="not_found_error")
    for endpoint, name in found:
        if endpoint.method == method:
            return endpoint, name
    offered = " or ".join(dict.fromkeys(endpoint.method for endpoint, _ in found))
    raise Refused(405, f"use {offered}, not {method}")


def _refuse(faults: Mapping[str, str]) -> None:
    """Raise the refusal that a fault asks for."""
    for name in ("rate_limit", "retry_date"):
        if name in faults:
            wait = faults[name] or "1"
            when = wait if name == "rate_limit" else formatdate(time.time() + _seconds(wait), usegmt=True)
            raise Refused(429, "Rate limit reached", None, "rate_limit_exceeded", "requests", (("retry-after", when),))
    for name in REFUSING.keys() & faults.keys():
        raise replace(REFUSING[name])


def _linked(link: Link, path: str, pause: Pause) -> Reply:
    """What is behind a link that was handed out."""
    if link.fault == "expired_link":
        return Reply(403, {"content-type": "text/plain"}, iter([b"the link has expired"]))
    if link.fault == "redirect_loop":
        return Reply(302, {"location": f"/{path}", "content-length": "0"}, iter([]))
    if link.fault == "endless_link":
        return Reply(200, {"content-type": link.media_type, "content-length": "5000000000"}, _dripping(link, pause))
    return Reply(200, {"content-type": link.media_type, "content-length": str(len(link.data))}, iter([link.data]))


def _dripping(link: Link, pause: Pause) -> Iterator[bytes]:
    yield link.data
    for _ in range(10_000):
        pause(0.05)
        yield b"\0"
    raise ConnectionResetError("nobody waits that long")


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 0), 0.0), 60.0)
    except ValueError:
        return 0.0
