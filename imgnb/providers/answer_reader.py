"""From the body of an answer to partials and pictures, in whatever shape it comes: what all dialects have in common.

A stream's events are told apart by their `type`, or by the event's name; where neither has come yet when a picture
begins, its bytes wait in a nameless file until the document says what they were. What the documents of one dialect mean
is said by its own reader, in `images_reader.py` and its like.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TypeGuard

from ..errors import ProviderError
from ..events import Image, OpenSink, Partial, Sink, TextDelta
from .json_stream import CAPTURED_LIMIT
from .picture_stream import DONE, Document, DocumentStream, Hint, StreamBroken
from .refusals import failure
from .said import TEXT_LIMIT, cut, one_line
from .waiting import InMemory, InSink, Nowhere, Undecided, Waiting

BEGUN_LIMIT = 1024 * 1024
"How long a document may be before a picture to be looked into when that begins; a longer one is understood at its end."

NOTE_LIMIT = 500
MAX_NOTES = 100

UNFORESEEN = (AttributeError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"What a document of a shape that nobody thought of may raise where it is read."

_STRING = re.compile(rb'"[^"]*"')
_BRACKET = re.compile(rb"[\[\]{}]")
_CLOSING = {b"[": b"]", b"{": b"}"}

Read = Partial | Image | TextDelta


class AnswerReader:
    """Takes a body in pieces; yields what is to be shown or kept, and gathers what else the answer says.

    `images` counts the pictures that came whole, `links` lists (index, URL, what was said of it) for those that came as
    links, `failed` is a failure that came in the body, `said` what the answer says that it used.
    """

    captured: ClassVar[frozenset[str]]
    "The keys whose values are pictures."

    def __init__(self, open_sink: OpenSink, *, previews: bool) -> None:
        self._open_sink = open_sink
        self._previews = previews
        self._stream: DocumentStream | None = None
        self._pending: list[Waiting] = []
        self._whole = 0  # how many of the pending are whole though their document is not understood
        self.images = 0
        self.links: list[tuple[int, str, Mapping[str, Any]]] = []
        self.partials = 0
        self.documents = 0
        self.failed: ProviderError | None = None
        self.said: dict[str, Any] = {}
        self.usage: dict[str, Any] | None = None
        self.revised_prompt: str | None = None
        self.text: str | None = None
        self.response_id: str | None = None
        self.unknown_events = 0
        self.notes: list[str] = []
        self.beginning = b""
        self.first_byte: float | None = None
        self.first_partial: float | None = None
        self.streamed = False

    # What a dialect says

    def _is_partial(self, kind: str, key: str, begun: Mapping[str, Any]) -> bool | None:
        """Whether the picture that begins, as the value of `key`, is a partial; None when only the whole document says.

        `begun` is the document as far as it has come.
        """
        raise NotImplementedError

    def _conclude(self) -> None:
        """All documents have come."""

    def _is_passed_over(self, kind: str, key: str, begun: Mapping[str, Any]) -> bool:
        """Whether what begins has come before, or is no picture, and is not to be decoded."""
        return False

    def _sorted(self, kind: str, value: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        """What a document brings; `kind` is its type or the name of its event."""
        raise NotImplementedError

    # The body

    def begin(self, *, content_type: str) -> None:
        """The answer's headers have come."""
        self.streamed = content_type.startswith("text/event-stream")
        self._stream = DocumentStream(sse=self.streamed, captured=self.captured, open_sink=self._picture)

    def feed(self, chunk: bytes) -> Iterator[Read]:
        """Take the next piece of the body. Raises StreamBroken where it is not what it should be."""
        assert self._stream is not None
        if self.first_byte is None:
            self.first_byte, self.beginning = time.monotonic(), chunk[:4096]
        with _understood():
            for document in self._stream.feed(chunk):
                yield from self._document(document)

    def close(self) -> Iterator[Read]:
        """The body has ended. Raises StreamBroken when it was cut."""
        assert self._stream is not None
        with _understood():
            for document in self._stream.close():
                yield from self._document(document)
            self._conclude()

    def rescue(self) -> Iterator[Image]:
        """The pictures that came whole in a document that is not, or means nothing; what may be a partial is none."""
        for waiting in self._pending[: self._whole or (self._stream.whole if self._stream else 0)]:
            if type(waiting) is InSink and (spooled := waiting.finish()) is not None:
                index, self.images = self.place, self.images + 1
                yield Image(index, spooled, {})

    def discard(self) -> None:
        """Forget pictures that did not come whole."""
        while self._pending:
            self._pending.pop().discard()

    @property
    def place(self) -> int:
        """The index of the next picture, whichever way it comes."""
        return self.images + len(self.links)

    def _picture(self, hint: Hint) -> Callable[[bytes], object] | None:
        begun = _begun(hint.before)
        kind = _kind(hint.event, begun)
        waiting: Waiting
        if self._is_passed_over(kind, hint.key, begun):
            waiting = Nowhere()
        elif (partial := self._is_partial(kind, hint.key, begun)) is None:
            waiting = Undecided(self._opener())
        elif partial:
            waiting = InMemory() if self._previews else Nowhere()
        else:
            waiting = InSink(self._opener())
        self._pending.append(waiting)
        return None if isinstance(waiting, Nowhere) else waiting.write

    def _opener(self) -> Callable[[], Sink]:
        index = self.place + sum(isinstance(other, InSink) for other in self._pending)
        return lambda: self._open_sink(index)

    def _document(self, document: Document) -> Iterator[Read]:
        pending, self._pending = self._pending, []
        try:
            if document.value != DONE and isinstance(document.value, dict):
                self.documents += 1
                yield from self._sorted(_kind(document.event, document.value), document.value, pending)
        except UNFORESEEN:
            self._pending, self._whole, pending = pending, len(pending), []
            raise
        finally:
            for waiting in pending:
                waiting.discard()

    # What documents are made of

    def _fail(self, found: object) -> None:
        """The answer says that it failed; the first word counts."""
        self.failed = self.failed or failure(found if isinstance(found, Mapping) else {"message": str(found)})

    def _partial(self, position: object, index: object, pending: list[Waiting]) -> Iterator[Partial]:
        self.partials += 1
        if self.first_partial is None:
            self.first_partial = time.monotonic()
        waiting = _taken(position, pending)
        data = waiting.preview() if self._previews else b""
        waiting.discard()
        if data:
            yield Partial(index if _is_place(index) else self.partials - 1, data, self.place)

    def _image(self, position: object, meta: dict[str, Any], pending: list[Waiting]) -> Iterator[Image]:
        """The picture whose place in its document `position` is, else the link that `meta` holds."""
        waiting = _taken(position, pending)
        spooled = waiting.finish()
        waiting.discard()
        if spooled is not None:
            index, self.images = self.place, self.images + 1
            self._revised(meta)
            yield Image(index, spooled, meta)
        elif isinstance(url := meta.get("url"), str) and url:
            self._revised(meta)
            self._link(url, meta)

    def _revised(self, meta: Mapping[str, Any]) -> None:
        if isinstance(prompt := meta.get("revised_prompt"), str) and prompt:
            self.revised_prompt = self.revised_prompt or prompt

    def _link(self, url: str, meta: Mapping[str, Any]) -> None:
        """A picture behind a link; where the link holds it, it is not said of itself once more."""
        if len(self.links) == CAPTURED_LIMIT:
            raise StreamBroken(f"the answer has more than {CAPTURED_LIMIT} links")
        held = url[:5].lower() == "data:"
        self.links.append((self.place, url, {**meta, "url": None} if held else meta))

    def _note(self, note: str) -> None:
        note = cut(one_line(note), NOTE_LIMIT)
        if note not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(note)

    def _told(self, text: str) -> str | None:
        """The text as far as it is kept; None for none."""
        if len(text) > TEXT_LIMIT:
            self._note(f"the text was longer than {TEXT_LIMIT:,} characters; the rest is dropped")
        return cut(text, TEXT_LIMIT) or None

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            self.usage = _added(self.usage or {}, usage)


class Words:
    """Text that comes in pieces, up to a limit, and one character beyond that tells that it was passed."""

    def __init__(self, limit: int = TEXT_LIMIT) -> None:
        self._pieces: list[str] = []
        self._room = limit + 1

    def add(self, text: str) -> str:
        """Take the next piece; returns what of it is kept."""
        kept = text[: self._room]
        if kept:
            self._room -= len(kept)
            self._pieces.append(kept)
        return kept

    def joined(self, between: str = "") -> str:
        return between.join(self._pieces)


@contextmanager
def _understood() -> Iterator[None]:
    """Raises StreamBroken for whatever else a document's shape makes of us."""
    try:
        yield
    except StreamBroken:
        raise
    except UNFORESEEN as exc:
        raise StreamBroken(f"the answer cannot be understood: {type(exc).__name__}") from exc


def _is_place(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0


def _taken(position: object, pending: list[Waiting]) -> Waiting:
    """The picture at this place of its document, for the one who asks first; for what is no place, nothing."""
    if not _is_place(position) or position >= len(pending):
        return Nowhere()
    waiting, pending[position] = pending[position], Nowhere()
    return waiting


def _begun(before: bytes) -> dict[str, Any]:
    """The document as far as it has come, with null for what comes now and everything open closed; {} if it is none."""
    if len(before) > BEGUN_LIMIT:
        return {}
    closing: list[bytes] = []
    for bracket in _BRACKET.findall(_STRING.sub(b"", before.replace(rb"\\", b"").replace(rb"\"", b""))):
        if bracket in _CLOSING:
            closing.append(_CLOSING[bracket])
        elif closing:
            closing.pop()
    try:
        begun = json.loads(before + b"null" + b"".join(reversed(closing)))
    except (ValueError, RecursionError):
        return {}
    return begun if isinstance(begun, dict) else {}


def _kind(event: str | None, value: Mapping[str, Any]) -> str:
    """The type of a document, else the name of its event; "message" is what SSE calls an event without a name."""
    if event == "error" and value.keys() & {"error", "message"}:
        return "error"
    return str(value.get("type") or ("" if event == "message" else event) or "")


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
