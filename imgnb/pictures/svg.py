"""The size of an SVG, read from its opening tag.

SVG comes from strangers, so no XML parser touches it: no entities, no external files, no nesting. What cannot
be read plainly falls back to what a browser would assume.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from .headers import Header, HeaderBroken

_BEFORE = re.compile(r"\s+|<\?[^>]*\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>]*\[.*?\]\s*>|[^\[>]*>)", re.DOTALL | re.IGNORECASE)
_OPENING = re.compile(r"""<(?:[\w.-]+:)?svg(?=[\s/>])((?:[^<>"']|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE = re.compile(r"""(?:^|\s)(width|height|viewBox)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_LENGTH = re.compile(r"\s*\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(px|pt|pc|in|cm|mm|)\s*")
_CLOSING = re.compile(rb"</(?:[\w.-]+:)?svg\s*>(?:\s|<!--.*?-->)*\Z", re.DOTALL)
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}

# What CSS gives a replaced element that tells no size of its own.
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 300.0, 150.0


def read(head: bytes, file: BinaryIO, size: int) -> Header | None:
    """Return the header of the SVG, None where the bytes are something else."""
    text = head.decode("utf-8", errors="replace").removeprefix("\ufeff")
    start = _skip_prolog(text)
    if not re.match(r"<(?:[\w.-]+:)?svg(?:[\s/>]|\Z)", text[start : start + 64]):
        return None
    opening = _OPENING.match(text, start)
    if not opening:
        raise HeaderBroken("an SVG that is cut in its opening tag")
    width, height = _size(opening[1])
    whole = opening[1].rstrip().endswith("/") or _is_closed(file, size)
    return Header("image/svg+xml", width, height, True, 1, whole)


def _skip_prolog(text: str) -> int:
    position = 0
    while match := _BEFORE.match(text, position):
        position = match.end()
    return position


def _size(attributes: str) -> tuple[int, int]:
    found = {name: double or single for name, double, single in _ATTRIBUTE.findall(attributes)}
    width, height = _pixels(found.get("width", "")), _pixels(found.get("height", ""))
    box_width, box_height = _box(found.get("viewBox", "")) or (_DEFAULT_WIDTH, _DEFAULT_HEIGHT)
    if width is None and height is None:
        width, height = box_width, box_height
    elif width is None:
        assert height is not None
        width = height * box_width / box_height
    elif height is None:
        height = width * box_height / box_width
    return max(1, round(width)), max(1, round(height))


def _pixels(length: str) -> float | None:
    """Return the length in pixels; None for percentages, font-relative units and what is no length."""
    match = _LENGTH.fullmatch(length)
    pixels = float(match[1]) * _PIXELS[match[2]] if match else 0.0
    return pixels or None


def _box(view_box: str) -> tuple[float, float] | None:
    numbers = [_pixels(number) for number in re.split(r"[\s,]+", view_box.strip())[2:4]]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0], numbers[1]


def _is_closed(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - 4096))
    return _CLOSING.search(file.read(4096)) is not None
