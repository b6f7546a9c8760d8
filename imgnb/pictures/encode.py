"""From pixels to the few bytes that a notebook keeps: JPEG, or PNG where there is transparency.

Notebook front ends show both everywhere, WebP not (nbconvert, VS Code, Quarto).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from .few_colours import few_colours

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 150_000
"What one picture may add to a notebook: fifty of them still open on GitHub."

SHOWN_WIDTH, SHOWN_HEIGHT = 640, 512
"CSS pixels a picture may take on the page: half of what a preview has, so that it is crisp on a dense screen."

_QUALITIES = (85, 75, 65, 55, 45)
_SMALLEST = 16


@dataclass(frozen=True)
class Preview:
    """A small encoded picture, ready to be shown."""

    media_type: str
    '"image/jpeg" or "image/png".'
    data: bytes = field(repr=False)
    width: int
    height: int


def encode(image: Image, *, alpha: bool | None = None, max_bytes: int = MAX_BYTES, quick: bool = False) -> Preview:
    """Return the picture as JPEG or PNG of at most `max_bytes`: coarser first, then smaller.

    `alpha` says which; by default PNG where a pixel is transparent. A `quick` JPEG takes a third of the time, and is a
    twentieth larger.
    """
    image = plain(image)
    if alpha is None:
        alpha = image.mode == "RGBA"
    if alpha:
        return _png(image, max_bytes)
    return _jpeg(flat(image), max_bytes, quick)


def lossless(image: Image) -> Preview:
    """Return the picture as PNG with all its pixels, however many bytes that takes."""
    image = plain(image)
    return Preview("image/png", _saved(image, "PNG"), *image.size)


def plain(image: Image) -> Image:
    """Return the picture as L, RGB or RGBA with 8 bits; RGBA only where a pixel is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return eight_bits(image)
    if image.has_transparency_data:
        # Worth the look: to resize four channels costs four times what three do.
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        return image if image.getchannel("A").getextrema() != (255, 255) else image.convert("RGB")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def flat(image: Image) -> Image:
    """Return the picture without transparency, on white paper."""
    if image.mode != "RGBA":
        return image
    import PIL.Image

    paper = PIL.Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def eight_bits(image: Image) -> Image:
    """Return a 16-bit grey picture as 8 bits; Pillow's own conversion would clip all above 255 to white."""
    image = image.convert("I") if image.mode.startswith("I;16") else image
    lowest, highest = image.getextrema()
    assert isinstance(lowest, int | float)
    assert isinstance(highest, int | float)
    if lowest >= 0 and highest <= (1.0 if image.mode == "F" else 65535):
        scale, offset = (255.0 if image.mode == "F" else 1 / 257), 0.0
    else:  # no range is agreed on: show what there is, from its darkest to its brightest
        scale = 255.0 / ((highest - lowest) or 1)
        offset = -lowest * scale
    return image.convert("F").point(lambda value: value * scale + offset).convert("L")


def _jpeg(image: Image, max_bytes: int, quick: bool = False) -> Preview:
    data = b""
    for quality in _QUALITIES:
        data = _saved(image, "JPEG", quality=quality, optimize=not quick)
        if len(data) <= max_bytes:
            break
    else:
        if max(image.size) > _SMALLEST:
            return _jpeg(_shrunk(image, max_bytes / len(data)), max_bytes, quick)
    return Preview("image/jpeg", data, *image.size)


def _png(image: Image, max_bytes: int) -> Preview:
    # The fast level tells, in a fifth of the time, whether the thorough one has a chance.
    data = _saved(image, "PNG", compress_level=1)
    if len(data) <= 2 * max_bytes:
        data = _saved(image, "PNG", compress_level=6)
    if len(data) > max_bytes:
        data = _saved(few_colours(image), "PNG", optimize=True)
    if len(data) > max_bytes and max(image.size) > _SMALLEST:
        return _png(_shrunk(image, max_bytes / len(data)), max_bytes)
    return Preview("image/png", data, *image.size)


def _shrunk(image: Image, ratio: float) -> Image:
    import PIL.Image

    factor = max(0.5, min(0.9, ratio**0.5))
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), PIL.Image.Resampling.BICUBIC)


def _saved(image: Image, format: str, **options: Any) -> bytes:
    profile = image.info.get("icc_profile")
    # What else stands in `info` (comments, a palette's transparent index, a prompt) is not for a preview.
    image = image.copy() if image.info else image
    transparency = image.info.get("transparency") if image.mode == "P" else None
    image.info = {} if transparency is None else {"transparency": transparency}
    if profile and image.mode in ("RGB", "RGBA", "P") and profile[16:20] == b"RGB " and len(profile) <= 4096:
        options["icc_profile"] = profile
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()
