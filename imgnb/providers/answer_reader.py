"""From the body of an Images API answer to partials and pictures, in whatever shape it comes.

A stream's events are told apart by their `type`, or by the event's name; where neither has come yet when a picture
begins, its bytes wait in a nameless file until the document says what they were.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any

from ..events import Image, OpenSink, Partial, Sink, Spooled
from .picture_stream import DONE, Document, DocumentStream, Hint

CAPTURED = frozenset({"b64_json"})
BLOCK = 256 * 1024
_TYPE = re.compile(rb'"type"\s*:\s*"([^"\\]{1,200})"')


class AnswerReader:
    """Takes a body in pieces; yields `Partial` and `Image`, and gathers what else the answer says.

    `images` counts the pictures that came whole, `links` lists (index, URL, what was said of it) for those that came as
    links, `error` is an error object that came in the body, `said` the fields of the last document.
    """

    def __init__(self, open_sink: OpenSink, *, previews: bool) -> None:
        self._open_sink = open_sink
        self._previews = previews
        self._stream: DocumentStream | None = None
        self._pending: list[_Waiting] = []
        self.images = 0
        self.links: list[tuple[int, str, Mapping[str, Any]]] = []
        self.partials = 0
        self.documents = 0
        self.error: Mapping[str, Any] | None = None
        self.said: dict[str, Any] = {}
        self.usage: dict[str, Any] | None = None
        self.revised_prompt: str | None = None
        self.beginning = b""
        self.first_byte: float | None = None
        self.first_partial: float | None = None
        self.streamed = False

    def begin(self, *, content_type: str) -> None:
        """The answer's headers have come."""
        self.streamed = content_type.startswith("text/event-stream")
        self._stream = DocumentStream(sse=self.streamed, captured=CAPTURED, open_sink=self._picture)

    def feed(self, chunk: bytes) -> Iterator[Partial | Image]:
        """Take the next piece of the body. Raises StreamBroken where it is not what it should be."""
        assert self._stream is not None
        if self.first_byte is None:
            self.first_byte, self.beginning = time.monotonic(), chunk[:4096]
        for document in self._stream.feed(chunk):
            yield from self._document(document)

    def close(self) -> Iterator[Partial | Image]:
        """The body has ended. Raises StreamBroken when it was cut."""
        assert self._stream is not None
        for document in self._stream.close():
            yield from self._document(document)

    def rescue(self) -> Iterator[Image]:
        """The pictures that came whole in a document that did not: all but the last, whose end nobody has seen."""
        *whole, _ = self._pending or [_Nowhere()]
        for waiting in whole:
            if type(waiting) is _Sink and (spooled := waiting.finish()) is not None:
                index, self.images = self._place, self.images + 1
                yield Image(index, spooled, {})

    def discard(self) -> None:
        """Forget pictures that did not come whole."""
        while self._pending:
            self._pending.pop().discard()

    def _picture(self, hint: Hint) -> Callable[[bytes], object] | None:
        kind = hint.event
        if kind is None and (found := _TYPE.findall(hint.before)):
            kind = found[-1].decode("utf-8", "replace")
        waiting: _Waiting
        if kind is not None and "partial" in kind:
            waiting = _Memory() if self._previews else _Nowhere()
        elif kind is None and b'"data"' not in hint.before:
            waiting = _Undecided(self._opener())
        else:
            waiting = _Sink(self._opener())
        self._pending.append(waiting)
        return None if isinstance(waiting, _Nowhere) else waiting.write

    def _opener(self) -> Callable[[], Sink]:
        index = self._place + sum(isinstance(other, _Sink) for other in self._pending)
        return lambda: self._open_sink(index)

    @property
    def _place(self) -> int:
        """The index of the next picture, whichever way it comes."""
        return self.images + len(self.links)

    def _document(self, document: Document) -> Iterator[Partial | Image]:
        pending, self._pending = self._pending, []
        try:
            if document.value != DONE and isinstance(document.value, dict):
                self.documents += 1
                yield from self._sorted(document, document.value, pending)
        finally:
            for waiting in pending:
                waiting.discard()

    def _sorted(self, document: Document, value: dict[str, Any], pending: list[_Waiting]) -> Iterator[Partial | Image]:
        kind = str(value.get("type") or document.event or "")
        if kind == "error" or (value.get("error") and not value.get("data") and "b64_json" not in value):
            found = value.get("error", value)
            self.error = found if isinstance(found, dict) else {"message": str(found)}
            return
        if "partial" in kind:
            yield from self._partial(value, pending)
            return
        items = value.get("data")
        self.said |= {key: item for key, item in value.items() if key not in ("data", "b64_json", "usage", "type")}
        self._count(value.get("usage"))
        for item in items if isinstance(items, list) else [value]:
            if isinstance(item, dict):
                yield from self._image(item, pending)

    def _partial(self, value: dict[str, Any], pending: list[_Waiting]) -> Iterator[Partial]:
        self.partials += 1
        if self.first_partial is None:
            self.first_partial = time.monotonic()
        position = value.get("b64_json")
        if self._previews and isinstance(position, int) and position < len(pending):
            index = value.get("partial_image_index")
            if data := pending[position].preview():
                yield Partial(index if isinstance(index, int) else self.partials - 1, data, self._place)

    def _image(self, item: dict[str, Any], pending: list[_Waiting]) -> Iterator[Image]:
        position, url = item.get("b64_json"), item.get("url")
        meta = {key: value for key, value in item.items() if key not in ("b64_json", "usage", "type")}
        if isinstance(item.get("revised_prompt"), str) and item["revised_prompt"]:
            self.revised_prompt = self.revised_prompt or item["revised_prompt"]
        waiting = pending[position] if isinstance(position, int) and position < len(pending) else None
        if waiting is not None and (spooled := waiting.finish()) is not None:
            index, self.images = self._place, self.images + 1
            yield Image(index, spooled, meta)
        elif isinstance(url, str) and url:
            self.links.append((self._place, url, meta))

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            self.usage = _added(self.usage or {}, usage)


class _Waiting:
    """A picture whose document is not at its end yet; this one is passed over."""

    def write(self, data: bytes) -> None:
        """Take the next bytes of the picture."""

    def preview(self) -> bytes:
        """The bytes, of what turned out to be a partial."""
        return b""

    def finish(self) -> Spooled | None:
        """The bytes, durable, of what turned out to be a picture; None where there are none."""
        return None

    def discard(self) -> None:
        """Forget what is not finished."""


class _Nowhere(_Waiting):
    """A partial that nobody looks at."""


class _Memory(_Waiting):
    """A partial."""

    def __init__(self) -> None:
        self._data = BytesIO()  # unlike a bytearray it gives its bytes without a copy

    def write(self, data: bytes) -> None:
        self._data.write(data)

    def preview(self) -> bytes:
        return self._data.getvalue()


class _Sink(_Waiting):
    """A picture. Its sink is opened by its first byte: some gateways send `b64_json: ""` beside a URL."""

    def __init__(self, opener: Callable[[], Sink]) -> None:
        self._opener = opener
        self._sink: Sink | None = None

    def write(self, data: bytes) -> None:
        if self._sink is None:
            self._sink = self._opener()
        self._sink.write(data)

    def finish(self) -> Spooled | None:
        return None if self._sink is None else self._sink.finish()

    def discard(self) -> None:
        if self._sink is not None:
            self._sink.discard()


class _Undecided(_Sink):
    """Either of the two. It lies in a file without a name, so that a partial can never be taken for a picture."""

    def __init__(self, opener: Callable[[], Sink]) -> None:
        super().__init__(opener)
        self._file = TemporaryFile()  # noqa: SIM115 - discard closes it

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def preview(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def finish(self) -> Spooled | None:
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            super().write(block)
        return super().finish()

    def discard(self) -> None:
        self._file.close()
        super().discard()


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of two usages, level by level; what is no number is taken from the later one."""
    total = dict(one)
    for key, value in other.items():
        before = total.get(key)
        if isinstance(value, Mapping):
            total[key] = _added(before if isinstance(before, Mapping) else {}, value)
        elif isinstance(value, int) and isinstance(before, int):
            total[key] = before + value
        else:
            total[key] = value
    return total
