"""Sun or moon over layers of land: mountains, hills, forest, lake, sea, desert, winter, with what the prompt puts there."""

from __future__ import annotations

from ..palette import darker, lighter, mix
from ..shapes import (
    fade,
    placed,
    rect,
    rounded,
    smooth,
)
from ..stage import Stage
from . import scenery
from .landmarks import balloons, boat, cacti, houses, lighthouse, tent

WORDS = (
    "landscape", "mountain", "hill", "valley", "forest", "tree", "wood", "pine", "lake", "river", "sea", "ocean", "beach",
    "island", "coast", "desert", "dune", "canyon", "sun", "sunset", "sunrise", "dawn", "dusk", "moon", "night", "sky",
    "aurora", "winter", "snow", "autumn", "summer", "meadow", "field", "horizon", "cabin", "house", "cottage", "hut",
    "boat", "sail", "sailboat", "ship", "lighthouse", "balloon", "village", "nature", "fog", "mist", "jungle", "alps",
    "volcano", "rain", "rainbow", "camp", "tent", "hike", "trail", "path", "road", "farm", "barn", "windmill",
    "山", "湖", "海", "森林", "风景", "日落", "夜",
)  # fmt: skip


WATER = ("lake", "sea", "ocean", "river", "water", "beach", "island", "coast", "boat", "sail", "sailboat", "ship",
         "lighthouse", "reflection", "湖", "海")  # fmt: skip


DRY = ("desert", "dune", "canyon", "sahara", "savanna")


COLD = ("winter", "snow", "snowy", "arctic", "christmas", "雪", "冬")


def draw(stage: Stage) -> None:
    rng = stage.rng("landscape")
    stage.medallion = True
    w, h, p = stage.width, stage.height, stage.palette
    horizon = h * rng.uniform(0.56, 0.63)
    sun_x, sun_y = w * rng.choice((rng.uniform(0.26, 0.4), rng.uniform(0.58, 0.74))), horizon - rng.uniform(190, 300)
    radius = rng.uniform(82, 118)
    scenery.sky(stage)
    if p.night:
        scenery.stars(stage, horizon)
        sun_y, radius = horizon - 330, radius * 0.75
    if p.name == "aurora" or stage.mentions("aurora", "northern"):
        _aurora(stage, horizon)
    if stage.mentions("rainbow"):
        scenery.rainbow(stage, w * 0.5, horizon + 60, min(w * 0.42, 620))
    scenery.sun(stage, sun_x, sun_y + 10 * stage.sway(), radius)
    scenery.clouds(stage, horizon - 420, horizon - 130)
    scenery.flock(stage, w * rng.uniform(0.3, 0.7), horizon - rng.uniform(260, 360))
    dry, wet = stage.mentions(*DRY), stage.mentions(*WATER)
    if not (wet or dry or stage.mentions("mountain", "forest", "山")):
        wet = bool(rng.random() < 0.45)
    if not dry and not stage.mentions("sea", "ocean", "beach", "海"):
        _mountains(stage, horizon)
    if wet:
        _shore(stage, horizon, sun_x, sun_y)
    else:
        _hills(stage, horizon, dry)
    if stage.mentions("balloon"):
        balloons(stage, horizon)
    if stage.mentions(*COLD):
        scenery.snowfall(stage)


def _mountains(stage: Stage, horizon: float) -> None:
    rng, p = stage.rng("mountains"), stage.palette
    for i in range(2):
        line = scenery.crags(rng, stage.width, horizon + 70 * i, 250 - 70 * i, 5 + stage.detail // 2)
        color = mix(p.ground(0.02 + 0.16 * i), p.sky[-1], 0.35 - 0.2 * i)
        body = (
            (-30.0, stage.height),
            (-30.0, line[0][1]),
            *line,
            (stage.width + 30, line[-1][1]),
            (stage.width + 30, stage.height),
        )
        stage.back(body, fade(color, mix(color, p.sky[-1], 0.35)))
        if i == 0:
            _lit_sides(stage, line, horizon, body)


def _lit_sides(
    stage: Stage, line: list[tuple[float, float]], horizon: float, body: tuple[tuple[float, float], ...]
) -> None:
    """Light on one side of each peak, which makes a flat range look like rock."""
    peaks = [b for a, b, c in zip(line, line[1:], line[2:], strict=False) if b[1] < a[1] and b[1] < c[1]]
    bright = lighter(stage.palette.ground(0.0), 0.55)
    rng = stage.rng("lit")
    for x, y in peaks:
        drop = (horizon - y) * rng.uniform(0.35, 0.6)
        if drop < 40:
            continue
        side = (
            (x, y - 2), (x - drop * 0.8, y + drop), (x - drop * 0.34, y + drop * 0.74), (x - drop * 0.2, y + drop * 0.98),
            (x + drop * 0.04, y + drop * 0.62), (x + drop * 0.12, y + drop * 0.8),
        )  # fmt: skip
        stage.back(side, bright, 0.5, clip=body)


def _hills(stage: Stage, horizon: float, dry: bool) -> None:
    rng, p, w, h = stage.rng("hills"), stage.palette, stage.width, stage.height
    layers = 4 + min(2, stage.detail)
    depth = h - horizon
    cold = stage.mentions(*COLD)
    for i in range(layers):
        share = i / (layers - 1)
        base = horizon + depth * (0.08 + 0.74 * share**1.15)
        contour = scenery.swell(rng, base, (46 + 34 * share) * (1.25 if dry else 1), 0.8 + 0.7 * share)
        color = p.ground(0.2 + 0.8 * share)
        if cold:
            color = mix((250, 252, 255), p.ground(0.3), 0.55 - 0.4 * share)
        put = stage.back if i < layers - 2 else stage.front
        put(scenery.land(contour, w, h), fade(lighter(color, 0.14), color, darker(color, 0.08)))
        if i == 1 and stage.mentions("house", "cabin", "cottage", "hut", "village", "farm", "barn"):
            houses(stage, contour)
        if dry:
            if i in (layers - 2, layers - 1):
                cacti(stage, contour, share)
        elif 0 < i < layers - 1 or stage.mentions("forest", "森林"):
            _trees(stage, contour, share, cold, i)
    if stage.mentions("tent", "camp"):
        tent(stage, contour)
    if stage.mentions("tree") and not stage.mentions("forest"):
        x = w * rng.uniform(0.3, 0.7)
        stage.subject += placed(scenery.round_tree(rng, 470, mix(p.accents[1], p.near, 0.35)), x, contour(x) + 8)
    if not cold and not dry:
        scenery.grass(stage, contour, darker(p.near, 0.18), int((34 + 34 * stage.detail) * w / 1000))


def _trees(stage: Stage, contour: scenery.Contour, share: float, cold: bool, layer: int) -> None:
    rng, p = stage.rng(f"trees{layer}"), stage.palette
    dense = 2.1 if stage.mentions("forest", "wood", "jungle", "pine", "森林") else 1.0
    count = int((7 + 5 * stage.detail) * dense * stage.width / 1000 * (1.15 - 0.6 * share))
    leafy = stage.mentions("autumn", "summer", "meadow", "garden") or stage.sketch.theme % 3 == 0
    put = stage.backdrop if share < 0.6 else stage.subject
    groves = [rng.uniform(0, stage.width) for _ in range(3)]
    for x in sorted(rng.gauss(rng.choice(groves), 150) for _ in range(count)):
        size = (46 + 120 * share) * rng.uniform(0.7, 1.3)
        color = mix(
            p.ground(min(1.0, 0.38 + 0.72 * share)), rng.choice(p.accents), rng.uniform(0.0, 0.34 if leafy else 0.1)
        )
        tree = scenery.round_tree(rng, size, color) if leafy and not cold else scenery.pine(
            size * 1.15, color, snow=(248, 251, 255) if cold else None
        )  # fmt: skip
        put += placed(tree, x, contour(x) + 6)


def _shore(stage: Stage, horizon: float, sun_x: float, sun_y: float) -> None:
    """Far land, water with a path of light, and a dark near bank."""
    rng, p, w, h = stage.rng("shore"), stage.palette, stage.width, stage.height
    line = horizon + 80
    far = scenery.swell(rng, line - 26, 40, 0.8)
    stage.back(scenery.land(far, w, line), fade(p.ground(0.42), p.ground(0.3)))
    _trees(stage, far, 0.25, stage.mentions(*COLD), 1)
    deep = mix(p.sky[0], p.near, 0.55)
    stage.back(rect(0, line, w, h), fade(mix(p.sky[-1], p.sky[1], 0.4), mix(p.sky[1], p.far, 0.4), deep))
    reflection = scenery.land(lambda x: 2 * line - far(x), w, line)
    stage.back(reflection, p.ground(0.42), 0.28)
    _glints(stage, line, sun_x)
    if stage.mentions("boat", "sail", "sailboat", "ship") or (rng.random() < 0.4 and not stage.mentions("lighthouse")):
        x = w * rng.uniform(0.3, 0.7)
        stage.subject += placed(boat(stage), x, line + 120 + 4 * stage.sway(0.4), 1.0, 1.6 * stage.sway(0.1))
    if stage.mentions("lighthouse"):
        lighthouse(stage, line)
    bank = scenery.swell(rng, h - 60, 44, 1.3)
    stage.front(scenery.land(bank, w, h), fade(p.near, darker(p.near, 0.3)))
    for x in sorted(rng.uniform(0, w) for _ in range(int(3 * w / 1000) + 1)):
        size = rng.uniform(110, 240)
        edge = x if abs(x - w / 2) > w * 0.22 else x * 0.3
        stage.subject += placed(scenery.pine(size, darker(p.near, 0.12)), edge, bank(edge) + 6)
    scenery.grass(stage, bank, darker(p.near, 0.22), int((40 + 30 * stage.detail) * w / 1000))


def _glints(stage: Stage, line: float, sun_x: float) -> None:
    rng, p = stage.rng("glints"), stage.palette
    depth = stage.height - line
    for i in range(13 + 5 * stage.detail):
        share = ((i + 0.5) / (13 + 5 * stage.detail)) ** 1.4
        half = rng.uniform(16, 60) * (0.6 + 1.3 * share)
        x, y = sun_x + rng.gauss(0, 26 + 60 * share) + 12 * stage.sway(i * 0.17), line + 10 + depth * share
        thick = 2.4 + 4.2 * share
        stage.back(rounded(x - half, y - thick, x + half, y + thick, thick), p.sun, 0.62)
    for i in range(int((12 + 8 * stage.detail) * stage.width / 1000)):
        x, y = rng.uniform(0, stage.width) + 10 * stage.sway(i * 0.29), line + depth * rng.random()
        half, thick = rng.uniform(26, 90), rng.uniform(1.5, 3.4)
        stage.back(rounded(x - half, y - thick, x + half, y + thick, thick), lighter(p.sky[-1], 0.4), 0.3)


def _aurora(stage: Stage, horizon: float) -> None:
    rng = stage.rng("aurora")
    colors = ((118, 232, 170), (110, 200, 220), (190, 140, 230))
    for i in range(3 + stage.detail):
        base, drift = horizon - rng.uniform(170, 420), 26 * stage.sway(i * 0.21)
        wave = scenery.swell(rng, base, 90, 1.1)
        top = [(x, wave(x + drift) - rng.uniform(120, 210)) for x in range(-40, int(stage.width) + 90, 50)]
        foot = [(x, wave(x + drift)) for x, _ in reversed(top)]
        stage.back(
            (*smooth(top, closed=False, steps=4), *smooth(foot, closed=False, steps=4)),
            fade(stage.palette.sky[0], colors[i % 3], colors[i % 3]),
            0.33,
            soft=20,
        )
