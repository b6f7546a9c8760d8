"""Whatever a person names as a picture, as a reference: it is stored first, so that an edit can always be repeated."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import ProviderError, RequestInvalid
from ..events import Cancel
from ..library import Library
from ..providers.download import download, is_loopback
from ..providers.http import Wire
from ..records import Asset, Generation
from ..request import Reference
from ..request.references import Role

Picture = Any
"An Asset, a Generation, @name and other addresses in the library, a path, an https link, bytes, or a PIL image."


LINK_SECONDS = 60.0
"How long a picture that a link names may take to come: nobody has been asked to draw yet."


def reference(library: Library, wire: Wire, item: Picture, role: Role, mode: str = "auto") -> Reference:
    """The reference that an item is, or becomes by being stored; deduplicated by its hash.

    A link is fetched once: from then on the library has what it names. Mode "live" fetches it anew, "replay" never.

    Raises RequestInvalid for what is no picture, AssetNotFound for an address that leads nowhere.
    """
    try:
        asset, source = _stored(library, wire, item, role, mode)
    except (ProviderError, OSError, ValueError) as exc:  # what is no picture, cannot be had, or cannot be a PNG
        said = exc.message if isinstance(exc, ProviderError) else getattr(exc, "strerror", None) or exc
        raise RequestInvalid(
            f"the {role} {_short(item)} cannot be used: {said}", hint="give a png, jpeg or webp picture", param=role
        ) from exc
    return Reference(
        sha256=asset.sha256,
        media_type=asset.media_type,
        path=asset.path,
        role=role,
        width=asset.width,
        height=asset.height,
        has_alpha=asset.has_alpha,
        bytes=asset.byte_count,
        source=source,
        url=source if _is_link(source) else None,
    )


def _stored(library: Library, wire: Wire, item: Picture, role: Role, mode: str) -> tuple[Asset, str]:
    """The asset that an item is or becomes, and what the user wrote."""
    if isinstance(item, Generation):
        return item.asset, f"@{item.id}"
    if isinstance(item, Asset):
        return item, f"@{item.sha256[:12]}"
    if isinstance(item, str) and item.startswith("@"):
        return library.asset(item), item
    if isinstance(item, str) and _is_link(item):
        return _linked(library, wire, item, role, mode), item
    if isinstance(item, str | Path):
        path = Path(item).expanduser()
        if not path.is_file():
            raise RequestInvalid(f"the {role} {str(item)!r} is not a file", hint="give a path, or @name", param=role)
        return library.add(path, source=str(item)), str(item)
    if isinstance(item, bytes | bytearray):
        return library.add(bytes(item), source="bytes"), "bytes"
    if hasattr(item, "save") and hasattr(item, "mode"):
        return library.add(_as_png(item), source="PIL image"), "PIL image"
    raise RequestInvalid(
        f"a {type(item).__name__} cannot be used as {role}",
        hint="give an Asset, a Generation, @name, a path, an https link, bytes or a PIL image",
        param=role,
    )


def _is_link(text: str) -> bool:
    return text.lower().startswith(("https://", "http://"))


def _linked(library: Library, wire: Wire, url: str, role: Role, mode: str) -> Asset:
    known = None if mode == "live" else library.fetched(url)
    if known is not None and known.path.is_file():
        return known
    if mode == "replay":
        raise RequestInvalid(
            f"the {role} {_short(url)} is not in the library, and nothing is fetched in mode 'replay'",
            hint="use --mode auto once",
            param=role,
        )
    return _fetched(library, wire, url)


def _fetched(library: Library, wire: Wire, url: str) -> Asset:
    """The picture behind a link, by the rules of `providers/download.py`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        with path.open("wb") as file:
            deadline = time.monotonic() + LINK_SECONDS
            download(wire, url, file, cancel=Cancel(), deadline=deadline, loopback=is_loopback(url))
        return library.add(path, source=url)


def _as_png(image: Any) -> bytes:
    import io

    buffer = io.BytesIO()
    (image.convert("RGB") if image.mode in ("CMYK", "YCbCr", "LAB", "HSV") else image).save(buffer, "PNG")
    return buffer.getvalue()


def _short(item: Picture) -> str:
    text = str(item) if isinstance(item, str | Path) else type(item).__name__
    return repr(text if len(text) <= 80 else text[:77] + "...")
