"""The one thing that pictures are made of, a painted outline, and the ways to make one.

Scenes say what is drawn in units of the picture's short edge (1000); raster.py and svg.py say how.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, cos, hypot, pi, radians, sin

from .palette import Color

Point = tuple[float, float]
Outline = tuple[Point, ...]


@dataclass(frozen=True)
class Fade:
    """Colours that melt into each other from the top of a shape to its foot, or from left to right."""

    colors: tuple[Color, ...]
    across: bool = False


Paint = Color | Fade


@dataclass(frozen=True)
class Shape:
    """A closed outline and its paint. `soft` blurs it (shadows, glows); `clip` keeps it inside another outline."""

    outline: Outline
    paint: Paint
    alpha: float = 1.0
    soft: float = 0.0
    clip: Outline | None = None


def fade(*colors: Color, across: bool = False) -> Fade:
    return Fade(colors, across)


def points(text: str) -> Outline:
    """The points written as "x,y x,y ...", which keeps a drawn contour readable."""
    pairs = (pair.split(",") for pair in text.split())
    return tuple((float(x), float(y)) for x, y in pairs)


def oval(x: float, y: float, rx: float, ry: float | None = None) -> Outline:
    """An ellipse around (x, y); a circle when `ry` is left out."""
    ry = rx if ry is None else ry
    return arc(x, y, rx, ry, 0, 360)


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Outline:
    """Points on an ellipse between two angles in degrees; 0 is right, 90 is down."""
    steps = max(8, min(120, ceil(max(rx, ry) ** 0.5 * 5 * abs(end - start) / 360)))
    angles = [radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return tuple([(x + rx * cos(a), y + ry * sin(a)) for a in angles])


def rect(left: float, top: float, right: float, bottom: float) -> Outline:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def rounded(left: float, top: float, right: float, bottom: float, radius: float) -> Outline:
    """A rectangle with round corners."""
    r = min(radius, (right - left) / 2, (bottom - top) / 2)
    return (
        *arc(left + r, top + r, r, r, 180, 270),
        *arc(right - r, top + r, r, r, 270, 360),
        *arc(right - r, bottom - r, r, r, 0, 90),
        *arc(left + r, bottom - r, r, r, 90, 180),
    )


def smooth(knots: Sequence[Point], *, closed: bool = True, steps: int = 10) -> Outline:
    """A curve through the knots (Catmull-Rom)."""
    count = len(knots)
    around = [knots[-1], *knots, knots[0], knots[1 % count]] if closed else [knots[0], *knots, knots[-1]]
    curve: list[Point] = []
    for (ax, ay), (bx, by), (cx, cy), (dx, dy) in zip(around, around[1:], around[2:], around[3:], strict=False):
        curve += [
            (a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy) for a, b, c, d in _weights(steps)
        ]
    return (*curve, knots[0] if closed else knots[-1])


@cache
def _weights(steps: int) -> list[tuple[float, float, float, float]]:
    """What each of four knots counts at the points between the middle two."""
    return [
        (
            -t * (1 - t) ** 2 / 2,
            (2 - 5 * t * t + 3 * t**3) / 2,
            t * (1 + 4 * t - 3 * t * t) / 2,
            -t * t * (1 - t) / 2,
        )
        for t in (k / steps for k in range(steps))
    ]


def ribbon(line: Sequence[Point], start: float, end: float | None = None) -> Outline:
    """A stroke along a line whose width goes from `start` to `end`."""
    end = start if end is None else end
    left: list[Point] = []
    right: list[Point] = []
    for i, (x, y) in enumerate(line):
        (ax, ay), (bx, by) = line[max(0, i - 1)], line[min(len(line) - 1, i + 1)]
        length = hypot(bx - ax, by - ay) or 1.0
        half = (start + (end - start) * i / max(1, len(line) - 1)) / 2
        dx, dy = -(by - ay) / length * half, (bx - ax) / length * half
        left.append((x + dx, y + dy))
        right.append((x - dx, y - dy))
    return (*left, *reversed(right))


def leaf(x: float, y: float, angle: float, length: float, width: float) -> Outline:
    """A pointed oval that starts at (x, y) and grows towards `angle` (degrees; -90 is up)."""
    return turned([(px * length, py * width) for px, py in _BLADE], angle, x, y)


_BLADE = smooth([(0.0, 0.0), (0.28, 0.42), (0.6, 0.46), (1.0, 0.0), (0.6, -0.46), (0.28, -0.42)], steps=6)


def turned(outline: Iterable[Point], angle: float, x: float = 0.0, y: float = 0.0) -> Outline:
    """The points turned by `angle` degrees around the origin, then moved by (x, y)."""
    c, s = cos(angle * pi / 180), sin(angle * pi / 180)
    return tuple([(x + px * c - py * s, y + px * s + py * c) for px, py in outline])


def placed(
    shapes: Iterable[Shape], x: float, y: float, scale: float = 1.0, angle: float = 0.0, flip: bool = False
) -> list[Shape]:
    """The shapes scaled, turned and moved so that their origin lies at (x, y)."""
    mirror = -1 if flip else 1

    def move(outline: Outline) -> Outline:
        return turned([(px * scale * mirror, py * scale) for px, py in outline], angle, x, y)

    return [
        replace(s, outline=move(s.outline), soft=s.soft * scale, clip=move(s.clip) if s.clip else None) for s in shapes
    ]


def mirrored(outline: Outline) -> Outline:
    """The outline on the other side of x = 0."""
    return tuple((-x, y) for x, y in outline)
