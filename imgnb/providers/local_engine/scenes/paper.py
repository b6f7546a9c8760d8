"""Abstract pictures: waves of cut paper with soft shadows, and a floor of geometric tiles."""

from __future__ import annotations

from random import Random

from ..palette import Color, darker, lighter, mix
from ..shapes import Outline, Shape, arc, fade, oval, placed, rect, ribbon, rounded
from ..stage import Stage
from . import scenery

WAVE_WORDS = ("wave", "abstract", "paper", "papercut", "layer", "flow", "fluid", "gradient", "background", "wallpaper",
              "texture", "hero", "banner", "cover", "抽象")  # fmt: skip
TILE_WORDS = ("geometric", "pattern", "tile", "bauhaus", "mosaic", "grid", "shape", "quilt", "icon", "logo")


def waves(stage: Stage) -> None:
    rng, p, w, h = stage.rng("waves"), stage.palette, stage.width, stage.height
    stage.medallion = True
    scenery.sky(stage)
    if p.night:
        scenery.stars(stage, h * 0.5)
    scenery.sun(stage, w * rng.uniform(0.3, 0.72), h * rng.uniform(0.24, 0.33) + 8 * stage.sway(), rng.uniform(90, 130))
    count = 6 + stage.detail
    tilt = rng.uniform(-0.1, 0.1)
    colors = [p.ground(i / (count - 1)) for i in range(count)]
    for i, color in enumerate(colors):
        share = i / (count - 1)
        base = h * (0.36 + 0.54 * share)
        contour = scenery.swell(rng, base, 92 - 30 * share, rng.uniform(1.0, 1.6))
        drift = 34 * stage.sway(i * 0.13)
        accent = mix(color, p.accents[i % len(p.accents)], 0.42 if i % 3 == 1 else 0.06)

        def edge(x: float, contour: scenery.Contour = contour, drift: float = drift) -> float:
            return contour(x + drift) + tilt * (x - w / 2)

        outline = scenery.land(edge, w, h + 40)
        put = stage.back if i < count - 3 else stage.front
        # Only a band along the edge: the rest of the shadow is covered, and blur costs by the pixel.
        put(ribbon(tuple((x, y + 12) for x, y in outline[:-2]), 44), darker(p.ink, 0.2), 0.34, soft=15)
        put(outline, fade(lighter(accent, 0.16), accent, darker(accent, 0.1)))
        if stage.detail >= 1:
            rim = scenery.land(edge, w, h)[:-2]
            put((*rim, *((x, y + 3.2) for x, y in reversed(rim))), lighter(accent, 0.5), 0.5)


def tiles(stage: Stage) -> None:
    rng, p, w, h = stage.rng("tiles"), stage.palette, stage.width, stage.height
    stage.medallion = True
    across = max(3, round(w / (250 - 12 * stage.detail)))
    side = w / across
    down = int(h / side) + 1
    top = (h - down * side) / 2
    colors = [*p.accents, p.near, p.sun, p.paper, mix(p.far, p.paper, 0.3)]
    stage.back(rect(0, 0, w, h), p.paper)
    above: list[Color] = [p.paper] * across
    for row in range(down):
        for column in range(across):
            ground = rng.choice([c for c in colors if c != above[column]])
            above[column] = ground
            mark = rng.choice([c for c in colors if c != ground])
            third = rng.choice([c for c in colors if c not in (ground, mark)])
            put = stage.backdrop
            cell = _tile(rng, ground, mark, third, stage.sway((row + column) * 0.12))
            put += placed(cell, (column + 0.5) * side, top + (row + 0.5) * side, side / 200, 90 * rng.randrange(4))


def _tile(rng: Random, ground: Color, mark: Color, third: Color, sway: float) -> list[Shape]:
    """One tile, from -100 to 100 in both directions."""
    square = rect(-100.5, -100.5, 100.5, 100.5)

    def quarter(x: float, y: float, radius: float) -> Outline:
        return oval(x, y, radius)

    kind = rng.randrange(9)
    marks: list[tuple[Outline, Color]] = {
        0: [(quarter(-100, -100, 200), mark), (quarter(-100, -100, 118 + 9 * sway), third)],
        1: [(quarter(-100, 0, 100), mark), (quarter(100, 0, 100), third)],
        2: [(oval(0, 0, 78), mark), (oval(0, 0, 38 + 5 * sway), third)],
        3: [(((-100.0, -100.0), (100.0, -100.0), (-100.0, 100.0)), mark), (oval(34, 34, 30 + 5 * sway), third)],
        4: [((*arc(-100, 100, 200, 200, 270, 360), *arc(100, -100, 200, 200, 90, 180)), mark), (oval(0, 0, 22 + 5 * sway), third)],
        5: [(rect(-100, -100 + 50 * i, 100, -75 + 50 * i), mark) for i in range(4)],
        6: [(oval(-50 + 100 * i, -50 + 100 * j, 31 + 5 * sway), mark if (i + j) % 2 else third) for i in (0, 1) for j in (0, 1)],
        7: [(quarter(-100, 100, 200), mark), (quarter(-100, 100, 140), ground), (quarter(-100, 100, 80 + 7 * sway), third)],
        8: [(rounded(-70, -70, 70, 70, 70 if rng.random() < 0.5 else 24), mark), (rect(-100, -9, 100, 9), third)],
    }[kind]  # fmt: skip
    return [Shape(square, ground), *(Shape(outline, color, clip=square) for outline, color in marks)]
