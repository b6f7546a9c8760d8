"""From bytes to pixels, with a limit on how many.

A picture is decoded only as the format that its header shows, so that no other decoder of Pillow ever sees the
bytes of a stranger. Pillow's own limit (`Image.MAX_IMAGE_PIXELS`) is the user's and stays as it is.
"""

from __future__ import annotations

import importlib
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import ProtocolBroken
from .probe import MAX_PIXELS, Picture, probe

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_DECODERS = {
    "image/png": "PngImagePlugin.PngImageFile",
    "image/jpeg": "JpegImagePlugin.JpegImageFile",
    "image/webp": "WebPImagePlugin.WebPImageFile",
    "image/gif": "GifImagePlugin.GifImageFile",
}


def decode(source: Path | bytes) -> Image:
    """Return the picture with all its pixels, as stored; of an animation, the first frame.

    Raises ProtocolBroken where the bytes are no picture, a damaged one, an SVG, or one of more than MAX_PIXELS.
    """
    return decoded(source, probe(source))


def decoded(source: Path | bytes, picture: Picture, at_least: tuple[int, int] | None = None) -> Image:
    """Return the pixels of the picture that `probe` found; a JPEG may come smaller, but not below `at_least`."""
    if picture.media_type not in _DECODERS:
        raise ProtocolBroken(
            f"{picture.media_type} is not decoded",
            hint="convert the SVG to PNG first (Inkscape, rsvg-convert, cairosvg)",
            code="not_decoded",
        )
    with closing(_file(source)) as file:
        try:
            image = _opened(file, picture.media_type)
            if at_least:
                image.draft(None, at_least)
            image.load()
            # Animations go back to their file for the next frame; a copy has only this one.
            return image.copy() if picture.media_type in ("image/gif", "image/webp") else image
        except Exception as exc:  # Damaged pictures make Pillow raise anything from SyntaxError to zlib.error.
            cut = "" if picture.whole else ": it is cut"
            raise ProtocolBroken(
                f"the picture ({picture.media_type}, {picture.width}x{picture.height}) does not decode{cut}",
                hint=f"ask for it again; Pillow says: {exc}",
                code="damaged",
            ) from exc


def _file(source: Path | bytes) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else BytesIO(source)


def _opened(file: BinaryIO, media_type: str) -> ImageFile:
    # Not Image.open: it warns from 89 million pixels on, and would try every format it knows.
    module, _, name = _DECODERS[media_type].partition(".")
    decoder = getattr(importlib.import_module(f"PIL.{module}"), name)
    image: ImageFile = decoder(file)
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"it unfolds to {image.width}x{image.height} pixels")
    return image
