"""Pictures as the rows and as the folders have them, side by side, in the order of their hashes.

A shelf is all that begins with the same two digits: few enough to hold in memory, so that a million pictures need no more.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, and_, bindparam, select

from ...records import blob_path
from .. import tables
from ..opening import Store
from .inside import is_link

SHELVES = tuple(f"{number:02x}" for number in range(256))
FRESH = 60.0
"Seconds in which a file without a row may be one whose row is about to be written."

_ASSET, _TRASH = tables.asset.c, tables.trash.c
ON_SHELF = and_(_ASSET.sha256 >= bindparam("first"), _ASSET.sha256 < bindparam("end"))
"That a hash begins with the digits of `beginning`: a range, as SQLite's LIKE would look at every row."
# Made once: there are 256 shelves, and making a statement takes longer than running it.
_ROWS = (
    select(_ASSET.sha256, _ASSET.media_type, _ASSET.bytes, _TRASH.emptied_at)
    .outerjoin_from(tables.asset, tables.trash, _TRASH.asset == _ASSET.sha256)
    .where(ON_SHELF)
)
_HASH = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9a-f]{2}")


@dataclass(frozen=True)
class Row:
    """What the library says of a picture's bytes."""

    sha256: str
    media_type: str
    bytes: int
    emptied: bool
    "Its bytes were deleted on purpose."


@dataclass(frozen=True)
class Item:
    """A hash with its row and its files, either of which may be missing."""

    sha256: str
    row: Row | None
    paths: tuple[Path, ...]

    def path(self, root: Path) -> Path | None:
        """The file that is to be read: the one that its row names, else any."""
        own = blob_path(root, self.sha256, self.row.media_type) if self.row else None
        return own if own in self.paths else self.paths[0] if self.paths else None


def shelf(store: Store, digits: str, after: str = "") -> Iterator[Item]:
    """The pictures whose hash begins with these two digits and comes after that hash, in order."""
    files = _files(store.root / "blobs" / digits)
    # Rows are read after the files: whatever had a row when the folder was read still has one.
    with store.database.reading() as connection:
        rows = {row.sha256: row for row in _rows(connection, digits)}
    for sha256 in sorted(rows.keys() | files.keys()):
        if sha256 > after:
            yield Item(sha256, rows.get(sha256), tuple(files.get(sha256, ())))


def beginning(digits: str) -> dict[str, str]:
    """What `ON_SHELF` is asked with for hashes that begin so."""
    return {"first": digits, "end": f"{digits}g"}


def files_of_shelf(root: Path, digits: str) -> Iterator[tuple[str, Path]]:
    """The files whose hash begins with these two digits, each with its hash."""
    for sha256, paths in _files(root / "blobs" / digits).items():
        yield from ((sha256, path) for path in paths)


def look_up(store: Store, sha256: str) -> Row | None:
    """The row of one picture, as it is now."""
    with store.database.reading() as connection:
        return next(_rows(connection, sha256), None)


def strangers(root: Path) -> Iterator[Path]:
    """Files in `blobs/` that are not named as a picture is, or lie where it does not belong."""
    blobs = root / "blobs"
    if is_link(blobs):
        return  # what else lies on that disk is none of ours
    for folder, folders, names in os.walk(blobs):
        here = Path(folder).relative_to(blobs).parts
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if not (
                len(here) == 2 and _HASH.fullmatch(path.stem) and path.stem.startswith("".join(here)) and path.suffix
            ):
                yield path


def is_arriving(store: Store, sha256: str, path: Path) -> bool:
    """Whether a kernel may be about to write the row of this file: it is new, or a breadcrumb speaks of it."""
    try:
        if time.time() - path.stat().st_mtime < FRESH:
            return True
    except FileNotFoundError:
        return True
    folders = [folder for folder in (store.journal.incoming, store.journal.rescue) if folder.is_dir()]
    return any(sha256[:16] in name for folder in folders for name in os.listdir(folder))


def _rows(connection: Connection, digits: str) -> Iterator[Row]:
    for row in connection.execute(_ROWS, beginning(digits)):
        yield Row(row.sha256, row.media_type, row.bytes, row.emptied_at is not None)


def _files(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for inner in _listed(folder) if not is_link(folder) else ():
        if _DIGITS.fullmatch(inner) and (folder / inner).is_dir() and not is_link(folder / inner):
            for name in _listed(folder / inner):
                stem = name.partition(".")[0]
                if _HASH.fullmatch(stem) and stem.startswith(folder.name + inner):
                    found.setdefault(stem, []).append(folder / inner / name)
    return found


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
