"""Real servers on loopback, as tests need them: the local engine's, watched, and a little one with canned answers."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn

from imgnb.providers.local_api.faults import Faults
from imgnb.providers.local_api.serve import LocalApp

PATIENCE = 30.0


def end(process: subprocess.Popen[Any]) -> None:
    """Ask the process to end, and see to it."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


"Seconds after which a test that waits for something has failed."


@dataclass(frozen=True)
class Received:
    """A request as it reached a server."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def field_names(self) -> list[str]:
        """The names of a multipart body's fields, in order."""
        return [name.decode() for name in re.findall(rb'form-data; name="([^"]+)"', self.body)]


@dataclass
class Watched:
    """The local engine behind HTTP: what reached it, whether a client left early, and a gate that holds answers back."""

    url: str = ""
    app: LocalApp = field(default_factory=LocalApp)
    requests: list[Received] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)
    real: bool = False
    "Whether it hides that its answers are sketches."
    lost: set[str] = field(default_factory=set)
    "Ends of paths that it says it does not have."

    def reset(self) -> None:
        self.app.api.faults = Faults()
        self.requests.clear()
        self.arrived.clear()
        self.left.clear()
        self.gate.set()
        self.real = False
        self.lost.clear()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        import asyncio

        body, ended = bytearray(), False

        async def watch() -> Any:
            message = await receive()
            body.extend(message.get("body", b""))
            if message["type"] == "http.request" and not message.get("more_body"):
                headers = {name.decode(): value.decode() for name, value in scope["headers"]}
                query = scope["query_string"].decode()
                self.requests.append(Received(scope["method"], scope["path"], query, headers, bytes(body)))
                self.arrived.set()
                await asyncio.to_thread(self.gate.wait, PATIENCE)
            if message["type"] == "http.disconnect" and not ended:
                self.left.set()
            return message

        async def pass_on(message: Any) -> None:
            nonlocal ended
            ended = ended or (message["type"] == "http.response.body" and not message.get("more_body"))
            if self.real and "headers" in message:
                message["headers"] = [pair for pair in message["headers"] if pair[0] != b"x-imgnb-sketch"]
            await send(message)

        if any(scope["path"].endswith(end) for end in self.lost):
            scope = {**scope, "path": "/lost"}
        await self.app(scope, watch, pass_on)


@contextmanager
def watched_server() -> Iterator[Watched]:
    """Serve the local engine from a thread of this process."""
    watched = Watched()
    watched.gate.set()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # as serve does it
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    watched.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    config = uvicorn.Config(
        watched, log_level="critical", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield watched
    finally:
        watched.gate.set()
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Canned:
    """A server whose answers are given by path: (status, headers, body), or who makes them. It keeps what it was asked."""

    url: str
    answers: dict[str, Answer | Callable[[Received], Answer]] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)


@contextmanager
def canned_server() -> Iterator[Canned]:
    """Serve canned answers from a thread of this process; an answer without a length ends with the connection."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.command, path, query, headers, body)
            canned.requests.append(received)
            answer = canned.answers.get(path, (404, {}, b"no such thing"))
            status, said, data = answer(received) if callable(answer) else answer
            self.send_response(status)
            for name, value in said.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        canned = Canned(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield canned
        finally:
            server.shutdown()
            thread.join(PATIENCE)
