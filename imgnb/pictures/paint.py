"""The few shapes that placeholders, captions and sheets are made of: soft ground, pills, bars, words.

The ground is a slate of middle brightness: it glares on no dark page and does not fall out of a white one.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from .lettering import fitted, font

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
Align = Literal["left", "middle", "right"]

WHITE: Colour = (255, 255, 255)
INK: Colour = (17, 24, 39)
SLATE: Colour = (100, 111, 130)

_LIGHT, _DARK = 136, 94
_HUE = (140, 121)
"The ground's brightness varies, its hue (Cb, Cr) does not: small steps of colour would show as blocks in a JPEG."

_GRID = 24


def ground(size: tuple[int, int], seconds: float) -> Image:
    """Return a gradient with a soft light in it that wanders slowly, a round in half a minute."""
    import PIL.Image

    angle = seconds * math.tau / 30
    light_x, light_y = 0.5 + 0.42 * math.cos(angle), 0.42 + 0.34 * math.sin(angle)

    def brightness(x: float, y: float) -> float:
        distance = math.hypot(x - light_x, (y - light_y) * 0.9)
        return 0.55 * (1 - (0.4 * x + 0.6 * y)) + 0.45 * math.exp(-((distance / 0.45) ** 2))

    steps = [(index + 0.5) / _GRID for index in range(_GRID)]
    grid = PIL.Image.frombytes("L", (_GRID, _GRID), bytes(_luma(brightness(x, y)) for y in steps for x in steps))
    return _tinted(grid.resize(size, PIL.Image.Resampling.BICUBIC))


def plain_ground(size: tuple[int, int]) -> Image:
    """Return a gradient from top to bottom only: as PNG it takes a few kilobytes."""
    import PIL.Image

    column = PIL.Image.frombytes("L", (1, size[1]), bytes(_luma(1 - y / size[1]) for y in range(size[1])))
    return _tinted(column.resize(size))


def _luma(share: float) -> int:
    return round(_DARK + (_LIGHT - _DARK) * min(1.0, max(0.0, share)))


def _tinted(luma: Image) -> Image:
    import PIL.Image

    chroma = [PIL.Image.new("L", luma.size, value) for value in _HUE]
    return PIL.Image.merge("YCbCr", [luma, *chroma]).convert("RGB")


def mixed(low: Colour, high: Colour, share: float) -> Colour:
    """Return the colour `share` of the way from `low` to `high`."""
    share = min(1.0, max(0.0, share))
    return (
        round(low[0] + (high[0] - low[0]) * share),
        round(low[1] + (high[1] - low[1]) * share),
        round(low[2] + (high[2] - low[2]) * share),
    )


def rounded(
    image: Image, box: tuple[float, float, float, float], radius: float, colour: Colour, opacity: float = 1.0
) -> None:
    """Fill a box with round corners, smooth at its edges, on an RGB or RGBA picture."""
    left, top = math.floor(box[0]), math.floor(box[1])
    shape = tuple(round((value - shift) * 4) for value, shift in zip(box, (left, top, left, top), strict=True))
    mask = rounded_mask(shape, round(radius * 4), round(opacity * 255))
    if image.mode == "RGBA":
        import PIL.Image

        layer = PIL.Image.new("RGBA", mask.size, (*colour, 0))
        layer.putalpha(mask)
        image.alpha_composite(layer, (left, top))
    else:
        image.paste(colour, (left, top), mask)


@lru_cache(maxsize=128)
def rounded_mask(shape: tuple[int, ...], radius: int, opacity: int = 255) -> Image:
    """Return the mask of a box (left, top, right, bottom) with round corners; all measures in quarters of a pixel."""
    import PIL.Image
    from PIL import ImageDraw

    mask = PIL.Image.new("L", (-(-shape[2] // 4) * 4, -(-shape[3] // 4) * 4), 0)
    box = (shape[0], shape[1], max(shape[0], shape[2] - 1), max(shape[1], shape[3] - 1))
    ImageDraw.Draw(mask).rounded_rectangle(box, radius, fill=opacity)
    return mask.reduce(4)


def words(
    image: Image, at: tuple[float, float], text: str, size: int, colour: Colour = WHITE, align: Align = "left"
) -> None:
    """Write the text on the line whose capitals have their middle at `at`."""
    from PIL import ImageDraw

    letters = font(size)
    _, top, _, bottom = letters.getbbox("H")
    x = at[0] - letters.getlength(text) * {"left": 0.0, "middle": 0.5, "right": 1.0}[align]
    ImageDraw.Draw(image).text((round(x), round(at[1] - (top + bottom) / 2)), text, fill=colour, font=letters)


def pill(image: Image, text: str, size: int, *, corner: Literal["top", "bottom"], margin: int, room: float) -> None:
    """Write the text on a dark pill in the left corner, cut to `room` pixels; readable on any picture."""
    padding, height = round(size * 0.62), round(size * 1.9)
    text = fitted(text, size, room - 2 * (margin + padding))
    if not text:
        return
    width = max(height, round(font(size).getlength(text)) + 2 * padding)
    top = margin if corner == "top" else image.height - margin - height
    rounded(image, (margin, top, margin + width, top + height), height / 2, INK, 0.74)
    words(image, (margin + width / 2, top + height / 2), text, size, align="middle")
