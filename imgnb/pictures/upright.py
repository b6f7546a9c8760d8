"""How a picture is to be turned, by what its EXIF says, and turning it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def orientation(image: Image) -> int:
    """Return the orientation that EXIF asks for, 1 to 8; 1, upright, where it says nothing that can be read."""
    try:
        asked = int(image.getexif().get(0x0112, 1))
    except Exception:  # EXIF is written by anybody and read by nobody who must fail over it.
        return 1
    return asked if 1 <= asked <= 8 else 1


def upright(image: Image, orientation: int) -> Image:
    """Return the picture turned as this orientation asks."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image
