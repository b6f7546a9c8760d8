"""The gate before everything: who has no token gets no byte, of no page, picture, JSON or static file.

It stands outside of Datasette's whole app, since static files and the routes of plugins pass no permission hook. It is
there when the environment holds a token, as `imgnb browse` sees to; without one Datasette's own rules hold. The token
comes once in a link, then in a signed cookie, or in a header that jupyter-server-proxy puts in. Names of hosts are
looked at against DNS rebinding, and where a request comes from against other sites.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]

TOKEN = "IMGNB_BROWSE_TOKEN"  # noqa: S105 - the name of a variable
"The environment variable that holds the token; `commands/browse.py` sets it."

HEADER = b"x-imgnb-token"
ENTER, GALLERY = "/-/imgnb/enter", "/-/imgnb"
LIFETIME = 30 * 24 * 3600
"Seconds that a cookie is good for; the end of the server ends it, too, where the token is new each time."

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"What Datasette's own pages may load: they have inline scripts and styles, ours are stricter."

ALWAYS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}


@dataclass(frozen=True)
class Refusal:
    """Why nothing is shown."""

    status: int
    sentence: str


NO_TOKEN = Refusal(403, "Nothing is shown without the token: open the link that imgnb browse has printed.")
WRONG_TOKEN = Refusal(403, "This is not the token of this server: open the link that imgnb browse has printed last.")


def gated(app: App, token: str, base_url: str) -> App:
    """The app behind the gate."""
    gate = Gate(token, base_url)

    async def guarded(scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await _pass(gate, app, scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    return guarded


async def _pass(gate: Gate, app: App, scope: Scope, receive: Any, send: Send) -> None:
    request = Arrived.of(scope)
    if refusal := gate.foreign(request):
        await _refuse(refusal, send)
    elif request.path == gate.base_url + ENTER:
        await _enter(gate, request, send)
    elif refusal := gate.unknown(request):
        await _refuse(refusal, send)
    else:
        await app(scope, receive, send)


@dataclass(frozen=True)
class Arrived:
    """What the gate looks at in a request."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]
    port: int | None
    "None where the server listens on a Unix socket."

    @classmethod
    def of(cls, scope: Scope) -> Arrived:
        server = scope.get("server") or (None, None)
        query = scope.get("query_string", b"").decode("latin-1")
        return cls(scope["method"], scope["path"], query, tuple(scope["headers"]), server[1])

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: bytes) -> str | None:
        """The header's value; None where it is missing, and where there are several that contradict."""
        values = self.all(name)
        return values[0].decode("latin-1") if len(values) == 1 else None


class Gate:
    """Knows the token, and what a request from outside looks like."""

    def __init__(self, token: str, base_url: str) -> None:
        self._token = token.encode()
        self.base_url = base_url.rstrip("/")

    def foreign(self, request: Arrived) -> Refusal | None:
        """Why the request is not one that a page of ours, or a person, makes."""
        if request.method not in ("GET", "HEAD"):
            return Refusal(405, "This server only shows what is there.")
        if not self._is_our_host(request):
            return Refusal(403, "This server answers to the names 127.0.0.1 and localhost with its own port only.")
        if self._is_from_elsewhere(request):
            return Refusal(403, "Another site must not ask this server for anything.")
        return None

    def unknown(self, request: Arrived) -> Refusal | None:
        """Why whoever asks is not known."""
        if given := request.all(HEADER):
            known = len(given) == 1 and hmac.compare_digest(given[0], self._token)
            return None if known else WRONG_TOKEN
        return None if any(map(self._is_good, self._cookies(request))) else NO_TOKEN

    def is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), self._token)

    def cookie(self, request: Arrived) -> str:
        """The header that lets the browser in from now on.

        Lax, not Strict: a link in a notebook leads here from another site, and nothing here can be changed by following one.
        """
        ends = str(int(time.time()) + LIFETIME)
        value = f"{ends}.{self._signature(ends)}"
        path = self.base_url or "/"
        return f"{self._cookie_name(request)}={value}; Path={path}; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax"

    def _is_our_host(self, request: Arrived) -> bool:
        if request.port is None:
            return True  # only the proxy reaches a Unix socket, and it has looked at the name
        host = (request.one(b"host") or "").lower()
        names = {f"{name}:{request.port}" for name in LOOPBACK}
        return host in names or (request.port == 80 and host in LOOPBACK)

    def _is_from_elsewhere(self, request: Arrived) -> bool:
        site, mode = request.one(b"sec-fetch-site"), request.one(b"sec-fetch-mode")
        followed = mode == "navigate" and request.one(b"sec-fetch-dest") == "document"
        if site in ("cross-site", "same-site") and not followed:
            return True
        origins = request.all(b"origin")
        ours = {request.one(b"host"), request.one(b"x-forwarded-host") if request.port is None else None} - {""}
        return any(_host_of(origin) not in ours for origin in origins)

    def _cookies(self, request: Arrived) -> list[str]:
        name, found = self._cookie_name(request), []
        for header in request.all(b"cookie"):
            for pair in header.decode("latin-1").split(";"):
                key, _, value = pair.strip().partition("=")
                found += [value] if key == name else []
        return found

    def _is_good(self, cookie: str) -> bool:
        ends, _, signature = cookie.partition(".")
        signed = hmac.compare_digest(signature.encode("latin-1"), self._signature(ends).encode())
        return signed and ends.isascii() and ends.isdigit() and int(ends) > time.time()

    def _signature(self, ends: str) -> str:
        return hmac.new(self._token, f"imgnb browse until {ends}".encode(), sha256).hexdigest()

    def _cookie_name(self, request: Arrived) -> str:
        # Cookies do not know ports: two servers on one machine must not take each other's away.
        return f"imgnb_{request.port or 'socket'}"


def _host_of(origin: bytes) -> str:
    """Where a page is from; "" for what is no address, which is nobody's."""
    try:
        return urlsplit(origin.decode("latin-1")).netloc
    except ValueError:
        return ""


async def _enter(gate: Gate, request: Arrived, send: Send) -> None:
    """Take the token out of the link and give a cookie for it."""
    asked = parse_qs(request.query, keep_blank_values=True)
    tokens = asked.get("token", [])
    if len(tokens) != 1 or not gate.is_token(tokens[0]):
        await _refuse(WRONG_TOKEN, send)
        return
    headers = {"location": gate.base_url + GALLERY + _kept(asked), "set-cookie": gate.cookie(request)}
    await _answer(send, 303, headers, "")


def _kept(asked: dict[str, list[str]]) -> str:
    """The search that came with the link."""
    from urllib.parse import urlencode

    return f"?{urlencode({'q': asked['q'][0]})}" if asked.get("q") else ""


async def _refuse(refusal: Refusal, send: Send) -> None:
    headers = {"allow": "GET, HEAD"} if refusal.status == 405 else {}
    await _answer(send, refusal.status, headers, f"{refusal.sentence}\n")


async def _answer(send: Send, status: int, headers: dict[str, str], text: str) -> None:
    body = text.encode()
    headers |= {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    """What everything that leaves carries; a page's own stricter policy stands."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
            present = {name for name, _ in headers}
            headers += [(name, value) for name, value in ALWAYS.items() if name not in present]
            message = {**message, "headers": _private(headers)}
        await send(message)

    return sending


def _private(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Nothing may be kept by a cache that others use, too."""
    kept = [value for name, value in headers if name == b"cache-control"]
    if any(b"private" in value or b"no-store" in value for value in kept):
        return headers
    return [pair for pair in headers if pair[0] != b"cache-control"] + [(b"cache-control", b"private, no-cache")]
