"""An edit laid into its base: what was protected is the base's to the last bit, whatever the provider made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .areas import at_least, inverted
from .encode import flat, plain
from .masks import fitted_to

if TYPE_CHECKING:
    from PIL.Image import Image

_ASPECTS_APART = 0.01
"Pictures whose proportions differ by more than this show different parts; scaled onto each other they would not meet."

_SEAM = 90
"The seam is as soft as the open area's shorter side divided by this, at least one pixel."


def composited(base: Image, edited: Image, mask: Image) -> Image:
    """Return the base, RGB or RGBA and in its size, with the edited picture where the mask is open.

    Where the mask's alpha is 255 the pixels are exactly the base's; the seam is softened on the open side only. An
    edited picture with alpha is laid on white where the base has none. Raises ValueError where the proportions
    differ by more than a hundredth.
    """
    import PIL.Image

    _check_aspect(base.size, edited.size)
    base = base if base.mode in ("RGB", "RGBA") else _coloured(plain(base))
    edited = _like(base, edited)
    alpha = fitted_to(mask, base.size).getchannel("A")
    if base.mode == "RGB":
        return PIL.Image.composite(edited, base, _seam(alpha))
    picture = _premultiplied(edited, base, _seam(alpha))
    # Dividing by alpha again rounds; what is protected is not rounded.
    picture.paste(base, mask=at_least(alpha, 255))
    return picture


def is_aligned(base: tuple[int, int], edited: tuple[int, int]) -> bool:
    """Return whether pictures of these sizes show the same part, so that one can be laid over the other."""
    ratio = base[0] * edited[1] / (base[1] * edited[0])
    return max(ratio, 1 / ratio) <= 1 + _ASPECTS_APART


def _check_aspect(base: tuple[int, int], edited: tuple[int, int]) -> None:
    if not is_aligned(base, edited):
        raise ValueError(
            f"the edited picture is {edited[0]}x{edited[1]}, the base {base[0]}x{base[1]}: "
            "their proportions differ, so the edit cannot be aligned with the base"
        )


def _coloured(image: Image) -> Image:
    return image if image.mode == "RGBA" else image.convert("RGB")


def _like(base: Image, edited: Image) -> Image:
    """Return the edited picture in the base's mode and size."""
    import PIL.Image

    edited = plain(edited)
    edited = flat(edited).convert("RGB") if base.mode == "RGB" else edited.convert("RGBA")
    if edited.size == base.size:
        return edited
    return edited.resize(base.size, PIL.Image.Resampling.BICUBIC, reducing_gap=2.0)


def _seam(alpha: Image) -> Image:
    """Return how much of the edit shows, as L: what the mask allows, but rising from 0 where protection ends."""
    from PIL import ImageChops, ImageFilter

    opened = inverted(at_least(alpha, 255))
    left, top, right, bottom = opened.getbbox() or (0, 0, 0, 0)
    radius = max(1.0, min(right - left, bottom - top) / _SEAM)
    soft = opened.filter(ImageFilter.GaussianBlur(radius))
    return ImageChops.multiply(inverted(alpha), soft.point([max(0, 2 * value - 255) for value in range(256)]))


def _premultiplied(top: Image, under: Image, weight: Image) -> Image:
    """Return the mix of two RGBA pictures in which the colour of what is transparent does not count."""
    import PIL.Image

    channels = zip(top.convert("RGBa").split(), under.convert("RGBa").split(), strict=True)
    mixed = [PIL.Image.composite(*pair, weight) for pair in channels]
    return PIL.Image.merge("RGBa", mixed).convert("RGBA")
