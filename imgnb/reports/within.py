"""What slimming leaves alone: drawings as SVG, and pictures that are written into HTML or Markdown as data: URIs.

They are parts of somebody's text, so nothing is moved; that they are there, and how heavy, is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..display.notebook_file import name_of
from .embedded import places
from .notebook_text import NotebookText

_DRAWING, _TEXTS = "image/svg+xml", ("text/html", "text/markdown")
_BEGINS = re.compile(rb"(data:image/[\w.+-]{1,80}(?:;[\w.+=-]{1,80}){0,8},)|<svg[\s>]", re.IGNORECASE)
_CLOSES = re.compile(rb"</svg\s{0,80}>?", re.IGNORECASE)
_ENDS = re.compile(rb"""["'()<>&]""")


def left_within(text: NotebookText) -> list[tuple[str, int]]:
    """The cells with such pictures, in order, and how many bytes these take."""
    found = dict.fromkeys((name_of(cell, number) for number, cell in enumerate(text.notebook["cells"])), 0)
    for cell, count in _counts(text):
        found[cell] += count
    return [(cell, count) for cell, count in found.items() if count]


def _counts(text: NotebookText) -> Iterator[tuple[str, int]]:
    for number, cell in enumerate(text.notebook["cells"]):
        if cell.get("cell_type") == "markdown":
            yield name_of(cell, number), _in_text(_written(cell.get("source"), text))
    for place in places(text.notebook):
        yield place.cell, len(_written(place.holder.get(_DRAWING), text))
        for kind in _TEXTS if place.attachment is None else ():
            yield place.cell, _in_text(_written(place.holder.get(kind), text))


def _in_text(written: bytes) -> int:
    """The bytes of the pictures in HTML or Markdown. A drawing ends where it is closed; one that is not is none."""
    at = count = 0
    closed = written.lower().rfind(b"</svg") if b"<" in written else -1
    while begin := _BEGINS.search(written, at):
        if begin[1]:
            end = _ENDS.search(written, begin.end())
            at = end.start() if end else len(written)
        elif begin.start() < closed:
            end = _CLOSES.search(written, begin.end())
            at = end.end() if end else len(written)
        else:
            at = begin.end()
            continue
        count += at - begin.start()
    return count


def _written(value: Any, text: NotebookText) -> bytes:
    parts = value if isinstance(value, list) else [value]
    return b"".join(text.written(part) for part in parts if isinstance(part, str))
