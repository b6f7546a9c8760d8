"""Whatever a person names as a picture, as a reference: it is stored first, so that an edit can always be repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import ProtocolBroken, RequestInvalid
from ..library import Library
from ..records import Asset, Generation
from ..request import Reference
from ..request.image_request import Role

Picture = Any
"An Asset, a Generation, @name and other addresses in the library, a path, bytes, or a PIL image."


def reference(library: Library, item: Picture, role: Role) -> Reference:
    """The reference that an item is, or becomes by being stored; deduplicated by its hash.

    Raises RequestInvalid for what is no picture, AssetNotFound for an address that leads nowhere.
    """
    try:
        asset, source = _stored(library, item, role)
    except (ProtocolBroken, OSError, ValueError) as exc:  # what is no picture, cannot be opened, or cannot be a PNG
        said = exc.message if isinstance(exc, ProtocolBroken) else getattr(exc, "strerror", None) or exc
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
    )


def _stored(library: Library, item: Picture, role: Role) -> tuple[Asset, str]:
    """The asset that an item is or becomes, and what the user wrote."""
    if isinstance(item, Generation):
        return item.asset, f"@{item.id}"
    if isinstance(item, Asset):
        return item, f"@{item.sha256[:12]}"
    if isinstance(item, str) and item.startswith("@"):
        return library.asset(item), item
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
        hint="give an Asset, a Generation, @name, a path, bytes or a PIL image",
        param=role,
    )


def _as_png(image: Any) -> bytes:
    import io

    buffer = io.BytesIO()
    (image.convert("RGB") if image.mode in ("CMYK", "YCbCr", "LAB", "HSV") else image).save(buffer, "PNG")
    return buffer.getvalue()


def _short(item: Picture) -> str:
    text = str(item) if isinstance(item, str | Path) else type(item).__name__
    return repr(text if len(text) <= 80 else text[:77] + "...")
