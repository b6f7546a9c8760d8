"""Chunks of a WebP put in and taken out; those that hold pixels are copied as they are.

Only the extended form can say anything beside its pixels: a simple file gets the head of that form, VP8X, in front.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..errors import ProtocolBroken
from .metadata_exif import only_orientation
from .probe import Picture

_HAS_EXIF, _HAS_XMP, _ALPHA = 0x08, 0x04, 0x10
_PIXELS = (b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L")
_MOST = 2**32 - 10

Chunk = tuple[bytes, bytes]


def written(bare: bytes, xmp: str, picture: Picture) -> bytes:
    """The WebP, which was stripped, with this XMP."""
    kept = list(_chunks(bare))
    if kept[0][0] != b"VP8X":
        kept.insert(0, (b"VP8X", _head(picture)))
    return _joined([*kept, (b"XMP ", xmp.encode("utf-8", "replace"))])


def stripped(data: bytes) -> bytes:
    """The WebP with nothing but what shows it."""
    kept: list[Chunk] = []
    for name, body in _chunks(data):
        if name in _PIXELS:
            kept.append((name, body))
        elif name == b"EXIF" and (exif := only_orientation(body.removeprefix(b"Exif\0\0"))) is not None:
            kept.append((name, exif))
    return _joined(kept)


def _head(picture: Picture) -> bytes:
    sides = ((side - 1).to_bytes(3, "little") for side in (picture.width, picture.height))
    return bytes((_ALPHA if picture.has_alpha else 0, 0, 0, 0)) + b"".join(sides)


def _chunks(data: bytes) -> Iterator[Chunk]:
    place, end = 12, min(len(data), int.from_bytes(data[4:8], "little") + 8)
    while place + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, place)
        if place + 8 + length > len(data) or (place == 12 and name not in _PIXELS):
            raise ProtocolBroken(f"the WebP breaks off in its chunk {name!r}", hint="save it without metadata")
        yield name, data[place + 8 : place + 8 + length]
        place += 8 + length + (length & 1)


def _joined(chunks: list[Chunk]) -> bytes:
    """The file, its head saying what is there."""
    parts = [b"WEBP"]
    names = {name for name, _ in chunks}
    for name, body in chunks:
        if name == b"VP8X" and body:
            said = (_HAS_EXIF if b"EXIF" in names else 0) | (_HAS_XMP if b"XMP " in names else 0)
            body = bytes((body[0] & ~(_HAS_EXIF | _HAS_XMP) | said,)) + body[1:]
        parts += [name, struct.pack("<I", len(body)), body, b"\0" * (len(body) & 1)]
    whole = b"".join(parts)
    if len(whole) > _MOST:
        raise ProtocolBroken("the WebP would be longer than a WebP can be", hint="save it without metadata")
    return b"RIFF" + struct.pack("<I", len(whole)) + whole
