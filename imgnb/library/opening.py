"""Opening a library's folder: what can be done in it, and how.

A folder that cannot be written, a full disk or a file from a newer imgnb still open for reading, so that replay works;
`Store.check_writable` then says why a write is refused.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import LibraryError, LibraryFull, LibraryReadOnly, LibraryTooNew
from ..files.durable import make_folder
from .blobs import settle
from .database import ELSEWHERE, Database, JournalMode, translated
from .journal import Journal
from .migrations import LATEST, migrate, schema_version
from .network import network_file_system
from .sessions import Session, check_open, is_alive


@dataclass
class Store:
    """The parts of an open library, for the modules that work in it."""

    root: Path
    database: Database
    journal: Journal
    schema_version: int
    notes: tuple[str, ...]
    session: Session | None
    refusal: LibraryError | None
    "Why this library cannot be written, or None."
    unfiled: set[str] = field(default_factory=set)
    "Generations whose end is written down but could not be filed yet."
    filed: dict[str, list[Path]] = field(default_factory=dict)
    "Generations that are filed, with their pictures, whose files in `incoming/` may go."

    def check_writable(self) -> str:
        """The id of this session; raises the reason when the library can only be read."""
        if self.refusal is not None or self.session is None:
            refusal = self.refusal or LibraryReadOnly(f"{self.root} can only be read")
            raise type(refusal)(refusal.message, hint=refusal.hint)
        with translated(self.root):
            return self.session.id

    def is_alive(self, session_id: str) -> bool:
        """Whether the kernel with this session lives, this one being known to."""
        own = self.session is not None and self.session.id == session_id
        return own or is_alive(self.journal.incoming, session_id)

    def tidy(self) -> None:
        """Remove what is left of generations whose rows are committed, once their pictures have their names for good.

        Nobody waits for that: it is done before the next request goes out, and at the end.
        """
        with contextlib.suppress(OSError, KeyError):  # another thread may be at the last one
            while True:
                generation_id, finals = self.filed.popitem()
                if all(final.is_file() for final in finals):
                    settle(self.root, finals)
                    self.journal.clear(generation_id)

    def close(self) -> None:
        self.tidy()
        self.refusal = self.refusal or LibraryError(f"{self.root} was closed", hint="open it once more")
        self.database.close()
        if self.session is not None:
            self.session.close()


def open_store(root: Path, journal: JournalMode, busy_timeout: float, *, read_only: bool = False) -> Store:
    """Open the folder, or make it; for reading only, with the reason, where it cannot be written."""
    if read_only:
        asked = LibraryReadOnly(f"{root} was opened for reading only", hint="open it once more without read_only")
        store = _open_for_reading(root, asked, busy_timeout)
        return replace(store, notes=store.notes[1:])
    session, refusal = _begin_session(root)
    if refusal is None:
        try:
            return _open_for_writing(root, session, journal, busy_timeout)
        except (LibraryReadOnly, LibraryFull) as error:
            refusal = error
    return _open_for_reading(root, refusal, busy_timeout)


def _begin_session(root: Path) -> tuple[Session | None, LibraryError | None]:
    try:
        with translated(root):
            incoming = root / "incoming"
            make_folder(incoming)
            session = Session(incoming)
        try:
            check_open(incoming)
        except BaseException:
            session.close()
            raise
        return session, None
    except (LibraryReadOnly, LibraryFull) as refusal:
        return None, refusal


def _open_for_writing(root: Path, session: Session | None, journal: JournalMode, busy_timeout: float) -> Store:
    database = Database(root / "library.db", busy_timeout=busy_timeout)
    store = Store(root, database, Journal(root), 0, (), session, None)
    try:
        version = schema_version(database)
        if version > LATEST:
            store.close()
            store.session, store.refusal, store.schema_version = None, _too_new(root, version), version
            return store
        store.notes = (*_orphaned(root, version), *_choose_journal(root, database, journal))
        store.schema_version = migrate(database)
    except BaseException:
        store.close()
        raise
    return store


def _open_for_reading(root: Path, refusal: LibraryError, busy_timeout: float) -> Store:
    file = root / "library.db"
    if not file.exists():
        raise type(refusal)(
            f"there is no library in {root}, and none can be made: {refusal.message}", hint=refusal.hint
        )
    database = Database(file, busy_timeout=busy_timeout, read_only=True)
    version = schema_version(database)
    if version == 0 and _is_unmerged(file):
        raise type(refusal)(
            f"{root} can only be read, and its rows are still in library.db-wal, which takes writing to be read",
            hint=f"open it once where it can be written, so that it is closed properly, or {ELSEWHERE}",
        )
    if version < LATEST:
        raise type(refusal)(
            f"{root} was written by an older imgnb and cannot be brought up to date: {refusal.message}",
            hint=refusal.hint,
        )
    notes = [f"{root} can only be read: {refusal.message}"]
    if _is_unmerged(file) and database.is_cut_off():
        notes.append(
            f"the newest rows are still in {file.name}-wal, which takes writing to be read: they are not shown"
        )
    return Store(root, database, Journal(root), version, tuple(notes), None, refusal)


def _orphaned(root: Path, version: int) -> tuple[str, ...]:
    """A note where there are pictures, but no rows."""
    if version or not any((root / "blobs").glob("*/*/*")):
        return ()
    return (f"{root} has pictures, but its database was gone: imgnb rebuild makes a new one of them",)


def _is_unmerged(file: Path) -> bool:
    """Whether a kernel that was killed has left rows beside the file."""
    wal = file.with_name(f"{file.name}-wal")
    return wal.exists() and wal.stat().st_size > 0


def _choose_journal(root: Path, database: Database, wanted: JournalMode) -> tuple[str, ...]:
    if network := network_file_system(root.resolve()):
        mode = database.use_journal("delete")
        return (f"{root} lies on a network disk ({network}): SQLite uses its {mode} journal there",)
    mode = database.use_journal(wanted)
    if wanted == "wal":
        return ()
    stays = "" if mode == wanted else f", but another kernel holds it in its {mode} journal"
    return (f"{root} is to be used without WAL{stays}: a kernel that writes keeps the others waiting",)


def _too_new(root: Path, version: int) -> LibraryTooNew:
    return LibraryTooNew(
        f"{root} was written by a newer imgnb (schema {version}, this one knows {LATEST}): it can be read, not written",
        hint="pip install --upgrade imgnb, or set IMGNB_LIBRARY to another folder",
    )
