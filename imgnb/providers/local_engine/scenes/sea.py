"""Fish under water, and a whale above it."""

from __future__ import annotations

from functools import partial

from ..palette import Color, darker, lighter, mix, rgb
from ..shapes import (
    Shape,
    arc,
    fade,
    leaf,
    oval,
    placed,
    points,
    rect,
    ribbon,
    smooth,
)
from ..stage import Stage
from . import scenery
from .sitting import coat


def under_water(stage: Stage) -> None:
    rng, p, w, h = stage.rng("water"), stage.palette, stage.width, stage.height
    deep = darker(mix(p.near, rgb("0d4f6b"), 0.45), 0.05)
    stage.back(rect(0, 0, w, h), fade(mix(p.sky[1], rgb("a8e0e0"), 0.45), mix(deep, p.far, 0.45), deep))
    for i in range(4):
        x = w * (i + rng.random()) / 4 + 20 * stage.sway(i * 0.2)
        stage.back(((x, -10), (x + 90, -10), (x - 120, h), (x - 420, h)), (255, 255, 255), 0.09, soft=14)
    for i, share in enumerate((0.55, 1.0)):
        floor = scenery.swell(rng, h - 130 + 74 * i, 34)
        stage.back(scenery.land(floor, w, h), fade(mix(deep, p.paper, 0.2 - 0.14 * i), darker(deep, 0.2 * share)))
        for _ in range(int((6 + 3 * stage.detail) * w / 1000)):
            x = rng.uniform(0, w)
            color = mix(rng.choice(p.accents), deep, 0.5 - 0.2 * i)
            lean = rng.uniform(-50, 50) + 16 * stage.sway(x / 900)
            stage.backdrop += scenery.bare_sprig(x, floor(x) + 12, rng.uniform(120, 330), lean, color, 6)
    spots = [(0.5, 0.47, 1.0)]
    if stage.mentions("fishes", "school", "shoal") or stage.detail >= 1:
        spots = [(0.2, 0.25, 0.3), (0.83, 0.66, 0.36), (0.76, 0.2, 0.22), *spots]
    for i, (x, y, size) in enumerate(spots):
        swimmer = _fish(stage, p.accents[(len(spots) - 1 - i) % 4])
        place = w * (x + rng.uniform(-0.03, 0.03)) + 10 * stage.sway(i * 0.25)
        stage.subject += placed(
            swimmer, place, h * y + 9 * stage.sway(i * 0.4), size, rng.uniform(-7, 7), rng.random() < 0.5
        )
    for i in range(14 + 6 * stage.detail):
        x, y, r = rng.uniform(0, w), (rng.uniform(0, h) - stage.phase * h) % h, rng.uniform(4, 19)
        stage.back(oval(x, y, r), (255, 255, 255), 0.16)
        stage.back(oval(x - r * 0.3, y - r * 0.35, r * 0.28), (255, 255, 255), 0.5 + 0.01 * (i % 3))


def _fish(stage: Stage, accent: Color) -> list[Shape]:
    p = stage.palette
    color = mix(accent, rgb("f08a4b"), 0.45 if accent == p.accents[0] else 0.0)
    light = lighter(p.paper, 0.3)
    body = smooth(points("300,0 220,-100 60,-158 -120,-110 -230,-24 -230,24 -120,110 60,158 220,100"))
    wag = 14 * stage.sway(0.5)
    tail = smooth(
        ((-190, 0), (-300, -120 + wag), (-400, -170 + wag), (-352, 0 + wag), (-400, 170 + wag), (-300, 120 + wag)),
        steps=8,
    )
    shapes = [
        Shape(tail, fade(lighter(color, 0.2), darker(color, 0.2))),
        Shape(smooth(points("140,-120 40,-250 -110,-220 -120,-90")), darker(color, 0.18)),
        Shape(smooth(points("60,130 -20,226 -100,190 -60,90")), darker(color, 0.22)),
        Shape(body, fade(lighter(color, 0.18), color, darker(color, 0.12))),
    ]
    for x, half in ((120, 26), (-20, 30), (-140, 22)):
        band = smooth(
            (
                (x - half, -180),
                (x + half, -180),
                (x + half + 26, 0),
                (x + half, 180),
                (x - half, 180),
                (x - half + 26, 0),
            )
        )
        shapes.append(Shape(band, light, clip=body))
    for row in range(-2, 3):
        for i in range(4 + stage.detail):
            shapes.append(
                Shape(
                    ribbon(arc(50 - i * 46 + (row % 2) * 23, row * 42, 20, 20, -70, 70), 4),
                    darker(color, 0.3),
                    0.5,
                    clip=body,
                )
            )
    return [
        *shapes,
        Shape(leaf(80, 36, 150 + 10 * stage.sway(0.2), 130, 86), lighter(color, 0.25)),
        Shape(oval(216, -34, 30), (255, 255, 255)),
        Shape(oval(222, -34, 17), rgb("2a2438")),
        Shape(oval(228, -40, 5.5), (255, 255, 255)),
        Shape(ribbon(arc(262, 34, 30, 22, 60, 150), 6), darker(color, 0.45)),
    ]


def whale(stage: Stage) -> None:
    rng, p, w, h = stage.rng("whale"), stage.palette, stage.width, stage.height
    scenery.sky(stage)
    if p.night:
        scenery.stars(stage, h * 0.6)
    level = h / 2 + 150
    scenery.sun(stage, w * 0.5 - 210, level - 420, 84)
    scenery.clouds(stage, level - 460, level - 230)
    far = scenery.swell(rng, level - 26, 22, 0.5)
    stage.back(scenery.land(lambda x: far(x + 18 * stage.sway()), w, h), fade(p.ground(0.3), p.ground(0.5)))
    skin = mix(coat(stage, "4a74a3"), p.near, 0.15)
    body = smooth(points("-330,-10 -300,-150 -150,-232 40,-214 190,-120 300,-80 380,-150 400,-20 250,70 0,100 -230,80"))
    figure = [
        Shape(smooth(points("350,-90 330,-220 430,-262 470,-230 560,-250 520,-140 410,-80")), skin),
        Shape(body, fade(lighter(skin, 0.16), skin)),
        Shape(smooth(points("-340,0 -180,-26 40,6 260,30 60,130 -250,120")), lighter(skin, 0.72), clip=body),
        *(Shape(ribbon(smooth(((-300, 22 + i * 20), (-120, 8 + i * 20), (60, 30 + i * 20)), closed=False), 3.5), mix(skin, p.paper, 0.4), clip=body) for i in range(4)),
        Shape(oval(-214, -62, 14), rgb("1d2238")),
        Shape(oval(-218, -66, 4.5), (255, 255, 255)),
        Shape(ribbon(arc(-262, -22, 60, 34, 20, 110), 6), darker(skin, 0.4)),
        *(Shape(ribbon(smooth(((-110, -236), (-110 + s * 26, -330), (-110 + s * 84, -346), (-110 + s * 108, -292)), closed=False), 15, 5), lighter(p.paper, 0.4), 0.9) for s in (-1, 1)),
        Shape(ribbon(((-110, -232), (-110, -362)), 13, 8), lighter(p.paper, 0.4), 0.9),
    ]  # fmt: skip
    stage.subject += placed(
        figure, w / 2 - 40, level - 6 + 10 * stage.sway(), 0.95, 2.5 * stage.sway(0.3), rng.random() < 0.5
    )
    count = 4 + min(2, stage.detail)
    sea = mix(p.near, p.accents[0] if p.asked else p.accents[1], 0.4)
    for i in range(count):
        wave = scenery.swell(rng, level + 26 + i * (h - level) * 0.9 / count, 24 + 5 * i, 0.42 + 0.12 * i)
        color = mix(mix(sea, p.sky[-1], 0.38), darker(sea, 0.25), i / (count - 1))
        drift = 30 * stage.sway(i * 0.2)
        outline = scenery.land(partial(_shifted, wave, drift), w, h + 10)
        stage.front(outline, fade(lighter(color, 0.16), color), 0.94 if i == 0 else 1.0)
        crest = outline[:-2]
        stage.front((*crest, *((x, y + 4) for x, y in reversed(crest))), lighter(color, 0.55), 0.55)


def _shifted(wave: scenery.Contour, drift: float, x: float) -> float:
    return wave(x + drift)
