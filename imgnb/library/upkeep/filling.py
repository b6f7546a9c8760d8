"""Rows of a damaged file, each on its own, into a new database: what is no row of ours, or does not fit, is counted."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from ..clock import is_id, milliseconds, now
from ..keeping import UNKNOWN

LOST = "lost"
"The source of an asset of which nothing is known but its hash."

_HASH = re.compile(r"[0-9a-f]{64}")
_OLD_NUMBERS = 10**11
"Numbers below this are of a library in which they were not times."
_DERIVED = frozenset(("label_text", "trashed"))
_BATCH = 5_000


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) is not None


_PLAUSIBLE: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "asset": lambda row: _is_hash(row.get("sha256")) and isinstance(row.get("bytes"), int) and isinstance(row.get("media_type"), str),
    "generation": lambda row: (
        isinstance(row.get("id"), str) and is_id(row["id"]) and isinstance(row.get("prompt"), str)
        and isinstance(row.get("status"), str) and _is_time(row.get("created_at"))
    ),
}  # fmt: skip
"What garbage of a broken page is told from a row by."

_ASSETS = {
    "output": ("asset", "derived"), "input": ("asset", "sent"), "derivation": ("asset", "parent"), "name": ("asset",),
    "name_history": ("asset",), "tag": ("asset",), "rating": ("asset",), "note": ("asset",), "trash": ("asset",), "upload": ("asset",),
    "choice": ("better", "worse"),
}  # fmt: skip
_GENERATIONS = ("output", "input", "attempt")


class Filling:
    """A new database that is being filled, in one connection without foreign keys."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: set[int] = set()
        self._pending = 0
        self.counts: dict[str, tuple[int, int]] = {}
        connection.execute("BEGIN")

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Add a row; one that is there already stays as it is."""
        values = {name: value for name, value in row.items() if name not in _DERIVED}
        fits = all(_is_hash(values[name]) for name in _ASSETS.get(table, ()) if values.get(name) is not None)
        if not fits or not _PLAUSIBLE.get(table, _anything)(values):
            self._count(table, 0, 1)
            return
        if table == "generation":
            self._add_generation(values)
        elif table in ("note", "name_history", "choice"):
            self._add_remark(table, values)
        else:
            self._insert(table, values)
        self._pending += 1
        if self._pending % _BATCH == 0:
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")

    def settle(self) -> None:
        """Commit, and give what rows name, but nobody knows, a row of its own: its bytes may be found."""
        for table, columns in _ASSETS.items():
            for column in columns:
                lost = f"SELECT DISTINCT {column} FROM {table} WHERE {column} NOT IN (SELECT sha256 FROM asset)"
                for (sha256,) in self._connection.execute(lost).fetchall():
                    self._insert(
                        "asset",
                        {"sha256": sha256, "media_type": UNKNOWN, "bytes": 0, "source": LOST, "created_at": now()},
                    )
        self._connection.execute("COMMIT")

    def leave_nothing_dangling(self, connection: sqlite3.Connection) -> None:
        """Leave out rows of generations that are lost: the old file has them still."""
        for table in _GENERATIONS:
            gone = connection.execute(
                f"DELETE FROM {table} WHERE generation NOT IN (SELECT id FROM generation)"
            ).rowcount
            self._count(table, -gone, gone)
        orphans = "continues IS NOT NULL AND continues NOT IN (SELECT id FROM generation)"
        connection.execute(f"UPDATE generation SET continues = NULL WHERE {orphans}")

    def _add_generation(self, values: dict[str, Any]) -> None:
        if self._connection.execute("SELECT 1 FROM generation WHERE id = ?", (values["id"],)).fetchone():
            return
        number = values.get("number")
        if not isinstance(number, int) or number < _OLD_NUMBERS or number in self._numbers:
            number = milliseconds(values["id"])
            while number in self._numbers:
                number += 1
        self._numbers.add(number)
        values = {**values, "number": number}
        if not self._insert("generation", values) and values.get("take") is not None:
            # Another one has this take by now: of one fingerprint, each has its own.
            same = (values.get("fingerprint"), values.get("route"))
            query = "SELECT max(take) + 1 FROM generation WHERE fingerprint = ? AND route = ?"
            free = self._connection.execute(query, same).fetchone()[0]
            self._insert("generation", {**values, "take": free})

    def _add_remark(self, table: str, values: dict[str, Any]) -> None:
        """Notes, choices and earlier names have numbers of their own: the same one may be another in another file."""
        rest = {name: value for name, value in values.items() if name != "id"}
        same = " AND ".join(f"{name} IS ?" for name in rest)
        if not self._connection.execute(f"SELECT 1 FROM {table} WHERE {same}", tuple(rest.values())).fetchone():
            self._insert(table, rest)

    def _insert(self, table: str, values: Mapping[str, Any]) -> bool:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        try:
            added = self._connection.execute(statement, tuple(values.values())).rowcount > 0
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, UnicodeError, OverflowError):
            self._count(table, 0, 1)
            return True
        self._count(table, int(added), 0)
        return added

    def _count(self, table: str, taken: int, lost: int) -> None:
        before = self.counts.get(table, (0, 0))
        self.counts[table] = (before[0] + taken, before[1] + lost)


def _anything(_: Mapping[str, Any]) -> bool:
    return True
