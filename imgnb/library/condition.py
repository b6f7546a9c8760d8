"""How a library's folder is doing, for `imgnb doctor`. Nothing is made that is not there."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ..errors import LibraryError
from .library import Library

SQLITE = sqlite3.sqlite_version


@dataclass(frozen=True)
class Condition:
    """What is to be said of a library: whether it is there, can be written, and how much it holds."""

    exists: bool
    generations: int = 0
    notes: tuple[str, ...] = ()
    error: LibraryError | None = None
    "Why it cannot be opened, written, or made."


def condition(path: Path) -> Condition:
    """The condition of the library in this folder; it is opened, which finishes what a dead kernel has left, and closed."""
    if not path.is_dir():
        return Condition(False, error=_unmakeable(path))
    try:
        library = Library(path, busy_timeout=5.0)
    except LibraryError as exc:
        return Condition(True, error=exc)
    try:
        library.check_writable()
        return Condition(True, len(library), library.notes)
    except LibraryError as exc:
        return Condition(True, len(library), library.notes, exc)
    finally:
        library.close()


def _unmakeable(path: Path) -> LibraryError | None:
    parent = next((parent for parent in path.parents if parent.exists()), path)
    if not path.exists() and parent.is_dir() and os.access(parent, os.W_OK):
        return None
    return LibraryError(
        f"there is no library in {path}, and {parent} cannot be written", hint="set IMGNB_LIBRARY to another folder"
    )
