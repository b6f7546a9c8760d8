"""A chart as a poster: areas, bars, a line with dots, a ring, on quiet paper."""

from __future__ import annotations

from ..palette import darker, lighter, mix
from ..shapes import arc, fade, oval, rect, ribbon, rounded, smooth
from ..stage import Stage

WORDS = ("chart", "plot", "graph", "data", "dashboard", "infographic", "statistic", "histogram", "analytic", "diagram",
         "dataset", "visualization", "visualisation", "scatter", "图表", "数据")  # fmt: skip


def draw(stage: Stage) -> None:
    rng, p, w, h = stage.rng("chart"), stage.palette, stage.width, stage.height
    paper = p.sky[0] if p.night else p.paper
    stage.back(rect(0, 0, w, h), fade(lighter(paper, 0.0 if p.night else 0.3), mix(paper, p.far, 0.14)))
    margin = 92
    left, right, top, foot = margin, w - margin, 250.0, h - 140
    ink = p.paper if p.night else p.ink
    _title(stage, left, ink)
    lines = 5 + stage.detail
    for i in range(lines + 1):
        y = foot - (foot - top) * i / lines
        stage.back(rounded(left, y - 1.2, right, y + 1.2, 1), ink, 0.85 if i == 0 else 0.13)
    style = _style(stage, rng.randrange(3))
    {"areas": _areas, "bars": _bars, "dots": _dots}[style](stage, left, right, top, foot)
    _trend(stage, left, right, top, foot)
    _ring(stage, right - 78, 130, 70)


def _style(stage: Stage, chance: int) -> str:
    if stage.mentions("bar", "histogram", "column"):
        return "bars"
    if stage.mentions("scatter", "bubble", "cluster"):
        return "dots"
    if stage.mentions("line", "area", "trend", "time", "series", "growth"):
        return "areas"
    return ("areas", "bars", "dots")[chance]


def _title(stage: Stage, left: float, ink: tuple[int, int, int]) -> None:
    """Bars where words would be: the sketch has nothing to say about the data."""
    p = stage.palette
    stage.front(rounded(left, 84, left + 300, 114, 15), ink)
    stage.front(rounded(left, 136, left + 210, 151, 8), ink, 0.35)
    for i, color in enumerate(p.accents[:3]):
        x = left + i * 118
        stage.front(oval(x + 9, 192, 9), color)
        stage.front(rounded(x + 28, 186, x + 92, 198, 6), ink, 0.3)


def _areas(stage: Stage, left: float, right: float, top: float, foot: float) -> None:
    rng, p = stage.rng("areas"), stage.palette
    count = max(7, round((right - left) / 110))
    for layer in range(3):
        reach = (0.86, 0.6, 0.34)[layer]
        points = [
            (left + (right - left) * i / count, foot - (foot - top) * reach * (rng.uniform(0.42, 1.0) * (0.55 + 0.45 * i / count)) - 7 * stage.sway(i * 0.1 + layer * 0.3))
            for i in range(count + 1)
        ]  # fmt: skip
        curve = smooth(points, closed=False, steps=12)
        color = p.accents[(3, 1, 0)[layer]]
        stage.front((*curve, (right, foot), (left, foot)), fade(color, mix(color, p.paper, 0.45)), 0.88)
        stage.front(ribbon(curve, 5), darker(color, 0.15))


def _bars(stage: Stage, left: float, right: float, top: float, foot: float) -> None:
    rng, p = stage.rng("bars"), stage.palette
    count = max(6, round((right - left) / (96 - 8 * stage.detail)))
    step = (right - left) / count
    best = rng.randrange(count // 2, count)
    for i in range(count):
        share = 0.25 + 0.5 * i / count + rng.uniform(-0.14, 0.22)
        if i == best:
            share = 0.97
        y = foot - (foot - top) * min(0.97, share) - 8 * stage.sway(i * 0.13)
        color = p.accents[0] if i == best else mix(p.accents[1], p.accents[3], i / count)
        x = left + i * step + step * 0.15
        body = rounded(x, y, x + step * 0.7, foot + 30, 14)
        inside = rect(left - 9, 0, right + 9, foot)
        stage.front(body, fade(lighter(color, 0.12), color), clip=inside)
        stage.front(rounded(x, (y + foot) / 2, x + step * 0.7, foot + 30, 0.1), darker(color, 0.12), 0.4, clip=inside)


def _dots(stage: Stage, left: float, right: float, top: float, foot: float) -> None:
    rng, p = stage.rng("dots"), stage.palette
    count = int((46 + 26 * stage.detail) * stage.width / 1000)
    for i in range(count):
        t = rng.random()
        group = i % 3
        x = left + (right - left) * min(0.97, max(0.03, rng.gauss((0.24, 0.52, 0.78)[group], 0.1)))
        y = foot - (foot - top) * min(0.93, max(0.06, rng.gauss((0.3, 0.48, 0.72)[group], 0.12)))
        radius = 8 + 26 * t**3 + 2 * stage.sway(i * 0.07)
        stage.front(oval(x, y, radius), p.accents[group], 0.62)
        stage.front(oval(x - radius * 0.28, y - radius * 0.3, radius * 0.25), (255, 255, 255), 0.4)


def _trend(stage: Stage, left: float, right: float, top: float, foot: float) -> None:
    rng, p = stage.rng("trend"), stage.palette
    color = p.sun if p.night else p.ink
    count = max(6, round((right - left) / 150))
    points = []
    for i in range(count + 1):
        share = 0.28 + 0.62 * i / count + rng.uniform(-0.07, 0.07)
        points.append(
            (left + (right - left) * (i + 0.15) / (count + 0.3), foot - (foot - top) * share + 6 * stage.sway(i * 0.2))
        )
    stage.front(ribbon(smooth(points, closed=False, steps=12), 7), color)
    for x, y in points:
        stage.front(oval(x, y, 14), color)
        stage.front(oval(x, y, 7.5), p.accents[2])


def _ring(stage: Stage, x: float, y: float, radius: float) -> None:
    p = stage.palette
    start = -90.0 + 8 * stage.sway()
    for share, color in zip((0.44, 0.3, 0.16, 0.1), p.accents, strict=False):
        end = start + 360 * share
        stage.front(
            (
                *arc(x, y, radius, radius, start, end - 3),
                *reversed(arc(x, y, radius * 0.58, radius * 0.58, start, end - 3)),
            ),
            color,
        )
        start = end
