"""An owl or a songbird on a branch."""

from __future__ import annotations

from ..palette import darker, lighter, mix, rgb
from ..shapes import (
    Shape,
    arc,
    fade,
    leaf,
    mirrored,
    oval,
    placed,
    points,
    ribbon,
    smooth,
)
from ..stage import Stage
from . import scenery
from .sitting import coat


def on_a_branch(stage: Stage, *, owl: bool) -> None:
    rng, p, w, h = stage.rng("branch"), stage.palette, stage.width, stage.height
    scenery.sky(stage)
    if p.night:
        scenery.stars(stage, h)
    middle = h / 2
    stage.back(oval(w / 2, middle - 20, 390 + 6 * stage.sway()), p.sun, 0.32 if p.night else 0.8)
    stage.back(oval(w / 2, middle - 20, 310 + 6 * stage.sway(0.3)), p.sun, 0.4)
    scenery.clouds(stage, middle - 330, middle + 260)
    for i, share in enumerate((0.1, 0.4)):
        contour = scenery.swell(rng, h - 150 + 90 * i, 50)
        stage.back(scenery.land(contour, w, h), fade(p.ground(share), p.ground(share + 0.12)))
    level = middle + 290
    wood = mix(p.near, rgb("5b3b2c"), 0.5)
    branch = smooth(
        ((-30, level + 50), (w * 0.25, level + 6), (w * 0.55, level + 10), (w + 30, level - 60)), closed=False, steps=16
    )
    stage.front(ribbon(branch, 44, 20), fade(lighter(wood, 0.15), wood))
    for i in range(9 + 3 * stage.detail):
        x, y = branch[round((i + 0.5) / (9 + 3 * stage.detail) * (len(branch) - 1))]
        if abs(x - w / 2) > 160:
            side = -1 if i % 2 else 1
            color = mix(p.accents[i % 4], p.near, 0.25)
            angle = side * rng.uniform(35, 70) + 4 * stage.sway(i * 0.2)
            stage.front(leaf(x, y, angle, rng.uniform(90, 140), 50), color)
            stage.front(leaf(x, y, angle * 0.4 + side * 12, rng.uniform(60, 90), 36), darker(color, 0.15))
    figure = _owl(stage) if owl else _bird(stage)
    stage.subject += placed(figure, w / 2, level - 6, rng.uniform(0.92, 1.02), 1.8 * stage.sway(), rng.random() < 0.5)


def _owl(stage: Stage) -> list[Shape]:
    """An owl with its feet at the origin."""
    p = stage.palette
    fur, ink = coat(stage, "8a6247"), rgb("2a2438")
    body = smooth(points("0,-560 120,-540 182,-420 190,-230 130,-60 0,-14 -130,-60 -190,-230 -182,-420 -120,-540"))
    belly = smooth(points("0,-350 104,-290 104,-150 0,-50 -104,-150 -104,-290"))
    tuft = ((-170.0, -430.0), (-176.0, -630.0), (-40.0, -545.0))
    light = lighter(fur, 0.62)
    shapes = [
        Shape(ribbon(((-30, -60), (-20, 90)), 90, 60), darker(fur, 0.3)),
        Shape(tuft, darker(fur, 0.12)),
        Shape(mirrored(tuft), darker(fur, 0.12)),
    ]
    shapes += [Shape(body, fade(lighter(fur, 0.08), fur, darker(fur, 0.12))), Shape(belly, light)]
    for row in range(4 + min(2, stage.detail)):
        for i in range(-2, 3):
            x, y = i * 46 + (23 if row % 2 else 0), -292 + row * 46
            shapes.append(Shape(ribbon(arc(x, y, 18, 20, 20, 160), 7), mix(fur, light, 0.25), clip=belly))
    wing = smooth(points("-176,-400 -214,-250 -176,-90 -110,-30 -118,-180 -140,-320"))
    shapes += [Shape(wing, darker(fur, 0.25)), Shape(mirrored(wing), darker(fur, 0.25))]
    for side in (-1, 1):
        shapes += [
            Shape(oval(side * 76, -428, 88), light),
            Shape(oval(side * 72, -428, 58), mix(p.accents[2], (255, 205, 100), 0.6)),
            Shape(oval(side * 68, -428, 36), ink),
            Shape(oval(side * 68 + 11, -441, 11), (255, 255, 255)),
            Shape(ribbon(((side * 20, -500), (side * 160, -560)), 20, 8), darker(fur, 0.3)),
        ]
        shapes += [Shape(leaf(side * 58 + toe * 15, -26, 90 + toe * 12, 42, 20), rgb("e8a33d")) for toe in (-1, 0, 1)]
    return [*shapes, Shape(points("-24,-416 0,-434 24,-416 0,-352"), rgb("e8a33d"))]


def _bird(stage: Stage) -> list[Shape]:
    """A songbird in profile with its feet at the origin."""
    p = stage.palette
    blue = coat(stage, "4f86b8") if not stage.mentions("robin") else rgb("7a6a5c")
    breast, ink = mix(p.accents[1 if p.asked else 0], rgb("ef8a57"), 0.6), rgb("2a2438")
    body = smooth(points("-190,-150 -90,-290 20,-400 120,-440 196,-390 206,-300 176,-180 90,-70 -40,-44 -140,-90"))
    wing = smooth(points("70,-270 96,-200 40,-120 -90,-100 -230,-128 -110,-190 -30,-270"))
    return [
        Shape(ribbon(((30, -60), (24, 4)), 9), rgb("b0703c")),
        Shape(ribbon(((74, -66), (70, 2)), 9), rgb("b0703c")),
        Shape(points("-130,-170 -350,-118 -372,-60 -110,-92"), darker(blue, 0.3)),
        Shape(((188.0, -384.0), (268.0, -352.0), (192.0, -330.0)), rgb("e8a33d")),
        Shape(body, fade(lighter(blue, 0.12), blue)),
        Shape(smooth(points("190,-330 240,-240 120,-20 -40,-30 60,-150 120,-300")), fade(breast, lighter(breast, 0.35)), clip=body),
        Shape(oval(150, -340, 40, 26), lighter(blue, 0.7), 0.9, clip=body),
        Shape(wing, darker(blue, 0.28)),
        *(Shape(ribbon(((50 - i * 34, -236 + i * 26), (-120 - i * 12, -150 + i * 14)), 7, 2), lighter(blue, 0.25), clip=wing) for i in range(4)),
        Shape(oval(142, -372, 17), ink),
        Shape(oval(147, -378, 5.5), (255, 255, 255)),
    ]  # fmt: skip
