"""A skyline with lit windows, in layers, over still water."""

from __future__ import annotations

from ..palette import darker, lighter, mix
from ..shapes import Shape, fade, oval, rect, rounded
from ..stage import Stage
from . import scenery

WORDS = ("city", "skyline", "town", "street", "building", "skyscraper", "tower", "urban", "metropolis", "downtown",
         "architecture", "bridge", "tokyo", "paris", "london", "york", "berlin", "城市", "建筑")  # fmt: skip


def draw(stage: Stage) -> None:
    rng, p, w, h = stage.rng("city"), stage.palette, stage.width, stage.height
    stage.medallion = True
    line = h * 0.8
    scenery.sky(stage)
    if p.night:
        scenery.stars(stage, line * 0.8)
    scenery.sun(
        stage, w * rng.uniform(0.3, 0.7), line - rng.uniform(420, 500) + 10 * stage.sway(), rng.uniform(105, 140)
    )
    scenery.clouds(stage, line - 640, line - 380)
    scenery.flock(stage, w * rng.uniform(0.2, 0.8), line - rng.uniform(520, 600))
    for layer in range(3):
        _row(stage, layer, line)
    _water(stage, line)


def _row(stage: Stage, layer: int, line: float) -> None:
    rng, p = stage.rng(f"row{layer}"), stage.palette
    color = mix(p.ground(0.08 + 0.42 * layer), p.sky[-1], (0.35, 0.1, 0.0)[layer])
    put = stage.back if layer < 2 else stage.front
    tallest = (430, 370, 250)[layer]
    x = -rng.uniform(10, 90)
    while x < stage.width:
        width, height = rng.uniform(64, 138), tallest * rng.uniform(0.42, 1.0)
        tone = mix(color, rng.choice(p.accents), rng.uniform(0.0, 0.14))
        top = line - height
        _roof(stage, rng.randrange(6), put, tone, x, top, width)
        put(rect(x, top, x + width, line), fade(tone, mix(tone, p.sky[-1], 0.16 if layer < 2 else 0.0)))
        put(rect(x + width * 0.72, top, x + width, line), darker(tone), 0.32)
        if layer:
            _windows(stage, layer, x, top, width, line)
        x += width + (rng.uniform(4, 26) if rng.random() < 0.45 else -rng.uniform(0, 12))


def _roof(stage: Stage, kind: int, put: object, tone: tuple[int, int, int], x: float, top: float, width: float) -> None:
    middle = x + width / 2
    shape = {
        0: ((x, top + 1), (middle, top - width * 0.4), (x + width, top + 1)),
        1: rect(x + width * 0.2, top - 32, x + width * 0.8, top + 1),
        2: ((x, top + 1), (x + width, top - width * 0.35), (x + width, top + 1)),
        3: rounded(x + width * 0.1, top - 28, x + width * 0.9, top + 28, 28),
        4: rect(middle - 2.5, top - 84, middle + 2.5, top + 1),
    }.get(kind)
    if shape:
        assert callable(put)
        put(shape, tone)
    if kind == 4:
        stage.front(oval(middle, top - 86, 5), stage.palette.accents[0], round(0.6 + 0.4 * stage.sway(x), 3))


def _windows(stage: Stage, layer: int, x: float, top: float, width: float, line: float) -> None:
    rng = stage.rng(f"windows{layer}/{x:.1f}")
    put = stage.back if layer < 2 else stage.front
    columns, gap = max(2, round(width / 26)), 32 - 2 * stage.detail
    lit = mix(stage.palette.sun, (255, 205, 110), 0.6)
    step = (width - 18) / columns
    share = 0.62 if stage.palette.night else 0.45
    for row in range(int((line - top - 40) / gap)):
        for column in range(columns):
            if rng.random() > share:
                continue
            left, high = x + 12 + column * step, top + 22 + row * gap
            glow = rng.uniform(0.55, 1.0) * (0.8 + 0.2 * stage.sway(row * 0.3 + column * 0.17))
            put(rect(left, high, left + step * 0.5, high + gap * 0.5), lit, round(glow, 3))


def _water(stage: Stage, line: float) -> None:
    """The row of houses upside down, and streaks of light."""
    rng, p, w, h = stage.rng("water"), stage.palette, stage.width, stage.height
    surface = rect(0, line, w, h)
    stage.front(surface, fade(mix(p.sky[-1], p.near, 0.35), darker(mix(p.sky[1], p.near, 0.7), 0.1)))
    upside = [
        Shape(tuple((x, 2 * line - y) for x, y in shape.outline), shape.paint, shape.alpha * 0.3, clip=surface)
        for shape in stage.subject
        if not isinstance(shape.paint, tuple) and shape.alpha == 1 and shape.outline is not surface
    ]
    stage.subject += upside
    for i in range(int((26 + 16 * stage.detail) * w / 1000)):
        x, y = rng.uniform(0, w) + 12 * stage.sway(i * 0.19), line + (h - line) * rng.random()
        half, thick = rng.uniform(14, 74), rng.uniform(1.6, 3.6)
        color = rng.choice((lighter(p.sky[-1], 0.4), p.sun, p.sun, p.accents[0]))
        stage.front(rounded(x - half, y - thick, x + half, y + thick, thick), color, 0.4)
