"""Words in pictures: Pillow's own font, cut to the room there is.

That font has the Latin letters of ASCII and little more. What it lacks is written plainer where it can be
(é as e, – as -) and left out where it cannot; nothing that anybody writes makes a picture fail.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from typing import Any

_PLAINER = str.maketrans(
    {
        "–": "-", "—": "-", "−": "-", "‑": "-", "×": "x", "→": ">", "←": "<", "≤": "<=", "≥": ">=", "≈": "~",
        "€": "EUR ", "£": "GBP ", "¥": "JPY ", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    }
)  # fmt: skip


@lru_cache(maxsize=64)
def font(size: int) -> Any:
    """Return Pillow's embedded font in this size."""
    from PIL import ImageFont

    try:
        return ImageFont.load_default(max(1, size))
    except ImportError:  # Pillow built without FreeType: a small bitmap font is there, in one size
        return ImageFont.load_default()


def readable(text: str) -> str:
    """Return the text on one line, in letters that the font has; an ellipsis stands for a run of others."""
    text = unicodedata.normalize("NFKD", text.translate(_PLAINER)).translate(_PLAINER)
    text = "".join(character for character in text[:2000] if not unicodedata.combining(character))
    shown = "".join(
        "".join(run) if drawable else "…" for drawable, run in groupby(" ".join(text.split()), _is_drawable)
    )
    return " ".join(shown.split())


def fitted(text: str, size: int, width: float) -> str:
    """Return as much of the readable text as fits into `width` pixels, with an ellipsis where it is cut."""
    letters = font(size)
    if letters.getlength(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if letters.getlength(text[:middle].rstrip() + "…") <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def wrapped(text: str, size: int, width: float, lines: int) -> list[str]:
    """Return the readable text on at most `lines` lines of `width` pixels, the last cut with an ellipsis.

    Lines end between words; a word longer than a line is cut where the line ends.
    """
    made: list[str] = []
    rest = text.strip()
    while rest and len(made) < lines - 1:
        line, rest = _first_line(rest, size, width)
        made.append(line)
    if rest and lines > 0:
        made.append(fitted(rest, size, width))
    return [line for line in made if line]


def _first_line(text: str, size: int, width: float) -> tuple[str, str]:
    letters = font(size)
    if letters.getlength(text) <= width:
        return text, ""
    # No letter but a few is narrower than a quarter of its height: what lies beyond need not be measured.
    end = max(1, bisect_right(range(1, min(len(text), 4 + int(4 * width / size))), width, key=_length(text, letters)))
    space = text.rfind(" ", 0, end + 1)
    cut = space if space > 0 else end
    return text[:cut].rstrip(), text[cut:].lstrip()


def _length(text: str, letters: Any) -> Callable[[int], float]:
    return lambda end: float(letters.getlength(text[:end]))


@lru_cache(maxsize=4096)
def _is_drawable(character: str) -> bool:
    if character == " ":
        return True
    if unicodedata.category(character)[0] == "C":
        return False
    try:
        # U+FFFF is no character: what the font draws for it is what it draws for all that it lacks.
        return bytes(font(20).getmask(character)) != bytes(font(20).getmask("\uffff"))
    except (UnicodeError, OSError, ValueError):
        return character.isascii()
