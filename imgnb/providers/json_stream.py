"""A JSON document read as it arrives, with its long strings led past memory into sinks.

The document is copied into a small skeleton for `json.loads`, except the values of chosen keys: their content flows,
unescaped, to whoever wants it. So a picture of 64 MB inside JSON costs a few kilobytes. What the strings hold (base64)
is left to `base64_stream.py`.

No grammar is needed to tell keys from values: a string is the value of a key if there is a colon and nothing else
between the two strings. Where that is wrong, the skeleton is not JSON either, and `close` says so.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, Protocol

from .said import near
from .sse import StreamBroken

SKELETON_LIMIT = 4 * 1024 * 1024
"How many bytes a document may have beside its strings."
DOCUMENT_LIMIT = 48 * 1024 * 1024
"How many it may have with those that are not captured: a link may hold a picture."
CAPTURED_LIMIT = 256
"How many captured strings a document may have."


class TextSink(Protocol):
    """Where the content of one captured string goes."""

    def feed(self, data: bytes) -> object:
        """Take the next bytes of the content, UTF-8."""

    def close(self) -> object:
        """The string is over."""


OpenTextSink = Callable[[str, int, bytes], TextSink | None]
"""Called when a captured string starts, with its key, its index in the document and the skeleton so far; None skips it."""

_HEX = rb"[0-9a-fA-F]"
# An escape that the end of a chunk may have cut. A high surrogate waits for what follows, so that no pair is parted.
_CUT_ESCAPE = re.compile(rb"\\(?:u(?:H{0,3}|[dD][89abAB]HH(?:\\(?:uH{0,3})?)?))?\Z".replace(b"H", _HEX))
_ESCAPES = re.compile(rb"\\(?:uH{0,4}|[^u])(?:\\(?:uH{0,4}|[^u]))*".replace(b"H", _HEX))
# What fills base64: PHP writes \/ for every slash, .NET \u002B for every plus, others wrap lines.
_USUAL = ((b"\\/", b"/"), (b"\\u002B", b"+"), (b"\\n", b"\n"), (b"\\r", b"\r"), (b"\\u003D", b"="), (b"\\u003d", b"="))


class JSONStream:
    """Takes one JSON document in pieces; `close` returns it, with captured strings replaced by 0, 1, ….

    Captured are the strings that are values of the keys in `captured`. Other values of these keys, and empty strings,
    stay as they are.
    """

    def __init__(self, captured: frozenset[str], open_sink: OpenTextSink) -> None:
        self.captured = 0
        self._keys = {key.encode(): key for key in captured}
        self._key_limit = max(map(len, self._keys), default=0) * 6
        self._open_sink = open_sink
        self._sink: TextSink | None = None
        self._skeleton = bytearray()
        self._strings = 0  # how much of it is the content of strings
        self._last = slice(0, 0)  # the content of the last string in the skeleton
        self._key = ""
        self._unfinished = b""
        self._fed = 0
        # A plain function, not a bound method: no reference cycle keeps the skeleton alive.
        self._step: Callable[[JSONStream, bytes, bytes, int], int] = JSONStream._between

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the document."""
        self._fed += len(data)
        if self._unfinished:
            data, self._unfinished = self._unfinished + data, b""
        masked = data
        if b"\\" in data:
            data = self._whole_escapes(data)
            masked = _masked(data) if b'"' in data else data
        position, size = 0, len(data)
        while position < size:
            position = self._step(self, data, masked, position)

    def close(self) -> Any:
        """Return the document; raises StreamBroken when it is cut or not JSON."""
        if self._step is not JSONStream._between or self._unfinished:
            raise StreamBroken(f"the JSON is cut inside a string, after {self._fed:,} bytes")
        try:
            # NaN is no JSON, nor a number, and nor is what is too large for one.
            return json.loads(self._skeleton.decode(), parse_constant=lambda _: None, parse_float=_finite)
        except json.JSONDecodeError as exc:
            state = "cut" if exc.pos >= len(exc.doc.rstrip()) else "broken"
            raise StreamBroken(
                f"the JSON is {state} after {self._fed:,} bytes: {exc.msg} near {near(exc.doc, exc.pos)!r}"
            ) from exc
        except (ValueError, RecursionError) as exc:
            raise StreamBroken(f"the JSON of {self._fed:,} bytes cannot be read: {exc}") from exc

    @property
    def skeleton(self) -> bytes:
        """The document so far, with captured strings replaced by their index."""
        return bytes(self._skeleton)

    def _whole_escapes(self, data: bytes) -> bytes:
        """The data without the escape that its end cuts, which waits for the next data."""
        before = len(data[:-12].rstrip(b"\\"))  # a row of backslashes must be looked at from its first
        cut = _CUT_ESCAPE.search(data[before:].replace(b"\\\\", b"__"))
        if cut is None:
            return data
        end = before + cut.start()
        self._unfinished = data[end:]
        return data[:end]

    # Steps: each deals with the data from a position on, and returns the position that it has come to. Quotes are
    # looked for in `masked`, where every quote opens or ends a string.

    def _between(self, data: bytes, masked: bytes, position: int) -> int:
        quote = masked.find(b'"', position)
        if quote < 0:
            self._copy(data[position:])
            return len(data)
        self._copy(data[position:quote])
        key = self._key_before()
        if key is not None:
            self._key, self._step = key, JSONStream._opening
        else:
            self._copy(b'"')
            self._last = slice(len(self._skeleton), None)
            self._step = JSONStream._copied
        return quote + 1

    def _copied(self, data: bytes, masked: bytes, position: int) -> int:
        quote = masked.find(b'"', position)
        self._strings += (len(data) if quote < 0 else quote) - position
        if quote < 0:
            self._copy(data[position:])
            return len(data)
        self._copy(data[position : quote + 1])
        self._last = slice(self._last.start, len(self._skeleton) - 1)
        self._step = JSONStream._between
        return quote + 1

    def _opening(self, data: bytes, masked: bytes, position: int) -> int:
        if masked[position] == ord('"'):
            self._copy(b'""')
            self._step = JSONStream._between
            return position + 1
        if self.captured == CAPTURED_LIMIT:
            raise StreamBroken(f"the JSON has more than {CAPTURED_LIMIT} strings under {self._key!r} and its like")
        self._sink = self._open_sink(self._key, self.captured, self.skeleton)
        self._step = JSONStream._flowing
        return position

    def _flowing(self, data: bytes, masked: bytes, position: int) -> int:
        quote = masked.find(b'"', position)
        stop = len(data) if quote < 0 else quote
        if self._sink is not None and stop > position:
            self._sink.feed(_unescaped(data[position:stop]))
        if quote < 0:
            return stop
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        self._copy(b"%d" % self.captured)
        self.captured += 1
        self._step = JSONStream._between
        return quote + 1

    def _key_before(self) -> str | None:
        """The captured key whose value begins here, if there is one."""
        last = self._last
        if last.stop - last.start > self._key_limit or self._skeleton[last.stop + 1 :].strip() != b":":
            return None
        return self._keys.get(_unescaped(bytes(self._skeleton[last])))

    def _copy(self, data: bytes) -> None:
        size = len(self._skeleton) + len(data)
        if size > DOCUMENT_LIMIT or size - self._strings > SKELETON_LIMIT:
            raise StreamBroken(f"the JSON of more than {size:,} bytes beside its pictures is too large")
        self._skeleton += data


def _masked(data: bytes) -> bytes:
    """The data with underscores for every escaped backslash and quote."""
    return data.replace(b"\\\\", b"__").replace(b'\\"', b"__")


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    plain = text
    for escape, meant in _USUAL:
        plain = plain.replace(escape, meant)
        if b"\\" not in plain:  # so there was no escaped backslash either: of such a pair one is always left
            return plain
    return _ESCAPES.sub(_unescaped_run, text)


def _unescaped_run(match: re.Match[bytes]) -> bytes:
    try:
        unescaped: str = json.loads(b'"%b"' % match[0])
    except ValueError as exc:
        raise StreamBroken(f"the JSON has a bad escape: {match[0][:20]!r}") from exc
    return unescaped.encode("utf-8", "surrogatepass")
