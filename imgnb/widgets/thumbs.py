"""The thumbnails that a page asks for: many in one look, those that are not in the cache yet made side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ..errors import ImgnbError
from ..pictures import Preview, cached_thumbnail, thumbnail
from ..records import Asset

if TYPE_CHECKING:
    from ..library import Library

THREADS = min(4, os.cpu_count() or 1)
"Pillow lets others work while it decodes."


def thumbs(library: Library, hashes: Sequence[str]) -> list[Preview | None]:
    """A thumbnail for each of these hashes; None for one whose bytes are gone or are no picture."""
    known = {asset.sha256: asset for asset in library.assets(hashes)}
    found = {sha256: cached_thumbnail(asset) for sha256, asset in known.items()}
    missing = [known[sha256] for sha256, cached in found.items() if cached is None]
    # Reading what is there takes less than handing it to a thread.
    if len(missing) < 2 or THREADS < 2:
        made = [_thumb(asset) for asset in missing]
    else:
        with ThreadPoolExecutor(THREADS, "imgnb-thumbs") as pool:
            made = list(pool.map(_thumb, missing))
    found |= {asset.sha256: thumb for asset, thumb in zip(missing, made, strict=True)}
    return [found.get(sha256) for sha256 in hashes]


def _thumb(asset: Asset) -> Preview | None:
    try:
        return thumbnail(asset)
    except (ImgnbError, OSError):
        return None
