"""A portrait without a face: hair, neck and shoulders as flat shapes before a big sun."""

from __future__ import annotations

from ..palette import darker, lighter, luminance, mix, rgb
from ..shapes import Shape, fade, leaf, oval, placed, points, rect, ribbon, smooth
from ..stage import Stage
from . import scenery

WORDS = ("portrait", "person", "woman", "man", "girl", "boy", "people", "face", "human", "lady", "child", "scientist",
         "engineer", "artist", "doctor", "queen", "king", "dancer", "musician", "teacher", "astronaut", "avatar", "女孩", "肖像", "人")  # fmt: skip
SKIN = ("f0c3a0", "d99a72", "a8683f", "7a4a30", "f5d2b8")


def draw(stage: Stage) -> None:
    rng, p, w, h = stage.rng("portrait"), stage.palette, stage.width, stage.height
    wall = mix(p.sky[1], p.paper, 0.15)
    stage.back(rect(0, 0, w, h), fade(p.sky[0], wall))
    if p.night:
        scenery.stars(stage, h)
    foot = h / 2 + 500
    x = w / 2
    stage.back(oval(x, foot - 560, 370 + 7 * stage.sway()), mix(p.accents[2], p.sun, 0.35), 0.95)
    stage.back(oval(x, foot - 560, 300 + 7 * stage.sway(0.3)), lighter(mix(p.accents[2], p.sun, 0.55), 0.2))
    for side in (-1, 1):
        for i in range(2 + min(2, stage.detail)):
            color = mix(p.accents[(1, 3, 0, 2)[i]], p.near, 0.2)
            lean = side * (60 + 46 * i) + 8 * stage.sway(i * 0.2)
            stage.backdrop += scenery.bare_sprig(x + side * (285 + 62 * i), foot - 10, 400 - 60 * i, lean, color)
    stage.subject += placed(_bust(stage), x, foot, 1.0, 1.2 * stage.sway(0.1), rng.random() < 0.5)


def _bust(stage: Stage) -> list[Shape]:
    """Head and shoulders; the origin is where the shoulders leave the picture."""
    rng, p = stage.rng("bust"), stage.palette
    skin = rgb(rng.choice(SKIN))
    hair = rng.choice((p.ink, rgb("3a2620"), rgb("8a4b2a"), mix(p.near, p.ink, 0.4), rgb("c98a4b")))
    if abs(luminance(hair) - luminance(skin)) < 0.2:
        hair = p.ink
    cloth = rng.choice((p.accents[0], p.accents[1], p.accents[3]))
    style = "short" if stage.mentions("man", "boy", "king") else rng.choice(("bun", "long", "bob", "short"))
    head = smooth(points("0,-812 100,-780 132,-670 112,-545 48,-468 0,-456 -48,-468 -112,-545 -132,-670 -100,-780"))
    neck = smooth(points("-62,-560 62,-560 64,-430 96,-346 -96,-346 -64,-430"), steps=6)
    shoulders = smooth(points("-400,140 -372,-120 -270,-290 -110,-352 0,-300 110,-352 270,-290 372,-120 400,140"))
    shapes = _hair_behind(style, hair)
    shapes += [
        Shape(neck, fade(darker(skin, 0.24), skin)),
        Shape(shoulders, fade(lighter(cloth, 0.1), cloth, darker(cloth, 0.15))),
        Shape(smooth(points("-92,-350 0,-258 92,-350 40,-372 -40,-372")), skin),
        Shape(head, skin),
        Shape(smooth(points("30,-830 190,-780 190,-480 30,-440 70,-600")), darker(skin, 0.35), 0.28, clip=head),
        *(Shape(oval(side * 84, -560, 30, 19), rgb("e9746b"), 0.28, clip=head) for side in (-1, 1)),
        *_hair_before(style, hair, head),
    ]
    if stage.mentions("glasses", "scientist", "engineer", "teacher", "doctor") or rng.random() < 0.25:
        for side in (-1, 1):
            ring = oval(side * 56, -632, 44)
            shapes += [Shape(ring, p.ink), Shape(oval(side * 56, -632, 36), lighter(skin, 0.35))]
        shapes.append(Shape(ribbon(((-14, -636), (14, -636)), 8), p.ink))
    if stage.mentions("queen", "king"):
        shapes.append(
            Shape(
                points("-100,-790 -112,-900 -52,-846 0,-920 52,-846 112,-900 100,-790"),
                rgb("f0b93a"),
            )
        )
    mark = lighter(cloth, 0.45)
    for i in range(3 + stage.detail):
        y = -210 + i * 62
        line = smooth(((-420, y + 60), (-200, y - 24), (0, y + 34), (200, y - 24), (420, y + 60)), closed=False)
        shapes.append(Shape(ribbon(line, 8), mark, 0.5, clip=shoulders))
    if style != "short":
        shapes += [Shape(oval(side * 131, -520, 15, 21), p.accents[2]) for side in (-1, 1)]
    return shapes


def _hair_behind(style: str, hair: tuple[int, int, int]) -> list[Shape]:
    dark = darker(hair, 0.15)
    if style == "long":
        return [
            Shape(
                smooth(
                    points(
                        "0,-880 150,-840 204,-680 196,-460 250,-240 130,-190 -130,-190 -250,-240 -196,-460 -204,-680 -150,-840"
                    )
                ),
                dark,
            )
        ]
    if style == "bob":
        return [
            Shape(
                smooth(points("0,-880 150,-845 206,-690 214,-490 120,-420 -120,-420 -214,-490 -206,-690 -150,-845")),
                dark,
            )
        ]
    if style == "bun":
        return [
            Shape(oval(20, -905, 82, 76), hair),
            Shape(
                smooth(points("0,-865 136,-820 164,-680 120,-560 -120,-560 -164,-680 -136,-820")),
                dark,
            ),
        ]
    return [Shape(smooth(points("0,-868 130,-830 160,-720 142,-600 -142,-600 -160,-720 -130,-830")), dark)]


def _hair_before(style: str, hair: tuple[int, int, int], head: tuple[tuple[float, float], ...]) -> list[Shape]:
    fringe = smooth(
        points("-150,-600 -172,-740 -110,-860 20,-884 130,-850 170,-740 150,-610 112,-716 10,-762 -84,-730 -118,-680")
    )
    if style == "short":
        fringe = smooth(
            points("-142,-640 -164,-760 -90,-876 40,-892 150,-832 158,-690 134,-650 118,-730 -20,-742 -106,-716")
        )
    shine = smooth(points("-110,-800 -20,-846 70,-840 -20,-826"), steps=8)
    return [Shape(fringe, hair), Shape(shine, lighter(hair, 0.5), 0.3), Shape(leaf(-96, -782, -140, 10, 4), hair)]
