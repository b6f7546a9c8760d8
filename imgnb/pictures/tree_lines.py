"""Links of a family tree as smooth lines, painted over its ground and under its cards."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .lettering import fitted, font
from .paint import INK, SLATE, WHITE, Colour, mixed, rounded, words
from .tree_layers import Pair
from .tree_plan import Layout, Point

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

TONES: tuple[Colour, Colour] = (mixed(SLATE, WHITE, 0.88), (252, 200, 90))
"For what a picture comes from, and for what only says where or how: a mask, an overlay, a style."

_PLAIN = ("image", "turn", "edit")

_DENSE = 2
"Lines are painted twice as dense and made smaller, which smooths them."
_LINE, _HALO = 3.0, 2.5
_CORNER = 7.0
"Less than a lane is wide: a bridge over the next lane must not cut the corner off."


def tone_of(role: str) -> int:
    """Return which of the two tones a link with this role has."""
    return 0 if not role or any(part in _PLAIN for part in role.lower().split(", ")) else 1


def paint_links(image: Image, layout: Layout, roles: dict[Pair, str]) -> None:
    """Paint all links; where two cross, the later one passes over the earlier like a bridge."""
    import PIL.Image
    from PIL import ImageDraw

    masks = [PIL.Image.new("L", (image.width * _DENSE, image.height * _DENSE), 0) for _ in TONES]
    draws = [ImageDraw.Draw(mask) for mask in masks]
    paths = {pair: _path(points, layout.curved) for pair, points in layout.ways.items()}
    for parent in dict.fromkeys(parent for parent, _ in paths):
        # All links of a parent at once: they share lanes, and none may cut another where they part.
        own = {pair: path for pair, path in paths.items() if pair[0] == parent}
        for path in own.values():
            for draw in draws:
                _stroke(draw, path[1:-1] or path, _LINE + 2 * _HALO, 0)
        for pair, path in own.items():
            _stroke(draws[tone_of(roles[pair])], path, _LINE, 255)
            _ends(draws[tone_of(roles[pair])], path)
    for mask, tone in zip(masks, TONES, strict=True):
        image.paste(tone, (0, 0), mask.reduce(_DENSE))


def paint_roles(image: Image, layout: Layout, roles: dict[Pair, str]) -> None:
    """Write the role of each link where it comes in: before its child's card, or on that card's edge."""
    letters = role_letters(layout.shape.letters)
    for pairs in _sharing_an_edge(layout, roles).values():
        room = _room(layout, pairs, letters)
        for pair in pairs:
            role = fitted(roles[pair], letters, room - letters * 0.8)
            if role == roles[pair] or (len(pairs) == 1 and len(role) > 3):
                _label(image, _at(layout, pair, role_width(role, letters)), role, letters, TONES[tone_of(roles[pair])])


def role_letters(letters: int) -> int:
    """Return the size of a role beside text of this size."""
    return max(12, round(letters * 0.84))


def role_width(role: str, letters: int) -> int:
    """Return how wide the label with this role is, in pixels."""
    return round(float(font(letters).getlength(role)) + letters * 0.8)


def _sharing_an_edge(layout: Layout, roles: dict[Pair, str]) -> dict[tuple[str, bool], list[Pair]]:
    """Return the links with a role that come in at the same card's left edge (True) or upper edge."""
    made: dict[tuple[str, bool], list[Pair]] = {}
    for pair in layout.ways:
        if roles[pair]:
            made.setdefault((pair[1], _comes_from_left(layout, pair)), []).append(pair)
    return made


def _comes_from_left(layout: Layout, pair: Pair) -> bool:
    return layout.ways[pair][-1][0] == layout.corners[pair[1]][0]


def _room(layout: Layout, pairs: Sequence[Pair], letters: int) -> float:
    """Return how wide the labels on one edge may be; nothing where they would lie on each other."""
    ends = [layout.ways[pair][-1] for pair in pairs]
    if not _comes_from_left(layout, pairs[0]):
        xs = sorted(x for x, _ in ends)
        return min([b - a for a, b in itertools.pairwise(xs)], default=layout.shape.size[0]) - 3
    ys = sorted(y for _, y in ends)
    if any(b - a < letters * 1.5 + 2 for a, b in itertools.pairwise(ys)):
        return 0.0
    return layout.room if layout.curved else layout.shape.size[0] * 0.7


def _at(layout: Layout, pair: Pair, width: float) -> Point:
    """Return the middle of a label of this width."""
    x, y = layout.ways[pair][-1]
    if not _comes_from_left(layout, pair):
        left = layout.corners[pair[1]][0]
        return max(left + width / 2, min(left + layout.shape.size[0] - width / 2, x)), y
    return (x - 13 - width / 2 if layout.curved else x - 8 + width / 2), y


def _label(image: Image, middle: Point, role: str, letters: int, tone: Colour) -> None:
    x, y = middle
    across, down = role_width(role, letters) / 2, letters * 0.75
    rounded(image, (x - across - 1, y - down - 1, x + across + 1, y + down + 1), down + 1, tone)
    rounded(image, (x - across, y - down, x + across, y + down), down, INK)
    words(image, middle, role, letters, tone, "middle")


def _stroke(draw: ImageDraw, path: Sequence[Point], width: float, value: int) -> None:
    points = [(x * _DENSE, y * _DENSE) for x, y in path]
    draw.line(points, value, round(width * _DENSE), joint="curve")


def _ends(draw: ImageDraw, path: Sequence[Point]) -> None:
    """Draw a dot where a line leaves, an arrow head where it comes in."""
    (x, y), (near_x, near_y), (to_x, to_y) = path[0], path[-2], path[-1]
    dot = [value * _DENSE for value in (x - 5, y - 5, x + 5, y + 5)]
    draw.ellipse(dot, 255)
    length = math.hypot(to_x - near_x, to_y - near_y) or 1.0
    along, across = (to_x - near_x) / length, (to_y - near_y) / length
    back = to_x - along * 11, to_y - across * 11
    sides = [(back[0] - across * 6, back[1] + along * 6), (back[0] + across * 6, back[1] - along * 6)]
    draw.polygon([(px * _DENSE, py * _DENSE) for px, py in [(to_x, to_y), *sides]], 255)


def _path(points: Sequence[Point], curved: bool) -> list[Point]:
    """Return the many points of a smooth line through these few."""
    if not curved:
        return _with_round_corners(points)
    made = [points[0]]
    for (x, y), (to_x, to_y) in itertools.pairwise(points):
        bend = (to_x - x) / 2
        made += _bezier((x, y), (x + bend, y), (to_x - bend, to_y), (to_x, to_y)) if y != to_y else [(to_x, to_y)]
    return made


def _with_round_corners(points: Sequence[Point]) -> list[Point]:
    points = [point for index, point in enumerate(points) if not index or math.dist(point, points[index - 1]) > 0.5]
    made = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(_CORNER, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, end = _towards(corner, before, reach), _towards(corner, after, reach)
        made += [start, *_bezier(start, _towards(corner, before, reach / 2), _towards(corner, after, reach / 2), end)]
    return [*made, points[-1]]


def _towards(point: Point, other: Point, length: float) -> Point:
    share = length / (math.dist(point, other) or 1.0)
    return point[0] + (other[0] - point[0]) * share, point[1] + (other[1] - point[1]) * share


def _bezier(a: Point, b: Point, c: Point, d: Point, steps: int = 16) -> list[Point]:
    made = []
    for step in range(1, steps + 1):
        t = step / steps
        weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        made.append(
            (
                sum(w * p[0] for w, p in zip(weights, (a, b, c, d), strict=True)),
                sum(w * p[1] for w, p in zip(weights, (a, b, c, d), strict=True)),
            )
        )
    return made
