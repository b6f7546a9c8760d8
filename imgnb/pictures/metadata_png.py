"""Chunks of a PNG put in and taken out; those that hold pixels are copied as they are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from ..errors import ProtocolBroken
from .metadata_exif import only_orientation

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SHOWS = frozenset(
    (b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"pHYs",
     b"acTL", b"fcTL", b"fdAT")
)  # fmt: skip
"Chunks that may be left out and yet change what is seen: transparency, colours, proportions, animation."
_XMP, _IMGNB = b"XML:com.adobe.xmp", b"imgnb"


def written(bare: bytes, xmp: str, text: str) -> bytes:
    """The PNG, which was stripped, with this XMP and this text."""
    header, *rest = _chunks(bare)
    return _joined([header, _itxt(_IMGNB, text), _itxt(_XMP, xmp), *rest])


def stripped(data: bytes) -> bytes:
    """The PNG with nothing but what shows it."""
    return _joined(_shown(name, body) for name, body in _chunks(data) if _is_shown(name, body))


def _is_shown(name: bytes, body: bytes) -> bool:
    # A capital at the beginning says that no reader may leave it out.
    return name[:1].isupper() or name in _SHOWS or (name == b"eXIf" and only_orientation(body) is not None)


def _shown(name: bytes, body: bytes) -> tuple[bytes, bytes]:
    return (name, only_orientation(body) or b"") if name == b"eXIf" else (name, body)


def _itxt(keyword: bytes, text: str) -> tuple[bytes, bytes]:
    return b"iTXt", keyword + b"\0\0\0\0\0" + text.encode("utf-8", "replace")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each, to the end; what follows the end is no part of the picture."""
    place, name = len(_SIGNATURE), b""
    while name != b"IEND":
        if place + 12 > len(data):
            raise ProtocolBroken("the PNG is cut before its end", hint="save it without metadata to have what is there")
        length, name = struct.unpack_from(">I4s", data, place)
        if place + 12 + length > len(data) or (place == len(_SIGNATURE) and name != b"IHDR"):
            raise ProtocolBroken(f"the PNG breaks off in its chunk {name!r}", hint="save it without metadata")
        yield name, data[place + 8 : place + 8 + length]
        place += 12 + length


def _joined(chunks: Iterator[tuple[bytes, bytes]] | list[tuple[bytes, bytes]]) -> bytes:
    parts = [_SIGNATURE]
    for name, body in chunks:
        parts += [struct.pack(">I", len(body)), name, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))]
    return b"".join(parts)
