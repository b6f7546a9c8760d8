"""Masks: which part of a base may be edited.

A finished mask is RGBA, as providers take it: its alpha is 0 where the base may be edited, 255 where it is
protected, and its colour is black. People bring other things: black-and-white pictures, cut-outs, shapes in words.
What words draw stands in mask_shapes.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import RequestInvalid
from .areas import at_least, grown, inverted, percent, share
from .encode import flat, plain
from .mask_shapes import drawn, is_drawn
from .paint import INK, SLATE

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["check", "coverage", "drawn", "fitted_to", "from_picture", "is_drawn", "of_alpha", "over"]

_NEARLY = 8
"What a lossy file makes of black and white: so near to either end, it is meant."

_LOOKED_AT = 128
"The longer side of the copy that tells a mask from a photo."

_FEWEST_ENDS, _ROUGH = 0.3, 4.0
"""A mask is black or white in at least this share. One that is all gradient is not, but its greys then run smoothly:
neighbours in the small copy differ by less than this, where those of a grey photo differ by 5 to 15 levels."""

_COLOURED, _MOST_COLOURED = 48, 0.05
"A pixel has colour where its channels differ by more than this; a mask has few such pixels."

_MARK = (255, 64, 180)
"Pink is rare in pictures; beside it runs a dark line, for where it is not."


def from_picture(image: Image, *, invert: bool = False) -> tuple[Image, str]:
    """Return the finished mask that the picture means, and a sentence that says which side is edited and how much.

    Transparency decides where there is any (the transparent part is edited); else white is edited and black is not.
    `invert` turns either round. Raises RequestInvalid where the picture is a photo rather than a mask.
    """
    image = plain(image)
    alpha = image.getchannel("A") if image.mode == "RGBA" else _protecting(image)
    mask = _of(inverted(alpha) if invert else alpha)
    sides = ("transparent", "opaque") if image.mode == "RGBA" else ("white", "black")
    said = f"the {sides[invert]} part is edited, {percent(coverage(mask))} of the picture"
    return mask, said if invert or image.mode == "RGBA" else f"{said}; --mask-invert turns it round"


def of_alpha(base: Image) -> Image:
    """Return the mask that opens what is transparent in the base. Raises RequestInvalid where nothing is."""
    base = plain(base)
    if base.mode != "RGBA":
        raise _invalid(
            "the picture has no transparent part to make a mask of",
            hint="give a mask as a file, or in words: --mask box:10%,10%,90%,60%",
        )
    return _of(base.getchannel("A"))


def fitted_to(mask: Image, size: tuple[int, int]) -> Image:
    """Return the mask scaled to that size; a hard one stays hard."""
    import PIL.Image

    if mask.size == size:
        return mask
    alpha = mask.getchannel("A")
    hard = sum(alpha.histogram()[1:255]) == 0
    return _of(alpha.resize(size, PIL.Image.Resampling.NEAREST if hard else PIL.Image.Resampling.BILINEAR))


def coverage(mask: Image) -> float:
    """Return the share of the picture, 0 to 1, that may be edited; soft pixels count in part."""
    return 1 - share(mask.getchannel("A"))


def check(
    mask: Image, base_size: tuple[int, int], *, allow_nothing: bool = False, allow_everything: bool = False
) -> None:
    """Raise RequestInvalid where the mask has another size than the base, opens nothing, or opens everything."""
    if mask.size != base_size:
        sizes = f"the mask is {mask.width}x{mask.height}, the picture {base_size[0]}x{base_size[1]}"
        raise _invalid(sizes, hint="--mask-fit scales it")
    lowest, highest = mask.getchannel("A").getextrema()
    if lowest == 255 and not allow_nothing:
        raise _invalid(
            "the mask protects all of the picture: there is nothing to edit",
            hint="--mask-invert turns it round; --force sends it as it is",
        )
    if highest == 0 and not allow_everything:
        raise _invalid(
            "the mask opens all of the picture: nothing is protected",
            hint="leave the mask out, or turn it round with --mask-invert; --force sends it as it is",
        )


def over(base: Image, mask: Image) -> Image:
    """Return the base (RGB, on white) as people see the mask on it: the protected part dim and grey, a line around
    the part that may be edited."""
    import PIL.Image
    from PIL import ImageChops

    picture = flat(plain(base)).convert("RGB")
    alpha = fitted_to(mask, picture.size).getchannel("A")
    dim = PIL.Image.blend(picture.convert("L").convert("RGB"), PIL.Image.new("RGB", picture.size, SLATE), 0.55)
    shown = PIL.Image.composite(dim, picture, alpha)
    opened = inverted(at_least(alpha, 128))
    line = max(1, round(max(picture.size) / 500))
    shown.paste(INK, mask=ImageChops.subtract(grown(opened, line), opened))
    shown.paste(_MARK, mask=ImageChops.darker(grown(inverted(opened), line), opened))
    return shown


def _of(alpha: Image) -> Image:
    import PIL.Image

    mask = PIL.Image.new("RGBA", alpha.size, (0, 0, 0, 255))
    mask.putalpha(alpha)
    return mask


def _protecting(image: Image) -> Image:
    """Return the alpha that a black-and-white picture means: black protects."""
    _check_black_and_white(image)
    return image.convert("L").point([_opposite(value) for value in range(256)])


def _opposite(luminance: int) -> int:
    if luminance <= _NEARLY:
        return 255
    return 0 if luminance >= 255 - _NEARLY else 255 - luminance


def _check_black_and_white(image: Image) -> None:
    small = image.copy()
    small.thumbnail((_LOOKED_AT, _LOOKED_AT))
    if _is_grey_photo(small.convert("L")) or _coloured(small) > _MOST_COLOURED:
        raise _invalid(
            f"the mask ({image.width}x{image.height}) is not black and white: it looks like a photo, not like a mask",
            hint="paint white what may be edited and black the rest; the picture to edit is not its own mask",
        )


def _is_grey_photo(image: Image) -> bool:
    from PIL import ImageChops, ImageStat

    grey = image.point([255 if _NEARLY < value < 255 - _NEARLY else 0 for value in range(256)])
    if share(grey) <= 1 - _FEWEST_ENDS:
        return False
    across = ImageChops.difference(image, ImageChops.offset(image, 1, 0))
    down = ImageChops.difference(image, ImageChops.offset(image, 0, 1))
    return ImageStat.Stat(ImageChops.lighter(across, down), grey).mean[0] > _ROUGH


def _coloured(image: Image) -> float:
    """Return the share of pixels that have a colour."""
    from PIL import ImageChops

    red, green, blue = image.convert("RGB").split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    least = ImageChops.darker(ImageChops.darker(red, green), blue)
    return share(at_least(ImageChops.subtract(most, least), _COLOURED + 1))


def _invalid(message: str, hint: str) -> RequestInvalid:
    return RequestInvalid(message, hint=hint, param="mask")
