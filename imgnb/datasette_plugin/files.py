"""Pictures by their hash: the original byte for byte, and a small copy.

A hash is looked up in the library before anything is opened, so a URL is never a path. Small copies come from the
library's cache or are made, two at a time, each once however many ask for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AssetNotFound, ImgnbError, LibraryError
from ..files.plain import open_plain
from .compat import url
from .reading import libraries, on_thread, open_at
from .sending import FOREVER, POLICY, FileAnswer, Wanted

if TYPE_CHECKING:
    from io import BufferedReader

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

READ_BYTES = 256 * 1024 * 1024
HASHED_BYTES = 64 * 1024 * 1024
"Originals up to this are looked at before they are sent, once as long as they do not change; larger ones are not kept."

REMEMBERED = 20_000

SVG = "image/svg+xml"
HASH = r"(?P<sha256>[^/]+)"

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


async def blob(datasette: Any, request: Any) -> Any:
    """The original."""
    asset = await _asked(datasette, request)
    kept = await on_thread(lambda: _how_long(asset))
    return FileAnswer(asset.path, _media_type(asset), f'"{asset.sha256}"', Wanted.of(request), _about(asset), kept)


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
    headers = {**headers, "Content-Length": str(len(small.data))}
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


def _how_long(asset: Asset) -> str:
    """How long the original may be kept: for ever where it is what its name says. Raises AssetNotFound where it is not."""
    try:
        with os.fdopen(open_plain(asset.path), "rb") as file:
            found = os.fstat(file.fileno())
            if found.st_size == asset.byte_count and found.st_size > HASHED_BYTES:
                return "private, no-cache"
            seen = asset.sha256, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
            if seen not in _whole:
                _check(asset, file)
                _remember(seen)
    except FileNotFoundError as error:
        raise AssetNotFound(
            f"the bytes of the picture {asset.sha256[:12]} are not in the library's folder",
            hint="bring its folder blobs back, or draw the picture again",
        ) from error
    return FOREVER


def _check(asset: Asset, file: BufferedReader) -> None:
    whole = os.fstat(file.fileno()).st_size == asset.byte_count
    if not whole or hashlib.file_digest(file, "sha256").hexdigest() != asset.sha256:
        raise AssetNotFound(
            f"the bytes of the picture {asset.sha256[:12]} are not those that came: the file was changed",
            hint="imgnb verify says what else is; bring the file back from a backup, or draw the picture again",
        )


_whole: set[tuple[str | int, ...]] = set()


def _remember(seen: tuple[str | int, ...]) -> None:
    if len(_whole) >= REMEMBERED:
        _whole.clear()
    _whole.add(seen)


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
        return stored_preview(asset, EDGE, lambda: _read(asset, READ_BYTES))
    from ..pictures.svg_clean import clean

    return Preview(SVG, clean(_read(asset, SVG_BYTES)), asset.width or 300, asset.height or 150)


def _read(asset: Asset, most: int) -> bytes:
    """The bytes of the original, which are those that came."""
    with os.fdopen(open_plain(asset.path), "rb") as file:
        if os.fstat(file.fileno()).st_size > most:
            raise LibraryError("this picture is too large for a small copy")
        _check(asset, file)
        file.seek(0)
        return file.read(most)


def _broken(asset: Asset, said: str) -> Preview:
    from ..pictures import strip

    return strip(f"{asset.sha256[:8]}: {said}", "failed", 320)
