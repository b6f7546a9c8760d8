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
from itertools import chain
from pathlib import Path
from typing import Any

from ...errors import LibraryError
from ...files.durable import make_folder
from ...records import blob_path
from .. import sessions
from ..database import Database, translated
from ..migrations import migrate
from ..opening import open_store
from . import derived, leftovers, quarantine, returning, salvaging
from .adopting import adopt, facts_of
from .exchanging import count, exchange, forget, is_bare, is_well, settle, unfinished, write_back
from .filling import Filling
from .inside import check_no_links, is_inside
from .leftovers import WHOLE, WORK
from .reading import in_order, read
from .report import Follow, Step, nobody
from .shelves import SHELVES, files_of_shelf


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
    check_no_links(root, "incoming", quarantine.FOLDER)
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
        returning.take_back(store.database, root)
    finally:
        store.close()
    said = [f"{came.generations:,} generations came from exports", *came.notes]
    said += [f"{path}: {why}" for path, why in came.refused]
    generations, assets = count(root / "library.db")
    return replace(made, adopted=adopted, generations=generations, assets=assets, notes=(*made.notes, *said))


def _rebuild(root: Path, sources: Sequence[Path], force: bool, follow: Follow, *, adopting: bool) -> Rebuilt:
    notes: list[str] = []
    old = root / "library.db"
    well = is_well(old) and not is_bare(root, old)
    if well and not force:
        raise LibraryError(f"{old} seems to be well", hint="imgnb verify looks closer; --yes rebuilds it all the same")
    if well:
        write_back(old)
    sources = (*sources, *unfinished(root, well, notes))
    forget(root / WORK)
    shutil.rmtree(root / "incoming" / leftovers.SALVAGE, ignore_errors=True)
    database = Database(root / WORK, busy_timeout=30.0)
    try:
        filling = _fill(root, database, (old, *sources), notes, follow)
        adopted = _adopt(root, database, follow) if adopting else 0
        returning.take_back(database, root)
    finally:
        database.close()
    settle(root / WORK)
    os.replace(root / WORK, root / WHOLE)
    kept = exchange(root)
    if kept is not None:
        notes.append(f"the old file is {kept.relative_to(root).as_posix()}")
    generations, assets = count(old)
    where = kept.relative_to(root).as_posix() if kept else None
    return Rebuilt(filling.counts, adopted, generations, assets, where, tuple(notes))


def _fill(root: Path, database: Database, files: Sequence[Path], notes: list[str], follow: Follow) -> Filling:
    migrate(database)
    with database.bare() as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA synchronous = OFF")  # it has no name yet: whoever is killed begins anew
        filling = Filling(connection)
        leave: frozenset[str] = frozenset()
        for file in files:
            with _copied(root, file) as copy:
                if copy is None:
                    notes.append(f"{file.name}: nothing can be read of it")
                    continue
                if "trash" in _take_over(filling, copy, follow, leave):
                    leave = frozenset(("trash",))  # what was brought back since is no longer in it
        filling.settle()
    with database.bare() as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        filling.leave_nothing_dangling(connection)
    for kind in ("labels", "trashed", "counts"):
        with database.writing() as writing:
            derived.rederive(writing, kind)
    return filling


def _take_over(filling: Filling, copy: Path, follow: Follow, leave: frozenset[str]) -> set[str]:
    """Add what can be read, but for some tables, and return which tables the file has."""
    seen: set[str] = set()
    try:
        for table, rows in salvaging.salvage(copy):
            seen.add(table)
            if table in leave:
                continue
            for number, row in enumerate(rows, 1):
                filling.add(table, row)
                if number % 1000 == 0:
                    follow(Step(f"reading {table}", number))
    except (sqlite3.DatabaseError, UnicodeError):
        pass  # not even its schema can be read
    return seen


@contextlib.contextmanager
def _copied(root: Path, file: Path) -> Iterator[Path | None]:
    """A copy to read from, with what stands beside it: SQLite would write to the file itself."""
    if not salvaging.is_database(file):
        yield None
        return
    folder = root / "incoming" / leftovers.SALVAGE
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
        generations = frozenset(connection.exec_driver_sql("SELECT id FROM generation").scalars())
    adopted = 0
    paths = (path for digits in SHELVES for sha256, path in files_of_shelf(root, digits) if sha256 not in known)
    spools = [path for path in _spools(root) if path.name.partition(".")[0] not in generations]
    for number, (path, found) in enumerate(in_order(read, chain(paths, spools)), 1):
        follow(Step("adopting pictures", number))
        is_home = bool(found.sha256) and blob_path(root, found.sha256, facts_of(found.picture)["media_type"]).exists()
        if found.sha256 in path.name.split(".") and (path.suffix != ".spool" or not is_home):
            with database.writing() as connection:
                adopt(connection, root, path, found)
            adopted += 1
    return adopted


def _spools(root: Path) -> list[Path]:
    """Pictures that have arrived whole; those of generations that are known are brought home by the next open."""
    return [path for path in sorted((root / "incoming").glob("*.spool")) if is_inside(root, path)]
