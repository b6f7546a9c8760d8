"""Which scene a prompt asks for: the first family that one of its words names, else one by chance."""

from __future__ import annotations

from collections.abc import Callable

from ..palette import choose
from ..sketch import Sketch
from ..stage import UNIT, Stage
from . import animals, botanical, charts, city, landscape, paper, portrait, space, still_life

# Figures before places: "a fox in a forest" is a picture of a fox.
FAMILIES: tuple[tuple[tuple[str, ...], Callable[[Stage], None]], ...] = (
    (animals.WORDS, animals.draw),
    (charts.WORDS, charts.draw),
    (still_life.WORDS, still_life.draw),
    (portrait.WORDS, portrait.draw),
    (space.WORDS, space.draw),
    (botanical.WORDS, botanical.draw),
    (city.WORDS, city.draw),
    (paper.TILE_WORDS, paper.tiles),
    (paper.WAVE_WORDS, paper.waves),
    (landscape.WORDS, landscape.draw),
)
ANY = (landscape.draw, paper.waves, botanical.draw, paper.tiles, landscape.draw, space.draw, still_life.draw)


def compose(sketch: Sketch, width: int, height: int, phase: float = 0.0) -> Stage:
    """The scene that the sketch asks for, on a stage with the proportions of width and height."""
    # A tall picture comes closer, or its figure would be lost between floor and sky.
    closer = 0.16 * max(0.0, min(1.0, 2 * (height / width - 1)))
    unit = UNIT * (1 - closer) / min(width, height)
    stage = Stage(sketch, choose(sketch), unit * width, unit * height, phase)
    _family(sketch)(stage)
    return stage


def _family(sketch: Sketch) -> Callable[[Stage], None]:
    named = (draw for words, draw in FAMILIES if sketch.mentions(*words))
    return next(named, ANY[sketch.theme % len(ANY)])
