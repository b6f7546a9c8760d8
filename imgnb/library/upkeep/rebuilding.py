"""A fresh database from whatever is left: rows of the damaged one, of backups, and pictures that no row knows.

The old file stays in its place until the new one is whole, and then goes to `quarantine/`, never away. Whoever is killed
meanwhile begins anew, or finishes the exchange. No kernel can open the library during it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...errors import LibraryError, LibraryTooNew
from .. import sessions
from ..blobs import make_folder, sync_file, sync_folder
from ..database import Database, translated
from ..migrations import LATEST, migrate, schema_version
from ..opening import open_store
from . import derived, quarantine, salvaging
from .adopting import adopt
from .filling import Filling
from .reading import in_order, read
from .report import Follow, Step, nobody
from .shelves import SHELVES, files_of_shelf

WORK = "rebuilding.db"
WHOLE = "rebuilt.db"
"The new database, while it is filled, and when it is whole but not yet in its place."


@dataclass(frozen=True)
class Rebuilt:
    """What a new database was made of."""

    tables: Mapping[str, tuple[int, int]]
    "Rows by table: those that were taken over, and those that did not fit."
    adopted: int
    generations: int
    assets: int
    kept: str | None
    "Where the old file is now."
    notes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return asdict(self)


def rebuild(root: Path, *, sources: Sequence[Path] = (), force: bool = False, follow: Follow = nobody) -> Rebuilt:
    """Make a new database. Raises LibraryLocked while kernels have the library open.

    `sources` are backups of the database, and what `imgnb export` has written (records, bundles): their rows are added. A
    database that is well is only replaced with `force`.
    """
    root = root.expanduser().absolute()
    if not root.is_dir():
        raise LibraryError(f"there is no library in {root}", hint="set IMGNB_LIBRARY to the folder that has blobs")
    for source in sources:
        if not source.exists():
            raise LibraryError(
                f"there is no {source}", hint="give backups of the database, or what imgnb export has written"
            )
    backups = [source for source in sources if salvaging.is_database(source)]
    exports = [source for source in sources if source not in backups]
    with translated(root):
        make_folder(root / "incoming")
        with sessions.alone(root / "incoming"):
            made = _rebuild(root, backups, force or bool(sources), follow, adopting=not exports)
    return _with_exports(root, made, exports, follow) if exports else made


def _with_exports(root: Path, made: Rebuilt, exports: Sequence[Path], follow: Follow) -> Rebuilt:
    """Import what was exported, then adopt what is left: a picture's own record goes before what it says of itself."""
    from ..bundles.importing import import_all
    from ..bundles.limits import DEFAULT

    store = open_store(root, "wal", 30.0)
    try:
        # What is left of a library is wanted, also where some of it is broken.
        came = import_all(
            store,
            exports,
            DEFAULT,
            lambda done, total: follow(Step("importing", done, total, in_bytes=True)),
            lenient=True,
        )
        adopted = _adopt(root, store.database, follow)
    finally:
        store.close()
    said = [f"{came.generations:,} generations came from exports", *came.notes]
    said += [f"{path}: {why}" for path, why in came.refused]
    generations, assets = _count(root / "library.db")
    return replace(made, adopted=adopted, generations=generations, assets=assets, notes=(*made.notes, *said))


def _rebuild(root: Path, sources: Sequence[Path], force: bool, follow: Follow, *, adopting: bool) -> Rebuilt:
    notes: list[str] = []
    old = root / "library.db"
    if not (root / WHOLE).exists():
        if not force and is_well(old):
            raise LibraryError(
                f"{old} seems to be well", hint="imgnb verify looks closer; --yes rebuilds it all the same"
            )
        _forget(root / WORK)
        database = Database(root / WORK, busy_timeout=30.0)
        try:
            filling = _fill(root, database, (old, *sources), notes, follow)
            adopted = _adopt(root, database, follow) if adopting else 0
        finally:
            database.close()
        _settle(root / WORK)
        os.replace(root / WORK, root / WHOLE)
        taken = filling.counts
    else:
        notes.append("the database that an earlier rebuild has made was put in its place")
        taken, adopted = {}, 0
    kept = _exchange(root)
    if kept is not None:
        notes.append(f"the old file is {kept.relative_to(root).as_posix()}")
    generations, assets = _count(old)
    where = kept.relative_to(root).as_posix() if kept else None
    return Rebuilt(taken, adopted, generations, assets, where, tuple(notes))


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
    except LibraryError:
        return False


def _fill(root: Path, database: Database, files: Sequence[Path], notes: list[str], follow: Follow) -> Filling:
    migrate(database)
    with database.bare() as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA synchronous = OFF")  # it has no name yet: whoever is killed begins anew
        filling = Filling(connection)
        for file in files:
            with _copied(root, file) as copy:
                if copy is None:
                    notes.append(f"{file.name}: nothing can be read of it")
                    continue
                _take_over(filling, copy, follow)
        filling.settle()
    with database.bare() as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        filling.leave_nothing_dangling(connection)
    for kind in ("labels", "trashed", "counts"):
        with database.writing() as writing:
            derived.rederive(writing, kind)
    return filling


def _take_over(filling: Filling, copy: Path, follow: Follow) -> None:
    try:
        for table, rows in salvaging.salvage(copy):
            for number, row in enumerate(rows, 1):
                filling.add(table, row)
                if number % 1000 == 0:
                    follow(Step(f"reading {table}", number))
    except sqlite3.DatabaseError:
        return  # not even its schema can be read


@contextlib.contextmanager
def _copied(root: Path, file: Path) -> Iterator[Path | None]:
    """A copy to read from, with what stands beside it: SQLite would write to the file itself."""
    if not salvaging.is_database(file):
        yield None
        return
    folder = root / "incoming" / "salvage.tmp"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        for end in ("", "-wal"):
            if (part := file.with_name(file.name + end)).exists():
                shutil.copyfile(part, folder / f"copy.db{end}")
        yield folder / "copy.db"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _adopt(root: Path, database: Database, follow: Follow) -> int:
    """Pictures that no row knows become assets, where their bytes are what their name says."""
    with database.reading() as connection:
        known = frozenset(connection.exec_driver_sql("SELECT sha256 FROM asset WHERE bytes > 0").scalars())
    count = 0
    paths = (path for digits in SHELVES for sha256, path in files_of_shelf(root, digits) if sha256 not in known)
    for number, (path, found) in enumerate(in_order(read, paths), 1):
        follow(Step("adopting pictures", number))
        if found.sha256 and found.sha256 == path.name.partition(".")[0]:
            with database.writing() as connection:
                adopt(connection, root, path, found)
            count += 1
    return count


def _settle(file: Path) -> None:
    """Make it one file that is on the disk."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    sync_file(file)
    sync_folder(file.parent)


def _exchange(root: Path) -> Path | None:
    """Put the new file in place; the old one, and its WAL, are in quarantine before."""
    old, kept = root / "library.db", None
    folder = root / quarantine.FOLDER
    if old.exists():
        make_folder(folder)
        kept = _free(folder)
        try:
            os.link(old, kept)
        except OSError:
            shutil.copyfile(old, kept)
            sync_file(kept)
    for end in ("-wal", "-journal", "-shm"):
        beside = old.with_name(old.name + end)
        if beside.exists():
            # A WAL of the old file beside the new one would be written into it.
            os.replace(beside, kept.with_name(kept.name + end)) if kept and end != "-shm" else beside.unlink()
    os.replace(root / WHOLE, old)
    sync_folder(root)
    return kept


def _free(folder: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    return folder / f"library-{stamp}.db"


def _forget(file: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def _count(file: Path) -> tuple[int, int]:
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("generation", "asset")
        ]
    return counts[0], counts[1]
