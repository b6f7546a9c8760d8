"""The pictures that a notebook's Markdown names: its attachments, and files in its own folder, as data: URLs.

A notebook may be anybody's: no file outside of its folder is looked at, and none that is no picture is embedded.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..pictures.probe import probe
from .cleaning import picture_url
from .figures import text_of

BIGGEST = 20_000_000
"Bytes of a file that is embedded."

_KINDS = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")


def resolver(folder: Path, cell: Mapping[str, Any], note: Callable[[str], object]) -> Callable[[str], str | None]:
    """What gives the pictures of this cell; `note` is told of each that is not embedded."""

    def picture(address: str) -> str | None:
        if address.startswith("attachment:"):
            found = _attached(cell, unquote(address.removeprefix("attachment:")))
        else:
            found = None if ":" in address or address.startswith("//") else _file(folder, unquote(address))
        if found is None:
            note(
                f"the picture {address[:120]} is not embedded: it is no attachment and no picture in the notebook's folder"
            )
        return found

    return picture


def _attached(cell: Mapping[str, Any], name: str) -> str | None:
    attachments = cell.get("attachments")
    bundle = attachments.get(name) if isinstance(attachments, dict) else None
    found = ((kind, text_of(bundle, kind)) for kind in _KINDS)
    return next((picture_url(kind, text) for kind, text in found if text), None)


def _file(folder: Path, name: str) -> str | None:
    try:
        path = (folder / name.partition("?")[0].partition("#")[0]).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file() or path.stat().st_size > BIGGEST:
            return None
        kind = probe(path, foreign=True).media_type
        return picture_url(kind, b64encode(path.read_bytes()).decode()) if kind in _KINDS else None
    except Exception:  # whatever is wrong with it, the report is made without
        return None
