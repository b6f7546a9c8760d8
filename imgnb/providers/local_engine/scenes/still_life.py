"""One object in a soft studio: bottle, lamp, cup, or an arrangement of solids on plinths."""

from __future__ import annotations

from ..palette import Color, darker, lighter, mix
from ..shapes import Outline, Shape, arc, fade, oval, placed, points, rect, ribbon, rounded, smooth
from ..stage import Stage

WORDS = ("product", "bottle", "lamp", "object", "perfume", "cup", "mug", "coffee", "tea", "teapot", "packaging", "jar",
         "candle", "chair", "shoe", "sneaker", "watch", "phone", "laptop", "headphone", "speaker", "camera", "clock",
         "toy", "sculpture", "cosmetic", "wine", "产品", "杯", "灯")  # fmt: skip


def draw(stage: Stage) -> None:
    rng, p, w, h = stage.rng("studio"), stage.palette, stage.width, stage.height
    wall = mix(p.sky[1], p.paper, 0.1 if p.night else 0.35)
    floor = mix(p.far, wall, 0.4)
    foot = h / 2 + 330
    stage.back(rect(0, 0, w, h), fade(darker(wall, 0.06), wall, lighter(wall, 0.2)))
    stage.back(oval(w / 2 - 60 + 8 * stage.sway(), foot - 420, 420), lighter(p.sun, 0.3), 0.5, soft=110)
    radius = rng.uniform(290, 340)
    side = rng.choice((-1, 1))
    stage.back(oval(w / 2 + side * 70, foot - 370, radius + 5 * stage.sway(0.2)), mix(p.accents[2], wall, 0.3))
    if stage.detail >= 1:
        stage.back(
            rounded(w / 2 - side * 330 - 75, foot - 520, w / 2 - side * 330 + 75, h, 75), mix(p.accents[3], wall, 0.45)
        )
    stage.back(rect(0, foot - 46, w, h), fade(mix(floor, wall, 0.3), floor, darker(floor, 0.1)))
    top = _plinth(stage, foot)
    stage.front(oval(w / 2 + 60, top + 2, 170, 16), p.ink, 0.3, soft=12)
    stage.subject += placed(_thing(stage), w / 2, top, 0.98, 0.0, side < 0)


def _plinth(stage: Stage, foot: float) -> float:
    """A round plinth; returns the height of its top."""
    p, x = stage.palette, stage.width / 2
    color = mix(p.paper, p.accents[3], 0.22)
    stage.back(oval(x + 80, foot + 84, 350, 46), p.ink, 0.3, soft=26)
    side = (*arc(x, foot + 70, 300, 40, 0, 180), *arc(x, foot - 6, 300, 40, 180, 360))
    stage.back(side, fade(lighter(color, 0.3), color, darker(color, 0.25), across=True))
    stage.back(oval(x, foot - 6, 300, 40), lighter(color, 0.35))
    return foot - 2


def _thing(stage: Stage) -> list[Shape]:
    if stage.mentions("bottle", "perfume", "wine", "cosmetic", "jar"):
        return _bottle(stage)
    if stage.mentions("lamp", "light", "灯"):
        return _lamp(stage)
    if stage.mentions("cup", "mug", "coffee", "tea", "teapot", "杯"):
        return _cup(stage)
    if stage.mentions("candle"):
        return _candle(stage)
    return _solids(stage)


def _turned(half: tuple[tuple[float, float], ...]) -> Outline:
    """A body of revolution from its right half, given from top to bottom."""
    right = smooth(half, closed=False, steps=8)
    return (*right, *((-x, y) for x, y in reversed(right)))


def _bottle(stage: Stage) -> list[Shape]:
    rng, p = stage.rng("bottle"), stage.palette
    glass = rng.choice((p.accents[0], p.accents[1]))
    slim = points("38,-470 40,-400 70,-345 122,-290 128,-200 128,-30 112,8")
    wide = points("40,-420 44,-370 150,-330 172,-250 172,-60 150,8")
    flask = points("36,-460 38,-360 60,-300 150,-190 172,-90 130,8")
    half = rng.choice((slim, wide, flask))
    body = _turned(half)
    width = half[-3][0]
    cap = p.ink if rng.random() < 0.5 else p.accents[2]
    neck = half[0][1]
    paint = fade(darker(glass, 0.12), lighter(glass, 0.32), glass, darker(glass, 0.3), across=True)
    shapes = [Shape(body, paint), Shape(rect(-200, -24, 200, 20), darker(glass, 0.4), 0.35, clip=body)]
    label = rounded(-width, -210, width, -70, 4)
    shapes += [
        Shape(
            label,
            fade(mix(p.paper, p.far, 0.35), lighter(p.paper, 0.6), p.paper, mix(p.paper, p.far, 0.6), across=True),
            clip=body,
        )
    ]
    shapes += [Shape(oval(-2, -158, 25 + 2 * stage.sway()), p.accents[3]), Shape(oval(8, -150, 16), p.accents[2])]
    shapes += [Shape(rounded(-46, -116, 46, -107, 4), p.ink, 0.75), Shape(rounded(-30, -98, 30, -91, 3), p.ink, 0.4)]
    shapes += [
        Shape(
            rounded(-50, neck - 84, 50, neck + 8, 10),
            fade(lighter(cap, 0.1), lighter(cap, 0.4), cap, darker(cap, 0.3), across=True),
        )
    ]
    shine = ribbon(smooth(((-width * 0.72, -40), (-width * 0.74, -160), (-width * 0.62, -290)), closed=False), 13, 8)
    return [*shapes, Shape(shine, (255, 255, 255), 0.5, soft=2.5, clip=body)]


def _lamp(stage: Stage) -> list[Shape]:
    p = stage.palette
    metal, shade = mix(p.ink, p.near, 0.4), p.accents[0]
    glow = 0.42 + 0.08 * stage.sway()
    cone = points("-92,-392 92,-392 250,-4 -250,-4")
    arm = smooth(points("150,-14 170,-200 120,-420 10,-520"), closed=False)
    dome = (*arc(0, -392, 116, 120, 180, 360),)
    return [
        Shape(cone, fade((255, 232, 170), (255, 240, 205)), glow, soft=14),
        Shape(oval(0, -4, 190, 20), (255, 236, 180), 0.6, soft=10),
        Shape(oval(150, -10, 96, 17), darker(metal, 0.3)),
        Shape(oval(150, -18, 96, 17), lighter(metal, 0.1)),
        Shape(ribbon(arm, 15, 12), metal),
        Shape(oval(170, -205, 15), lighter(metal, 0.25)),
        Shape(rounded(-22, -548, 22, -500, 10), metal),
        Shape(oval(0, -392, 44, 40), (255, 244, 205)),
        Shape(dome, fade(darker(shade, 0.1), lighter(shade, 0.25), shade, darker(shade, 0.28), across=True)),
        Shape(rounded(-124, -400, 124, -384, 8), darker(shade, 0.2)),
        Shape(ribbon(arc(0, -392, 92, 96, 200, 250), 8, 3), (255, 255, 255), 0.35),
    ]


def _cup(stage: Stage) -> list[Shape]:
    p = stage.palette
    color = p.accents[0]
    body = _turned(points("150,-250 150,-150 138,-60 92,-6"))
    handle = smooth(points("140,-210 228,-214 244,-130 190,-76 126,-84"), closed=False)
    shapes = [
        Shape(oval(0, -4, 240, 24), darker(p.paper, 0.14)),
        Shape(oval(0, -12, 240, 24), lighter(p.paper, 0.4)),
        Shape(ribbon(handle, 30), darker(color, 0.18)),
        Shape(body, fade(darker(color, 0.08), lighter(color, 0.28), color, darker(color, 0.28), across=True)),
        Shape(rect(-200, -132, 200, -104), lighter(p.paper, 0.2), 0.85, clip=body),
        Shape(oval(0, -250, 150, 25), lighter(color, 0.35)),
        Shape(oval(0, -247, 134, 19), (92, 56, 40)),
        Shape(oval(-20, -248, 70, 8), (150, 98, 66), 0.8),
    ]
    for i, x in enumerate((-56, 0, 56)):
        bend = 26 * stage.sway(i * 0.2) + 12
        steam = smooth(((x, -280), (x + bend, -350), (x - bend, -430), (x + bend * 0.6, -520)), closed=False)
        shapes.append(Shape(ribbon(steam, 20, 4), (255, 255, 255), 0.55, soft=7))
    return shapes


def _candle(stage: Stage) -> list[Shape]:
    p = stage.palette
    wax = lighter(p.accents[2], 0.35)
    lick = 8 * stage.sway()
    flame = smooth(((0, -330), (34, -392), (lick, -486), (-34, -392)))
    return [
        Shape(oval(0, -400, 170), (255, 214, 130), 0.5, soft=60),
        Shape(
            _turned(((86.0, -300.0), (86.0, -150.0), (86.0, 8.0))),
            fade(wax, lighter(wax, 0.4), wax, darker(wax, 0.25), across=True),
        ),
        Shape(oval(0, -300, 86, 17), lighter(wax, 0.5)),
        Shape(rect(-3, -345, 3, -300), p.ink),
        Shape(flame, fade((255, 190, 90), (255, 226, 150), (240, 130, 70))),
        Shape(smooth(((0, -340), (15, -380), (lick / 2, -424), (-15, -380))), (255, 248, 220)),
    ]


def _solids(stage: Stage) -> list[Shape]:
    """Sphere, arch and cylinder: what the engine shows for an object that it cannot draw."""
    rng, p = stage.rng("solids"), stage.palette
    a, b, c = p.accents[0], p.accents[1], p.accents[3]
    arch = (
        *arc(-96, -230, 104, 104, 180, 360),
        (8.0, 4.0),
        (-46.0, 4.0),
        *reversed(arc(-96, -226, 50, 50, 180, 360)),
        (-146.0, 4.0),
        (-200.0, 4.0),
    )
    tall = rng.uniform(250, 330)
    cylinder = (*arc(112, -tall, 74, 18, 180, 360), *arc(112, 0, 74, 18, 0, 180))
    ball_y = -tall - 86 + 8 * stage.sway()
    return [
        Shape(arch, fade(lighter(b, 0.12), darker(b, 0.12))),
        Shape(cylinder, fade(darker(c, 0.1), lighter(c, 0.3), c, darker(c, 0.28), across=True)),
        Shape(oval(112, -tall, 74, 18), lighter(c, 0.4)),
        Shape(oval(112, -tall + 2, 48, 10), p.ink, 0.2, soft=5),
        *_ball(112, ball_y, 84, a),
        *_ball(-14, -52, 54, p.accents[2]),
        *(_ball(-96, -372, 40, p.sun) if stage.detail >= 1 else []),
    ]  # fmt: skip


def _ball(x: float, y: float, radius: float, color: Color) -> list[Shape]:
    disc = oval(x, y, radius)
    return [
        Shape(disc, fade(lighter(color, 0.18), darker(color, 0.2))),
        Shape(
            oval(x + radius * 0.45, y + radius * 0.5, radius * 0.8),
            darker(color, 0.6),
            0.3,
            soft=radius * 0.22,
            clip=disc,
        ),
        Shape(
            oval(x - radius * 0.34, y - radius * 0.38, radius * 0.3),
            (255, 255, 255),
            0.55,
            soft=radius * 0.12,
            clip=disc,
        ),
    ]
