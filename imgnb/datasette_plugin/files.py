"""Pictures by their hash: the original byte for byte, and a small copy.

A hash is looked up in the library before anything is opened, so a URL is never a path. Small copies come from the
library's cache or are made, two at a time, each once however many ask for it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AssetNotFound, ImgnbError, LibraryError
from .compat import url
from .reading import libraries, on_thread, open_at
from .sending import FOREVER, POLICY, FileAnswer, Wanted, open_plain

if TYPE_CHECKING:
    from ..pictures import Preview
    from ..records import Asset

EDGE = 512
"Pixels of the longer side of a small copy."

MAKERS = 2
"Small copies that are made at the same moment: decoding takes memory."

SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp")
"What a browser may show under its own address; anything else is offered to be saved."

SVG_BYTES = 2 * 1024 * 1024
"An SVG larger than this is not cleaned, only offered as it is."

SVG = "image/svg+xml"
HASH = r"(?P<sha256>[^/]+)"

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


async def blob(datasette: Any, request: Any) -> Any:
    """The original."""
    asset = await _asked(datasette, request)
    if not await on_thread(lambda: _is_there(asset.path)):
        raise AssetNotFound(
            f"the bytes of the picture {asset.sha256[:12]} are not in the library's folder",
            hint="bring its folder blobs back, or draw the picture again",
        )
    return FileAnswer(asset.path, _media_type(asset), f'"{asset.sha256}"', Wanted.of(request), _about(asset))


async def thumb(datasette: Any, request: Any) -> Any:
    """A copy of at most 512 pixels a side; where none can be made, a picture that says why."""
    from datasette.utils.asgi import Response

    asset = await _asked(datasette, request)
    kept = _kept(asset)
    if Wanted.of(request).has(kept["ETag"]):
        return Response(b"", status=304, headers=kept)
    headers = {**kept, "Content-Security-Policy": POLICY}
    try:
        small = await _once(asset)
    except (ImgnbError, OSError) as error:
        said = error.message if isinstance(error, ImgnbError) else "its bytes are not in the library's folder"
        # It may be mended at any time, so it is not kept.
        small, headers = await _in_turn(lambda: _broken(asset, said)), {"Cache-Control": "no-store"}
    return Response(small.data, headers=headers, content_type=small.media_type)


def _kept(asset: Asset) -> dict[str, str]:
    """How a small copy may be kept: pixels for ever, a cleaned SVG until there is a better cleaner."""
    if asset.media_type != SVG:
        return {"ETag": f'"{asset.sha256}-{EDGE}"', "Cache-Control": FOREVER}
    from ..pictures.svg_clean import version

    return {"ETag": f'"{asset.sha256}-{version()}"', "Cache-Control": "private, no-cache"}


async def asset_page(datasette: Any, request: Any) -> Any:
    """To the page of the newest generation that made it, or of what became of a picture that was given."""
    from datasette.utils.asgi import Response

    asset = await _asked(datasette, request)
    page = await on_thread(lambda: _page(asset, next(iter(libraries(datasette).values()))))
    return Response.redirect(url(datasette, page))


ROUTES: list[tuple[str, Callable[[Any, Any], Awaitable[Any]]]] = [
    (rf"^/-/imgnb/blob/{HASH}$", blob),
    (rf"^/-/imgnb/thumb/{HASH}$", thumb),
    (rf"^/-/imgnb/asset/{HASH}$", asset_page),
]


async def _asked(datasette: Any, request: Any) -> Asset:
    """The asset that the URL names, of whichever library has it. Raises AssetNotFound."""
    sha256 = request.url_vars["sha256"]
    if not _HEX.fullmatch(sha256):
        raise AssetNotFound(f"{sha256[:80]!r} is not the hash of a picture", hint="a hash has 64 digits, 0-9 and a-f")
    found = await on_thread(lambda: _find(list(libraries(datasette).values()), sha256))
    if found is None:
        raise AssetNotFound(f"no library here has the picture {sha256[:12]}", hint="look for it in the gallery")
    return found


def _find(roots: list[Path], sha256: str) -> Asset | None:
    return next((asset for root in roots for asset in open_at(root).assets([sha256])), None)


def _page(asset: Asset, first: Path) -> str:
    if asset.root != first:
        return f"/-/imgnb/blob/{asset.sha256}"
    try:
        return f"/-/imgnb/generation/{open_at(asset.root).generation('@' + asset.sha256).id}"
    except LibraryError:
        return f"/-/imgnb/lineage/{asset.sha256}"


def _is_there(path: Path) -> bool:
    import os

    try:
        os.close(open_plain(path))
    except FileNotFoundError:
        return False
    return True


def _about(asset: Asset) -> dict[str, str]:
    way = "inline" if asset.media_type in SHOWN else "attachment"
    name = f"{asset.sha256[:12]}{asset.path.suffix}"
    return {"Content-Security-Policy": POLICY, "Content-Disposition": f'{way}; filename="{name}"'}


def _media_type(asset: Asset) -> str:
    from ..records.asset import EXTENSIONS

    return asset.media_type if asset.media_type in EXTENSIONS else "application/octet-stream"


# Small copies

_making: dict[str, asyncio.Future[Preview]] = {}


async def _once(asset: Asset) -> Preview:
    """The small copy; whoever asks while it is made waits for the same one."""
    if (making := _making.get(asset.sha256)) is None:
        making = _making[asset.sha256] = asyncio.ensure_future(_in_turn(lambda: _small(asset)))
        making.add_done_callback(lambda done: (_making.pop(asset.sha256, None), done.cancelled() or done.exception()))
    # Shielded: a browser that goes away must not take it from the others.
    return await asyncio.shield(making)


def _in_turn(make: Callable[[], Preview]) -> Awaitable[Preview]:
    return asyncio.get_running_loop().run_in_executor(_makers(), make)


@cache
def _makers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAKERS, thread_name_prefix="imgnb-thumb")


def _small(asset: Asset) -> Preview:
    from ..pictures import Preview, stored_preview

    if asset.media_type != SVG:
        return stored_preview(asset, EDGE)
    from ..pictures.svg_clean import clean

    if asset.path.stat().st_size > SVG_BYTES:
        raise LibraryError("this SVG is too large for a small copy")
    return Preview(SVG, clean(asset.bytes), asset.width or 300, asset.height or 150)


def _broken(asset: Asset, said: str) -> Preview:
    from ..pictures import strip

    return strip(f"{asset.sha256[:8]}: {said}", "failed", 320)
