"""Where a copy of a picture may be written: anywhere but into the library, whose files are named by their hashes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..errors import LibraryError, RequestInvalid


def target_of(path: str | Path, root: Path, name: str = "") -> Path:
    """The file to write: `path`, or `name` in it where it is a folder.

    Raises RequestInvalid for one that ends in a slash and is no folder, LibraryError for one in the library at `root`.
    """
    target = Path(path).expanduser()
    if not os.path.isdir(target):  # of a name that is too long, a path's own raises
        if str(path).endswith(("/", os.sep)):
            raise RequestInvalid(f"there is no folder {str(path)!r} to save to", hint="make it, or save elsewhere")
    elif name:
        target = target / name
    if _is_within(target, root):
        raise LibraryError(
            f"{target} is in the library, where nothing is written over", hint="save outside of its folder"
        )
    return target


def _is_within(target: Path, root: Path) -> bool:
    """Whether the file lies in the folder, by whatever links and spellings both are reached."""
    where = target.resolve()
    for folder in (where, *where.parents):
        with suppress(OSError):
            if folder.samefile(root):
                return True
    return False
