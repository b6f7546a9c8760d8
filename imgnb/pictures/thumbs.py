"""The cache of previews beside the library: `<library>/thumbs/ab/<sha256>-<edge>.jpg` or `.png`.

It may be deleted at any time. What lies there is believed only if it is a whole picture of the right size; a
library that cannot be written does without.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ..errors import ProtocolBroken
from ..files.plain import read_plain
from .encode import Preview
from .probe import probe

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}


def find(root: Path, digest: str, edge: int) -> Preview | None:
    """Return the cached preview, None where there is none that can be used."""
    for media_type in _EXTENSIONS:
        try:
            data = read_plain(_path(root, digest, edge, media_type))
            picture = probe(data)
        except (OSError, ProtocolBroken):
            continue
        if picture.whole and picture.media_type == media_type and max(picture.width, picture.height) <= edge:
            return Preview(media_type, data, picture.width, picture.height)
    return None


def keep(root: Path, digest: str, edge: int, preview: Preview) -> None:
    """Put the preview into the cache, if that can be done."""
    path = _path(root, digest, edge, preview.media_type)
    # Not by `whole_file`: what a killed process leaves has a name by which `imgnb gc` knows half a preview.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(preview.data)
        # Rename last: another kernel must never read half a preview.
        temporary.replace(path)
    except OSError:
        _forget(temporary)


def _path(root: Path, digest: str, edge: int, media_type: str) -> Path:
    return Path(root) / "thumbs" / digest[:2] / f"{digest}-{edge}.{_EXTENSIONS[media_type]}"


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
