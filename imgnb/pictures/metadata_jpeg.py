"""Segments of a JPEG put in and taken out; tables and compressed pixels are copied as they are.

A segment holds 65,533 bytes. XMP that is longer goes into further ones, as its standard has it: the first packet names
the rest by its MD5.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator

from ..errors import ProtocolBroken
from .metadata_exif import only_orientation

_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_LONGEST = 65_533
_PIECE = 65_400
_SOS, _EOI, _APP0, _APP1, _APP2, _APP14, _COM = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
# Within compressed pixels FF is followed by 00 or by a restart; FF may be repeated before a marker.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

Segment = tuple[int, bytes]
"A marker, and what stands in its segment; the pixels that follow a scan's header stand in it, too."


def written(bare: bytes, xmp: str, more: str) -> bytes:
    """The JPEG, which was stripped, with this XMP.

    `more` is a second packet, for what does not fit into one segment; empty where nothing is left.
    """
    segments = _segments(bare)
    before = next(n for n, segment in enumerate([*segments, (_SOS, b"")]) if not _comes_first(*segment))
    said = [(_APP1, _XMP + xmp.encode("utf-8", "replace")), *_extended(more)]
    return _joined([*segments[:before], *said, *segments[before:]])


def stripped(data: bytes) -> bytes:
    """The JPEG with nothing but what shows it."""
    return _joined([shown for segment in _segments(data) if (shown := _shown(*segment)) is not None])


def fits(xmp: str) -> bool:
    """Whether the packet goes into one segment."""
    return len(_XMP) + len(xmp.encode("utf-8", "replace")) <= _LONGEST


def guid(more: str) -> str:
    """How the first packet is to name the second."""
    return hashlib.md5(more.encode("utf-8", "replace"), usedforsecurity=False).hexdigest().upper()


def _extended(more: str) -> Iterator[Segment]:
    data = more.encode("utf-8", "replace")
    for start in range(0, len(data), _PIECE):
        head = _MORE + guid(more).encode() + struct.pack(">II", len(data), start)
        yield _APP1, head + data[start : start + _PIECE]


def _shown(marker: int, body: bytes) -> Segment | None:
    """The segment as far as it takes part in showing the picture."""
    if marker == _APP0:
        # Sixteen bytes say the proportions of a pixel; a small copy may follow.
        return (marker, body[:12] + b"\0\0") if body.startswith(b"JFIF\0") and len(body) >= 14 else None
    if marker == _APP1:
        exif = only_orientation(body[len(_EXIF) :]) if body.startswith(_EXIF) else None
        return None if exif is None else (marker, _EXIF + exif)
    if marker == _APP2:
        return (marker, body) if body.startswith(b"ICC_PROFILE\0") else None
    if marker == _APP14:
        return (marker, body) if body.startswith(b"Adobe") else None
    return None if 0xE0 <= marker <= 0xEF or marker == _COM else (marker, body)


def _comes_first(marker: int, body: bytes) -> bool:
    return marker == _APP0 or (marker == _APP1 and body.startswith(_EXIF))


def _segments(data: bytes) -> list[Segment]:
    """The segments up to the end; some cameras put a second picture behind it, with metadata of its own."""
    found: list[Segment] = []
    place = 2
    while True:
        match = _MARKER.search(data, place)
        if match is None:
            raise ProtocolBroken(
                "the JPEG is cut before its end", hint="save it without metadata to have what is there"
            )
        marker, start = data[match.end() - 1], match.end()
        if marker == _EOI:
            return found
        length = int.from_bytes(data[start : start + 2], "big")
        if length < 2 or start + length > len(data):
            raise ProtocolBroken(f"the JPEG breaks off in its segment {marker:X}", hint="save it without metadata")
        end = _end_of_scan(data, start + length) if marker == _SOS else start + length
        found.append((marker, data[start + 2 : end]))
        place = end


def _end_of_scan(data: bytes, place: int) -> int:
    match = _MARKER.search(data, place)
    return len(data) if match is None else match.start()


def _joined(segments: list[Segment]) -> bytes:
    parts = [b"\xff\xd8"]
    for marker, body in segments:
        parts += [bytes((0xFF, marker)), _length(marker, body), body]
    return b"".join([*parts, b"\xff\xd9"])


def _length(marker: int, body: bytes) -> bytes:
    # A scan's header says how many channels it has, and with that how long it is.
    length = 4 + 2 * body[0] if marker == _SOS else len(body)
    return struct.pack(">H", length + 2)
