"""Server-sent events, taken apart as they arrive: bytes in, fragments of data and ends of events out.

The framing is WHATWG's "event stream". No line is ever whole in memory, because here one `data:` line can hold a
picture of many megabytes. What the data means (JSON, `[DONE]`) is left to `picture_stream.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LINE_LIMIT = 64 * 1024
"How long a line may be that is neither data nor a comment."


class StreamBroken(ValueError):
    """The body of an answer is cut, or is not what its format says."""


@dataclass(frozen=True, slots=True)
class End:
    """The event whose data came just before is over."""

    event: str | None
    "Its name, None where the stream gave none."
    id: str | None = None
    "The last id the stream gave, to this event or to an earlier one."
    complete: bool = True
    "False when the stream stopped before the blank line that ends an event."


Piece = bytes | End


class SSEParser:
    """Yields the data of each event in fragments, each event closed by its `End`.

    Take every piece of `feed` before the next call. While fragments come, `event` is the name of their event, if the
    stream gave it before the data. Events without a `data` line are dropped, as the standard says.
    """

    def __init__(self) -> None:
        self.event: str | None = None
        self.last_id: str | None = None
        self.retry: int | None = None
        self.comments = 0
        self._line = bytearray()  # the beginning of a line, as long as it may become anything
        self._inside = b""  # b"data" or b":" once the rest of the line needs no further look
        self._has_data = False
        self._first = True
        self._after_cr = False

    @property
    def pending(self) -> bool:
        """Whether an event has begun and not ended."""
        return self._has_data or self.event is not None or (bool(self._line) and not self._line.startswith(b":"))

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """Take the next bytes of the stream and yield what they bring."""
        if not chunk:
            return
        if self._after_cr and chunk[0] == 0x0A:
            chunk = chunk[1:]  # the second half of a CRLF
        self._after_cr = chunk.endswith(b"\r")
        if b"\n" not in chunk and b"\r" not in chunk:  # the inside of a picture: two memchr, no copy
            yield from self._part(chunk, ended=False)
            return
        for line in chunk.splitlines(keepends=True):
            text = line.rstrip(b"\r\n")
            yield from self._part(text, ended=len(text) < len(line))

    def close(self) -> Iterator[End]:
        """Yield the event that the stream left without its blank line, if it had data."""
        if self._has_data:
            yield self._end(complete=False)

    def _part(self, text: bytes, ended: bool) -> Iterator[Piece]:
        if self._inside:
            if text and self._inside == b"data":
                yield text
            if ended:
                self._inside = b""
        else:
            yield from self._opening(text, ended)

    def _opening(self, text: bytes, ended: bool) -> Iterator[Piece]:
        line = self._line
        line += text
        if self._first and line.startswith(b"\xef\xbb\xbf"):
            del line[:3]
            self._first = False
        if not ended and len(line) < len(b"data: "):
            return  # too short to tell the fields apart, and whether a space follows the colon
        self._first = False
        if line.startswith(b"data:"):
            yield from self._data(bytes(line[6 if line.startswith(b"data: ") else 5 :]))
            self._inside = b"" if ended else b"data"
        elif line.startswith(b":"):
            self.comments += 1
            self._inside = b"" if ended else b":"
        elif len(line) > LINE_LIMIT:
            raise StreamBroken(f"a line of the event stream is longer than {LINE_LIMIT} bytes: {bytes(line[:40])!r}…")
        elif not ended:
            return
        elif line:
            yield from self._field(bytes(line))
        elif self._has_data:
            yield self._end(complete=True)
        else:
            self.event = None
        line.clear()

    def _field(self, line: bytes) -> Iterator[Piece]:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            yield from self._data(value)
        elif name == b"event":
            self.event = value.decode("utf-8", "replace") or None
        elif name == b"id" and b"\0" not in value:
            self.last_id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) < 16:
            self.retry = int(value)

    def _data(self, value: bytes) -> Iterator[bytes]:
        if self._has_data:
            yield b"\n"
        self._has_data = True
        if value:
            yield value

    def _end(self, complete: bool) -> End:
        end = End(self.event, self.last_id, complete)
        self.event, self._has_data = None, False
        return end
