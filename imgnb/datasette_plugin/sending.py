"""A file as an HTTP answer: in blocks, whole or one range of it, and not at all where the browser has it.

What is asked for is a value (`Wanted`), so that the rules of RFC 9110 can be read, and tested, without a server. Files
are named by their content, so they never change: they may be kept for a year, by the one browser that may see them.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..files.plain import open_plain

BLOCK = 256 * 1024
FOREVER = "private, max-age=31536000, immutable"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"A picture that is opened by itself may do nothing, least of all an SVG."

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Wanted:
    """The headers by which a browser asks for less than everything."""

    method: str = "GET"
    if_none_match: str = ""
    range: str = ""
    if_range: str = ""

    @classmethod
    def of(cls, request: Any) -> Wanted:
        headers = request.headers
        asked = (headers.get(name, "") for name in ("if-none-match", "range", "if-range"))
        return cls(request.method, *asked)

    def has(self, tag: str) -> bool:
        """Whether the browser has what this entity tag names."""
        known = [entry.strip().removeprefix("W/") for entry in self.if_none_match.split(",")]
        return tag in known or "*" in known

    def part(self, size: int, tag: str) -> tuple[int, int] | None:
        """First byte and number of bytes; None where nothing of the file is in the range. Several ranges get it whole."""
        found = _RANGE.fullmatch(self.range.strip().lower())
        if found is None or self.method != "GET" or self.if_range.strip() not in ("", tag):
            return 0, size
        first, last = found.groups()
        if not first and not last:
            return 0, size
        if not first:
            length = min(int(last), size)
            return (size - length, length) if length else None
        if last and int(last) < int(first):
            return 0, size
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
        return (start, end - start + 1) if start < size else None


@dataclass
class FileAnswer:
    """What Datasette sends: it asks a response for nothing but `asgi_send`."""

    path: Path
    media_type: str
    tag: str
    wanted: Wanted
    headers: dict[str, str] = field(default_factory=dict)
    kept: str = FOREVER

    async def asgi_send(self, send: Send) -> None:
        """Send it. Raises FileNotFoundError before the first byte where it is gone, or is no plain file."""
        file = await asyncio.to_thread(open_plain, self.path)
        try:
            await self._send(send, file)
        finally:
            os.close(file)

    async def _send(self, send: Send, file: int) -> None:
        size = os.fstat(file).st_size
        part = self.wanted.part(size, self.tag)
        if self.wanted.has(self.tag):
            await _start(send, 304, self.headers | self._about())
        elif part is None:
            await _start(send, 416, self.headers | {"content-range": f"bytes */{size}", "content-length": "0"})
        else:
            start, length = part
            headers = self.headers | self._about() | {"content-length": str(length), "content-type": self.media_type}
            if length < size:
                headers["content-range"] = f"bytes {start}-{start + length - 1}/{size}"
            await _start(send, 206 if length < size else 200, headers)
            if self.wanted.method != "HEAD":
                await _blocks(send, file, start, length)
        await send({"type": "http.response.body", "body": b""})

    def _about(self) -> dict[str, str]:
        return {"etag": self.tag, "cache-control": self.kept, "accept-ranges": "bytes"}


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def _blocks(send: Send, file: int, start: int, length: int) -> None:
    await asyncio.to_thread(os.lseek, file, start, os.SEEK_SET)
    while length > 0 and (block := await asyncio.to_thread(os.read, file, min(BLOCK, length))):
        length -= len(block)
        await send({"type": "http.response.body", "body": block, "more_body": True})
