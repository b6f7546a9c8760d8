"""How a library's file gets the tables that this version knows: small named steps, never edited once released.

The steps stand in `steps/`. Each step and its row in `schema_version` are one transaction, so a file is always at exactly
one version. What the tables mean stands in `tables.py`. The full text index has no content of its own: triggers keep it
to `generation`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select

from .._version import __version__
from . import tables
from .database import Database
from .steps.m001_initial import m001_initial
from .steps.m002_conversations import m002_conversations
from .steps.m003_edits import m003_edits
from .steps.m004_search import m004_search


def schema_version(database: Database) -> int:
    """The version of the file; 0 for one that has no tables yet."""
    with database.reading() as connection:
        return _version(connection)


def migrate(database: Database) -> int:
    """Apply the steps that are missing and return the file's version, which may be newer than ours."""
    if (version := schema_version(database)) >= LATEST:
        return version
    for number, step in enumerate(STEPS, start=1):
        with database.writing() as connection:
            # Asked again inside the transaction: another kernel may have opened the library at the same moment.
            if (version := _version(connection)) < number:
                step(connection)
                connection.execute(insert(tables.schema_version).values(_row(number, step)))
                version = number
    return version


def _version(connection: Connection) -> int:
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").first():
        return 0
    return connection.scalar(select(func.max(tables.schema_version.c.version))) or 0


def _row(number: int, step: Callable[[Connection], None]) -> dict[str, object]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"version": number, "name": step.__name__, "imgnb_version": __version__, "applied_at": now}


STEPS: tuple[Callable[[Connection], None], ...] = (m001_initial, m002_conversations, m003_edits, m004_search)
LATEST = len(STEPS)
