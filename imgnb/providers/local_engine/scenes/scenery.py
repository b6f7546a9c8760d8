"""Parts that several scenes share: sky, sun, stars, clouds, hills, trees."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import sin, tau
from random import Random

from ..palette import Color, darker, lighter, mix
from ..shapes import Outline, Point, Shape, arc, fade, leaf, oval, rect, ribbon, smooth
from ..stage import Stage

Contour = Callable[[float], float]
"The height of the land (y) at a place (x)."


def sky(stage: Stage) -> None:
    stage.back(rect(0, 0, stage.width, stage.height), fade(*stage.palette.sky))


def sun(stage: Stage, x: float, y: float, radius: float) -> None:
    """The sun in its rings of light, or by night the moon."""
    color = stage.palette.sun
    stage.back(oval(x, y, radius * 1.9), color, 0.35, soft=radius * 0.9)
    for ring in (2.1, 1.55):
        stage.back(oval(x, y, radius * (ring + 0.05 * stage.sway(ring))), color, 0.13)
    stage.back(oval(x, y, radius), fade(lighter(color, 0.4), color))
    if stage.palette.night:
        crater = mix(color, stage.palette.sky[1], 0.22)
        disc = oval(x, y, radius)
        for dx, dy, size in ((-0.3, -0.2, 0.24), (0.32, 0.3, 0.3), (0.2, -0.45, 0.13), (-0.35, 0.45, 0.16)):
            stage.back(oval(x + dx * radius, y + dy * radius, size * radius), crater, 0.5, clip=disc)


def stars(stage: Stage, bottom: float, count: int | None = None) -> None:
    rng = stage.rng("stars")
    count = count or int((50 + 45 * stage.detail) * stage.width / stage.height**0.5 / 31)
    for i in range(count):
        x, y = rng.uniform(0, stage.width), bottom * rng.random() ** 1.3
        size = rng.choice((1.4, 1.8, 2.2, 3.4))
        twinkle = 0.65 + 0.35 * stage.sway(i * 0.37)
        stage.back(oval(x, y, size), (255, 250, 235), round(rng.uniform(0.4, 0.95) * twinkle, 3))


def clouds(stage: Stage, top: float, bottom: float) -> None:
    """Flat clouds with a few bumps."""
    rng = stage.rng("clouds")
    night = stage.palette.night
    color = lighter(stage.palette.sky[-1], 0.1 if night else 0.55)
    for i in range(round(rng.randint(2, 3) * max(1.0, stage.width / 1400)) + stage.detail // 2):
        x = rng.uniform(0, stage.width) + 16 * stage.sway(i * 0.3)
        y, size = rng.uniform(top, bottom), rng.uniform(0.6, 1.25)
        outline = tuple((x + px * size, y + py * size) for px, py in _cloud(rng))
        stage.back(outline, fade(color, mix(color, stage.palette.sky[-1], 0.5)), 0.26 if night else 0.72)


def _cloud(rng: Random) -> Outline:
    """A flat foot of round ends, and bumps of different heights above it."""
    widths = [rng.uniform(46, 62), rng.uniform(74, 100), rng.uniform(56, 78), rng.uniform(36, 52)]
    heights = [rng.uniform(26, 36), rng.uniform(52, 70), rng.uniform(38, 50), rng.uniform(18, 26)]
    if rng.random() < 0.5:
        widths.reverse()
        heights.reverse()
    half = sum(widths) / 2
    outline = list(arc(-half, -13, 24, 13, 90, 270))
    x = -half
    for width, height in zip(widths, heights, strict=True):
        outline += arc(x + width / 2, -24, width * 0.56, height, 205, 335)
        x += width
    return (*outline, *arc(half, -13, 24, 13, -90, 90))


def flock(stage: Stage, x: float, y: float) -> None:
    """A few birds far away."""
    rng = stage.rng("flock")
    ink = mix(stage.palette.ink, stage.palette.sky[1], 0.25)
    for i in range(rng.randint(3, 5) + stage.detail):
        px = x + rng.uniform(-130, 130) + 10 * stage.sway(0.2)
        py, size = y + rng.uniform(-60, 60), rng.uniform(11, 19)
        lift = 0.55 + 0.25 * stage.sway(i * 0.23)
        for side in (-1, 1):
            wing = [(px, py), (px + side * size * 0.5, py - size * lift), (px + side * size * 1.2, py - size * 0.25)]
            stage.back(ribbon(smooth(wing, closed=False, steps=6), 3.2, 0.8), ink, 0.85)


def swell(rng: Random, base: float, height: float, length: float = 1.0) -> Contour:
    """A gentle contour: hills, dunes, waves."""
    waves = [
        (rng.uniform(0.75, 1.3) * 900 * length, rng.random(), 0.6),
        (rng.uniform(0.8, 1.2) * 420 * length, rng.random(), 0.28),
        (rng.uniform(0.8, 1.2) * 190 * length, rng.random(), 0.09),
    ]
    return lambda x: base - height * sum(share * sin(tau * (x / period + start)) for period, start, share in waves)


def crags(rng: Random, width: float, base: float, height: float, depth: int = 6) -> list[Point]:
    """The jagged line of a mountain range (midpoint displacement)."""
    count = max(3, round(width / 380))
    line = [
        (width * (i + rng.uniform(-0.2, 0.2)) / count, base - height * (rng.uniform(0.55, 1.0) if i % 2 else rng.uniform(0.0, 0.35)))
        for i in range(-1, count + 2)
    ]  # fmt: skip
    rough = height * 0.16
    for _ in range(depth - 2):
        finer: list[Point] = []
        for (ax, ay), (bx, by) in pairwise(line):
            finer += [(ax, ay), ((ax + bx) / 2, (ay + by) / 2 + rng.uniform(-rough, rough))]
        line = [*finer, line[-1]]
        rough *= 0.5
    return line


def land(contour: Contour, width: float, foot: float, step: float = 8.0) -> Outline:
    """Everything under a contour, down to `foot`."""
    count = int(width / step) + 3
    top = tuple(((i - 1) * step, contour((i - 1) * step)) for i in range(count + 1))
    return (*top, (top[-1][0], foot), (top[0][0], foot))


def pine(height: float, color: Color, *, snow: Color | None = None) -> list[Shape]:
    """A fir with its foot at the origin."""
    width = height * 0.36
    shapes = [Shape(rect(-height * 0.03, -height * 0.14, height * 0.03, 4), darker(color, 0.35))]
    for i, (low, high, span) in enumerate(((0.08, 0.52, 1.0), (0.32, 0.76, 0.78), (0.56, 1.0, 0.54))):
        half = width * span / 2
        tier = ((-half, -height * low), (0.0, -height * high), (half, -height * low), (0.0, -height * (low - 0.035)))
        shapes.append(Shape(tier, lighter(color, 0.05 * i)))
        shade = ((0.0, -height * high), (half, -height * low), (0.0, -height * (low - 0.035)))
        shapes.append(Shape(shade, darker(color, 0.14)))
        if snow:
            cap = ((-half * 0.45, -height * (high - 0.2)), (0.0, -height * high), (half * 0.45, -height * (high - 0.2)),
                   (half * 0.15, -height * (high - 0.165)), (-half * 0.12, -height * (high - 0.215)))  # fmt: skip
            shapes.append(Shape(cap, snow))
    return shapes


def round_tree(rng: Random, height: float, color: Color) -> list[Shape]:
    """A leafy tree with its foot at the origin."""
    trunk = darker(color, 0.45)
    crown = oval(0, -height * 0.66, height * 0.25, height * 0.34)
    shapes = [
        Shape(ribbon(((0, 4), (0, -height * 0.6)), height * 0.045, height * 0.02), trunk),
        Shape(crown, color),
        Shape(oval(height * 0.16, -height * 0.6, height * 0.24, height * 0.36), darker(color, 0.13), clip=crown),
    ]
    for side, level in ((1, 0.5), (-1, 0.58), (1, 0.66)):
        tip = (side * height * rng.uniform(0.09, 0.13), -height * (level + 0.12))
        shapes.append(Shape(ribbon(((0, -height * level), tip), height * 0.016, height * 0.006), trunk))
    return shapes


def bare_sprig(x: float, y: float, height: float, lean: float, color: Color, leaves: int = 7) -> list[Shape]:
    """A stem with leaves in pairs, growing up from (x, y)."""
    stem = smooth(((x, y), (x + lean * 0.25, y - height * 0.5), (x + lean, y - height)), closed=False, steps=12)
    shapes = [Shape(ribbon(stem, height * 0.018, height * 0.006), darker(color, 0.2))]
    for i in range(leaves):
        along = 0.2 + 0.78 * i / max(1, leaves - 1)
        px, py = stem[min(len(stem) - 1, round(along * (len(stem) - 1)))]
        length = height * 0.27 * (1.08 - along * 0.55)
        for side in (-1, 1):
            angle = -90 + side * (58 - 22 * along) + lean * 0.06
            tone = color if side < 0 else darker(color, 0.13)
            shapes.append(Shape(leaf(px, py, angle, length, length * 0.36), tone))
    return shapes


def grass(stage: Stage, contour: Contour, color: Color, count: int) -> None:
    """Blades along a contour."""
    rng = stage.rng("grass")
    for i in range(count):
        x = rng.uniform(-20, stage.width + 20)
        height, lean = rng.uniform(16, 52), rng.uniform(-16, 16) + 5 * stage.sway(i * 0.11)
        y = contour(x) + 6
        blade = smooth(((x, y), (x + lean * 0.3, y - height * 0.6), (x + lean, y - height)), closed=False, steps=5)
        stage.front(ribbon(blade, 6.5, 0.8), color)


def snowfall(stage: Stage) -> None:
    rng = stage.rng("snow")
    for i in range(int((50 + 40 * stage.detail) * stage.width * stage.height / 1_000_000)):
        x = rng.uniform(0, stage.width) + 9 * stage.sway(i * 0.31)
        y = (rng.uniform(0, stage.height) + stage.height * stage.phase) % stage.height
        stage.front(oval(x, y, rng.choice((2.2, 3.0, 4.2, 5.5))), (255, 255, 255), rng.uniform(0.55, 0.95))


def rainbow(stage: Stage, x: float, y: float, radius: float) -> None:
    for i, color in enumerate((*stage.palette.accents, stage.palette.sun)):
        band = radius - i * radius * 0.05
        stage.back(
            (*arc(x, y, band, band, 180, 360), *reversed(arc(x, y, band * 0.95, band * 0.95, 180, 360))), color, 0.5
        )
