"""Pixels -> the bytes of a file. Fast settings: a sketch is looked at, not archived."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def encode(picture: Image, output_format: str, quality: int = 100) -> bytes:
    """The picture as png, jpeg or webp. Without metadata: nothing but the pixels decides the bytes."""
    out = BytesIO()
    if output_format == "png":
        picture.save(out, "PNG", compress_level=3)
    elif output_format == "jpeg":
        # Pillow takes 0 for "not given".
        _flat(picture).save(out, "JPEG", quality=max(1, min(95, quality)), subsampling=0 if quality > 90 else 2)
    elif output_format == "webp":
        picture.save(out, "WEBP", quality=max(0, min(100, quality)), method=1)
    else:
        raise ValueError(f"output_format {output_format!r} is not one of png, jpeg, webp, gif, svg")
    return out.getvalue()


def encode_gif(frames: Sequence[Image], duration_ms: int) -> bytes:
    """The frames as a GIF that loops for ever, all in the colours of the first."""
    from PIL import Image

    first = _flat(frames[0]).quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    rest = [_flat(frame).quantize(palette=first, dither=Image.Dither.NONE) for frame in frames[1:]]
    out = BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=duration_ms, loop=0, optimize=False, disposal=1)
    return out.getvalue()


def _flat(picture: Image) -> Image:
    """Without alpha: on white."""
    from PIL import Image

    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, (255, 255, 255))
    ground.paste(picture, (0, 0), picture)
    return ground
