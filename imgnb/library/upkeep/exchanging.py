"""The old file of a database and the new one: whether the old one is well, what an earlier rebuild has left, the exchange."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from ...errors import LibraryError, LibraryTooNew
from ...files.durable import make_folder, sync_file, sync_folder
from ..database import Database
from ..migrations import LATEST, schema_version
from . import leftovers, quarantine
from .leftovers import WHOLE
from .shelves import SHELVES, files_of_shelf


def is_well(file: Path) -> bool:
    """Whether SQLite finds nothing wrong with the file, and it is a library's."""
    if not file.exists():
        return False
    try:
        database = Database(file, busy_timeout=5.0, read_only=True)
        try:
            if (version := schema_version(database)) > LATEST:
                raise LibraryTooNew(f"{file} was written by a newer imgnb", hint="pip install --upgrade imgnb")
            with database.reading() as connection:
                said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            return version > 0 and said == "ok"
        finally:
            database.close()
    except LibraryTooNew:
        raise
    except (LibraryError, UnicodeError):
        return False  # bytes that are no text are damage, too


def is_bare(root: Path, file: Path) -> bool:
    """Whether it knows no picture though there are some: whoever opened a library without its database has made it."""
    if file.exists() and not file.stat().st_size:
        return True
    with contextlib.suppress(sqlite3.Error, UnicodeError):
        return not any(count(file)) and any(any(files_of_shelf(root, digits)) for digits in SHELVES)
    return False


def write_back(file: Path) -> None:
    """Leave nothing of a file that is well in its WAL: a rebuild that is killed may not part them."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def unfinished(root: Path, well: bool, notes: list[str]) -> tuple[Path, ...]:
    """What a killed rebuild has made is read as the last source; where the library was used since, it is out of date."""
    file, old = root / WHOLE, root / "library.db"
    if not file.is_file() or file.is_symlink():
        return ()
    since = [path for path in (old, old.with_name("library.db-wal")) if _is_newer(path, file)]
    if well or (since and not is_bare(root, old)):
        for part in leftovers.whole(root):
            put = quarantine.put(root, part, "a rebuild that was killed had made it, and the library was used since")
            notes.append(f"what an earlier rebuild has made is {put.relative_to(root).as_posix()}")
        return ()
    return (file,)


def _is_newer(path: Path, than: Path) -> bool:
    return path.exists() and path.stat().st_mtime > than.stat().st_mtime


def settle(file: Path) -> None:
    """Make it one file that is on the disk."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    sync_file(file)
    sync_folder(file.parent)


def exchange(root: Path) -> Path | None:
    """Put the new file in place; the old one, and its WAL, are in quarantine before."""
    old, kept = root / "library.db", None
    folder = root / quarantine.FOLDER
    aside = _free(folder)
    if old.exists():
        make_folder(folder)
        kept = aside
        try:
            os.link(old, kept)
        except OSError:
            shutil.copyfile(old, kept)
            sync_file(kept)
    for end in ("-wal", "-journal", "-shm"):
        beside = old.with_name(old.name + end)
        if beside.exists() and not beside.is_symlink():
            # A WAL of the old file beside the new one would be written into it.
            if end == "-shm":
                beside.unlink()
            else:
                make_folder(folder)
                os.replace(beside, aside.with_name(aside.name + end))
    os.replace(root / WHOLE, old)
    sync_folder(root)
    return kept


def _free(folder: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    return folder / f"library-{stamp}.db"


def forget(file: Path) -> None:
    """Remove a database that was never whole, and what stands beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def count(file: Path) -> tuple[int, int]:
    """How many generations and assets the file has."""
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("generation", "asset")
        ]
    return counts[0], counts[1]
