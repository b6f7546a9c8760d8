"""JSON bodies that hold pictures as data URLs, encoded while they are sent: none is ever whole in memory.

What is sent is to the byte what httpx makes of the same document with the texts of the data URLs in it. The document
is taken apart by its structure, so no text in it can be mistaken for a picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..events import Cancel
from ..request import Reference
from .picture_file import PictureFile, size_of

BLOCK = 192 * 1024
"How many bytes of a picture are encoded at a time: whole groups of three, so that padding comes only at the end."


@dataclass(frozen=True)
class DataURL:
    """Stands in a document where a picture goes as the text of a `data:` URL."""

    picture: Reference


def in_json(document: Mapping[str, Any], cancel: Cancel) -> dict[str, Any]:
    """The document as arguments of httpx: a body that is sent bit by bit, or plain `json` where it holds no picture.

    Raises AssetNotFound when a picture's bytes are gone.
    """
    if not _holds_picture(document):
        return {"json": document}
    body = JsonBody(document, cancel)
    return {"content": body, "headers": {"Content-Type": "application/json", "Content-Length": str(body.length)}}


class JsonBody:
    """The bytes of a document with pictures, a block at a time, as often as they are asked for.

    Sending it raises LibraryError when a file is no longer as long as it was, Cancelled as soon as `cancel` says so.
    """

    def __init__(self, document: Mapping[str, Any], cancel: Cancel) -> None:
        self._cancel = cancel
        self._pieces = list(_joined(document))
        self.length = sum(len(piece) if isinstance(piece, bytes) else piece.length for piece in self._pieces)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece.blocks(self._cancel)


@dataclass(frozen=True)
class _Encoded:
    """A picture in base64, of which so far only the size is known."""

    picture: Reference
    size: int

    @property
    def length(self) -> int:
        return (self.size + 2) // 3 * 4

    def blocks(self, cancel: Cancel) -> Iterator[bytes]:
        import pybase64

        with PictureFile(self.picture, cancel, self.size) as file:
            while block := file.read(BLOCK):
                yield pybase64.b64encode(block)


def _joined(document: Mapping[str, Any]) -> Iterator[bytes | _Encoded]:
    """The text of the document in as few pieces as its pictures leave."""
    text = ""
    for piece in _pieces(document):
        if isinstance(piece, str):
            text += piece
        else:
            yield text.encode()
            yield _Encoded(piece, size_of(piece))
            text = ""
    yield text.encode()


def _pieces(value: object) -> Iterator[str | Reference]:
    """The JSON text of a value, with pictures where their base64 belongs."""
    if isinstance(value, DataURL):
        yield _text(f"data:{value.picture.media_type};base64,")[:-1]
        yield value.picture
        yield '"'
    elif not _holds_picture(value):
        yield _text(value)
    elif isinstance(value, Mapping):
        for number, (name, item) in enumerate(value.items()):
            yield f"{',' if number else '{'}{_text(name)}:"
            yield from _pieces(item)
        yield "}"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield "," if number else "["
            yield from _pieces(item)
        yield "]"


def _holds_picture(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_picture(item) for item in value.values())
    return isinstance(value, DataURL) or (isinstance(value, list) and any(_holds_picture(item) for item in value))


def _text(value: object) -> str:
    """The value as httpx writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
