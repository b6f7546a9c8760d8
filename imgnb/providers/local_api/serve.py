"""The local engine behind HTTP: as an httpx transport in this process, and as an ASGI app for anybody else's client."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx

from .api import LocalAPI
from .dialects import EVERYTHING, OPENAI, Dialect
from .faults import Faults
from .replies import Reply, StopStream

BODY_BYTES = 1_200_000_000
"More than 16 pictures of 50 MB and a mask in base64; a longer request is refused."

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class LocalTransport(httpx.BaseTransport):
    """Answers `local://` requests in this process; the body is drawn while it is read."""

    def __init__(self, faults: Faults | None = None, dialect: Dialect = EVERYTHING) -> None:
        self.api = LocalAPI(faults, dialect)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        cancel = request.extensions.get("cancel")  # there is no socket here that an interrupt could shut down
        pause = time.sleep if cancel is None else cancel.sleep
        reply = self.api.reply(request.method, str(request.url), headers, request.read(), pause)
        return httpx.Response(reply.status, headers=dict(reply.headers), stream=_Body(reply))


class _Body(httpx.SyncByteStream):
    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._reply.body
        except StopStream:
            return
        except ConnectionResetError as exc:
            raise httpx.ReadError(str(exc)) from exc


class LocalApp:
    """An ASGI app that speaks a dialect over the local engine, on any path that ends as the provider's do."""

    def __init__(self, faults: Faults | None = None, dialect: Dialect = OPENAI) -> None:
        self.api = LocalAPI(faults, dialect)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        if body is None:
            await _send(Reply(413, {"content-type": "text/plain"}, iter([b"the request is too long"])), send)
            return
        url = f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}{scope['path']}"
        left = threading.Event()
        watch = asyncio.ensure_future(_watch(receive, left))
        try:
            reply = await asyncio.to_thread(self.api.reply, scope["method"], url, headers, body, left.wait)
            await _send(reply, send, left)
        finally:
            watch.cancel()


async def _send(reply: Reply, send: Send, left: threading.Event | None = None) -> None:
    """Send an answer, for as long as somebody listens."""
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    while left is None or not left.is_set():
        try:
            chunk = await asyncio.to_thread(_next, reply.body)
        except ConnectionResetError:
            return  # an answer that is left unfinished makes the server drop the connection
        await send({"type": "http.response.body", "body": chunk or b"", "more_body": chunk is not None})
        if chunk is None:
            return


def _next(body: Iterator[bytes]) -> bytes | None:
    try:
        return next(body, None)
    except StopStream:
        return None


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None when it is longer than anybody needs."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(body)


async def _watch(receive: Receive, left: threading.Event) -> None:
    """Say so when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()


def serve(
    port: int,
    *,
    host: str = "127.0.0.1",
    faults: Faults | None = None,
    dialect: Dialect = OPENAI,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve until interrupted; `announce` is told the base URL once connections are taken. Port 0 picks a free one.

    Raises OSError when the port is taken.
    """
    import socket

    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, each answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
        shown = f"[{host}]" if ":" in host else host
        announce(f"http://{shown}:{listener.getsockname()[1]}/v1")
        app = LocalApp(faults, dialect)
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
        uvicorn.Server(config).run(sockets=[listener])
