"""Curated colours, and which words of a prompt ask for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from .sketch import Sketch

Color = tuple[int, int, int]


def rgb(code: str) -> Color:
    """The colour of a hex code such as "e2703a"."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(first: Color, second: Color, share: float) -> Color:
    """A colour between the two; `share` 0 is the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def lighter(color: Color, share: float = 0.25) -> Color:
    return mix(color, (255, 252, 246), share)


def darker(color: Color, share: float = 0.25) -> Color:
    return mix(color, (18, 20, 44), share)


def luminance(color: Color) -> float:
    return (0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]) / 255


@dataclass(frozen=True)
class Palette:
    """Colours that go together, named by what they paint."""

    name: str
    sky: tuple[Color, ...]
    sun: Color
    far: Color
    near: Color
    ink: Color
    paper: Color
    accents: tuple[Color, ...]
    night: bool = False
    asked: bool = False
    "Whether a word of the prompt named a colour; it is then the first accent."

    def ground(self, share: float) -> Color:
        """The colour of the land, from far away (0) to near (1)."""
        return mix(self.far, self.near, share)


def _palette(name: str, sky: str, sun: str, far: str, near: str, ink: str, paper: str, accents: str) -> Palette:
    stops = tuple(rgb(code) for code in sky.split())
    marks = tuple(rgb(code) for code in accents.split())
    night = luminance(stops[1]) < 0.35
    return Palette(name, stops, rgb(sun), rgb(far), rgb(near), rgb(ink), rgb(paper), marks, night)


# name, sky from top to bottom, sun, far land, near land, ink, paper, accents
PALETTES = {
    palette.name: palette
    for palette in (
        _palette("dawn", "7fa8c9 f3c9b5 fde6c8", "fff3d6", "c9a7b8", "3f4a75", "2b2f52", "fdf1e4", "ee8a6f 4f6fa8 f2b872 7b8fb8"),
        _palette("sunset", "5b3f7a e5737d fcc27b", "ffe3a1", "c4617d", "3a2556", "2a1a40", "fff0dd", "f0784f 7a4b94 fbb65c d94f70"),
        _palette("lagoon", "8fd0d6 cfeee6 f8f6dd", "ffffff", "8cc7c4", "0f5a66", "0b3f4c", "f1f8f2", "f2786b 12808a f6c667 57b3ae"),
        _palette("meadow", "a9d5e8 dff1e9 fbf6d9", "fff2b8", "a9cfa4", "2f6b4f", "1f4a3a", "f8f7e6", "f08a5d 3f8f68 f4c95d 6fb6c9"),
        _palette("autumn", "f0d9b5 f7e3bf fdf0d5", "f9c784", "d9a066", "7a3b2e", "4a2525", "fbf1de", "d9582b b23a48 e8a33d 6b705c"),
        _palette("winter", "b5cde0 dce8f0 f6f5f3", "fff4dc", "c3d5e2", "4d6d8c", "29405c", "f4f8fa", "c8553d 5b89b0 e9b872 8fb0c8"),
        _palette("night", "10183a 26386b 5b6aa0", "fbf0c9", "4c5c94", "0d1430", "0a1026", "e9ebf5", "f2b84b 6f7fd1 e87d8a 56b0b5"),
        _palette("aurora", "0b1f3a 15495d 3f8f87", "eaf8dc", "2c6a72", "081c2c", "061624", "e6f4ef", "7be0ad e5c766 5aa9c9 c78bd6"),
        _palette("pastel", "c9d8f0 f3dcea fdeee0", "fff7e0", "d8c8e4", "8a90c0", "5b5f8f", "fdf6f3", "f2a6a6 a3c4e8 f6d39b b5dcc4"),
        _palette("mono", "d4d6d9 e8e8e8 f6f5f2", "ffffff", "bdc0c4", "3b3f45", "22252a", "f5f4f1", "4a4e55 8d9299 c7cacd 6b7077"),
        _palette("rose", "e9b7c0 f8d8d3 fdeee2", "fff6ea", "dfa3b0", "7c3a57", "4e2239", "fdf1ee", "d8567c a84a6e f4ae8c 6d8f93"),
        _palette("desert", "f2c28e f8dcae fdf0cf", "fffbe8", "e6a56b", "8c3f2b", "5a2a23", "fcf1dc", "d1603d 3c7a78 f0b24b a34a38"),
        _palette("cobalt", "4f86d1 a5c8ee eaf3f6", "fff5d0", "8fb2df", "173a7a", "10264f", "f2f6fb", "f4a259 2258b8 f7d070 6fa3de"),
        _palette("forest", "b9d3c0 dce8cf f4f2dc", "fff6cf", "93b79b", "1d4436", "12302a", "f4f4e4", "d98f4e 3d7a5c e6c15a 7da48a"),
        _palette("citrus", "fbe08a fdeeb5 fff8dd", "ffffff", "f2c14e", "3f7d58", "244a38", "fffae8", "ef7b45 56a36c f2a541 d95d6f"),
        _palette("plum", "8d7fc7 cdb6e2 f6dfe6", "fff1d8", "a994cf", "3d2a66", "291b49", "f8f2fa", "e2809b 6c55b0 f5bf74 8fa9de"),
        _palette("crimson", "f3c2ae f9dcc7 fdf0e2", "fff4e4", "e08f83", "7d1f2f", "4b1622", "fdf2ea", "c92f3c 87303d f0a354 355f74"),
        _palette("gold", "e8cf94 f5e5b8 fdf6de", "fffdf0", "dcb765", "6d4c1f", "3f2c16", "fcf6e3", "d99a1f 9c6a1d f0c75e 4d6a6d"),
    )
}  # fmt: skip

# Words of a prompt, the palette that each colour word means and which of its accents has that colour.
COLORS: tuple[tuple[tuple[str, ...], str, int], ...] = (
    (("red", "crimson", "scarlet", "ruby", "cherry", "红"), "crimson", 0),
    (("teal", "turquoise", "cyan", "aqua", "mint"), "lagoon", 1),
    (("pink", "rose", "blush", "magenta", "粉"), "rose", 0),
    (("purple", "violet", "lavender", "plum", "lilac", "紫"), "plum", 1),
    (("blue", "cobalt", "navy", "indigo", "azure", "蓝"), "cobalt", 1),
    (("green", "emerald", "moss", "jade", "绿"), "forest", 1),
    (("orange", "amber", "terracotta", "copper", "rust"), "desert", 0),
    (("yellow", "lemon", "citrus", "黄"), "citrus", 2),
    (("gold", "golden", "brass", "honey", "ochre", "金"), "gold", 0),
    (("monochrome", "grayscale", "greyscale", "grey", "gray", "silver", "black", "white", "minimal", "黑白"), "mono", 0),
)  # fmt: skip
# A time of day or year weighs more than a colour, a place less; of several palettes chance takes one.
TIMES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("aurora", "northern"), ("aurora",)),
    (("night", "midnight", "moon", "moonlit", "moonlight", "starry", "star", "dark", "nocturnal", "夜", "月"), ("night",)),
    (("sunset", "dusk", "evening", "twilight", "夕阳"), ("sunset",)),
    (("sunrise", "dawn", "morning"), ("dawn",)),
    (("pastel", "soft", "dreamy", "candy"), ("pastel",)),
    (("autumn", "fall", "october", "秋"), ("autumn",)),
    (("winter", "snow", "snowy", "ice", "arctic", "christmas", "冬", "雪"), ("winter",)),
    (("spring", "春"), ("meadow", "rose")),
    (("summer", "夏"), ("lagoon", "citrus")),
)  # fmt: skip
PLACES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("meadow", "garden"), ("meadow", "rose")),
    (("beach", "tropical", "island"), ("lagoon", "citrus")),
    (("desert", "dune", "canyon", "savanna"), ("desert",)),
    (("forest", "jungle", "wood", "森林"), ("forest", "meadow")),
    (("sea", "ocean", "lake", "water", "海", "湖"), ("lagoon", "cobalt", "dawn")),
    (("space", "galaxy", "cosmic", "planet"), ("night", "plum", "aurora")),
)  # fmt: skip


def choose(sketch: Sketch) -> Palette:
    """The palette that the prompt's words ask for, else one by chance; variations of a prompt may wander to another."""
    asked = [
        (PALETTES[name], PALETTES[name].accents[accent]) for words, name, accent in COLORS if sketch.mentions(*words)
    ]
    if names := _names(sketch, TIMES) or (() if asked else _names(sketch, PLACES)):
        palette = PALETTES[names[(sketch.theme + sketch.index) % len(names)]]
    else:
        palette = asked[0][0] if asked else _by_chance(sketch)
    colors = tuple(color for _, color in asked)[:3]
    others = tuple(color for color in palette.accents if color not in colors)
    return replace(palette, accents=(*colors, *others)[:4], asked=bool(colors)) if colors else palette


def _names(sketch: Sketch, table: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]) -> tuple[str, ...]:
    return next((names for words, names in table if sketch.mentions(*words)), ())


def _by_chance(sketch: Sketch) -> Palette:
    order = [name for name in PALETTES if name not in ("mono", "night", "aurora")]
    Random(sketch.theme).shuffle(order)
    return PALETTES[order[sketch.index % len(order)]]
