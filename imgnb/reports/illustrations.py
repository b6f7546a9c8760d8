"""Pictures for a page: at twice the size at which it shows them, so that they are crisp on paper and dense screens.

What is made lies in the library's cache afterwards, and the same report is made in a moment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress

from ..errors import ImgnbError
from ..pictures import Preview, stored_preview
from ..pictures import thumbs as cache
from ..pictures.encode import MAX_BYTES, encode
from ..pictures.foreign_headers import FOREIGN
from ..pictures.preview import EDGE as PREVIEW_EDGE
from ..pictures.preview import THUMB_BYTES, THUMB_EDGE, cached_thumbnail, preview, small, thumbnail
from ..records import Asset

WIDTH, HEIGHT = 720, 620
"CSS pixels that a figure may be wide and high."

EDGE, BYTES = 1728, 400_000
"Pixels and bytes of what a page embeds: at 75 % and more, no compression is seen."

SPARED = 1.2
"A picture that is larger than what is wanted by no more than this keeps its pixels."

SVG_BYTES = 2_000_000
"Bytes of an SVG that is embedded as it is."

Progress = Callable[[int, int], object]


def illustrations(assets: Sequence[Asset], progress: Progress) -> dict[str, Preview]:
    """A picture of each asset, by hash; those whose bytes are gone or cannot be decoded are left out."""
    found: dict[str, Preview] = {}
    wanted = list({asset.sha256: asset for asset in assets}.values())
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1), "imgnb-report") as threads:
        running = [threads.submit(_illustration, asset) for asset in wanted]
        try:
            for done, one in enumerate(as_completed(running), 1):
                sha256, picture = one.result()
                found |= {sha256: picture} if picture else {}
                progress(done, len(wanted))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    return found


def shown_size(width: int, height: int) -> tuple[int, int]:
    """The CSS pixels in which a page shows a picture of this size; it is never enlarged."""
    scale = min(1.0, WIDTH / max(1, width), HEIGHT / max(1, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _illustration(asset: Asset) -> tuple[str, Preview | None]:
    with suppress(ImgnbError, OSError):
        return asset.sha256, _made(asset)
    return asset.sha256, None


def _made(asset: Asset) -> Preview:
    if asset.media_type == "image/svg+xml" and asset.byte_count <= SVG_BYTES:  # in <img>, nothing of it runs or loads
        return Preview(asset.media_type, asset.bytes, asset.width or WIDTH, asset.height or HEIGHT)
    wanted = 2 * max(shown_size(asset.width or WIDTH, asset.height or HEIGHT))
    longest = max(asset.width or WIDTH, asset.height or HEIGHT)
    if min(wanted, longest) <= PREVIEW_EDGE:
        # What a cell has shown is large enough; one that had to be squeezed into its bytes is made anew.
        shown = stored_preview(asset)
        if len(shown.data) <= 0.8 * MAX_BYTES:
            thumbnail(asset)
            return shown
    found = cache.find(asset.root, asset.sha256, EDGE)
    if found is None:
        # To decode a picture and leave its pixels as they are takes half of the time that a little smaller would take.
        edge = longest if longest <= SPARED * wanted else wanted
        image = small(asset.path, edge, asset.media_type in FOREIGN)
        found = encode(image, max_bytes=BYTES, quick=True)
        cache.keep(asset.root, asset.sha256, EDGE, found)
        # The appendix asks for it: from these pixels, it takes no second decode.
        if cached_thumbnail(asset) is None:
            cache.keep(asset.root, asset.sha256, THUMB_EDGE, preview(image, THUMB_EDGE, THUMB_BYTES))
    return found
