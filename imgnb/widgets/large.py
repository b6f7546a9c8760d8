"""Pictures as large as a page shows them, one for each message: never in a widget's state."""

from __future__ import annotations

from ..errors import AssetNotFound
from ..library import Library
from ..pictures import Preview, preview
from ..pictures.foreign_headers import FOREIGN
from ..records import Asset
from .panel import Reply

EDGE, MOST_BYTES = 1600, 900_000
"Pixels and bytes that a page gets at most, however large the picture is."


def large(library: Library, sha256: object) -> Reply:
    """The picture with this hash as an answer. Raises AssetNotFound where its bytes are gone."""
    asset = library.asset(f"@{sha256}")
    return sent(large_preview(asset))


def large_preview(asset: Asset) -> Preview:
    """A copy of a stored picture of at most 1600 pixels a side. Raises AssetNotFound where its bytes are gone."""
    try:
        return preview(asset.path, EDGE, MOST_BYTES, foreign=asset.media_type in FOREIGN)
    except OSError as exc:
        raise AssetNotFound(f"the bytes of {asset.sha256[:12]} are gone", hint="choose another picture") from exc


def sent(picture: Preview, **values: object) -> Reply:
    """The picture, and what is said beside it, as an answer."""
    about = {"type": picture.media_type, "width": picture.width, "height": picture.height}
    return Reply({**about, **values}, (picture.data,))
