"""Statements of the hot path, compiled once and run by the driver itself: SQLAlchemy's part takes longer than SQLite's.

They run in the transaction of the connection that is given. Values go in and come out as SQLite has them: a truth is
0 or 1.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite.pysqlite import dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from .database import storable


class Prepared:
    """A statement with named parameters; of an insert or update, `columns` are those that it sets."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        compiled = cast(
            SQLCompiler, statement.compile(dialect=dialect(), column_keys=list(columns) if columns else None)
        )
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())

    def run(self, connection: Connection, given: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run it with these parameters; rows are tuples in the order of the columns."""
        driver = cast(sqlite3.Connection, connection.connection.dbapi_connection)
        return driver.execute(self._sql, storable([given[name] for name in self._names]))
