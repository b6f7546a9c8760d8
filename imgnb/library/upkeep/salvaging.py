"""Rows out of a damaged file, table by table: from the front, from the back, and from between the broken pages.

SQLite stops at the first page that it cannot read. Asked for what comes after a key, it goes another way down the tree;
so each time that it stops, the next question begins a little further on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from .. import tables

MAGIC = b"SQLite format 3\0"
PROBES = 5_000
"Questions that a table is asked after its first error."
DERIVED = frozenset(("tally", "schema_version"))
"Tables that are not taken over: they say what is in the others."

ROWID = frozenset(("generation", "name", "name_history", "rating", "note", "choice", "saved_search"))
"Tables whose rows have a number; the others are kept in the order of their key."

Value = Any
Cells = dict[str, Value]
_Ask = Callable[..., Iterator[tuple[Cells, Value]]]


def is_database(file: Path) -> bool:
    """Whether the file begins as a database of SQLite does."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def salvage(file: Path) -> Iterator[tuple[str, Iterator[Cells]]]:
    """Every table of ours that the file knows, with the rows that can be read. The file may be written to: give a copy."""
    with _opened(file) as connection:
        for table in tables.metadata.sorted_tables:
            if table.name not in DERIVED and (columns := _columns(connection, table.name)):
                known = [column.name for column in table.columns if column.name in columns]
                yield table.name, _rows(connection, table.name, known)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        # Makes SQLite take a file that was cut for what it is, and a schema that it does not like.
        for pragma in ("writable_schema = ON", "cell_size_check = ON", "mmap_size = 0"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection


def _columns(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    try:
        return frozenset(row[1] for row in connection.execute(f"PRAGMA table_info ({table})"))
    except sqlite3.Error:
        return frozenset()


def _rows(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[Cells]:
    key = "rowid" if table in ROWID else tables.metadata.tables[table].primary_key.columns[0].name
    query = f"SELECT {', '.join(f'{table}.{column}' for column in columns)}, {key} AS key_ FROM {table}"

    def ask(rest: str, *values: Value) -> Iterator[tuple[Cells, Value]]:
        for *cells, at in connection.execute(f"{query} {rest}", values):
            yield dict(zip(columns, cells, strict=True)), at

    front = _Reading(ask(f"ORDER BY {key}"))
    yield from front
    if front.ended:
        return
    back = _Reading(ask(f"ORDER BY {key} DESC"))
    yield from back
    yield from _between(ask, key, front.last, back.last)


def _between(ask: _Ask, key: str, first: Value, last: Value) -> Iterator[Cells]:
    """Rows between the last that was read from the front and the last that was read from the back."""
    at = _number(first) if first is not None else 0
    end = _number(last) if last is not None else _END
    is_text = key != "rowid"

    def after(place: int, rest: str = "") -> _Reading:
        return _Reading(ask(f"WHERE {key} >= ? ORDER BY {key} {rest}", _key(place) if is_text else place))

    def is_readable(place: int) -> bool:
        return bool(list(after(place, "LIMIT 1")))

    for _ in range(PROBES):
        step = 1
        while at + step < end and not is_readable(at + step):
            step *= 2
        if at >= end or (at + step >= end and not is_readable(end)):
            return
        # One by one at first: Python has asked for the next row before it hands one out, and loses it to the error.
        one = after(_first_readable(at + step // 2, min(at + step, end), is_readable), "LIMIT 1")
        yield from one
        rest = _Reading(ask(f"WHERE {key} >= ? ORDER BY {key}", one.last))
        yield from rest
        if rest.ended:
            return
        at = max(at + 1, _number(one.last if rest.last is None else rest.last))


def _first_readable(broken: int, whole: int, is_readable: Callable[[int], bool]) -> int:
    """Where the whole pages begin again, between a key that cannot be read and one that can."""
    while whole - broken > 1:
        middle = (broken + whole) // 2
        broken, whole = (broken, middle) if is_readable(middle) else (middle, whole)
    return whole


class _Reading:
    """Rows until the file cannot be read any further."""

    def __init__(self, rows: Iterator[tuple[Cells, Value]]) -> None:
        self._rows = rows
        self.last: Value = None
        self.ended = False

    def __iter__(self) -> Iterator[Cells]:
        try:
            for cells, key in self._rows:
                self.last = key
                yield cells
            self.ended = True
        except (sqlite3.Error, OverflowError, MemoryError):
            return


_END = 2**63 - 1


def _number(key: Value) -> int:
    """The place of a key among all keys: of a text, that of its first eight characters."""
    if isinstance(key, str):
        return min(int.from_bytes(key.encode("latin-1", "replace")[:8].ljust(8, b"\0"), "big"), _END)
    return int(key) if isinstance(key, int | float) else 0


def _key(number: int) -> str:
    return number.to_bytes(8, "big").rstrip(b"\0").decode("latin-1")
