"""The thumbnails that a page asks for: many in one look, those that are not in the cache yet made side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ..errors import ImgnbError
from ..library import Library
from ..pictures import Preview, thumbnail
from ..records import Asset

THREADS = min(4, os.cpu_count() or 1)
"Pillow lets others work while it decodes."


def thumbs(library: Library, hashes: Sequence[str]) -> list[Preview | None]:
    """A thumbnail for each of these hashes; None for one whose bytes are gone or are no picture."""
    known = {asset.sha256: asset for asset in library.assets(hashes)}
    wanted = [known.get(sha256) for sha256 in hashes]
    if len(wanted) < 2 or THREADS < 2:
        return [_thumb(asset) for asset in wanted]
    with ThreadPoolExecutor(THREADS, "imgnb-thumbs") as pool:
        return list(pool.map(_thumb, wanted))


def _thumb(asset: Asset | None) -> Preview | None:
    try:
        return None if asset is None else thumbnail(asset)
    except (ImgnbError, OSError):
        return None
