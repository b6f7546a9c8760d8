"""The texts that programs write into pictures: PNG's chunks, and EXIF, XMP and comments of JPEG and WebP.

No pixel is decoded. Lengths are those of strangers: what is compressed is unpacked up to a limit and not a byte further.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from .metadata_iptc import iptc

LONGEST = 4 * 1024**2
"Bytes of one text, unpacked; a ComfyUI workflow of thousands of nodes takes less."
_MOST = 64
"Texts of one picture that are read."
_MOST_BLOCKS = 65_536

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_SOURCE_TYPE = re.compile(r"""Iptc4xmpExt:DigitalSourceType(?:=["']|>)\s*(https?://cv\.iptc\.org/[\w./-]{1,200})""")
_USER_COMMENT, _EXIF_IFD = 0x9286, 0x8769
_STRINGS = {0x010E: "description", 0x010F: "make", 0x0110: "camera", 0x0131: "software"}


def texts(path: Path) -> dict[str, str]:
    """The texts by their keywords: the first of each; "exif", "xmp" and "comment" are those that have none.

    "iptc" is empty, and says that there are records of the IPTC; "iptc caption" and such are what is told of them.
    """
    found: dict[str, str] = {}
    with path.open("rb") as file:
        head = file.read(16)
        try:
            for keyword, text in _of(head, file):
                found.setdefault(keyword, text)
                if len(found) >= _MOST:
                    break
        except (struct.error, LookupError):
            pass  # cut, or nonsense: what was read before stands
    return found


def source_type(found: Mapping[str, str]) -> str | None:
    """The IPTC's digital source type that XMP among these texts says, as an address; None where it says none."""
    match = _SOURCE_TYPE.search(found.get("xmp", "")[:LONGEST])
    return match[1] if match else None


def _of(head: bytes, file: BinaryIO) -> Iterator[tuple[str, str]]:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        yield from _png(file)
    elif head.startswith(b"\xff\xd8\xff"):
        yield from _jpeg(file)
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        yield from _webp(file)


def _png(file: BinaryIO) -> Iterator[tuple[str, str]]:
    file.seek(8)
    for _ in range(_MOST_BLOCKS):
        length, name = struct.unpack(">I4s", file.read(8))
        start = file.tell()
        if name == b"IEND":
            return
        if name in (b"tEXt", b"zTXt", b"iTXt", b"eXIf") and length <= LONGEST:
            body = file.read(length)
            if name == b"eXIf":
                yield from _exif(body)
            else:
                yield from _chunk(name, body)
        file.seek(start + length + 4)


def _chunk(name: bytes, body: bytes) -> Iterator[tuple[str, str]]:
    keyword, _, rest = body.partition(b"\0")
    key = keyword[:79].decode("latin-1")
    if name == b"tEXt":
        # The standard says Latin-1; Stable Diffusion's programs write UTF-8 when a prompt needs it.
        yield key, _decoded(rest)
    elif name == b"zTXt" and rest[:1] == b"\0":
        if (text := _unpacked(rest[1:])) is not None:
            yield key, _decoded(text)
    elif name == b"iTXt" and len(rest) > 2:
        packed, body = rest[0] == 1, rest[2:].split(b"\0", 2)[-1]
        text = _unpacked(body) if packed else body
        if text is not None:
            yield ("xmp" if key == "XML:com.adobe.xmp" else key), text.decode("utf-8", "replace")


def _unpacked(data: bytes) -> bytes | None:
    """What was compressed; None where it is broken, or more than a text is."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, LONGEST)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail or not unpacker.eof else text


def _jpeg(file: BinaryIO) -> Iterator[tuple[str, str]]:
    file.seek(2)
    xmp = bytearray()
    for marker, body in _segments(file):
        if marker == 0xFFE1 and body.startswith(b"Exif\0\0"):
            yield from _exif(body[6:])
        elif marker == 0xFFE1 and len(xmp) < LONGEST:
            xmp += _xmp_of(body)
        elif marker == 0xFFED:
            yield from ((f"iptc {name}".rstrip(), _decoded(value)) for name, value in iptc(body))
        elif marker == 0xFFFE:
            yield "comment", _decoded(body)
    if xmp:
        yield "xmp", xmp.decode("utf-8", "replace")


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The segments before the pixels, as far as they go."""
    for _ in range(_MOST_BLOCKS):
        head = file.read(4)
        if len(head) < 4:
            return
        marker, length = struct.unpack(">HH", head)
        if marker in (0xFFDA, 0xFFD9) or marker < 0xFF00 or length < 2:
            return
        yield marker, file.read(length - 2)


def _xmp_of(body: bytes) -> bytes:
    """XMP as far as it stands in this segment: one packet, and pieces of a second, which come in order."""
    if body.startswith(_XMP):
        return body[len(_XMP) :]
    # 32 letters name the packet, and two numbers say how long it is and where the piece begins.
    return body[len(_MORE_XMP) + 40 :] if body.startswith(_MORE_XMP) else b""


def _webp(file: BinaryIO) -> Iterator[tuple[str, str]]:
    file.seek(12)
    for _ in range(_MOST_BLOCKS):
        name, length = struct.unpack("<4sI", file.read(8))
        start = file.tell()
        if name in (b"EXIF", b"XMP ") and length <= LONGEST:
            body = file.read(length)
            if name == b"EXIF":
                yield from _exif(body.removeprefix(b"Exif\0\0"))
            else:
                yield "xmp", body.decode("utf-8", "replace")
        file.seek(start + length + (length & 1))


def _exif(data: bytes) -> Iterator[tuple[str, str]]:
    """The texts of EXIF; a broken one has none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return
    try:
        (first,) = struct.unpack_from(f"{order}I", data, 4)
        entries = dict(_entries(data, first, order))
        for tag, name in _STRINGS.items():
            if tag in entries:
                yield name, _decoded(entries[tag]).rstrip("\0")
        if _EXIF_IFD in entries:
            (start,) = struct.unpack(f"{order}I", entries[_EXIF_IFD][:4])
            inner = dict(_entries(data, start, order))
            if _USER_COMMENT in inner:
                yield "exif", _comment(inner[_USER_COMMENT], order)
    except struct.error:
        return


def _entries(data: bytes, start: int, order: str) -> Iterator[tuple[int, bytes]]:
    """The entries of a directory that may hold text, or lead to one."""
    (count,) = struct.unpack_from(f"{order}H", data, start)
    for number in range(min(count, 512)):
        place = start + 2 + 12 * number
        tag, kind, length = struct.unpack_from(f"{order}HHI", data, place)
        size = length * {1: 1, 2: 1, 4: 4, 7: 1}.get(kind, 0)
        if size:
            (offset,) = struct.unpack_from(f"{order}I", data, place + 8)
            offset = place + 8 if size <= 4 else offset
            yield tag, data[offset : offset + size]


def _comment(data: bytes, order: str) -> str:
    code, body = data[:8], data[8:]
    if code != b"UNICODE\0":
        return _decoded(body if code in (b"ASCII\0\0\0", b"\0" * 8) else data).strip("\0")
    # Programs disagree whether its bytes follow the order of the file: of Latin text every other one is zero.
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace").rstrip("\0")
    even, odd = body[0:400:2].count(0), body[1:400:2].count(0)
    big = order == ">" if even == odd else even > odd
    return body.decode("utf-16-be" if big else "utf-16-le", "replace").rstrip("\0")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
