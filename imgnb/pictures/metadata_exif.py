"""The one thing that EXIF says and a viewer needs: which way up the picture is."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_MOST_ENTRIES = 512


def orientation_of(exif: bytes) -> int:
    """The orientation that EXIF, as it begins with its byte order, asks for; 1, upright, where it says nothing readable."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for place in range(start + 2, start + 2 + 12 * min(count, _MOST_ENTRIES), 12):
            tag, kind, _, asked = struct.unpack_from(f"{order}HHIH", exif, place)
            if tag == _ORIENTATION and kind == 3:
                return asked if 1 <= asked <= 8 else 1
    except struct.error:
        pass  # cut, or nonsense: it says nothing
    return 1


def only_orientation(exif: bytes) -> bytes | None:
    """EXIF that says which way up and nothing else; None where the picture is upright as it is."""
    asked = orientation_of(exif)
    if asked == 1:
        return None
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, asked, 0, 0)
