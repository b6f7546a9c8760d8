"""What it takes to lay out a family tree, and what comes of it: measures in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from .card import CardShape
from .tree_layers import Pair

Point = tuple[float, float]

WIDEST, HIGHEST = 1024, 1400
"Pixels: shown at 640 CSS pixels it is crisp on a dense screen, and not much more than a page long."
MARGIN = 26

LARGEST, SMALLEST = 200, 64
"Sides of a picture on its card."


@dataclass(frozen=True)
class Layout:
    """Where things are, in pixels."""

    size: tuple[int, int]
    shape: CardShape
    corners: dict[str, tuple[int, int]]
    "The upper left corner of each card."
    ways: dict[Pair, list[Point]]
    "The points each link runs through, from its parent's card to its child's."
    curved: bool
    "Ways are smooth curves from point to point; otherwise they run straight, with round corners."
    room: int = 0
    "How wide a label may be in the gap before a card, where ways are curved."


@dataclass(frozen=True)
class Wording:
    """What the cards say, as far as it takes room: size of letters, lines of text, width of the longest role."""

    letters: int
    lines: int
    role: int
    ratio: float
    "Height to width of the tallest picture, at most 1."

    def shape(self, edge: int) -> CardShape:
        narrowest = round(6.4 * self.letters)
        return CardShape((max(edge, narrowest), round(edge * self.ratio)), self.letters, self.lines)
