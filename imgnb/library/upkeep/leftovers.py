"""Files that nobody waits for: of the dead in `incoming/`, and in `blobs/` under names that are no picture's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..clock import is_id
from ..opening import Store
from ..sessions import is_alive
from .report import Problem
from .shelves import FRESH, strangers


def problems(store: Store) -> Iterator[Problem]:
    """What lies where it should not."""
    for path in strangers(store.root):
        yield Problem("misnamed", name_of(store, path), "it is not named as a picture in blobs/ is")
    for path in left(store):
        yield Problem(
            "leftover", name_of(store, path), "a kernel that is dead has left it, and nobody can tell whose it is"
        )


def left(store: Store) -> Iterator[Path]:
    """Files in `incoming/` that nobody will see to: what begins with an id is recovery's, which takes it home, or its kernel's."""
    folder = store.journal.incoming
    for name in sorted(os.listdir(folder)) if folder.is_dir() else ():
        path = folder / name
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
    return (
        not name.endswith(".tmp") or is_alive(store.journal.incoming, owner) or owner in store.journal.generation_ids()
    )
