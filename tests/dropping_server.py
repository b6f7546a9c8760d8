"""A server that drops what it is sent and answers a small picture: `python -m tests.dropping_server`, on a free port of loopback.

A process of its own, so that what it reads is in nobody else's memory. It prints its port; a GET is told how many bytes
it was sent since the last one.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx

ROOT = Path(__file__).parent.parent
BLOCK = 1024 * 1024


class Dropping:
    """The server's process, as who has started it sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.url = f"http://127.0.0.1:{int(process.stdout.readline())}/v1"

    def taken(self) -> int:
        """How many bytes of bodies it was sent since this was asked last."""
        return int(httpx.get(self.url).text)


@contextmanager
def dropping_server() -> Iterator[Dropping]:
    """A server that ends with the block."""
    command = [sys.executable, "-m", "tests.dropping_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Dropping(process)
        finally:
            process.kill()


class _Handler(BaseHTTPRequestHandler):
    taken: ClassVar[int] = 0

    def do_POST(self) -> None:
        left = int(self.headers["content-length"])
        block = memoryview(bytearray(BLOCK))
        while left and (count := self.rfile.readinto(block[:left])):
            left -= count
            _Handler.taken += count
        self._say(json.dumps(_answer(self.path)).encode())

    def do_GET(self) -> None:
        taken, _Handler.taken = _Handler.taken, 0
        self._say(str(taken).encode())

    def _say(self, answer: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _answer(path: str) -> dict[str, Any]:
    """The answer of the API that the path belongs to."""
    picture = _picture()
    if path.endswith("/files"):
        return {"id": "file-1", "object": "file"}
    if path.endswith("/responses"):
        call = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": picture}
        return {"id": "resp_1", "object": "response", "status": "completed", "output": [call]}
    if path.endswith("/chat/completions"):
        message = {"role": "assistant", "content": f"![it](data:image/png;base64,{picture})"}
        return {"id": "chat_1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return {"created": 1, "data": [{"b64_json": picture}]}


def _picture() -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (1024, 640), "teal").save(buffer, "PNG")
    return b64encode(buffer.getvalue()).decode()


def main() -> None:
    """Serve until ended."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
