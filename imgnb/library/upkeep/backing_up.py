"""A copy of the database in one file, made while kernels write: SQLite's own backup, checked before it gets its name.

Pictures are not in it: their files never change, and any program can copy them.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ...errors import LibraryError, LibraryFull
from ...files.durable import make_folder, sync_file, sync_folder
from ...files.whole import whole_file
from ..database import Database, translated

PAGES = 2_000
"Pages that are copied between two looks at the clock: eight megabytes."

Copied = Callable[[int, int], None]
"Is told how many bytes are copied, of how many."


def back_up(
    database: Database,
    target: Path,
    *,
    force: bool = False,
    progress: Copied | None = None,
    check: str = "integrity_check",
) -> int:
    """Write the database as it is now to `target` and return its bytes; nothing half-written ever has that name.

    Raises LibraryError where the file is there already, LibraryFull or LibraryReadOnly where it cannot be written.
    """
    target = target.expanduser().absolute()
    _check_target(database, target, force)
    with translated(target):
        try:
            with whole_file(target, over=force) as temporary, _without_neighbours(temporary):
                _copy(database, temporary, progress, check)
                sync_file(temporary)
        except FileExistsError:
            raise LibraryError(f"{target} is there already", hint="take another name, or --force") from None
        sync_folder(target.parent)
        return target.stat().st_size


def bytes_of(file: Path) -> int:
    """The bytes of a database and of what is not written back to it yet."""
    return sum(path.stat().st_size for path in (file, file.with_name(f"{file.name}-wal")) if path.exists())


def keep_a_copy(database: Database, root: Path, version: int) -> Path:
    """Back up into `backups/` what is about to be migrated, and return the file."""
    folder = root / "backups"
    with translated(folder):
        make_folder(folder)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    target = folder / f"library-v{version}-{stamp}.db"
    # Somebody waits for the library to open, and indexes can be made again: they are half of the time.
    back_up(database, target, check="quick_check")
    return target


def _check_target(database: Database, target: Path, force: bool) -> None:
    if target.is_dir():
        raise LibraryError(f"{target} is a folder", hint="name a file, such as library-backup.db")
    if not target.parent.is_dir():
        raise LibraryError(f"there is no folder {target.parent}", hint="make it, or back up elsewhere")
    if target.resolve().parent == database.path.resolve().parent and target.name.startswith(database.path.name):
        raise LibraryError(f"{target} is the library's own file", hint="back up to another name")
    if target.exists() and not force:
        raise LibraryError(f"{target} is there already", hint="take another name, or --force to write over it")
    with translated(target):
        size, free = bytes_of(database.path), shutil.disk_usage(target.parent).free
    if free < size:
        raise LibraryFull(
            f"a backup takes {size:,} bytes, and {target.parent} has {free:,} left",
            hint="free some space there, or back up to another disk",
        )


def _copy(database: Database, temporary: Path, progress: Copied | None, check: str) -> None:
    def told(_: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress((total - remaining) * size, total * size)

    with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as copy, database.bare() as source:
        size = source.execute("PRAGMA page_size").fetchone()[0]
        with _one_moment(source) as pages, translated(temporary):
            source.backup(copy, pages=pages, progress=told)
        # One file that needs no neighbours, wherever it is carried.
        copy.execute("PRAGMA journal_mode = DELETE")
        found = copy.execute(f"PRAGMA {check}(1)").fetchone()[0]
        if found != "ok":
            raise LibraryError(f"{database.path} is damaged: {found}", hint="imgnb verify says more")


@contextlib.contextmanager
def _without_neighbours(file: Path) -> Iterator[None]:
    """What SQLite has put beside the file goes away again, however it ends."""
    try:
        yield
    finally:
        for end in ("-wal", "-shm", "-journal"):
            file.with_name(file.name + end).unlink(missing_ok=True)


@contextlib.contextmanager
def _one_moment(source: sqlite3.Connection) -> Iterator[int]:
    """See the file as it is now to the end, in as many steps as it takes; a copy would begin anew with each write."""
    if source.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        yield -1  # without a WAL whoever reads keeps writers waiting: it is copied in one go
        return
    source.execute("BEGIN")
    source.execute("SELECT count(*) FROM sqlite_master").fetchone()
    try:
        yield PAGES
    finally:
        source.execute("ROLLBACK")
