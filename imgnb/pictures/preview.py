"""Small copies of pictures: for a notebook's output, for galleries, for the cache beside the library.

Decoding is most of the cost, so every size comes from one decode, and a JPEG is decoded no larger than needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import thumbs
from .decode import decoded
from .encode import MAX_BYTES, Preview, encode, plain
from .foreign_headers import FOREIGN
from .probe import probe
from .upright import orientation, upright

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE = 1024
"The longer side of what a notebook keeps: at 512 CSS pixels it is crisp on a dense screen."

THUMB_EDGE, THUMB_BYTES = 256, 30_000
"Pixels and bytes of a thumbnail, of which a page shows hundreds."


def preview(
    source: Path | bytes | Image, edge: int = EDGE, max_bytes: int = MAX_BYTES, foreign: bool = False
) -> Preview:
    """Return a copy of at most `edge` pixels a side and `max_bytes`: JPEG, PNG where a pixel is transparent.

    Raises ProtocolBroken where the bytes cannot be decoded.
    """
    return previews(source, (edge,), max_bytes, foreign)[0]


def previews(
    source: Path | bytes | Image,
    edges: Sequence[int] = (EDGE, 256),
    max_bytes: int = MAX_BYTES,
    foreign: bool = False,
) -> tuple[Preview, ...]:
    """Return a preview for each edge, from one decode."""
    image = small(source, max(edges), foreign)
    made = {}
    for edge in sorted(set(edges), reverse=True):
        image = fitted(image, edge)
        made[edge] = encode(image, max_bytes=max_bytes)
    return tuple(made[edge] for edge in edges)


def stored_preview(asset: Any, edge: int = EDGE, read: Callable[[], bytes] | None = None) -> Preview:
    """Return the preview of a stored asset, from the library's cache or made, of what `read` gives, and put there.

    Raises ProtocolBroken where the asset cannot be decoded, OSError where its bytes are gone.
    """
    cached = thumbs.find(asset.root, asset.sha256, edge)
    if cached is None:
        cached = preview(read() if read else asset.path, edge, foreign=asset.media_type in FOREIGN)
        thumbs.keep(asset.root, asset.sha256, edge, cached)
    return cached


def thumbnail(asset: Any) -> Preview:
    """Return a copy of a stored asset of at most 256 pixels a side and 30 kB, from the library's cache or put there.

    Raises ProtocolBroken where the asset cannot be decoded, OSError where its bytes are gone.
    """
    shown = cached_thumbnail(asset)
    if shown is None:
        # What a cell has shown lies there at 1024 pixels: a tenth of the work that the original is.
        larger = thumbs.find(asset.root, asset.sha256, EDGE)
        source = larger.data if larger else asset.path
        shown = preview(source, THUMB_EDGE, THUMB_BYTES, foreign=asset.media_type in FOREIGN)
        thumbs.keep(asset.root, asset.sha256, THUMB_EDGE, shown)
    return shown


def cached_thumbnail(asset: Any) -> Preview | None:
    """Return what `thumbnail` has put into the library's cache, None where there is none."""
    found = thumbs.find(asset.root, asset.sha256, THUMB_EDGE)
    return found if found and len(found.data) <= THUMB_BYTES else None


def small(source: Path | bytes | Image, edge: int, foreign: bool = False) -> Image:
    """Return the picture as L, RGB or RGBA, upright, and at most `edge` pixels a side; it is never enlarged."""
    if isinstance(source, Path | bytes):
        picture = probe(source, foreign=foreign)
        source = decoded(source, picture, at_least=_within(picture.width, picture.height, edge))
    return upright(fitted(plain(source), edge), orientation(source))


def fitted(image: Image, edge: int) -> Image:
    """Return the picture at most `edge` pixels a side."""
    import PIL.Image

    size = _within(*image.size, edge)
    if size == image.size:
        return image
    # Averaging whole blocks first costs a sixth of Lanczos over all pixels, and differs by less than one level.
    return image.resize(size, PIL.Image.Resampling.BICUBIC, reducing_gap=1.5)


def _within(width: int, height: int, edge: int) -> tuple[int, int]:
    scale = min(1.0, max(1, edge) / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
