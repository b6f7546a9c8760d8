"""Pictures as large as a page shows them, one for each message: never in a widget's state."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ..errors import AssetNotFound, RequestInvalid
from ..pictures import Preview, preview
from ..pictures.encode import encode
from ..pictures.foreign_headers import FOREIGN
from ..pictures.preview import fitted, small
from ..records import Asset
from .panel import Reply

if TYPE_CHECKING:
    from ..library import Library

EDGE, MOST_BYTES = 1600, 900_000
"Pixels and bytes that a page gets at most, however large the picture is."

MOST_DETAIL = 1_500_000
"Bytes of a part of it: there it is the pixels that count."

_ANY = 1 << 20


def large(library: Library, sha256: object) -> Reply:
    """The picture with this hash as an answer. Raises AssetNotFound where its bytes are gone."""
    asset = library.asset(f"@{sha256}")
    return sent(large_preview(asset))


def large_preview(asset: Asset) -> Preview:
    """A copy of a stored picture of at most 1600 pixels a side. Raises AssetNotFound where its bytes are gone."""
    try:
        return preview(asset.path, EDGE, MOST_BYTES, foreign=asset.media_type in FOREIGN)
    except OSError as exc:
        raise _gone(asset) from exc


def detail(library: Library, sha256: object, box: object) -> Reply:
    """A part of the picture with all its pixels, up to 1600 a side, as an answer.

    `box` is its left and upper edge, width and height, as shares of the picture's. Raises RequestInvalid for another one.
    """
    asset = library.asset(f"@{sha256}")
    left, top, width, height = _shares(box)
    try:
        whole = small(asset.path, _ANY, asset.media_type in FOREIGN)
    except OSError as exc:
        raise _gone(asset) from exc
    x, y = min(whole.width - 1, int(left * whole.width)), min(whole.height - 1, int(top * whole.height))
    right, bottom = ceil((left + width) * whole.width - 1e-6), ceil((top + height) * whole.height - 1e-6)
    part = whole.crop((x, y, min(whole.width, max(x + 1, right)), min(whole.height, max(y + 1, bottom))))
    place = [x / whole.width, y / whole.height, part.width / whole.width, part.height / whole.height]
    return sent(encode(fitted(part, EDGE), max_bytes=MOST_DETAIL), box=place)


def _shares(box: object) -> tuple[float, float, float, float]:
    given = box if isinstance(box, list) and len(box) == 4 else []
    if all(type(one) in (int, float) and 0 <= one <= 1 for one in given) and given and given[2] and given[3]:
        return given[0], given[1], given[2], given[3]
    raise RequestInvalid(f"{box!r:.80} is no part of a picture", hint="give left, top, width and height from 0 to 1")


def _gone(asset: Asset) -> AssetNotFound:
    return AssetNotFound(f"the bytes of {asset.sha256[:12]} are gone", hint="choose another picture")


def sent(picture: Preview, **values: object) -> Reply:
    """The picture, and what is said beside it, as an answer."""
    about = {"type": picture.media_type, "width": picture.width, "height": picture.height}
    return Reply({**about, **values}, (picture.data,))
