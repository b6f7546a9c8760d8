"""Where damaged files go: beside the library's own, each with a note. Nothing is ever deleted from here by itself."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from ...errors import LibraryError
from ...files.durable import make_folder, sync_folder
from ..clock import now
from .inside import check_no_links, is_inside, is_link

FOLDER = "quarantine"


def put(root: Path, path: Path, why: str) -> Path:
    """Move a file to `quarantine/`, with a note that says why and where it was, and return where it is now."""
    check_no_links(root, FOLDER)
    if not is_inside(root, path):
        raise LibraryError(f"{path} is no plain file of the library", hint="look at what it is a link to")
    folder = root / FOLDER
    make_folder(folder)
    target = _free(folder, path.name)
    # The note first: a file without one would be a riddle, a note without its file is just late.
    note = target.with_name(f"{target.name}.txt")
    note.write_text(
        f"{now()}\n{why}\nwas {path.relative_to(root).as_posix()!r}\n", encoding="utf-8", errors="backslashreplace"
    )
    os.replace(path, target)
    sync_folder(folder)
    sync_folder(path.parent)
    return target


def files(root: Path) -> Iterator[Path]:
    """What lies there, without the notes."""
    folder = root / FOLDER
    for name in sorted(os.listdir(folder)) if folder.is_dir() and not is_link(folder) else ():
        path = folder / name
        if (
            not (name.endswith(".txt") and path.with_name(name[:-4]).exists())
            and path.is_file()
            and not path.is_symlink()
        ):
            yield path


def _free(folder: Path, name: str) -> Path:
    for number in itertools.count(1):
        target = folder / (name if number == 1 else f"{number}-{name}")
        if not target.exists() and not target.with_name(f"{target.name}.txt").exists():
            return target
    raise AssertionError("unreachable")
