"""Bytes of references -> pixels that can be trusted, fitted to the picture."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 100_000_000


def decode(data: bytes, role: str) -> Image:
    """The upright picture in these bytes as RGB, or as RGBA where it has alpha. ValueError when there is none."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            # Pillow warns from its own limit on; the limit here is checked before anything is decoded.
            warnings.simplefilter("ignore")
            opened = Image.open(BytesIO(data))
            _check_size(opened.size, role)
            picture = ImageOps.exif_transpose(opened)
            return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except TooManyPixels:
        raise
    except Image.DecompressionBombError as exc:
        raise TooManyPixels(f"{role} has more than {MAX_PIXELS:,} pixels") from exc
    except Exception as exc:
        raise ValueError(f"{role} is not a picture that can be read ({len(data):,} bytes): {exc}") from exc


class TooManyPixels(ValueError):
    """A reference is larger than the engine decodes."""


def _check_size(size: tuple[int, int], role: str) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise TooManyPixels(f"{role} is {size[0]}x{size[1]}, more than {MAX_PIXELS:,} pixels")


def cover(picture: Image, size: tuple[int, int]) -> Image:
    """The picture scaled and cropped around its middle to fill that size; untouched when it has it."""
    from PIL import Image, ImageOps

    return picture if picture.size == size else ImageOps.fit(picture, size, Image.Resampling.BICUBIC)


def editable_area(mask: Image, size: tuple[int, int]) -> Image:
    """255 where the mask is see-through, which is where the picture may change; 0 where it is solid."""
    from PIL import ImageChops

    return ImageChops.invert(cover(mask.convert("RGBA"), size).getchannel("A"))
