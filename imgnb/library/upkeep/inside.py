"""What upkeep may move or delete: plain files of the library, reached through no link.

A folder of a downloaded library may be a link to somebody's home. `blobs` as a link to another disk is read, and no more.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ...errors import LibraryError


def is_inside(root: Path, path: Path) -> bool:
    """Whether this is a plain file below the root, with no link on the way to it."""
    try:
        parts = path.relative_to(root).parts
        if not parts or any(part in ("", "..") for part in parts):
            return False
        folders = [root.joinpath(*parts[:depth]) for depth in range(1, len(parts))]
        return all(stat.S_ISDIR(folder.lstat().st_mode) for folder in folders) and stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_link(folder: Path) -> bool:
    """Whether a folder of the library is really somewhere else."""
    return folder.is_symlink() or (hasattr(os.path, "isjunction") and os.path.isjunction(folder))


def check_no_links(root: Path, *names: str) -> None:
    """Raise LibraryError where one of these folders leads out of the library."""
    for name in names:
        if is_link(root / name):
            raise LibraryError(
                f"{root / name} is a link, and nothing outside of the library is moved or deleted",
                hint="put a real folder in its place, or set IMGNB_LIBRARY to a folder on that disk",
            )
