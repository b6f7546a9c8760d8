"""Choices between two pictures, made without knowing anything of them: what a ranking is reckoned from."""

from __future__ import annotations

from sqlalchemy import Connection

_STATEMENTS = (
    """CREATE TABLE choice (
        id INTEGER PRIMARY KEY, better TEXT NOT NULL REFERENCES asset (sha256),
        worse TEXT NOT NULL REFERENCES asset (sha256), tie INTEGER NOT NULL CHECK (tie IN (0, 1)),
        asked_by TEXT NOT NULL, created_at TEXT NOT NULL, CHECK (better <> worse))""",
    "CREATE INDEX choice_by_better ON choice (better)",
    "CREATE INDEX choice_by_worse ON choice (worse)",
)


def m006_choices(connection: Connection) -> None:
    """The table, and what finds a picture's choices."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
