"""Costs as bars: where each stands, so that a template can draw them as SVG.

Only numbers come out of here; colours are the style sheet's, so that a dark page has its own. Widths are in a hundred of
the plot's, so that letters are as large on a telephone as on a desk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEIGHT, TOP, BOTTOM = 220, 12, 26
"Pixels."
LABELS = 6
"Labels below the bars at most."
NARROWEST = 1.5
"Pixels of a bar that stands for something, however little; in a table, its share in a hundred."


@dataclass(frozen=True)
class Bar:
    """One bar, with what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    said: str


@dataclass(frozen=True)
class Mark:
    """A label on an axis."""

    at: float
    said: str
    anchor: str = "middle"
    minor: bool = False
    "Whether it gives way where there is little room."


@dataclass(frozen=True)
class Plot:
    """Bars over labels, with lines to read their height by."""

    bars: tuple[Bar, ...]
    lines: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    height: int = HEIGHT
    ground: int = HEIGHT - BOTTOM


def plot(values: Sequence[float], said: Sequence[str], labels: Sequence[str], steps: Mapping[float, str]) -> Plot:
    """A bar for each value; `steps` are the heights that get a line, with what it says."""
    top = max([*steps, *values, 0.0]) or 1.0
    slot, ground = 100 / max(len(values), 1), HEIGHT - BOTTOM
    bars = []
    for number, (amount, words) in enumerate(zip(values, said, strict=True)):
        high = max((ground - TOP) * amount / top, NARROWEST) if amount > 0 else 0.0
        bars.append(
            Bar(_round((number + 0.125) * slot), _round(ground - high), _round(slot * 0.75), _round(high), words)
        )
    lines = tuple(Mark(_round(ground - (ground - TOP) * at / top), words, "end") for at, words in steps.items())
    return Plot(tuple(bars), lines, tuple(_labels(labels, slot)))


def steps(most: float, wanted: int = 4) -> list[float]:
    """Round numbers from zero to at least `most`."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)
    return [round(step * number, 10) for number in range(math.ceil(most / step - 1e-9) + 1)]


def share(amount: float | None, most: float) -> float:
    """How long a bar is in a table, in a hundred."""
    return 0.0 if not amount or most <= 0 else _round(max(100 * amount / most, NARROWEST))


def _labels(labels: Sequence[str], slot: float) -> list[Mark]:
    every = max(1, math.ceil(len(labels) / LABELS))
    # From the newest back, which is the one that people look for.
    chosen = [number for number in range(len(labels)) if (len(labels) - 1 - number) % every == 0]
    minor = [position % 2 == 1 for position in range(len(chosen))][::-1]
    return [_label(labels[number], (number + 0.5) * slot, less) for number, less in zip(chosen, minor, strict=True)]


def _label(said: str, at: float, minor: bool) -> Mark:
    # What stands at an edge must not hang over it.
    if at > 95:
        return Mark(100.0, said, "end", minor)
    return Mark(0.0, said, "start", minor) if at < 5 else Mark(_round(at), said, "middle", minor)


def _round(number: float) -> float:
    return round(number, 3)
