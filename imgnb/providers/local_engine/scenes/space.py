"""A ringed planet among stars, moons and a rocket."""

from __future__ import annotations

from math import cos, sin, tau

from ..palette import PALETTES, darker, lighter, luminance, mix
from ..shapes import Shape, arc, fade, oval, placed, points, rect, ribbon, smooth, turned
from ..stage import Stage
from . import scenery

WORDS = ("space", "planet", "galaxy", "cosmos", "cosmic", "rocket", "saturn", "mars", "orbit", "universe", "nebula", "comet",
         "satellite", "spaceship", "太空", "宇宙")  # fmt: skip


def draw(stage: Stage) -> None:
    rng, p, w, h = stage.rng("space"), stage.palette, stage.width, stage.height
    dark = p if luminance(p.sky[0]) < 0.35 else PALETTES["night"]
    top = mix(dark.sky[0], p.ink, 0.35)
    stage.back(rect(0, 0, w, h), fade(top, mix(top, p.near, 0.5), mix(p.near, p.accents[1], 0.45)))
    for i in range(3):
        x, y = w * rng.random(), h * rng.random()
        stage.back(oval(x, y, rng.uniform(180, 330), rng.uniform(120, 200)), p.accents[i], 0.2, soft=90)
    scenery.stars(stage, h, int((110 + 70 * stage.detail) * w * h / 1_000_000))
    for i in range(3 + stage.detail):
        _sparkle(stage, w * rng.random(), h * rng.random(), rng.uniform(9, 20) * (1 + 0.3 * stage.sway(i * 0.3)))
    x, y, radius = w / 2 + rng.uniform(-50, 50), h / 2 + rng.uniform(-30, 50), rng.uniform(225, 265)
    for i, share in enumerate((1.72, 2.15)):
        ring = oval(x, y, radius * share)
        stage.back((*ring, *reversed(oval(x, y, radius * share - 2))), lighter(p.paper), 0.22)
        angle = tau * (rng.random() + stage.phase * (1 if i else 2) * 0.5) if stage.phase else tau * rng.random()
        place = x + radius * share * cos(angle), y + radius * share * sin(angle)
        color = p.accents[(i + 1) % 4]
        stage.front(oval(*place, 24 - 7 * i), fade(lighter(color, 0.35), darker(color, 0.25)))
    _planet(stage, x, y, radius)
    if stage.mentions("rocket", "spaceship") or rng.random() < 0.5:
        side = rng.choice((-1, 1))
        place = x - side * radius * 1.28, y - radius * 1.12 + 9 * stage.sway(0.2)
        stage.subject += placed(_rocket(stage), *place, 0.72, -side * 38)


def _planet(stage: Stage, x: float, y: float, radius: float) -> None:
    rng, p = stage.rng("planet"), stage.palette
    main, second = p.accents[0], p.accents[2]
    disc = oval(0, 0, radius)
    tilt = rng.choice((-1, 1)) * rng.uniform(12, 22)
    body = [
        Shape(oval(0, 0, radius * 1.1), lighter(main, 0.3), 0.35, soft=30),
        Shape(disc, fade(lighter(main, 0.12), main)),
    ]
    level = -radius
    while level < radius:
        thick = rng.uniform(18, 52) * (1.2 - 0.09 * stage.detail)
        tone = mix(main, rng.choice((second, p.accents[3], p.paper)), rng.uniform(0.25, 0.7))
        bulge = 26 + 10 * stage.sway(level / 300)
        band = (
            *smooth(((-radius, level), (0, level + bulge), (radius, level)), closed=False),
            *smooth(((radius, level + thick), (0, level + thick + bulge), (-radius, level + thick)), closed=False),
        )
        body.append(Shape(band, tone, 0.85, clip=disc))
        level += thick + rng.uniform(26, 62)
    shade = (
        *arc(0, 0, radius * 1.02, radius * 1.02, -60, 120),
        *reversed(arc(-radius * 0.3, -radius * 0.22, radius * 1.0, radius * 1.0, -48, 108)),
    )
    body.append(Shape(shade, p.ink, 0.34, clip=disc))
    ring = lighter(mix(second, p.paper, 0.45), 0.1)
    halves = []
    for start, end in ((180, 360), (0, 180)):
        parts = []
        for outer, inner, alpha in ((1.62, 1.46, 0.85), (1.43, 1.24, 0.6)):
            band = (
                *arc(0, 0, radius * outer, radius * outer * 0.26, start, end),
                *reversed(arc(0, 0, radius * inner, radius * inner * 0.26, start, end)),
            )
            parts.append(Shape(band, ring, alpha))
        halves.append(parts)
    stage.subject += placed([*halves[0], *body, *halves[1]], x, y, 1.0, tilt)


def _sparkle(stage: Stage, x: float, y: float, size: float) -> None:
    star = [(size, 0), (size * 0.14, size * 0.14), (0, size), (-size * 0.14, size * 0.14)]
    points = (*star, *((-px, -py) for px, py in star))
    stage.back(turned(points, 0, x, y), (255, 248, 225), 0.9)


def _rocket(stage: Stage) -> list[Shape]:
    p = stage.palette
    hull = smooth(points("0,-190 58,-110 66,10 44,100 -44,100 -66,10 -58,-110"))
    flame = 1 + 0.16 * stage.sway(0.5)
    return [
        Shape(smooth(((-34, 90), (0, 250 * flame), (34, 90))), fade((255, 226, 150), (240, 120, 70))),
        Shape(((-56.0, 20.0), (-118.0, 126.0), (-36.0, 96.0)), darker(p.accents[0], 0.15)),
        Shape(((56.0, 20.0), (118.0, 126.0), (36.0, 96.0)), darker(p.accents[0], 0.25)),
        Shape(hull, fade(lighter(p.paper, 0.6), mix(p.paper, p.far, 0.45), across=True)),
        Shape(rect(-90, -200, 90, -104), p.accents[0], clip=hull),
        Shape(oval(0, -30, 34), p.ink),
        Shape(oval(0, -30, 25), lighter(p.accents[3], 0.35)),
        Shape(ribbon(arc(0, -30, 16, 16, 190, 270), 6), (255, 255, 255), 0.8),
        Shape(rect(-90, 66, 90, 84), p.accents[1], clip=hull),
    ]
