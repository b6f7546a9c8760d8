"""Files that nobody waits for: of the dead in `incoming/`, of a rebuild that was killed, and in `blobs/` what is no picture's."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import exists, select

from .. import tables
from ..clock import is_id
from ..opening import Store
from .inside import is_link
from .report import Problem
from .shelves import FRESH, strangers

SALVAGE = "salvage.tmp"
"The folder in `incoming/` into which a rebuild copies what it reads."

WORK = "rebuilding.db"
WHOLE = "rebuilt.db"
"The new database of a rebuild, while it is filled, and when it is whole but not yet in its place."


def problems(store: Store) -> Iterator[Problem]:
    """What lies where it should not."""
    for path in strangers(store.root):
        yield Problem("misnamed", name_of(store, path), "it is not named as a picture in blobs/ is")
    for path in left(store):
        yield Problem(
            "leftover", name_of(store, path), "a kernel that is dead has left it, and nobody can tell whose it is"
        )
    for path in (*work(store.root), *whole(store.root)):
        yield Problem("leftover", name_of(store, path), "a rebuild that was killed has left it")


def work(root: Path) -> list[Path]:
    """What a killed rebuild has left that the next one makes anew. While one runs, nobody has the library open."""
    folder = root / "incoming" / SALVAGE
    copies = sorted(folder.iterdir()) if folder.is_dir() and not is_link(folder) and not is_link(folder.parent) else []
    return [path for path in (*copies, *_with_its_own(root / WORK)) if path.is_file() and not path.is_symlink()]


def whole(root: Path) -> list[Path]:
    """The database that a killed rebuild has made, and not put in its place."""
    return [path for path in _with_its_own(root / WHOLE) if path.is_file() and not path.is_symlink()]


def _with_its_own(file: Path) -> list[Path]:
    return [file.with_name(file.name + end) for end in ("", "-wal", "-shm", "-journal")]


def remove_work_folder(store: Store) -> None:
    """Remove the folder of a killed rebuild where it is empty by now."""
    with contextlib.suppress(OSError):
        (store.journal.incoming / SALVAGE).rmdir()


def left(store: Store) -> Iterator[Path]:
    """Files in `incoming/` that nobody will see to: what begins with an id is recovery's, which takes it home, or its kernel's."""
    folder = store.journal.incoming
    for name in sorted(os.listdir(folder)) if folder.is_dir() and not is_link(folder) else ():
        path = folder / name
        if name == SALVAGE and path.is_dir() and not is_link(path):
            continue
        if path.suffix != ".lock" and not is_fresh(path) and not _is_somebodys(store, name):
            yield path


def name_of(store: Store, path: Path) -> str:
    """The file's path inside the library."""
    return path.relative_to(store.root).as_posix()


def is_fresh(path: Path) -> bool:
    """Whether it is so new that somebody may be at it; what is gone is nobody's."""
    try:
        return time.time() - path.lstat().st_mtime < FRESH
    except FileNotFoundError:
        return True


def _is_somebodys(store: Store, name: str) -> bool:
    """Whether a session, or the heir of a generation, will see to it; half-written copies have no heir."""
    owner = name.split(".", 1)[0]
    if not is_id(owner):
        return False
    if (store.journal.incoming / f"{owner}.lock").exists():
        return True  # of a session: it lives, or the next open takes care of what it has left
    with store.database.reading() as connection:
        known = bool(connection.scalar(select(exists().where(tables.generation.c.id == owner))))
    return known and (not name.endswith(".tmp") or owner in store.journal.generation_ids())
