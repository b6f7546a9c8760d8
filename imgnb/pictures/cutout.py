"""Keying: the subject of a picture that was drawn on one flat colour, cut out of it with soft edges.

A pixel at an edge is a mix I = a F + (1 - a) K of the subject's colour F and the key K. How far a colour is from the
key along one direction (`_distance`) is linear, so a is the ratio of the pixel's distance to that of F, and F is
taken from the solid subject nearby. The key's share is then taken out of the colour (P = I - (1 - a) K, divided by
a), so that no fringe of it stays. Which colour is asked for, and how, stands in key_colours.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .areas import at_least, grown, inverted, percent, share, shrunk
from .encode import plain
from .key_colours import instruction, key_for, rgb

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Cutout", "cut_out", "instruction", "key_for"]

Colour = tuple[int, int, int]

_NEAR_ASKED, _NEAR_MEASURED, _FLAT = 100, 40, 0.5
"""The border is searched for the key within so many levels of the asked colour; what is measured there must be that of
half of the border within a few levels, or the background is not one flat colour."""

_CLEAR, _SOLID = 0.06, 0.72
"Distances, as shares of a neutral grey's, up to which a pixel is background and from which on it may be solid."

_NEARLY_CLEAR, _NEARLY_SOLID = 8, 247
"Alpha beyond these is set straight: a veil of noise over the background, a solid subject that shines through."

_LEAST, _MOST = 0.02, 0.98
_TOUCHED = 0.25
_HOLES = 0.01
"What a cut-out may be: its transparent share, how much of the border the subject covers, its share of holes."

_LOOKED_AT = 128
"The longer side of the copy on which holes are searched."


@dataclass(frozen=True)
class Cutout:
    """A subject on nothing, and what was found wrong with it."""

    image: Image
    "RGBA, of the picture's size."
    transparent: float
    "The share of pixels that are transparent, 0 to 1; soft ones count in part."
    border_clean: bool
    "Whether the subject covers at most a quarter of the picture's border."
    holes: float
    "Transparent regions that the border does not reach, as a share of the subject."
    faults: tuple[str, ...]
    "A sentence for each check that failed; empty where the cut-out is as it should be."


def cut_out(picture: Image, key: str) -> Cutout:
    """Return the subject of a picture drawn on the flat colour `key` ("#RRGGBB"), with soft edges and its own colours.

    A picture that is transparent already keeps its alpha. Raises ValueError where the border is not one flat colour
    near the key; nothing was cut out then.
    """
    picture = plain(picture)
    asked = rgb(key)
    return _judged(picture if picture.mode == "RGBA" else _keyed(picture.convert("RGB"), _ground(picture, asked, key)))


def _ground(picture: Image, asked: Colour, key: str) -> Colour:
    """Return the background's colour: the median of what is near the asked one at the border."""
    border = _border(picture.convert("RGB"))
    near = _near(border, asked, _NEAR_ASKED)
    if not near.getbbox():
        raise ValueError(f"the picture's border is not {key}: nothing of it is near that colour")
    red, green, blue = (_median(channel.histogram(near)) for channel in border.split())
    flat = share(_near(border, (red, green, blue), _NEAR_MEASURED))
    if flat < _FLAT:
        raise ValueError(f"the picture's border is not one flat colour: {percent(flat)} of it is near {key}")
    return red, green, blue


def _border(image: Image) -> Image:
    """Return the four sides of the picture, a hundredth of it wide, as one strip after the other."""
    import PIL.Image

    wide = max(1, round(min(image.size) / 100))
    width, height = image.size
    strip = PIL.Image.new(image.mode, (2 * (width + height), wide))
    sides = (
        (0, 0, width, wide),
        (0, height - wide, width, height),
        (0, 0, wide, height),
        (width - wide, 0, width, height),
    )
    at = 0
    for side in sides:
        piece = image.crop(side)
        piece = piece if piece.height == wide else piece.transpose(PIL.Image.Transpose.ROTATE_90)
        strip.paste(piece, (at, 0))
        at += piece.width
    return strip


def _near(image: Image, colour: Colour, levels: int) -> Image:
    """Return the area whose channels are all within so many levels of the colour."""
    from PIL import ImageChops

    areas = [
        channel.point([255 if abs(value - wanted) <= levels else 0 for value in range(256)])
        for channel, wanted in zip(image.split(), colour, strict=True)
    ]
    return ImageChops.darker(ImageChops.darker(areas[0], areas[1]), areas[2])


def _median(histogram: list[int]) -> int:
    rest = sum(histogram) / 2
    for value, count in enumerate(histogram):
        rest -= count
        if rest <= 0:
            return value
    return 255


def _keyed(picture: Image, key: Colour) -> Image:
    """Return the picture with the key's share taken out of alpha and colours."""
    import PIL.Image

    distance, neutral = _distance(picture, key)
    reach = max(2, round(max(picture.size) / 400))
    clear = inverted(at_least(distance, max(2, round(neutral * _CLEAR))))
    solid = _solid(distance, neutral, grown(clear, reach))
    nearby, known = _nearby(picture, solid, 2 * reach)
    whole = PIL.Image.new("L", picture.size, neutral)
    whole.paste(_distance(nearby, key)[0], mask=known)
    alpha = _ratio(distance, whole)
    alpha.paste(255, mask=solid)
    # Only where no edge is near: the clear area's own edge holds the faintest of the mix.
    alpha.paste(0, mask=shrunk(clear, reach))
    alpha = alpha.point([_straight(value) for value in range(256)])
    image = PIL.Image.merge("RGBa", [*_without_key(picture, key, alpha), alpha]).convert("RGBA")
    return _without_spill(image, key, whole, grown(_soft(alpha), reach // 2))


def _without_spill(image: Image, key: Colour, whole: Image, edge: Image) -> Image:
    """Return the picture whose edge is as far from the key as `whole`, the subject beside it, is.

    Compression smears the key across edges, where taking out its share leaves some of it.
    """
    import PIL.Image
    from PIL import ImageChops

    *colours, alpha = image.split()
    lacking = ImageChops.darker(ImageChops.subtract(whole, _distance(image.convert("RGB"), key)[0]), edge)
    _, strong, scale = _direction(key)
    spill = lacking.point([min(255, round(value / scale)) for value in range(256)])
    channels = (ImageChops.subtract(c, spill) if is_strong else c for c, is_strong in zip(colours, strong, strict=True))
    return PIL.Image.merge("RGBA", [*channels, alpha])


def _solid(distance: Image, neutral: int, edge: Image) -> Image:
    from PIL import ImageChops

    return ImageChops.subtract(at_least(distance, round(neutral * _SOLID)), edge)


def _soft(alpha: Image) -> Image:
    """Return the area that is neither clear nor solid."""
    return alpha.point([255 if 0 < value < 255 else 0 for value in range(256)])


def _straight(alpha: int) -> int:
    if alpha <= _NEARLY_CLEAR:
        return 0
    return 255 if alpha >= _NEARLY_SOLID else alpha


def _distance(picture: Image, key: Colour) -> tuple[Image, int]:
    """Return how far each pixel is from the key, 0 to 255, and how far greys are, which all are equally."""
    weights, _, scale = _direction(key)
    own = scale * sum(weight * value for weight, value in zip(weights, key, strict=True))
    return picture.convert("L", (*(-scale * weight for weight in weights), own)), round(own)


def _direction(key: Colour) -> tuple[list[float], list[bool], float]:
    """Return the weights of the channels along which distance from the key is measured, which channels are strong in
    the key, and the scale that brings the farthest colour, the key's opposite, to 255."""
    middle = (max(key) + min(key)) / 2
    strong = [value > middle for value in key]
    weights = [1 / sum(strong) if is_strong else -1 / (3 - sum(strong)) for is_strong in strong]
    return weights, strong, 255 / (sum(weight * value for weight, value in zip(weights, key, strict=True)) + 255)


def _nearby(picture: Image, solid: Image, reach: int) -> tuple[Image, Image]:
    """Return the colours that the solid subject has nearby (RGB), and the area where some of it is near."""
    from PIL import ImageFilter

    found = picture.copy()
    found.putalpha(solid)
    spread = found.convert("RGBa").filter(ImageFilter.BoxBlur(reach)).convert("RGBA")
    return spread.convert("RGB"), at_least(spread.getchannel("A"), 8)


def _ratio(part: Image, whole: Image) -> Image:
    """Return 255 part / whole, at most 255: what Pillow does to colours when it divides them by alpha."""
    import PIL.Image

    return PIL.Image.merge("RGBa", [part, part, part, whole]).convert("RGBA").getchannel(0)


def _without_key(picture: Image, key: Colour, alpha: Image) -> list[Image]:
    """Return the premultiplied colours of the subject alone."""
    from PIL import ImageChops

    shares = (alpha.point([round((255 - value) * level / 255) for value in range(256)]) for level in key)
    colours = (ImageChops.subtract(*pair) for pair in zip(picture.split(), shares, strict=True))
    # A premultiplied colour cannot be more than its alpha.
    return [ImageChops.darker(colour, alpha) for colour in colours]


def _judged(image: Image) -> Cutout:
    alpha = image.getchannel("A")
    transparent = 1 - share(alpha)
    touched = share(at_least(_border(alpha), 128))
    holes = _holes(alpha)
    return Cutout(image, transparent, touched <= _TOUCHED, holes, tuple(_faults(transparent, touched, holes)))


def _faults(transparent: float, touched: float, holes: float) -> list[str]:
    faults = []
    if not _LEAST <= transparent <= _MOST:
        faults.append(f"{percent(transparent)} of the picture is transparent, not between 2 % and 98 %")
    if touched > _TOUCHED:
        faults.append(
            f"the subject covers {percent(touched)} of the picture's border: it is cut, or the background stayed"
        )
    if holes >= _HOLES:
        faults.append(
            f"the subject has holes: {percent(holes)} of it are transparent inside; see whether they belong there"
        )
    return faults


def _holes(alpha: Image) -> float:
    """Return how much of the subject are transparent regions that the border does not reach."""
    small = alpha.copy()
    small.thumbnail((_LOOKED_AT, _LOOKED_AT))
    width = small.width + 2
    cells = bytearray(_framed(small))
    clear = cells.count(1)
    outside = _flooded(cells, width)
    subject = len(cells) - clear
    return (clear - outside) / subject if subject else 0.0


def _framed(alpha: Image) -> bytes:
    """Return 1 for each clear cell, else 0, with a clear frame around all: what touches the border is outside."""
    import PIL.Image

    framed = PIL.Image.new("L", (alpha.width + 2, alpha.height + 2), 0)
    framed.paste(alpha, (1, 1))
    return framed.point([1 if value < 128 else 0 for value in range(256)]).tobytes()


def _flooded(cells: bytearray, width: int) -> int:
    """Return how many clear cells are reached from the first one; they are cleared away."""
    waiting, reached = [0], 0
    while waiting:
        place = waiting.pop()
        if 0 <= place < len(cells) and cells[place]:
            cells[place] = 0
            reached += 1
            # A step over a row's end lands in the frame, which is outside anyway.
            waiting += (place - 1, place + 1, place - width, place + width)
    return reached
