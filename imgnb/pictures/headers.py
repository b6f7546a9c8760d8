"""The headers of PNG, JPEG, WebP and GIF: size, alpha, frames, and whether the end is there.

Each reader walks its format's blocks by seeking over what they hold. A reader is given what anybody may have
written, so it trusts no length and ends with the file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

MAX_PIXELS = 100_000_000
"""More pixels than any model draws (3840x2160 is 8 million); decoded as RGBA they still fit in 400 MB of memory."""


class HeaderBroken(Exception):
    """The first bytes promise a picture, the next ones do not keep it."""


class Header(NamedTuple):
    """The fields of a `Picture`, in its order."""

    media_type: str
    width: int
    height: int
    has_alpha: bool
    frames: int
    whole: bool


def read(head: bytes, file: BinaryIO, size: int) -> Header | None:
    """Return the header of the picture, None where the first bytes are of no format known here."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        reader, kind = _png, "PNG"
    elif head.startswith(b"\xff\xd8\xff"):
        reader, kind = _jpeg, "JPEG"
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        reader, kind = _webp, "WebP"
    elif head.startswith((b"GIF87a", b"GIF89a")):
        reader, kind = _gif, "GIF"
    else:
        return None
    return checked(kind, reader, file, size)


def checked(kind: str, reader: Callable[[BinaryIO, int], Header], file: BinaryIO, size: int) -> Header:
    """Return what the reader reads; raise HeaderBroken where the file ends too early or has no pixels."""
    try:
        header = reader(file, size)
    except (struct.error, LookupError) as exc:
        raise HeaderBroken(f"a {kind} that is cut before it tells its size") from exc
    if header.width < 1 or header.height < 1:
        raise HeaderBroken(f"a {kind} of {header.width}x{header.height} pixels")
    return header


def _png(file: BinaryIO, size: int) -> Header:
    file.seek(8)
    length, name, width, height, depth, colour = struct.unpack(">I4sIIBB", file.read(18))
    if name != b"IHDR" or length != 13:
        raise HeaderBroken("a PNG that does not begin with its size")
    if colour not in (0, 2, 3, 4, 6) or depth not in (1, 2, 4, 8, 16):
        raise HeaderBroken(f"a PNG of unknown colour type {colour} and depth {depth}")
    alpha, frames, whole = colour in (4, 6), 1, False
    position = 33
    while position + 12 <= size and not whole:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        position += 12 + length
        if name == b"tRNS":
            alpha = True
        elif name == b"acTL" and length == 8:
            frames = max(1, int.from_bytes(file.read(4), "big"))
        whole = name == b"IEND" and position <= size
    return Header("image/png", width, height, alpha, frames, whole)


def png_exif(file: BinaryIO, size: int) -> bytes:
    """Return the EXIF of a PNG, wherever among its chunks it stands; empty where there is none."""
    position = 8
    while position + 12 <= size:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        if name == b"eXIf":
            return file.read(min(length, _LONGEST_EXIF))
        position += 12 + length
    return b""


# Markers that open a frame: SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the range.
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_LONGEST_EXIF = 1_000_000
_MOST_STRAY_BYTES = 4096
_MOST_SEGMENTS = 65_536


def _jpeg(file: BinaryIO, size: int) -> Header:
    file.seek(2)
    width = height = 0
    for _ in range(_MOST_SEGMENTS):
        marker = _marker(file)
        if marker in _WITHOUT_LENGTH:
            continue
        if marker == 0xDA and width:
            return Header("image/jpeg", width, height, False, 1, _has_end_of_image(file, size))
        if marker in (0xD9, 0xDA):
            raise HeaderBroken("a JPEG without a frame")
        start = file.tell()
        (length,) = struct.unpack(">H", file.read(2))
        if marker in _SOF:
            _precision, height, width = struct.unpack(">BHH", file.read(5))
        if width and start + length >= size:
            return Header("image/jpeg", width, height, False, 1, False)
        file.seek(start + max(2, length))
    raise HeaderBroken(f"a JPEG of more than {_MOST_SEGMENTS:,} segments")


def _marker(file: BinaryIO) -> int:
    """Return the next marker; FF may be repeated before it, and stray bytes may stand before that."""
    for _ in range(_MOST_STRAY_BYTES):
        if file.read(1)[0] == 0xFF:
            break
    for _ in range(_MOST_STRAY_BYTES):
        byte = file.read(1)[0]
        if byte not in (0x00, 0xFF):
            return byte
    raise HeaderBroken("a JPEG whose segments do not follow each other")


def _has_end_of_image(file: BinaryIO, size: int) -> bool:
    # From the end backwards: bytes may follow the end (a second picture, padding), and inside the
    # compressed data FF is never followed by D9.
    start, block = file.tell(), 64 * 1024
    upper = size
    while upper > start:
        lower = max(start, upper - block)
        file.seek(lower)
        if b"\xff\xd9" in file.read(min(size, upper + 1) - lower):
            return True
        upper = lower
    return False


def _webp(file: BinaryIO, size: int) -> Header:
    file.seek(4)
    (riff,) = struct.unpack("<I", file.read(4))
    file.seek(12)
    name, length = struct.unpack("<4sI", file.read(8))
    whole, frames = 20 + length <= riff + 8 <= size, 1
    if name == b"VP8 ":
        start, width, height = struct.unpack("<3x3sHH", file.read(10))
        if start != b"\x9d\x01\x2a":
            raise HeaderBroken("a WebP whose first frame does not begin as one")
        width, height, alpha = width & 0x3FFF, height & 0x3FFF, False
    elif name == b"VP8L":
        signature, bits = struct.unpack("<BI", file.read(5))
        if signature != 0x2F:
            raise HeaderBroken("a lossless WebP whose data does not begin as such")
        width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    elif name == b"VP8X":
        flags, width, height = struct.unpack("<B3x3s3s", file.read(10))
        width, height = int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
        alpha = bool(flags & 0x10)
        frames = max(1, _count_webp_frames(file, size)) if flags & 0x02 else 1
    else:
        raise HeaderBroken(f"a WebP that begins with {name!r}")
    return Header("image/webp", width, height, alpha, frames, whole)


def _count_webp_frames(file: BinaryIO, size: int) -> int:
    count, position = 0, 12
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        count += name == b"ANMF"
        position += 8 + length + (length & 1)
    return count


def _gif(file: BinaryIO, size: int) -> Header:
    file.seek(6)
    width, height, flags = struct.unpack("<HHB2x", file.read(7))
    if flags & 0x80:
        file.seek(3 << ((flags & 7) + 1), 1)
    frames, transparent, alpha = 0, False, False
    whole = False
    while block := file.read(1):
        if block == b"!":
            label, body = file.read(1), file.read(1)
            if label == b"\xf9" and body == b"\x04":
                transparent = bool((file.read(1) or b"\0")[0] & 1)
                file.seek(3, 1)
                body = file.read(1)
            _skip_sub_blocks(file, body)
        elif block == b",":
            descriptor = file.read(9)
            if len(descriptor) < 9:
                break
            # Later frames may be transparent only to let the first one show through.
            alpha = transparent if not frames else alpha
            frames, transparent = frames + 1, False
            if descriptor[8] & 0x80:
                file.seek(3 << ((descriptor[8] & 7) + 1), 1)
            file.seek(1, 1)
            _skip_sub_blocks(file, file.read(1))
        else:
            whole = block == b";" and frames > 0
            break
    return Header("image/gif", width, height, alpha, max(1, frames), whole)


def _skip_sub_blocks(file: BinaryIO, length: bytes) -> None:
    while length and length != b"\0":
        file.seek(length[0], 1)
        length = file.read(1)
