"""A thumbnail wherever the hash of a picture stands in a table or query of a library.

Looked up once for each picture; databases that are no library of ours, and hashes of other things, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from .compat import url
from .reading import libraries, on_thread, open_at

if TYPE_CHECKING:
    from pathlib import Path

    from ..records import Asset

EDGE = 96
"CSS pixels of the longer side."

ALT = 200
"Letters of a prompt that are enough to say what is to be seen."

BESIDE = {"asset": "media_type", "rating": "stars", "trash": "created_at"}
"Datasette asks no plugin about a primary key that is the link to its row: the column after it gets the picture."

STYLE = "max-width:none;display:block"
"Datasette makes pictures as narrow as their column, and leaves their height."

NO_PICTURE = ("prompt_sha256", "fingerprint")
"Columns whose hashes are of other things; asking costs a look-up for each row."

KEPT = 4096

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_known: dict[tuple[Path, str], Asset] = {}


def cell(
    datasette: Any, database: str | None, table: str | None, column: str, value: Any, row: Any
) -> Callable[[], Awaitable[Any]] | None:
    """What Datasette shall call for the cell's HTML; None where it has no picture."""
    digest = _digest(value)
    beside = table is not None and BESIDE.get(table) == column
    if beside and digest is None:
        digest = _digest(row[0])
    if digest is None or column in NO_PICTURE or (root := libraries(datasette).get(database or "")) is None:
        return None
    return lambda: _html(datasette, root, digest, value if beside else None)


def _digest(value: Any) -> str | None:
    """The hash in a cell, which may be a foreign key that Datasette has given a label."""
    if isinstance(value, Mapping):
        value = value.get("value")
    return value if isinstance(value, str) and len(value) == 64 and _HEX.fullmatch(value) else None


async def _html(datasette: Any, root: Path, digest: str, beside: Any) -> Any:
    from markupsafe import Markup

    from ..errors import LibraryError

    try:
        asset = _known.get((root, digest)) or await on_thread(lambda: _look_up(root, digest))
    except LibraryError:
        return None  # an older schema, a file that is no library: its tables can be read all the same
    if asset is None:
        return None
    width, height = _fitted(asset)
    link, image = (url(datasette, f"/-/imgnb/{kind}/{digest}") for kind in ("asset", "thumb"))
    alt = " ".join(asset.alt.split())[:ALT] or f"picture {digest[:12]}"
    return Markup(
        '<a href="{}"><img loading="lazy" decoding="async" src="{}" width="{}" height="{}" style="{}" alt="{}" title="{}"></a>{}'
    ).format(link, image, width, height, STYLE, alt, digest, "" if beside is None else beside)


def _look_up(root: Path, digest: str) -> Asset | None:
    found = next(iter(open_at(root).assets([digest])), None)
    if found is not None:
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)), None)
        _known[root, digest] = found
    return found


def _fitted(asset: Asset) -> tuple[int, int]:
    width, height = asset.width or EDGE, asset.height or EDGE
    scale = min(1.0, EDGE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
