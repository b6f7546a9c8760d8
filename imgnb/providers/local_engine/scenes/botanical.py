"""Flowers and leaves in a vase, before an arch of light."""

from __future__ import annotations

from random import Random

from ..palette import Color, darker, lighter, luminance, mix
from ..shapes import Outline, Shape, arc, fade, leaf, oval, placed, points, rect, ribbon, smooth
from ..stage import Stage

WORDS = ("flower", "floral", "rose", "tulip", "plant", "garden", "leaf", "leave", "botanical", "bouquet", "vase", "blossom",
         "fern", "herb", "daisy", "poppy", "sunflower", "lotus", "orchid", "mushroom", "花")  # fmt: skip


def draw(stage: Stage) -> None:
    rng, p, w, h = stage.rng("botanical"), stage.palette, stage.width, stage.height
    wall = mix(p.sky[1], p.paper, 0.2 if p.night else 0.45)
    stage.back(rect(0, 0, w, h), fade(lighter(wall, 0.0 if p.night else 0.2), wall))
    foot = h / 2 + 360
    _arch(stage, foot)
    table = mix(p.far, p.paper, 0.35) if not p.night else p.near
    stage.back(rect(0, foot - 20, w, h), fade(table, darker(table, 0.12)))
    stage.front(oval(w / 2 + 50, foot + 24, 190, 20), p.ink, 0.3, soft=12)
    _bouquet(stage, foot)
    _vase(stage, rng, foot)
    if stage.detail >= 1:
        for _ in range(2 + stage.detail):
            x, y = w / 2 + rng.choice((-1, 1)) * rng.uniform(190, 340), foot + rng.uniform(30, 70)
            stage.front(leaf(x, y, rng.uniform(-30, 210), 46, 22), rng.choice(p.accents))


def _arch(stage: Stage, foot: float) -> None:
    p, x = stage.palette, stage.width / 2
    for radius, color in ((385, mix(p.accents[2], p.paper, 0.55)), (320, mix(p.sun, p.accents[2], 0.18))):
        top = foot - 20 - 370
        body = (*arc(x, top, radius, radius, 180, 360), (x + radius, foot), (x - radius, foot))
        stage.back(body, mix(color, p.sky[0], 0.45) if p.night else color)
    stage.back(oval(x - 120, foot - 560 + 6 * stage.sway(), 92), p.sun if p.night else lighter(p.sun, 0.6), 0.9)


def _bouquet(stage: Stage, foot: float) -> None:
    rng, p = stage.rng("bouquet"), stage.palette
    neck = (stage.width / 2, foot - 250)
    green = mix(mix(p.near, p.accents[1], 0.35), (94, 146, 104), 0.5)
    count = 7 + 2 * stage.detail
    # Outer stems first, so that the middle of the bouquet lies on top; every third carries leaves only.
    order = sorted(range(count), key=lambda i: -abs(2 * i - count + 1))
    blooms: list[list[Shape]] = []
    for n, i in enumerate(order):
        lean = (i + 0.5) / count * 2 - 1 + rng.uniform(-0.05, 0.05)
        reach = (rng.uniform(400, 470) if i % 2 else rng.uniform(250, 330)) * (1 - 0.2 * abs(lean))
        tip = neck[0] + lean * 310 + 9 * stage.sway(i * 0.17), neck[1] - reach
        bend = (neck[0] + lean * 90, neck[1] - reach * 0.55)
        stem = smooth((neck, bend, tip), closed=False, steps=14)
        color = lighter(mix(green, rng.choice((p.accents[3], p.near)), rng.uniform(0, 0.35)), rng.uniform(0, 0.2))
        stage.front(ribbon(stem, 9, 5), darker(color, 0.15))
        if n % 3 == 2:
            stage.subject += _fern(stem, color)
            continue
        stage.subject += _leaves(rng, stem, color, lean)
        petal = p.accents[(0, 2, 3, 0, 1)[(n + stage.sketch.index) % 5]]
        heart = p.accents[2] if petal != p.accents[2] else p.accents[0]
        flower = (_daisy, _tulip, _poppy)[(n + i) % 3](rng, petal, heart)
        blooms.append(placed(flower, *tip, rng.uniform(0.8, 1.1), lean * 34 + 3 * stage.sway(i * 0.3)))
    for bloom in blooms:
        stage.subject += bloom


def _leaves(rng: Random, stem: Outline, color: Color, lean: float) -> list[Shape]:
    return [
        Shape(
            leaf(*stem[at], -90 + lean * 40 + side * rng.uniform(36, 60), rng.uniform(70, 110), 34),
            color if side < 0 else darker(color, 0.15),
        )
        for at in (9, 15)
        for side in (-1, 1)
    ]


def _fern(stem: Outline, color: Color) -> list[Shape]:
    shapes = []
    for i in range(6, len(stem), 2):
        length = 74 * (1.1 - 0.75 * i / len(stem))
        for side in (-1, 1):
            tone = color if side < 0 else lighter(color, 0.12)
            shapes.append(Shape(leaf(*stem[i], -90 + side * 52, length, length * 0.34), tone))
    return shapes


def _daisy(rng: Random, petal: Color, heart: Color) -> list[Shape]:
    count = rng.choice((9, 11, 13))
    ring = [Shape(leaf(0, 0, 360 * i / count, 84, 40), lighter(petal, 0.12 * (i % 2))) for i in range(count)]
    return [*ring, Shape(oval(0, 0, 25), darker(heart, 0.1)), Shape(oval(-5, -5, 14), lighter(heart, 0.3))]


def _tulip(rng: Random, petal: Color, heart: Color) -> list[Shape]:
    side = smooth(points("0,34 -62,6 -58,-78 -20,-40 4,0"))
    return [
        Shape(leaf(0, 30, -90, 118, 76), darker(petal, 0.14)),
        Shape(side, petal),
        Shape(tuple((-x, y) for x, y in side), lighter(petal, 0.14)),
    ]


def _poppy(rng: Random, petal: Color, heart: Color) -> list[Shape]:
    ring = [Shape(oval(34 * dx, 30 * dy, 54, 48), tone) for dx, dy, tone in (
        (0, -1, darker(petal, 0.12)), (-1, 0, petal), (1, 0, lighter(petal, 0.08)), (0, 0.9, lighter(petal, 0.18)))]  # fmt: skip
    dots = [Shape(oval(*point, 4.5), darker(heart, 0.6)) for point in arc(0, -2, 30, 28, 0, 330)[::2]]
    return [*ring, *dots, Shape(oval(0, -2, 17), darker(heart, 0.55))]


def _vase(stage: Stage, rng: Random, foot: float) -> None:
    p = stage.palette
    color = rng.choice((p.accents[1], p.accents[3], p.near, p.paper))
    if luminance(color) > 0.85:
        color = mix(color, p.accents[2], 0.2)
    half = [
        points("52,0 96,60 128,150 104,240 64,276"),
        points("52,0 58,60 92,150 128,230 84,280"),
        points("54,0 112,20 116,140 112,250 90,278"),
    ][rng.randrange(3)]
    right = smooth([(x, y - 262) for x, y in half], closed=False)
    outline = (*right, *((-x, y) for x, y in reversed(right)))
    body = [Shape(outline, fade(lighter(color, 0.28), color, darker(color, 0.28), across=True))]
    mark = lighter(color, 0.5) if luminance(color) < 0.6 else darker(color, 0.2)
    for i in range(2 + stage.detail):
        y = -140 + i * 24
        wave = [(x, y + (7 if (x // 20) % 2 else -7)) for x in range(-140, 150, 20)]
        body.append(Shape(ribbon(wave, 5), mark, 0.55, clip=outline))
    body += [
        Shape(oval(0, -262, 54, 11), darker(color, 0.45)),
        Shape(rect(-80, -190, -66, -40), (255, 255, 255), 0.16, soft=7, clip=outline),
    ]
    stage.subject += placed(body, stage.width / 2, foot + 12)
