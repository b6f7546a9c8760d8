"""The body of an answer, SSE or JSON, as a row of documents, with the pictures in them flowing into sinks.

This puts the three parsers beside it together and knows nothing of any API: which keys hold pictures, and which
pictures are wanted, is said by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .base64_stream import Base64Decoder
from .json_stream import JSONStream
from .sse import End, Piece, SSEParser, StreamBroken

__all__ = ["DONE", "Document", "DocumentStream", "Hint", "OpenPicture", "StreamBroken"]

DONE = "[DONE]"
"The value of the document that is no JSON but the mark by which some streams say that they are over."


@dataclass(frozen=True, slots=True)
class Hint:
    """What is known of a picture when its first character arrives."""

    event: str | None
    "The name of its event, if that came before the data."
    key: str
    index: int
    "Which captured string of its document it is, from 0."
    before: bytes
    "The document up to here."


OpenPicture = Callable[[Hint], Callable[[bytes], object] | None]
"Returns what takes the bytes of the picture, or None to skip it."


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON document; in place of each captured string stands its index in `captured`."""

    event: str | None
    value: Any
    captured: tuple[int | None, ...] = ()
    "How many bytes each captured string brought, None for those that were skipped."


class DocumentStream:
    """Yields the documents of a body. Take all of `feed` before the next call, and `close` it at the end of the body.

    `sse` is what the content type says; a body whose first byte shows otherwise is read as what it is. Events
    without text are heartbeats and dropped.
    """

    def __init__(self, *, sse: bool, captured: frozenset[str], open_sink: OpenPicture) -> None:
        self._events = SSEParser()
        self._sse = sse
        self._known = False  # whether the first byte has been seen
        self._captured = captured
        self._open_picture = open_sink
        self._pictures: list[Base64Decoder | None] = []
        self._json: JSONStream | None = None

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Take the next bytes of the body; raises StreamBroken where they are not what they should be."""
        if not self._known:
            chunk = self._recognised(chunk)
        if not self._sse:
            if chunk:
                self._text(chunk)
            return
        for piece in self._events.feed(chunk):
            yield from self._piece(piece)

    def close(self) -> Iterator[Document]:
        """Yield what the end of the body completes; raises StreamBroken when it is cut inside a document.

        A last event without its blank line counts as long as its JSON is whole.
        """
        if self._sse:
            for end in self._events.close():
                yield from self._piece(end)
        elif self._json is None:
            raise StreamBroken("the body of the answer is empty")
        else:
            yield from self._document(None)

    @property
    def whole(self) -> int:
        """How many pictures have come whole of a document that has not."""
        return 0 if self._json is None else self._json.captured

    def _recognised(self, chunk: bytes) -> bytes:
        chunk = chunk.lstrip(b"\xef\xbb\xbf \t\r\n")
        if chunk:
            self._known = True
            # The fields data, event, id, retry and comments; no JSON begins so, and no field with a bracket.
            self._sse = chunk[:1] in (b"d", b"e", b"i", b"r", b":") or (self._sse and chunk[:1] not in (b"{", b"["))
        return chunk

    def _piece(self, piece: Piece) -> Iterator[Document]:
        if isinstance(piece, End):
            yield from self._document(piece.event)
        else:
            self._text(piece)

    def _text(self, text: bytes) -> None:
        if self._json is None:
            self._json = JSONStream(self._captured, self._open)
        self._json.feed(text)

    def _open(self, key: str, index: int, before: bytes) -> Base64Decoder | None:
        write = self._open_picture(Hint(self._events.event, key, index, before))
        self._pictures.append(None if write is None else Base64Decoder(write))
        return self._pictures[-1]

    def _document(self, event: str | None) -> Iterator[Document]:
        pictures, self._pictures = self._pictures, []
        if (document := self._json) is None:
            return
        text = document.skeleton.strip()
        value = DONE if text in (b"", DONE.encode()) else document.close()
        self._json = None  # not before: of a broken document it must be known which pictures came whole
        if text:
            yield Document(event, value, tuple(None if p is None else p.written for p in pictures))
