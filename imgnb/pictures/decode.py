"""From bytes to pixels, with a limit on how many.

A picture is decoded only as the format that its header shows, so that no other decoder of Pillow ever sees the
bytes of a stranger. Pillow's own limit (`Image.MAX_IMAGE_PIXELS`) is the user's and stays as it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import ProtocolBroken
from .foreign_headers import FOREIGN
from .probe import MAX_PIXELS, Picture, probe
from .upright import orientation, upright

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_DECODERS = {
    "image/png": "PngImagePlugin.PngImageFile",
    "image/jpeg": "JpegImagePlugin.JpegImageFile",
    "image/webp": "WebPImagePlugin.WebPImageFile",
    "image/gif": "GifImagePlugin.GifImageFile",
    "image/bmp": "BmpImagePlugin.BmpImageFile",
    "image/tiff": "TiffImagePlugin.TiffImageFile",
    "image/avif": "AvifImagePlugin.AvifImageFile",
}
_HEIF = {"image/heic": "HeifImageFile", "image/avif": "AvifImageFile"}
"What pillow-heif decodes: AVIF only in the versions that are as old as a Pillow that does not."


def decode(source: Path | bytes, foreign: bool = False) -> Image:
    """Return the picture with all its pixels, as stored; of an animation, the first frame.

    With `foreign`, BMP, TIFF, HEIC and AVIF are decoded, too, and come upright; no other decoder sees such bytes.

    Raises ProtocolBroken where the bytes are no picture, a damaged one, an SVG, or one of more than MAX_PIXELS.
    """
    return decoded(source, probe(source, foreign=foreign))


def decoded(source: Path | bytes, picture: Picture, at_least: tuple[int, int] | None = None) -> Image:
    """Return the pixels of the picture that `probe` found; a JPEG may come smaller, but not below `at_least`."""
    decoder = decoder_of(picture.media_type)
    with closing(_file(source)) as file:
        try:
            image = _opened(file, decoder)
            if at_least and picture.media_type == "image/jpeg":
                image.draft(None, at_least)
            image.load()
            if picture.media_type in FOREIGN:
                return _turned(image)
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


def decoder_of(media_type: str) -> Callable[[BinaryIO], ImageFile]:
    """Return what opens a picture of this type without decoding it. Raises ProtocolBroken where there is nothing."""
    if media_type == "image/svg+xml":
        raise ProtocolBroken(
            f"{media_type} is not decoded",
            hint="convert the SVG to PNG first (Inkscape, rsvg-convert, cairosvg)",
            code="not_decoded",
        )
    found = _of_pillow(media_type) or _of_pillow_heif(media_type)
    if found is None:
        raise ProtocolBroken(
            f"{media_type} is not decoded here: that takes pillow-heif, or for AVIF a newer Pillow",
            hint="pip install 'imgnb[heic]', or convert it to PNG",
            code="not_decoded",
        )
    return found


def _of_pillow(media_type: str) -> Callable[[BinaryIO], ImageFile] | None:
    if media_type not in _DECODERS or (media_type == "image/avif" and not _pillow_reads_avif()):
        return None
    module, _, name = _DECODERS[media_type].partition(".")
    found: Callable[[BinaryIO], ImageFile] = getattr(importlib.import_module(f"PIL.{module}"), name)
    return found


def _pillow_reads_avif() -> bool:
    from PIL import features

    # Asked for by a Pillow that does not know the word, `check` would warn.
    return "avif" in features.modules and bool(features.check("avif"))


def _of_pillow_heif(media_type: str) -> Callable[[BinaryIO], ImageFile] | None:
    if media_type not in _HEIF:
        return None
    try:
        plugin = importlib.import_module("pillow_heif.as_plugin")
    except ImportError:
        return None
    return getattr(plugin, _HEIF[media_type], None)


def _opened(file: BinaryIO, decoder: Callable[[BinaryIO], ImageFile]) -> ImageFile:
    # Not Image.open: it warns from 89 million pixels on, and would try every format it knows.
    image = decoder(file)
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"it unfolds to {image.width}x{image.height} pixels")
    return image


def _turned(image: Image) -> Image:
    """Return the picture upright and free of its file: some of these decoders turn it, some leave that to EXIF."""
    asked = orientation(image)
    turned = image.copy() if asked == 1 else upright(image, asked)
    for name in ("exif", "xmp", "XML:com.adobe.xmp"):
        turned.info.pop(name, None)
    return turned
