"""Pixels that were made here, as the bytes and assets that the library keeps."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

from ..records import Asset

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..library import Library


def as_png(image: Image) -> bytes:
    """The image as PNG, with all its pixels."""
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def add_pixels(library: Library, image: Image) -> Asset:
    """The asset of a PIL image. The same pixels are the same asset, however this Pillow or another would encode them."""
    image = _storable(image)
    digest = hashlib.sha256(f"{image.mode}:{image.width}x{image.height}:".encode())
    digest.update(image.tobytes())
    digest.update(bytes(image.info.get("icc_profile") or b""))
    source = f"pixels:{digest.hexdigest()}"
    known = library.from_source(source)
    if known is not None and known.path.is_file():
        return known
    return library.add(as_png(image), source=source)


def _storable(image: Image) -> Image:
    """The image in a mode that a PNG keeps as it is; a palette's colours are its pixels."""
    if image.mode in ("L", "LA", "RGB", "RGBA", "1"):
        return image
    if image.mode == "P":
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        from ..pictures.encode import plain

        return plain(image)
    return image.convert("RGBA" if image.mode in ("PA", "La", "RGBa") else "RGB")
