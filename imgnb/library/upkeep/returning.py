"""Bytes that are there again though gc had deleted them: copied back by hand, imported, or spared by a gc that was killed.

Only what gc itself has set aside may go without being asked about; everything else is in the trash again, from now on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from ...records import blob_path
from .. import tables, trash
from ..blobs import is_stored
from ..database import Database
from ..opening import Store
from . import adopting
from .inside import is_inside, is_link
from .reading import read
from .shelves import look_up

EMPTIED = ".emptied"
"The ending of what gc has set aside in `incoming/`, just before it goes."

_ASIDE = re.compile(r"([0-9a-f]{64})\.\w+\.emptied")


def take_back(database: Database, root: Path) -> list[str]:
    """Let those whose bytes are there, whole, lie in the trash from now on; their hashes."""
    asset, row = tables.asset.c, tables.trash.c
    query = select(asset.sha256, asset.media_type).join_from(tables.trash, tables.asset, row.asset == asset.sha256)
    with database.reading() as connection:
        emptied = connection.execute(query.where(row.emptied_at.is_not(None))).all()
    return [one.sha256 for one in emptied if take_one_back(database, blob_path(root, one.sha256, one.media_type))]


def take_one_back(database: Database, path: Path) -> bool:
    """Let this one lie in the trash from now on, if its bytes are there, whole."""
    if not (path.exists() and read(path).sha256 == path.stem):
        return False
    with database.writing() as connection:
        # Till here a gc may have been at it, which deletes only while it holds the lock for writing.
        if there := path.exists():
            trash.returned(connection, path.stem)
    return there


def aside(store: Store) -> Iterator[tuple[str, Path]]:
    """What gc has set aside, by its hash."""
    folder = store.journal.incoming
    for name in sorted(os.listdir(folder)) if folder.is_dir() and not is_link(folder) else ():
        if (match := _ASIDE.fullmatch(name)) and is_inside(store.root, folder / name):
            yield match[1], folder / name


def to_go(store: Store) -> list[Path]:
    """What gc has set aside and is still to go, or is there a second time."""
    return [path for sha256, path in aside(store) if _is_to_go(store, sha256)]


def bring_home(store: Store) -> None:
    """Give what was set aside, but is no longer to go, its name again."""
    for sha256, path in list(aside(store)):
        if _is_to_go(store, sha256) or (row := look_up(store, sha256)) is None:
            continue
        with store.database.writing():  # another gc may be at it till then
            if is_inside(store.root, path) and read(path).sha256 == sha256:
                adopting.move(store.root, path, sha256, row.media_type)


def let_go(store: Store) -> Iterator[tuple[Path, int]]:
    """Delete what is still to go of what a dead gc has set aside, and yield each with its bytes."""
    for path in to_go(store):
        with store.database.writing():
            if not (is_inside(store.root, path) and _is_to_go(store, path.name[:64])):
                continue
            size = path.lstat().st_size
            path.unlink()
        yield path, size


def _is_to_go(store: Store, sha256: str) -> bool:
    row = look_up(store, sha256)
    return row is not None and (row.emptied or is_stored(store.root, sha256, row.media_type, row.bytes))
