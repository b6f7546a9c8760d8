"""The IPTC's old records (IIM) in a JPEG, as agencies and Photoshop write them into the segment APP13.

Read here and not by Pillow, whose `open` refuses or warns of pictures that claim many pixels, while nothing is decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

NAMES = {105: "headline", 120: "caption", 80: "by-line", 110: "credit", 115: "source", 116: "copyright", 25: "keywords"}
"Those that are told, by the number of their dataset in record 2."

_PHOTOSHOP = b"Photoshop 3.0\0"
_IIM = 0x0404
_MOST = 1000


def iptc(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and value of each that is told, first an empty one that says that there are records; broken ones end it."""
    for number, block in _blocks(body):
        if number == _IIM:
            yield "", b""
            yield from _values(block)


def _blocks(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The blocks of Photoshop, by their numbers: each has a name, and both name and block are padded to even lengths."""
    place = len(_PHOTOSHOP) if body.startswith(_PHOTOSHOP) else len(body)
    while body[place : place + 4] == b"8BIM" and place + 7 <= len(body):
        start = place + 6 + (body[place + 6] + 2) // 2 * 2
        if start + 4 > len(body):
            return
        (length,) = struct.unpack_from(">I", body, start)
        yield struct.unpack_from(">H", body, place + 4)[0], body[start + 4 : start + 4 + length]
        place = start + 4 + length + (length & 1)


def _values(block: bytes) -> Iterator[tuple[str, bytes]]:
    place = 0
    for _ in range(_MOST):
        if place + 5 > len(block) or block[place] != 0x1C:
            return
        record, dataset, length = struct.unpack_from(">BBH", block, place + 1)
        if length & 0x8000:  # lengths of lengths are for pictures within, not for texts
            return
        if record == 2 and dataset in NAMES:
            yield NAMES[dataset], block[place + 5 : place + 5 + length]
        place += 5 + length
