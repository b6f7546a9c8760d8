"""A mask in words: `box:10%,10%,90%,60%+ellipse:500,700,800,900`, in pixels or percent of the picture.

Inside the shapes is what may be edited. The shapes are filled here and not by Pillow, whose polygons take one pixel
more than their corners say: a pixel is inside where its middle is, so protected means protected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil, inf, sqrt
from typing import TYPE_CHECKING

from ..errors import RequestInvalid

if TYPE_CHECKING:
    from PIL.Image import Image

Point = tuple[float, float]
Span = tuple[int, float, float]
"A row, and from where to where it is inside."

SYNTAX = "box:left,top,right,bottom, ellipse:left,top,right,bottom or polygon:x,y,x,y,x,y"
_WAY_OUT = f"write {SYNTAX}, in pixels or percent (10%), several joined by +"
_SHAPE = re.compile(r"\s*(box|ellipse|polygon)\s*:", re.IGNORECASE)
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)%?")


def is_drawn(text: str) -> bool:
    """Return whether the text draws a mask, such as "box:0,0,50%,100%", rather than naming a file."""
    return _SHAPE.match(text) is not None


def drawn(text: str, size: tuple[int, int]) -> Image:
    """Return the mask of that size (RGBA, alpha 0 where the base may be edited, else 255) that the text draws.

    Raises RequestInvalid where the text is no shape, or one without an area inside the picture.
    """
    import PIL.Image

    rows = [bytearray(b"\xff" * size[0]) for _ in range(size[1])]
    for part in text.split("+"):
        if not _fill(rows, _spans(part, size), size[0]):
            raise _refused(f"{part.strip()!r} covers no pixel of the picture ({size[0]}x{size[1]})")
    mask = PIL.Image.new("RGBA", size, (0, 0, 0, 255))
    mask.putalpha(PIL.Image.frombytes("L", size, b"".join(rows)))
    return mask


def _fill(rows: list[bytearray], spans: Iterator[Span], width: int) -> int:
    """Open the pixels whose middle is in a span, and return how many there are."""
    opened = 0
    for row, start, end in spans:
        left, right = _first(start, width), _first(end, width)
        if left < right:
            rows[row][left:right] = bytes(right - left)
            opened += right - left
    return opened


_LONGEST_NUMBER = 12
# Letters: no picture has a billion pixels a side, and what is larger yet is no number to a processor.


def _first(edge: float, length: int) -> int:
    """Return the first pixel whose middle lies on or beyond the edge, inside the picture."""
    return ceil(min(max(edge, 0.0), float(length)) - 0.5)


def _spans(text: str, size: tuple[int, int]) -> Iterator[Span]:
    found = _SHAPE.match(text)
    if not found:
        raise _refused(f"{text.strip()!r} is not a shape")
    kind = found[1].lower()
    numbers = _numbers(text, found.end(), size)
    if kind == "polygon":
        return _polygon(_corners(text, numbers), size[1])
    if len(numbers) != 4:
        raise _refused(f"{text.strip()!r} has {len(numbers)} numbers, a {kind} has four")
    left, top, right, bottom = numbers
    if right <= left or bottom <= top:
        raise _refused(f"{text.strip()!r} has no area: right must be more than left, bottom more than top")
    return _box(left, top, right, bottom, size[1]) if kind == "box" else _ellipse(left, top, right, bottom, size[1])


def _numbers(text: str, start: int, size: tuple[int, int]) -> list[float]:
    """Return the coordinates in pixels; every second one is vertical."""
    words = [word.strip() for word in text[start:].split(",")]
    for word in words:
        if not _NUMBER.fullmatch(word) or len(word) > _LONGEST_NUMBER:
            raise _refused(f"{word!r} in {text.strip()!r} is not a number")
    return [
        float(word[:-1]) / 100 * size[place % 2] if word.endswith("%") else float(word)
        for place, word in enumerate(words)
    ]


def _corners(text: str, numbers: list[float]) -> list[Point]:
    corners = list(zip(numbers[::2], numbers[1::2], strict=False))
    if len(numbers) % 2:
        raise _refused(f"{text.strip()!r} has {len(numbers)} numbers: the last x has no y")
    if len(set(corners)) < 3:
        raise _refused(f"{text.strip()!r} has {len(set(corners))} different points, a polygon has at least three")
    return corners


def _box(left: float, top: float, right: float, bottom: float, height: int) -> Iterator[Span]:
    return ((row, left, right) for row in range(_first(top, height), _first(bottom, height)))


def _ellipse(left: float, top: float, right: float, bottom: float, height: int) -> Iterator[Span]:
    x, y, across, down = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    for row in range(_first(top, height), _first(bottom, height)):
        half = across * sqrt(max(0.0, 1 - ((row + 0.5 - y) / down) ** 2))
        yield row, x - half, x + half


def _polygon(corners: list[Point], height: int) -> Iterator[Span]:
    """Yield what lies between each two crossings of a row with the outline (even-odd)."""
    crossings: list[list[float]] = [[] for _ in range(height)]
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        low, high = min(ay, by), max(ay, by)
        slope = (bx - ax) / (by - ay) if high > low else inf
        for row in range(_first(low, height), _first(high, height)):
            crossings[row].append(ax + (row + 0.5 - ay) * slope)
    for row, places in enumerate(crossings):
        places.sort()
        for start, end in zip(places[::2], places[1::2], strict=True):
            yield row, start, end


def _refused(message: str) -> RequestInvalid:
    return RequestInvalid(f"mask {message}", hint=_WAY_OUT, param="mask")
