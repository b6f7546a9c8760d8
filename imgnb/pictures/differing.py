"""How an edited picture differs from its base: in how many pixels, and in how many that were protected.

Whether it has anything of its base left at all is answered in likeness.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .areas import at_least, percent, share, shrunk
from .encode import flat, plain
from .lettering import font
from .likeness import unrelated
from .masks import fitted_to
from .paint import INK, WHITE, Colour, mixed, pill, rounded, words

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MARGIN", "TOLERANCE", "Difference", "difference", "heat_map", "unrelated"]

TOLERANCE = 24
"""How far apart, of 255, the farthest channel of two pixels may be and still count as the same. What lossy formats and
a provider's re-encoding do stays below it: JPEG and WebP from quality 75 on pass it in half a percent of the pixels
at most, at hard edges."""

MARGIN = 128
"""The protected part is judged without a margin of the picture's longer side divided by this: 8 pixels of 1024. There
models and formats, which work in blocks of 8 pixels, and resampling mix both sides of the mask's edge."""

_GLOW: tuple[tuple[int, Colour], ...] = ((24, (70, 16, 90)), (64, (250, 220, 60)), (160, (255, 40, 20)))
"How a difference of that many levels glows; between them the colours are mixed."


@dataclass(frozen=True)
class Difference:
    """How much of a picture an edit has changed; shares from 0 to 1."""

    changed: float
    "The share of all pixels that differ by more than TOLERANCE."
    drift: float | None
    "The share of the protected pixels that do, the margin left out; None without a mask or anything protected."
    mean: float
    "The mean difference of the farthest channel, 0 (the same) to 1."


def difference(base: Image, edited: Image, mask: Image | None = None) -> Difference:
    """Return how the edited picture differs from the base; base and mask are scaled to its size first.

    Transparency counts, and the colour of what is transparent does not: premultiplied pixels are compared.
    """
    apart = _apart(base, edited)
    changed = at_least(apart, TOLERANCE + 1)
    return Difference(share(changed), _drift(changed, _core(mask, edited.size)), share(apart))


def heat_map(base: Image, edited: Image, mask: Image | None = None) -> Image:
    """Return the edited picture in grey (RGB) with its differences in the protected part glowing, dark to yellow to
    red; the part that may be edited is hatched, and a line at the foot says how much differs."""
    from PIL import ImageChops

    apart = _apart(base, edited)
    changed = at_least(apart, TOLERANCE + 1)
    core = _core(mask, edited.size)
    picture = _grey(edited)
    picture.paste(_glow(apart), mask=changed if core is None else ImageChops.darker(changed, core))
    if mask is None:
        _legend(picture, f"{percent(share(changed))} of the picture differs")
        return picture
    _hatch(picture, fitted_to(mask, picture.size))
    drift = _drift(changed, core)
    _legend(picture, "nothing is protected" if drift is None else f"{percent(drift)} of the protected area differs")
    return picture


def _apart(base: Image, edited: Image) -> Image:
    """Return for each pixel how far apart the farthest channel is, as L."""
    from PIL import ImageChops

    one, other = _fitted(plain(base), edited.size), plain(edited)
    if "RGBA" in (one.mode, other.mode):
        one, other = (image.convert("RGBA").convert("RGBa") for image in (one, other))
    else:
        one, other = one.convert("RGB"), other.convert("RGB")
    first, *rest = (ImageChops.difference(*pair) for pair in zip(one.split(), other.split(), strict=True))
    for channel in rest:
        first = ImageChops.lighter(first, channel)
    return first


def _fitted(image: Image, size: tuple[int, int]) -> Image:
    import PIL.Image

    return image if image.size == size else image.resize(size, PIL.Image.Resampling.BICUBIC, reducing_gap=2.0)


def _core(mask: Image | None, size: tuple[int, int]) -> Image | None:
    """Return the fully protected area without its margin, as L of 0 and 255; None without a mask."""
    if mask is None:
        return None
    protected = at_least(fitted_to(mask, size).getchannel("A"), 255)
    return shrunk(protected, max(2, round(max(size) / MARGIN)))


def _drift(changed: Image, core: Image | None) -> float | None:
    if core is None:
        return None
    same, different = (changed.histogram(core)[value] for value in (0, 255))
    return different / (same + different) if same + different else None


def _grey(image: Image) -> Image:
    """Return the picture in a calm, dark grey that lets colours glow."""
    grey = flat(plain(image)).convert("L").point([round(30 + value * 0.45) for value in range(256)])
    return grey.convert("RGB")


def _glow(apart: Image) -> Image:
    import PIL.Image

    table = [_heat(level) for level in range(256)]
    return PIL.Image.merge("RGB", [apart.point([colour[band] for colour in table]) for band in range(3)])


def _heat(level: int) -> Colour:
    for (low, dark), (high, bright) in pairwise(_GLOW):
        if level <= high:
            return mixed(dark, bright, (level - low) / (high - low))
    return _GLOW[-1][1]


def _hatch(picture: Image, mask: Image) -> None:
    """Draw diagonal stripes over what may be edited."""
    import PIL.Image
    from PIL import ImageChops, ImageDraw

    step = max(8, round(max(picture.size) / 64))
    stripes = PIL.Image.new("L", picture.size, 0)
    draw = ImageDraw.Draw(stripes)
    for start in range(-picture.height, picture.width, step):
        draw.line((start, picture.height, start + picture.height, 0), fill=70, width=max(1, step // 5))
    picture.paste(mixed(INK, WHITE, 0.8), mask=ImageChops.subtract(stripes, mask.getchannel("A")))


def _legend(picture: Image, text: str) -> None:
    """Write the sentence on a dark plate at the foot, with a bar of the colours and what they mean."""
    size = max(9, round(min(picture.size) * 0.026))
    pad = round(size * 0.8)
    ends = "little", "much"
    bar = 5 * size
    length = font(size).getlength
    width = round(length(text) + bar + sum(map(length, ends)) + 5 * pad + size)
    if width + 2 * pad > picture.width:
        _short_legend(picture, text)
        return
    left, top = pad, picture.height - pad - 2 * size - pad // 2
    middle = (top + picture.height - pad) / 2
    rounded(picture, (left, top, left + width, picture.height - pad), size, INK, 0.86)
    x = left + pad + size / 2
    words(picture, (x, middle), text, size)
    x += length(text) + 2 * pad
    words(picture, (x, middle), ends[0], size)
    x += length(ends[0]) + pad / 2
    _colour_bar(picture, (round(x), round(middle - size / 2)), (bar, size))
    words(picture, (x + bar + pad / 2, middle), ends[1], size)


def _short_legend(picture: Image, text: str) -> None:
    size = max(8, round(picture.width / 24))
    pill(picture, text, size, corner="bottom", margin=max(2, size // 2), room=picture.width)


def _colour_bar(picture: Image, at: tuple[int, int], size: tuple[int, int]) -> None:
    import PIL.Image

    low, high = _GLOW[0][0], _GLOW[-1][0]
    colours = (_heat(round(low + (high - low) * x / (size[0] - 1))) for x in range(size[0]))
    row = PIL.Image.frombytes("RGB", (size[0], 1), bytes(value for colour in colours for value in colour))
    picture.paste(row.resize(size), at)
