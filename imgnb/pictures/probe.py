"""What picture some bytes are, read from their header alone.

No pixel is decoded and Pillow is not imported, so that storing a picture costs a few reads, whatever its size.
Decoding is decode.py's; what the headers of each format look like stands in headers.py, foreign_headers.py and svg.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from ..errors import ProtocolBroken
from . import foreign_headers, headers, svg
from .foreign import looks_like

MAX_PIXELS = headers.MAX_PIXELS

HEAD = 64 * 1024
"How many bytes are enough to tell what something is."

_GIVE_WHOLE = "the file was cut or damaged; give a whole one, or save it as PNG with the program that shows it"


@dataclass(frozen=True)
class Picture:
    """What a picture's header says of it."""

    media_type: str
    width: int
    "Pixels as `decode` gives them: a rotation that EXIF asks for is counted in for TIFF, HEIC and AVIF, for others not."
    height: int
    has_alpha: bool
    "It has an alpha channel or a transparent colour; whether any pixel uses it takes decoding."
    frames: int
    whole: bool
    "False where the bytes are visibly cut; True does not promise that every pixel decodes."


def probe(source: Path | bytes, max_pixels: int | None = MAX_PIXELS, foreign: bool = False) -> Picture:
    """Return what picture this is, from its header; with `foreign`, also of formats that only people bring.

    Raises ProtocolBroken where the bytes are no picture that imgnb knows, or one of more than `max_pixels`
    (None lifts the limit: to read a size is safe at any size).
    """
    with _opened(source) as file:
        picture = _read(file, foreign)
    pixels = picture.width * picture.height
    if max_pixels is not None and pixels > max_pixels:
        raise ProtocolBroken(
            f"the picture ({picture.media_type}, {picture.width}x{picture.height}) has more than {max_pixels:,} pixels",
            hint="imgnb does not decode it, to protect the memory; its bytes can be saved as they are",
            code="too_many_pixels",
        )
    return picture


def _opened(source: Path | bytes) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else BytesIO(source)


def _read(file: BinaryIO, foreign: bool) -> Picture:
    head = file.read(HEAD)
    size = file.seek(0, 2)
    try:
        header = headers.read(head, file, size) or svg.read(head, file, size)
        if header is None and foreign:
            header = foreign_headers.read(head, file, size)
    except headers.HeaderBroken as exc:
        raise ProtocolBroken(
            f"the picture cannot be read: {exc} ({size:,} bytes)",
            hint=_GIVE_WHOLE if foreign else "the answer was cut or damaged on the way; ask for the picture again",
        ) from exc
    if header is None:
        what, hint = looks_like(head, foreign)
        raise ProtocolBroken(f"not a picture but {what} ({size:,} bytes)", hint=hint)
    return Picture(*header)
