"""The headers of formats that only people bring, no provider: BMP, TIFF, HEIC and AVIF.

As in headers.py, a reader trusts no length: offsets may point anywhere, chains may be rings, counts may be huge.
Width and height are those of the picture as it is shown, since its decoder turns it as its header says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import BinaryIO

from .headers import MAX_PIXELS, Header, HeaderBroken, checked

FOREIGN = ("image/bmp", "image/tiff", "image/heic", "image/avif")
"Media types of pictures that are kept for people, and converted before they are sent."

_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read(head: bytes, file: BinaryIO, size: int) -> Header | None:
    """Return the header of the picture, None where the first bytes are of no format known here."""
    if head.startswith(b"BM"):
        return checked("BMP", _bmp, file, size)
    if head.startswith(_TIFF):
        return checked("TIFF", _tiff, file, size)
    if head[4:8] == b"ftyp" and (media_type := _heif_type(head)):
        kind = "HEIC" if media_type == "image/heic" else "AVIF"
        return checked(kind, lambda file, size: _heif(media_type, file, size), file, size)
    return None


# BMP

_BITFIELDS = (3, 6)
_RUN_LENGTHS = (1, 2)


def _bmp(file: BinaryIO, size: int) -> Header:
    file.seek(10)
    offset, length = struct.unpack("<II", file.read(8))
    if length == 12:
        width, height, planes, bits = struct.unpack("<HHHH", file.read(8))
        compression = stored = 0
    elif 40 <= length <= 124:
        width, height, planes, bits, compression, stored = struct.unpack("<iiHHII", file.read(20))
    else:
        raise HeaderBroken(f"a BMP whose header claims {length:,} bytes")
    if planes != 1 or bits not in (1, 2, 4, 8, 16, 24, 32):
        raise HeaderBroken(f"a BMP of {planes} planes and {bits} bits")
    height = abs(height)  # negative: its first row is the upper one
    alpha = compression in _BITFIELDS and length >= 56 and _has_alpha_mask(file)
    if compression not in _RUN_LENGTHS:
        stored = (width * bits + 31) // 32 * 4 * height
    return Header("image/bmp", width, height, alpha, 1, offset + max(stored, 1) <= size)


def _has_alpha_mask(file: BinaryIO) -> bool:
    file.seek(14 + 52)
    return file.read(4) not in (b"", bytes(4))


# TIFF

_MOST_PAGES = 10_000
_MOST_TAGS = 4096
_MOST_VALUES = 65_536
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"Bytes of a value of each kind."
_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}

_WIDTH, _HEIGHT, _SAMPLES, _EXTRA, _PHOTOMETRIC, _ORIENTATION = 256, 257, 277, 338, 262, 274
_PLACES = ((273, 279), (324, 325))
"Where the strips and tiles lie, and how many bytes each has."


class _Tiff:
    """Reads the directories of a TIFF, of which each is a page."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        file.seek(0)
        head = file.read(16)
        self._file, self._size = file, size
        self._order = "<" if head.startswith(b"II") else ">"
        big = head[2:4] in (b"+\0", b"\0+")
        self._word, self._count, self._entry = (
            struct.Struct(self._order + code) for code in (("Q", "Q", "HHQ8s") if big else ("I", "H", "HHI4s"))
        )
        (self.first,) = self._word.unpack_from(head, 8 if big else 4)

    def page(self, at: int) -> dict[int, tuple[int, int, bytes]]:
        """Return the entries of the page at this place, by tag: kind, count, and value or place."""
        count = self._number(self._count, at)
        if count > _MOST_TAGS:
            raise HeaderBroken(f"a TIFF whose page claims {count:,} tags")
        entries = self._file.read(count * self._entry.size)
        parts = [self._entry.unpack_from(entries, self._entry.size * number) for number in range(count)]
        return {tag: (kind, number, value) for tag, kind, number, value in parts}

    def after(self, at: int) -> int:
        """Return where the page after the one at this place is, 0 if it is the last."""
        count = self._number(self._count, at)
        return self._number(self._word, at + self._count.size + count * self._entry.size)

    def values(self, page: _Page, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return the whole numbers that an entry holds."""
        kind, count, inline = page.get(tag, (0, 0, b""))
        if kind not in _CODES or count < 1:
            return default
        length = min(count, _MOST_VALUES) * _SIZES[kind]
        if count * _SIZES[kind] > len(inline):
            self._file.seek(min(self._word.unpack(inline)[0], self._size))
            inline = self._file.read(length)
        number = min(length, len(inline)) // _SIZES[kind]
        return struct.unpack_from(f"{self._order}{number}{_CODES[kind]}", inline) or default

    def has_its_pixels(self, page: _Page) -> bool:
        """Whether the file holds all that the page says it has."""
        ends = [
            start + count
            for starts, counts in _PLACES
            for start, count in zip(self.values(page, starts), self.values(page, counts), strict=False)
        ]
        ends += [
            self._word.unpack(value)[0] + number * _SIZES[kind]
            for kind, number, value in page.values()
            if number * _SIZES.get(kind, 0) > len(value)
        ]
        return bool(ends) and max(ends) <= self._size

    def _number(self, word: struct.Struct, at: int) -> int:
        self._file.seek(min(at, self._size))
        return int(word.unpack(self._file.read(word.size))[0])


_Page = Mapping[int, tuple[int, int, bytes]]


def _tiff(file: BinaryIO, size: int) -> Header:
    tiff = _Tiff(file, size)
    page = tiff.page(tiff.first)
    (width, *_), (height, *_) = tiff.values(page, _WIDTH, (0,)), tiff.values(page, _HEIGHT, (0,))
    if tiff.values(page, _ORIENTATION, (1,))[0] in (5, 6, 7, 8):
        width, height = height, width
    frames, whole = _pages(tiff, page)
    return Header("image/tiff", width, height, _tiff_alpha(tiff, page), frames, whole)


def _pages(tiff: _Tiff, first: _Page) -> tuple[int, bool]:
    """Return how many pages there are, and whether the first and the last are there: who cuts a file cuts its end."""
    seen, at, whole = [tiff.first], tiff.first, tiff.has_its_pixels(first)
    known = {at}
    try:
        while (at := tiff.after(at)) and at not in known and len(seen) < _MOST_PAGES:
            known.add(at)
            seen.append(at)
        return len(seen), whole and tiff.has_its_pixels(tiff.page(seen[-1]))
    except (struct.error, HeaderBroken):
        return max(1, len(seen) - 1), False


def _tiff_alpha(tiff: _Tiff, page: _Page) -> bool:
    extra = tiff.values(page, _EXTRA)
    is_colour = tiff.values(page, _PHOTOMETRIC, (0,))[0] == 2
    return 1 in extra or 2 in extra or (is_colour and not extra and tiff.values(page, _SAMPLES, (1,))[0] == 4)


# HEIC and AVIF: boxes in boxes, of which the picture's size stands in meta/iprp/ipco/ispe

_MOST_BOXES = 4096
_MOST_BYTES = 4 * 1024 * 1024
"More than any table of contents has: a photograph of 48 megapixels in tiles needs 20 kB."

_Box = tuple[bytes, int, int]
"Its name, and where what it holds begins and ends."


def _heif_type(head: bytes) -> str | None:
    length = int.from_bytes(head[:4], "big")
    brands = {head[at : at + 4] for at in (8, *range(16, min(length, len(head), 512), 4))}
    if brands & _AVIF:
        return "image/avif"
    return "image/heic" if brands & _HEIC else None


def _heif(media_type: str, file: BinaryIO, size: int) -> Header:
    boxes = list(_boxes(file, 0, size))
    names = {name for name, _, _ in boxes}
    whole = bool(names & {b"mdat", b"idat"}) and boxes[-1][2] <= size
    meta = _bytes_of(file, _one(boxes, b"meta"), size)
    properties = _properties(meta)
    # What decodes AVIF shows the whole of it.
    width, height = _shown_size(properties, is_clipped=media_type == "image/heic")
    alpha = any(name == b"auxC" and _is_alpha(body) for name, body in properties.all)
    return Header(media_type, width, height, alpha, _count_frames(file, boxes, size), whole)


class _Properties:
    """What a HEIF file says of its pictures, and which of that holds for the one that is shown."""

    def __init__(self, every: list[tuple[bytes, bytes]], of_primary: list[int]) -> None:
        self.all = every
        self.primary = [every[index - 1] for index in of_primary if 0 < index <= len(every)]


def _properties(meta: bytes) -> _Properties:
    top = list(_boxes_in(meta, 4, len(meta)))  # 4: its version and flags
    _, start, end = _one(top, b"iprp")
    inside = list(_boxes_in(meta, start, end))
    _, start, end = _one(inside, b"ipco")
    every = [(name, meta[begin:stop]) for name, begin, stop in _boxes_in(meta, start, end)]
    primary = [meta[begin:stop] for name, begin, stop in top if name == b"pitm"]
    tables = [meta[begin:stop] for name, begin, stop in inside if name == b"ipma"]
    item = _item(primary[0], 4, primary[0][0] == 0) if primary else None
    return _Properties(
        every, list(islice((index for table in tables for index in _associated(table, item)), _MOST_BOXES))
    )


def _associated(table: bytes, wanted: int | None) -> Iterator[int]:
    """Yield the numbers of the properties of an item."""
    is_short, is_wide = table[0] == 0, bool(table[3] & 1)
    (count,) = struct.unpack_from(">I", table, 4)
    at = 8
    for _ in range(min(count, _MOST_VALUES)):
        item = _item(table, at, is_short)
        at += 2 if is_short else 4
        number, at = table[at], at + 1
        width = 2 if is_wide else 1
        if item == wanted:
            mask = 0x7FFF if is_wide else 0x7F  # the upper bit says "essential"
            for place in range(at, at + number * width, width):
                yield int.from_bytes(table[place : place + width], "big") & mask
        at += number * width


def _item(data: bytes, at: int, is_short: bool) -> int:
    (number,) = struct.unpack_from(">H" if is_short else ">I", data, at)
    return int(number)


def _shown_size(properties: _Properties, is_clipped: bool) -> tuple[int, int]:
    """Return width and height of the picture that is shown; where that is not said, of the largest there is."""
    sizes = [_ispe(body) for name, body in properties.primary if name == b"ispe"]
    sizes = sizes or [_ispe(body) for name, body in properties.all if name == b"ispe"]
    if not sizes:
        raise HeaderBroken("a HEIF picture that does not tell its size")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    # What decoding takes is told where that is too much, whatever little would be left of it.
    is_clipped = is_clipped and width * height <= MAX_PIXELS
    for name, body in properties.primary:  # in their order: what is turned after it was clipped stays clipped
        if name == b"irot" and body[0] & 1:
            width, height = height, width
        elif name == b"clap" and is_clipped:
            width, height = _clipped(body, width, height)
    return width, height


def _clipped(body: bytes, width: int, height: int) -> tuple[int, int]:
    """Return the size that is left of a picture: encoders fill up whole blocks, and clip that away again."""
    across, of_across, down, of_down = struct.unpack_from(">IIII", body)
    if not of_across or not of_down:
        raise HeaderBroken("a HEIF picture that is clipped by nothing")
    return min(width, across // of_across), min(height, down // of_down)


def _ispe(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", body, 4)
    return width, height


def _is_alpha(body: bytes) -> bool:
    return body[4:].startswith((b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1\0"))


def _count_frames(file: BinaryIO, boxes: list[_Box], size: int) -> int:
    """Return how many pictures a sequence has: the samples of its longest track."""
    found = [box for box in boxes if box[0] == b"moov"]
    if not found:
        return 1
    movie = _bytes_of(file, found[0], size)
    places = [(0, len(movie))]
    for name in (b"trak", b"mdia", b"minf", b"stbl", b"stsz"):
        places = [(begin, stop) for at in places for found, begin, stop in _boxes_in(movie, *at) if found == name]
    return max([1, *(int.from_bytes(movie[begin + 8 : begin + 12], "big") for begin, stop in places)])


def _boxes(file: BinaryIO, start: int, size: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if start >= size:
            return
        file.seek(start)
        name, begin, end = _box(file.read(16), start, size)
        yield name, begin, end
        start = end
    raise HeaderBroken(f"a HEIF picture of more than {_MOST_BOXES:,} parts")


def _boxes_in(data: bytes, start: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        name, begin, stop = _box(data[start : start + 16], start, end)
        yield name, begin, min(stop, end)
        start = stop
    raise HeaderBroken(f"a HEIF picture of more than {_MOST_BOXES:,} parts")


def _box(head: bytes, start: int, end: int) -> _Box:
    length, name = struct.unpack_from(">I4s", head)
    header = 8
    if length == 1:
        (length,), header = struct.unpack_from(">Q", head, 8), 16
    elif length == 0:
        length = end - start
    if length < header:
        raise HeaderBroken(f"a HEIF picture with a part of {length} bytes")
    return name, start + header, start + length


def _one(boxes: list[_Box], name: bytes) -> _Box:
    found = [box for box in boxes if box[0] == name]
    if not found:
        raise HeaderBroken(f"a HEIF picture without its {name.decode()!r}")
    return found[0]


def _bytes_of(file: BinaryIO, box: _Box, size: int) -> bytes:
    _, begin, end = box
    if min(end, size) - begin > _MOST_BYTES:
        raise HeaderBroken(f"a HEIF picture whose contents claim {end - begin:,} bytes")
    file.seek(begin)
    return file.read(max(0, min(end, size) - begin))
