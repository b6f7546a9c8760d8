"""What people and prompts put into a landscape: boat, lighthouse, houses, tent, balloons, cacti."""

from __future__ import annotations

from ..palette import darker, lighter, mix
from ..shapes import (
    Shape,
    arc,
    fade,
    oval,
    placed,
    points,
    rect,
    ribbon,
    rounded,
    smooth,
)
from ..stage import Stage
from . import scenery


def boat(stage: Stage) -> list[Shape]:
    p = stage.palette
    hull = smooth(points("-70,0 70,0 48,30 -50,30"), steps=5)
    return [
        Shape(oval(0, 40, 84, 7), p.ink, 0.2),
        Shape(points("-78,0 78,0 50,34 -52,34"), p.ink),
        Shape(hull, p.ink),
        Shape(rect(-2.5, -170, 2.5, 2), p.ink),
        Shape((*arc(8, -6, 84, 152, 270, 360), (8.0, -6.0)), lighter(p.paper, 0.5)),
        Shape(((-8.0, -140.0), (-58.0, -8.0), (-8.0, -8.0)), p.accents[0]),
    ]


def lighthouse(stage: Stage, line: float) -> None:
    p, w = stage.palette, stage.width
    x = w * stage.rng("lighthouse").uniform(0.62, 0.76)
    rock = smooth(points("-210,60 -150,14 -60,-26 50,-30 140,8 230,60"), closed=False)
    tower = points("-34,-20 -22,-330 22,-330 34,-20")
    beam = ((0.0, -362.0), (-900.0, -470.0 + 60 * stage.sway()), (-900.0, -300.0 + 60 * stage.sway()))
    shapes = [
        Shape(beam, fade(p.sun, p.sky[-1]), 0.3),
        Shape((*rock, (230.0, 62.0), (-210.0, 62.0)), fade(p.ground(0.7), p.ground(1.0))),
        Shape(oval(10, 62, 250, 9), lighter(p.sky[-1], 0.35), 0.75),
        Shape(oval(10, 68, 190, 5), p.ink, 0.3),
        Shape(tower, fade(lighter(p.paper, 0.6), mix(p.paper, p.far, 0.5), across=True)),
        *(Shape(rect(-60, y, 60, y + 46), p.accents[0], clip=tower) for y in (-280, -180, -80)),
        Shape(rect(-32, -338, 32, -326), p.ink),
        Shape(rect(-17, -380, 17, -338), p.sun),
        Shape(((-26.0, -378.0), (0.0, -412.0), (26.0, -378.0)), p.accents[0]),
        Shape(oval(0, -360, 60), p.sun, 0.5, soft=26),
    ]
    stage.subject += placed(shapes, x, line + 20)


def houses(stage: Stage, contour: scenery.Contour) -> None:
    rng, p = stage.rng("houses"), stage.palette
    count = 5 if stage.mentions("village") else 2
    centre = stage.width * rng.uniform(0.35, 0.65)
    for i in range(count):
        x = centre + (i - (count - 1) / 2) * rng.uniform(105, 150)
        size = rng.uniform(0.85, 1.15)
        wall, roof = lighter(p.paper, 0.2), p.accents[i % 3]
        shapes = [
            Shape(rect(-42, -62, 42, 14), fade(wall, mix(wall, p.far, 0.4), across=True)),
            Shape(points("-54,-58 -30,-108 34,-108 54,-58"), roof),
            Shape(rect(18, -124, 30, -96), darker(roof, 0.3)),
            Shape(rect(-28, -44, -8, -22), (255, 214, 122)),
            Shape(rounded(6, -42, 26, 20, 9), darker(roof, 0.35)),
        ]
        stage.backdrop += placed(shapes, x, contour(x) + 4, size)


def tent(stage: Stage, contour: scenery.Contour) -> None:
    p = stage.palette
    x = stage.width * 0.42
    shapes = [
        Shape(oval(0, 0, 150, 14), p.ink, 0.3),
        Shape(((-120.0, 0.0), (0.0, -150.0), (60.0, 0.0)), p.accents[0]),
        Shape(((0.0, -150.0), (60.0, 0.0), (140.0, -12.0)), darker(p.accents[0], 0.25)),
        Shape(((-22.0, 0.0), (0.0, -110.0), (22.0, 0.0)), (255, 214, 122)),
    ]
    stage.subject += placed(shapes, x, contour(x) + 14)


def balloons(stage: Stage, horizon: float) -> None:
    rng, p = stage.rng("balloons"), stage.palette
    spots = ((0.34, 300, 1.25), (0.72, 200, 0.7), (0.56, 400, 0.5))
    for i, (x, lift, size) in enumerate(spots[: 2 + min(1, stage.detail)]):
        color = p.accents[(i * 2) % len(p.accents)]
        bag = smooth(points("0,-150 96,-110 112,-20 62,70 24,112 -24,112 -62,70 -112,-20 -96,-110"))
        shapes = [
            Shape(points("-20,110 -15,152 15,152 20,110"), p.ink, 0.45),
            Shape(bag, color),
            Shape(oval(0, -10, 62, 150), lighter(p.paper, 0.3), clip=bag),
            Shape(oval(0, -10, 24, 150), color, clip=bag),
            Shape(oval(90, 0, 70, 190), p.ink, 0.14, clip=bag),
            Shape(rounded(-21, 150, 21, 184, 8), darker(p.accents[2], 0.45)),
        ]
        place = stage.width * (x + rng.uniform(-0.05, 0.05))
        stage.subject += placed(shapes, place, horizon - lift + 14 * stage.sway(i * 0.3), size)


def cacti(stage: Stage, contour: scenery.Contour, share: float) -> None:
    rng, p = stage.rng(f"cacti{share:.1f}"), stage.palette
    count = int(2 * stage.width / 1000) + 1
    for i in range(count):
        x, size = stage.width * (i + rng.uniform(0.15, 0.85)) / count, rng.uniform(0.4, 0.7) + 0.4 * share
        color = mix(p.accents[1], p.ink, 0.25)
        shapes = [
            Shape(rounded(-16, -190, 16, 10, 16), color),
            Shape(ribbon(smooth(((0, -70), (58, -76), (60, -150)), closed=False), 23), color),
            Shape(oval(60, -150, 11.5), color),
            Shape(ribbon(smooth(((0, -48), (-52, -52), (-54, -112)), closed=False), 20), color),
            Shape(oval(-54, -112, 10), color),
            Shape(rounded(3, -184, 9, 6, 3), lighter(color, 0.25)),
        ]
        stage.subject += placed(shapes, x, contour(x) + 6, size)
