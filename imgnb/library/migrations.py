"""How a library's file gets the tables that this version knows: small named steps, never edited once released.

The steps stand in `steps/`. All that are missing are one transaction, after a backup into `backups/` where there is
something to lose: whoever is killed on the way leaves the old file whole. What the tables mean stands in `tables.py`. The full text index has no content of its own: triggers keep it
to `generation`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from .._version import __version__
from ..errors import LibraryError, LibraryLocked
from . import tables
from .database import Database
from .steps.m001_initial import m001_initial
from .steps.m002_conversations import m002_conversations
from .steps.m003_edits import m003_edits
from .steps.m004_search import m004_search
from .steps.m005_upkeep import m005_upkeep
from .steps.m006_choices import m006_choices
from .steps.m007_provenance import m007_provenance
from .upkeep.backing_up import keep_a_copy

PATIENCE = 300.0
"Seconds that a kernel waits for another one that migrates: a million generations take one minute."


def schema_version(database: Database) -> int:
    """The version of the file; 0 for one that has no tables yet."""
    with database.reading() as connection:
        return _version(connection)


def is_library(file: Path) -> bool:
    """Whether the file is a library of any version; what cannot be read may be one, and opening it says what is wrong."""
    database = Database(file, busy_timeout=1.0, read_only=True)
    try:
        with database.reading() as connection:
            found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
            return {"schema_version", "generation"} <= set(found)
    except LibraryError:
        return True
    finally:
        database.close()


def migrate(database: Database) -> int:
    """Apply the steps that are missing and return the file's version, which may be newer than ours.

    Where another kernel is at it, it is waited for. Raises LibraryFull or LibraryReadOnly where no backup can be made.
    """
    if (version := schema_version(database)) >= LATEST:
        return version
    deadline = time.monotonic() + (PATIENCE if version else 0)
    while True:
        try:
            return _migrate(database)
        except LibraryLocked:
            if time.monotonic() >= deadline:
                raise


def _migrate(database: Database) -> int:
    with database.writing() as connection:
        # Asked again inside the transaction: another kernel may have opened the library at the same moment.
        version = _version(connection)
        if version < LATEST and _has_rows(connection, version):
            _keep_a_copy(database, version)
        for number, step in enumerate(STEPS[version:], start=version + 1):
            step(connection)
            connection.execute(insert(tables.schema_version).values(_row(number, step)))
        return max(version, LATEST)


def _has_rows(connection: Connection, version: int) -> bool:
    rows = "SELECT 1 WHERE EXISTS (SELECT 1 FROM generation) OR EXISTS (SELECT 1 FROM asset)"
    return version > 0 and connection.exec_driver_sql(rows).first() is not None


def _keep_a_copy(database: Database, version: int) -> None:
    try:
        keep_a_copy(database, database.path.parent, version)
    except LibraryError as error:
        message = f"the library was not brought up to date, as no backup of it can be made first: {error.message}"
        raise type(error)(message, hint=error.hint) from error


def _version(connection: Connection) -> int:
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").first():
        return 0
    return connection.scalar(select(func.max(tables.schema_version.c.version))) or 0


def _row(number: int, step: Callable[[Connection], None]) -> dict[str, object]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"version": number, "name": step.__name__, "imgnb_version": __version__, "applied_at": now}


STEPS: tuple[Callable[[Connection], None], ...] = (
    m001_initial,
    m002_conversations,
    m003_edits,
    m004_search,
    m005_upkeep,
    m006_choices,
    m007_provenance,
)
LATEST = len(STEPS)
