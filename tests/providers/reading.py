"""What a reader makes of a body that comes in pieces, with sinks in memory."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imgnb.events import Image, Partial, Sink, Spooled
from imgnb.providers.answer_reader import AnswerReader, Read
from imgnb.providers.picture_stream import StreamBroken

SSE, JSON = "text/event-stream; charset=utf-8", "application/json"


@dataclass
class Outcome:
    """All that a reader has said; `opened` lists the sinks that it has opened."""

    pictures: list[tuple[int, bytes]] = field(default_factory=list)
    partials: list[tuple[int, bytes, int]] = field(default_factory=list)
    partials_received: int = 0
    deltas: list[str] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    text: str | None = None
    usage: Mapping[str, Any] | None = None
    said: dict[str, Any] = field(default_factory=dict)
    response_id: str | None = None
    revised_prompt: str | None = None
    notes: list[str] = field(default_factory=list)
    failed: tuple[str, str | None, Mapping[str, Any] | None] | None = None
    "The kind, code and details of a failure that the body tells of."
    unknown_events: int = 0
    opened: list[int] = field(default_factory=list)
    broken: bool = False


class Shelf:
    """Sinks in memory."""

    def __init__(self) -> None:
        self.opened: list[int] = []
        self.finished: dict[str, bytes] = {}

    def open_sink(self, index: int) -> Sink:
        self.opened.append(index)
        return _Kept(self)


class _Kept:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._data = b""

    def write(self, data: bytes) -> None:
        self._data += data

    def finish(self) -> Spooled:
        digest = hashlib.sha256(self._data).hexdigest()
        self._shelf.finished[digest] = self._data
        return Spooled(digest, len(self._data), Path(digest))

    def discard(self) -> None:
        self._data = b""


def read(
    kind: type[AnswerReader], chunks: Iterable[bytes], *, content_type: str = SSE, previews: bool = True, **options: Any
) -> Outcome:
    """What a reader of this kind says of a body in these pieces; where that is broken, what it rescues."""
    shelf, outcome = Shelf(), Outcome()
    reader = kind(shelf.open_sink, previews=previews, **options)
    reader.begin(content_type=content_type)
    for event in _events(reader, chunks, outcome):
        if isinstance(event, Image):
            outcome.pictures.append((event.index, shelf.finished[event.spooled.sha256]))
        elif isinstance(event, Partial):
            outcome.partials.append((event.index, event.data, event.image))
        else:
            outcome.deltas.append(event.text)
    reader.discard()
    outcome.opened, outcome.partials_received = shelf.opened, reader.partials
    outcome.links = [(index, url) for index, url, _ in reader.links]
    if (failed := reader.failed) is not None:
        outcome.failed = (failed.kind, failed.code, failed.details)
    for name in ("text", "usage", "response_id", "revised_prompt", "notes", "unknown_events", "said"):
        setattr(outcome, name, getattr(reader, name))
    return outcome


def _events(reader: AnswerReader, chunks: Iterable[bytes], outcome: Outcome) -> Iterator[Read]:
    try:
        for chunk in chunks:
            yield from reader.feed(chunk)
        yield from reader.close()
    except StreamBroken:
        outcome.broken = True
        yield from reader.rescue()


def in_pieces(body: bytes) -> Iterator[list[bytes]]:
    """The body whole, byte by byte, and cut in two at every byte."""
    yield [body]
    yield [body[at : at + 1] for at in range(len(body))]
    yield from ([body[:at], body[at:]] for at in range(1, len(body)))


def shuffled(value: Any, chance: random.Random) -> Any:
    """The document with the keys of all its objects in another order."""
    if isinstance(value, dict):
        keys = chance.sample(list(value), len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value
