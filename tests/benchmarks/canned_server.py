"""A server that sends recorded answers: `python -m tests.benchmarks.canned_server`, on a free port of loopback.

It prints its port, then for each request the moment (time.monotonic, which all processes share) at which the request
had come whole. The picture is chosen by the request's size, background and prompt; a number in a comment chunk makes
each one another, at the cost of 84 characters. A path that begins with /pause/SECONDS waits so long after each partial;
one that ends with /responses is answered as the Responses API streams, in which the picture comes twice.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .pictures import pictures
from .places import ROOT

FRAME = 16 * 1024
"Bytes of one chunk of the body: what a TLS record holds, and so what a provider's front end hands out."

SPACE = "THE PICTURE"
"Stands in a text where a picture goes."

_HEAD = 33
# PNG's signature and first chunk: a multiple of three, as is the chunk that is put behind it.
_USAGE = {"total_tokens": 4200, "input_tokens": 20, "output_tokens": 4180, "input_tokens_details": {"text_tokens": 20, "image_tokens": 0}}  # fmt: skip


class Server:
    """The server's process, as the benchmark that has started it sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._lines = process.stdout
        self.port = int(self._lines.readline())

    def url(self, pause: float = 0) -> str:
        """The base URL at which it answers, waiting so many seconds after each partial."""
        return f"http://127.0.0.1:{self.port}" + (f"/pause/{pause}" if pause else "") + "/v1"

    def arrival(self) -> float:
        """When the next request had come, by time.monotonic."""
        return float(self._lines.readline())


@contextmanager
def serving() -> Iterator[Server]:
    """A server, in a process of its own, that ends with the block."""
    pictures()
    command = [sys.executable, "-m", "tests.benchmarks.canned_server"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(process)
    finally:
        process.terminate()
        process.wait()


class _Picture:
    """A picture in base64, in which only the number is not fixed."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        self._head, self._rest = data[:_HEAD], memoryview(b64encode(data[_HEAD:]))

    def pieces(self, number: int) -> Iterator[bytes | memoryview]:
        """The base64 of the n-th picture."""
        content = b"tEXtn\0%016d" % number
        chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
        yield b64encode(self._head + chunk)
        for start in range(0, len(self._rest), FRAME):
            yield self._rest[start : start + FRAME]


class _Recorded:
    """All recorded answers."""

    def __init__(self, folder: Path) -> None:
        self._pictures = {path.stem: _Picture(path) for path in folder.glob("*.png")}
        self._number = itertools.count(1)

    def answer(self, path: str, asked: dict[str, Any], pause: float) -> Iterator[bytes | memoryview | float]:
        """What is sent for this request; a number in it is a pause."""
        if path.endswith("/responses"):
            return self._conversation(asked, pause)
        return self._stream(asked, pause) if asked.get("stream") else self._document(asked)

    def _stream(self, asked: dict[str, Any], pause: float) -> Iterator[bytes | memoryview | float]:
        """The event stream of the Images API."""
        said = {"created_at": 1, "size": asked["size"], "quality": "high", "background": "opaque", "output_format": "png"}  # fmt: skip
        for index in range(asked.get("partial_images", 0)):
            picture = self._pictures[f"{asked['size']}-partial{index % 2}"]
            yield from self._event("partial_image", picture, {**said, "partial_image_index": index})
            yield pause
        yield from self._event("completed", self._chosen(asked), {**said, "usage": _USAGE})

    def _document(self, asked: dict[str, Any]) -> Iterator[bytes | memoryview | float]:
        """A JSON answer."""
        yield b'{"created": 1, "data": ['
        for index in range(asked.get("n", 1)):
            yield b'{"b64_json": "' if index == 0 else b', {"b64_json": "'
            yield from self._chosen(asked).pieces(next(self._number))
            yield b'"}'
        yield b'], "usage": %s}' % json.dumps(_USAGE).encode()

    def _conversation(self, asked: dict[str, Any], pause: float) -> Iterator[bytes | memoryview | float]:
        """The event stream of a main model that draws once: two events hold the picture."""
        tool = {**asked["tools"][0], "prompt": asked["input"]}
        call = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "size": tool["size"]}
        response = {"id": "resp_1", "object": "response", "model": asked["model"], "tools": asked["tools"]}
        for kind in ("response.created", "response.in_progress"):
            yield _sse(kind, {"response": {**response, "output": []}}).encode()
        yield _sse("response.output_item.added", {"output_index": 0, "item": {**call, "result": None}}).encode()
        for index in range(tool.get("partial_images", 0)):
            said = {"partial_image_index": index, "item_id": "ig_1", "output_index": 0, "partial_image_b64": SPACE}
            picture = self._pictures[f"{tool['size']}-partial{index % 2}"]
            yield from self._filled(_sse("response.image_generation_call.partial_image", said), picture)
            yield pause
        drawn, number = {**call, "result": SPACE}, next(self._number)
        done = {"response": {**response, "status": "completed", "output": [drawn], "usage": _USAGE}}
        for kind, said in (("response.output_item.done", {"item": drawn}), ("response.completed", done)):
            yield from self._filled(_sse(kind, said), self._chosen(tool), number)

    def _event(self, kind: str, picture: _Picture, said: dict[str, Any]) -> Iterator[bytes | memoryview]:
        yield from self._filled(_sse(f"image_generation.{kind}", {"b64_json": SPACE, **said}), picture)

    def _filled(self, text: str, picture: _Picture, number: int | None = None) -> Iterator[bytes | memoryview]:
        """The text with a picture where the space for it is."""
        before, _, behind = text.partition(SPACE)
        yield before.encode()
        yield from picture.pieces(next(self._number) if number is None else number)
        yield behind.encode()

    def _chosen(self, asked: dict[str, Any]) -> _Picture:
        kind = "-noise" if "noise" in asked["prompt"] else ""
        kind = "-transparent" if asked.get("background") == "transparent" else kind
        return self._pictures[f"{asked['size']}{kind}"]


def _sse(kind: str, said: dict[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **said})}\n\n"


def _answer(connection: socket.socket, recorded: _Recorded) -> None:
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        path, body = _request(connection)
        print(time.monotonic(), flush=True)
        asked = json.loads(body)
        pause = float(path.split("/")[2]) if path.startswith("/pause/") else 0.0
        kind = "text/event-stream" if asked.get("stream") else "application/json"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        for piece in recorded.answer(path, asked, pause):
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")


def _request(connection: socket.socket) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        body += _received(connection)
    return lines[0].split()[1], body


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the client has gone")
    return data


def main() -> None:
    """Serve until terminated."""
    recorded = _Recorded(pictures())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection, recorded), daemon=True).start()


if __name__ == "__main__":
    main()
