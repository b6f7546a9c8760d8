"""Writing answers: JSON and events whose pictures are put into base64 while they are read.

No answer is ever whole in memory. Here is also where the faults strike that damage a body.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from .replies import Reply, StopStream

CHUNK = 65_535
"Bytes of a picture that are encoded at a time: a multiple of 3, so that base64 needs no padding within."

PAGE = b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>502 Bad gateway</h1></body></html>"
STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
TOLD_TO_FAIL = "the engine was told to fail"


@dataclass(frozen=True)
class InBase64:
    """Stands in a document for a picture, which is made when its place is reached."""

    make: Callable[[], bytes]
    last: bool = False
    "Whether this is the last finished picture of the answer, which is where faults strike."


def in_base64(data: bytes, last: bool = False) -> InBase64:
    """Stands for a picture that is there already."""
    return InBase64(lambda: data, last)


@dataclass(frozen=True)
class Ink:
    """Writes documents and events as the faults in force would have them."""

    faults: Mapping[str, str]

    def reply(self, headers: Mapping[str, str], document: Iterator[bytes], stream: Iterator[bytes] | None) -> Reply:
        """The answer in one piece, or as events where there is a stream and no fault is against it."""
        if "html" in self.faults:
            return Reply(200, {"content-type": "text/html; charset=utf-8"}, iter([PAGE]))
        if stream is not None and "json_instead" not in self.faults:
            return Reply(200, {**headers, **STREAM}, stream)
        return Reply(200, {**headers, "content-type": "application/json"}, document)

    def json(self, document: Any) -> Iterator[bytes]:
        """The document as JSON, its pictures piece by piece."""
        pictures: list[InBase64] = []
        gap = uuid4().hex  # no prompt can hold it by chance

        def mark(picture: InBase64) -> str:
            pictures.append(picture)
            return gap

        first, *others = json.dumps(document, default=mark).split(gap)
        yield first.encode()
        for picture, text in zip(pictures, others, strict=True):
            yield from self._encoded(picture)
            yield text.encode()

    def event(self, kind: str, document: Mapping[str, Any]) -> Iterator[bytes]:
        """One event of a stream, of this type."""
        name = b"" if "no_event_names" in self.faults else b"event: " + kind.encode() + self._end
        typed = {**document, "type": kind} if "type_last" in self.faults else {"type": kind, **document}
        return _gathered(self._frame(name, typed))

    def data(self, document: Mapping[str, Any]) -> Iterator[bytes]:
        """One event without name or type."""
        return _gathered(self._frame(b"", document))

    def done(self) -> bytes:
        """The mark that some put at the end of a stream."""
        return b"data: [DONE]" + self._end * 2

    @property
    def _end(self) -> bytes:
        return b"\r\n" if "crlf" in self.faults else b"\n"

    def _frame(self, name: bytes, document: Mapping[str, Any]) -> Iterator[bytes]:
        if "heartbeats" in self.faults:
            yield b": still drawing" + self._end * 2
        yield name + b"data: "
        yield from self.json(document)
        yield self._end * 2

    def _encoded(self, picture: InBase64) -> Iterator[bytes]:
        import pybase64

        data, struck = picture.make(), self.faults if picture.last else {}
        stop = len(data) // 2 if struck.keys() & {"cut", "drop"} else len(data)
        for start in range(0, stop, CHUNK):
            text = pybase64.b64encode(data[start : min(start + CHUNK, stop)])
            if start == 0 and "bad_base64" in struck:
                text = text[:100] + b"*!*!" + text[104:]
            if start + CHUNK >= stop and "cut_base64" in struck:
                text = text.rstrip(b"=")[:-3]
                text = text[: len(text) // 4 * 4 + 1]
            yield text
        if "drop" in struck:
            raise ConnectionResetError("the connection is dropped on purpose")
        if "cut" in struck:
            raise StopStream


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: each costs a server a round through its threads and sockets."""
    held = bytearray()
    try:
        for piece in pieces:
            held += piece
            if len(held) >= CHUNK:
                yield bytes(held)
                held.clear()
    except (StopStream, ConnectionResetError):
        yield bytes(held)  # what was written before the end is sent
        raise
    yield bytes(held)
