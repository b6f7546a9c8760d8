"""What the twins of several widgets are made of: a sheet of thumbnails, and the foot that says how to use the widget."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import ProtocolBroken
from ..pictures import Preview, contact_sheet, thumbnail
from ..pictures.encode import encode
from ..pictures.lettering import readable, wrapped
from ..pictures.paint import INK, SLATE, WHITE, mixed, words

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..records import Asset

MOST = 24
"Thumbnails of one sheet: of more, nobody would see what they show."

_EDGE = 1024
_LINES = 5
_GROUND, _TEXT = mixed(SLATE, INK, 0.62), mixed(SLATE, WHITE, 0.86)


def with_foot(picture: Preview, text: str) -> Preview:
    """The picture with a low strip under it that says this in small letters; JPEG stays JPEG, PNG stays PNG.

    On a narrow picture it takes several lines.
    """
    import PIL.Image

    from ..pictures.card import readable_picture

    image = readable_picture(picture, max(picture.width, picture.height))
    if image is None:
        return picture
    see_through = picture.media_type == "image/png"
    mode = "RGBA" if see_through else "RGB"
    letters = max(11, min(20, round(image.width / 40)))
    lines = wrapped(readable(text), letters, image.width - 2 * letters, _LINES) or [""]
    step = round(letters * 1.4)
    made = PIL.Image.new(mode, (image.width, image.height + letters * 2 + step * (len(lines) - 1)), _GROUND)
    made.paste(image.convert(mode), (0, 0))
    for number, said in enumerate(lines):
        words(made, (letters, image.height + letters + step * number), said, letters, _TEXT)
    return encode(made, alpha=see_through)


def thumb_sheet(assets: Sequence[Asset], captions: Sequence[tuple[str, str]] | None = None) -> Preview:
    """The thumbnails of the first 24 on one sheet; of one that cannot be shown, a cell that says so."""
    cells = [_thumb(asset) for asset in assets[:MOST]]
    shown = None if captions is None else list(captions)[:MOST]
    return contact_sheet(cells, _EDGE, shown, numbered=False)


def _thumb(asset: Asset) -> Preview | bytes | Image:
    with suppress(ProtocolBroken, OSError):
        return thumbnail(asset)
    return b""
