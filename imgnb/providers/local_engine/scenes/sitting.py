"""Sitting animals that face us: one body plan, and what tells the breeds apart."""

from __future__ import annotations

from dataclasses import dataclass

from ..palette import Color, darker, lighter, mix, rgb
from ..shapes import (
    Outline,
    Point,
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


@dataclass(frozen=True)
class Breed:
    """What tells one sitting animal from another."""

    fur: str
    ears: str = "point"
    face: str = "round"
    tail: str = "thin"
    mask: str = "fdf3e7"
    whiskers: bool = False


BREEDS = {
    "fox": Breed("e2703a", face="sharp", tail="brush"),
    "wolf": Breed("7f8aa0", face="sharp", tail="brush"),
    "cat": Breed("5d6180", whiskers=True),
    "kitten": Breed("e6a35c", whiskers=True),
    "tiger": Breed("ec9340", ears="round", whiskers=True),
    "lion": Breed("e0a34a", ears="round", whiskers=True),
    "dog": Breed("c98a56", ears="flop", tail="short"),
    "puppy": Breed("c98a56", ears="flop", tail="short"),
    "bear": Breed("8d5f42", ears="round", tail="none", mask="e7cba8"),
    "panda": Breed("f4f1ea", ears="round", tail="none", mask="ffffff"),
    "rabbit": Breed("c9b7a6", ears="long", tail="short"),
    "bunny": Breed("e3d5c8", ears="long", tail="short"),
    "hare": Breed("b3977c", ears="long", tail="short"),
    "mouse": Breed("a8a3b5", ears="disc"),
    "koala": Breed("9aa2ad", ears="disc", tail="none"),
}


TRUNK = smooth(points("-150,4 -192,-90 -150,-270 -78,-400 78,-400 150,-270 192,-90 150,4"))


def sitting(stage: Stage, breed: Breed) -> None:
    rng, p, w = stage.rng("sitting"), stage.palette, stage.width
    ground = _meadow(stage, p.sun)
    fur = coat(stage, breed.fur)
    scale = rng.uniform(0.88, 0.98)
    tilt, flip = 2.2 * stage.sway(), rng.random() < 0.5
    stage.front(oval(w / 2, ground + 22, 250, 24), p.ink, 0.28, soft=9)
    shade = Shape(oval(0, -372, 132, 40), p.ink, 0.3, soft=15, clip=TRUNK)
    body = placed([*_tail(breed, fur), *_body(breed, fur), shade], w / 2, ground + 18, scale, 0, flip)
    head = placed(
        placed(_head(stage, breed, fur), 0, -480, 1, rng.uniform(-5, 5) + tilt), w / 2, ground + 18, scale, 0, flip
    )
    stage.subject += [*body, *head]
    for i in range(14 + 8 * stage.detail):
        x = w / 2 + rng.uniform(-330, 330)
        height, lean = rng.uniform(22, 58), rng.uniform(-14, 14) + 4 * stage.sway(i * 0.1)
        stage.front(
            ribbon(
                ((x, ground + 52), (x + lean * 0.4, ground + 50 - height * 0.6), (x + lean, ground + 50 - height)), 8, 1
            ),
            darker(p.ground(0.85), 0.12 + 0.2 * (i % 2)),
        )


def _meadow(stage: Stage, disc: Color) -> float:
    """The place that animals sit in; returns the ground's height in the middle."""
    rng, p, w, h = stage.rng("meadow"), stage.palette, stage.width, stage.height
    scenery.sky(stage)
    if p.night:
        scenery.stars(stage, h * 0.8)
    ground = h / 2 + 350
    stage.back(oval(w / 2, ground - 330, 400 + 6 * stage.sway()), disc, 0.3 if p.night else 0.75)
    stage.back(oval(w / 2, ground - 330, 330 + 6 * stage.sway(0.2)), disc, 0.35 if p.night else 0.6)
    scenery.clouds(stage, ground - 620, ground - 380)
    for i, (lift, share) in enumerate(((130, 0.12), (62, 0.42))):
        contour = scenery.swell(rng, ground - lift, 46, 1.0)
        color = p.ground(share)
        stage.back(scenery.land(contour, w, h), fade(lighter(color, 0.2), color))
        for _ in range(int((3 + 2 * stage.detail) * w / 1000)):
            x = rng.uniform(0, w)
            if abs(x - w / 2) > 210:
                tree = scenery.pine(rng.uniform(70, 150) * (0.8 + 0.5 * i), p.ground(share + 0.22))
                stage.backdrop += placed(tree, x, contour(x) + 5)
    near = p.ground(0.8)
    stage.back(scenery.land(lambda x: ground - 8 + ((x - w / 2) / 60) ** 2 * 0.25, w, h), fade(near, darker(near, 0.2)))
    for side in (-1, 1):
        for i in range(2 + min(3, stage.detail)):
            x = w / 2 + side * (300 + i * 95 + rng.uniform(-30, 30))
            color = mix(p.accents[(i + 1) % 4], p.near, 0.4)
            lean = side * rng.uniform(10, 60) + 7 * stage.sway(i * 0.2)
            stage.backdrop += scenery.bare_sprig(x, ground + rng.uniform(20, 70), rng.uniform(150, 290), lean, color)
    return ground


def coat(stage: Stage, natural: str) -> Color:
    """The natural colour, or near the asked one when the prompt names a colour."""
    color = rgb(natural)
    if not stage.palette.asked or (stage.mentions("fox") and stage.mentions("red")):
        return color
    return mix(color, stage.palette.accents[0], 0.7)


def _body(breed: Breed, fur: Color) -> list[Shape]:
    chest = smooth(points("0,-420 92,-350 104,-250 70,-120 0,-60 -70,-120 -104,-250 -92,-350"))
    dark = darker(fur, 0.16)
    panda = breed.fur == "f4f1ea"
    limb = (52, 52, 64) if panda else fur
    shapes = [Shape(TRUNK, (limb if panda else fade(lighter(fur, 0.08), fur, dark)))]
    if panda:
        shapes.append(Shape(oval(0, -150, 150, 160), fur, clip=TRUNK))
    for side in (-1, 1):
        shapes.append(Shape(oval(side * 138, -78, 78, 92), dark if not panda else limb, 0.9, clip=TRUNK))
    if not panda:
        shapes.append(Shape(chest, rgb(breed.mask)))
    for side in (-1, 1):
        leg = smooth(
            ((side * 22, -210), (side * 84, -210), (side * 88, -60), (side * 92, 2), (side * 20, 2), (side * 22, -60))
        )
        shapes.append(
            Shape(leg, fade(limb, darker(limb, 0.3)) if breed.face == "sharp" else fade(limb, darker(limb, 0.12)))
        )
        shapes.append(
            Shape(oval(side * 58, -4, 44, 21), darker(limb, 0.45) if breed.face == "sharp" else lighter(limb, 0.16))
        )
    return shapes


def _tail(breed: Breed, fur: Color) -> list[Shape]:
    if breed.tail == "brush":
        brush = smooth(points("90,-6 220,2 325,-60 362,-190 322,-318 262,-372 258,-270 216,-170 120,-110"))
        tip = smooth(points("225,-262 300,-250 372,-268 372,-400 240,-400"))
        return [Shape(brush, fade(fur, darker(fur, 0.14))), Shape(tip, rgb(breed.mask), clip=brush)]
    if breed.tail == "thin":
        line = smooth(points("110,-22 230,-14 290,-90 262,-190 292,-262"), closed=False)
        return [Shape(ribbon(line, 46, 30), darker(fur, 0.1)), Shape(oval(292, -262, 15), darker(fur, 0.1))]
    if breed.tail == "short":
        return [Shape(leaf(120, -60, -38, 150, 80), darker(fur, 0.1))]
    return []


def _head(stage: Stage, breed: Breed, fur: Color) -> list[Shape]:
    """The head around (0, 0)."""
    ink, mask = rgb("2a2438"), rgb(breed.mask)
    shapes = _mane(fur) if stage.mentions("lion") else []
    shapes += _ears(breed, fur)
    if breed.face == "sharp":
        skull: Outline = smooth(
            points("0,-122 96,-108 160,-28 232,38 120,92 44,132 0,150 -44,132 -120,92 -232,38 -160,-28 -96,-108"),
            steps=8,
        )
        cheek: tuple[Point, ...] = smooth(points("240,30 150,4 84,10 30,66 0,96 0,170 120,150"))
        shapes += [Shape(skull, fur), Shape(cheek, mask, clip=skull), Shape(mirrored(cheek), mask, clip=skull)]
        nose_y = 120.0
    else:
        skull = smooth(points("0,-134 118,-112 180,-8 158,88 70,132 0,138 -70,132 -158,88 -180,-8 -118,-112"))
        shapes += [Shape(skull, fade(lighter(fur, 0.1), fur))]
        if breed.fur == "f4f1ea":
            shapes += [
                Shape(placed([Shape(oval(0, 0, 40, 54), ink)], side * 82, 2, 1, side * 28)[0].outline, rgb("34344a"))
                for side in (-1, 1)
            ]
        shapes.append(Shape(oval(0, 78, 76, 56), mask, clip=skull))
        if stage.mentions("tiger", "cat", "kitten"):
            shapes += [
                Shape(ribbon(((x, -150), (x * 0.8, -78 + abs(x) * 0.3)), 20, 3), darker(fur, 0.4), clip=skull)
                for x in (-52, 0, 52)
            ]
        nose_y = 50.0
    white = breed.fur == "f4f1ea"
    for side in (-1, 1):
        x = side * 80
        if breed.face == "sharp":
            shapes.append(Shape(ribbon(arc(x, -8, 30, 22, 15, 165), 9), ink))
        else:
            shapes += [
                Shape(oval(x, -6, 19, 22), (255, 255, 255) if white else ink),
                Shape(oval(x + 6, -13, 6.5), ink if white else (255, 255, 255)),
            ]
        shapes.append(Shape(oval(side * 112, 56, 25, 16), rgb("ef7f78"), 0.35, clip=skull))
    muzzle = smooth(((-25, nose_y - 12), (25, nose_y - 12), (12, nose_y + 12), (-12, nose_y + 12)), steps=6)
    shapes.append(Shape(muzzle, ink))
    if breed.face == "round":
        shapes.append(Shape(ribbon(((0, nose_y + 8), (0, nose_y + 28)), 5), ink))
        shapes += [Shape(ribbon(arc(side * 17, nose_y + 27, 17, 13, 10, 170), 5), ink) for side in (-1, 1)]
    if breed.whiskers:
        for side in (-1, 1):
            shapes += [
                Shape(ribbon(((side * 74, 66 + dy), (side * 205, 56 + dy * 2.6)), 3.6, 1.2), mask, 0.9)
                for dy in (-12, 4, 20)
            ]
    return shapes


def _mane(fur: Color) -> list[Shape]:
    dark = darker(mix(fur, rgb("8a3d1e"), 0.6), 0.05)
    return [Shape(leaf(0, 10, i * 20.0, 262, 130), darker(dark, 0.1 * (i % 2))) for i in range(18)]


def _ears(breed: Breed, fur: Color) -> list[Shape]:
    inner = mix(rgb("f0a79a"), fur, 0.25)
    outer = rgb("34344a") if breed.fur == "f4f1ea" else fur
    outer_ear, inner_ear = _ear(breed)
    left = [Shape(outer_ear, darker(outer, 0.28 if breed.ears == "flop" else 0.05))]
    if inner_ear and breed.fur != "f4f1ea":
        left.append(Shape(inner_ear, inner if breed.face == "round" else darker(fur, 0.5)))
    return [*left, *(Shape(mirrored(shape.outline), shape.paint) for shape in left)]


def _ear(breed: Breed) -> tuple[Outline, Outline]:
    """The left ear and its inside."""
    if breed.face == "sharp":
        # A pointed face leaves less room beside the crown.
        return points("-146,-52 -154,-236 -34,-110"), points("-136,-74 -141,-192 -62,-108")
    ears: dict[str, tuple[Outline, Outline]] = {
        "point": (points("-172,-36 -164,-236 -34,-110"), points("-148,-66 -147,-190 -66,-106")),
        "round": (oval(-122, -108, 58), oval(-122, -108, 32)),
        "disc": (oval(-152, -98, 88), oval(-152, -98, 56)),
        "long": (leaf(-62, -70, -102, 330, 150), leaf(-64, -86, -102, 270, 82)),
        "flop": (smooth(points("-92,-118 -150,-128 -214,-40 -222,66 -172,96 -138,20")), ()),
    }
    return ears[breed.ears]
