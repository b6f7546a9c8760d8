"""Searching, paging, counting and opening in libraries of 10,000, 100,000 and 1,000,000 generations."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imgnb.library import Library, database

from .replaying import big_library
from .table import Line, Table

SIZES = (10_000, 100_000, 1_000_000)
WORDS = {"in nearly all": "the", "common": "lighthouse", "rare": "Zanwes", "prefix": "volc*", "phrase": '"red fox"'}
MIXED = {
    "two words, one not": "fox snow -neon",
    "word, tag and model": "fox tag:cover model:gpt-image-2",
    "rare tag": "tag:project-59",
    "word and rating": "fox rating:>=4",
    "a filter that finds nothing": "the model:nothing",
    "rare word, rare tag": "Zanwes tag:project-59",
    "notebook and size": "notebook:report.ipynb size:>1024",
    "failed": "status:failed",
}


def growing(quick: bool) -> Table:
    """Everything that a page of the gallery asks, at three sizes, timed inside SQLite and as a whole."""
    rounds = 3 if quick else 9
    lines: list[Line] = []
    for size in SIZES[:2] if quick else SIZES:
        folder = big_library(size)
        with _timed_sqlite() as clock:
            opened = [_took(lambda folder=folder: Library(folder).close())[0] for _ in range(rounds)]
            with Library(folder) as library:
                lines += _measured(library, size, clock, rounds)
        lines += [
            Line(f"{size:>9,}  opening", opened, "ms", 30.0),
            Line(f"{size:>9,}  database, bytes a generation", [_size(folder) / size], "", 2_500.0),
        ]
    note = (
        "Milliseconds inside SQLite (execute and fetch), Python's share in another line; files and rows are in the page "
        "cache; the first call of each kind is not counted. No statistics were gathered (ANALYZE) before."
    )
    return Table("growing: a page of the gallery at three sizes", lines, (note,))


def _measured(library: Library, size: int, clock: list[float], rounds: int) -> Iterator[Line]:
    def line(what: str, bound: float | None, act: Callable[[], Any]) -> Line:
        return Line(f"{size:>9,}  {what}", [_took(act, clock)[1] for _ in range(rounds + 1)][1:], "ms", bound)

    middle = _middle(library)
    yield line("newest 50", 10.0, lambda: library.find())
    yield line("a page in the middle", 10.0, lambda: library.find(before=middle))
    whole = [_took(library.find)[0] for _ in range(rounds)]
    yield Line(f"{size:>9,}  newest 50, as objects in Python", whole, "ms")
    for kind, word in WORDS.items():
        yield line(f"{kind} ({word}), newest 50", 10.0, lambda word=word: library.find(word))
        yield line(f"{kind}, in the middle", 10.0, lambda word=word: library.find(word, before=middle))
        yield line(f"{kind}, by relevance", 100.0, lambda word=word: library.find(f"{word} sort:relevance"))
    for kind, query in MIXED.items():
        yield line(f"{kind} ({query})", 10.0, lambda query=query: library.find(query))
    yield line("facet counts", 50.0, lambda: library.facets())
    yield line("facet counts of a word", 50.0, lambda: library.facets("lighthouse"))
    yield line("facet counts of a word in nearly all", 50.0, lambda: library.facets("the"))
    yield line("facet counts of a tag", 50.0, lambda: library.facets("tag:cover"))
    yield line("count, capped", 10.0, lambda: library.count("lighthouse"))
    yield line("by cost, newest of the same", None, lambda: library.find("sort:cost"))


def _middle(library: Library) -> str:
    with library._store.database.reading() as connection:
        bounds = connection.exec_driver_sql("SELECT min(number), max(number) FROM generation").one()
        query = "SELECT id FROM generation WHERE number >= ? ORDER BY number LIMIT 1"
        return str(connection.exec_driver_sql(query, (sum(bounds) // 2,)).scalar_one())


def _took(act: Callable[[], Any], clock: list[float] | None = None) -> tuple[float, float]:
    """Milliseconds: all of it, and those inside SQLite."""
    before, begun = clock[0] if clock else 0.0, time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000, ((clock[0] if clock else 0.0) - before) * 1000


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("library.db*"))


@contextmanager
def _timed_sqlite() -> Iterator[list[float]]:
    """The seconds that connections opened meanwhile spend inside SQLite."""
    clock = [0.0]

    def timed(act: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*given: Any) -> Any:
            begun = time.perf_counter()
            try:
                return act(*given)
            finally:
                clock[0] += time.perf_counter() - begun

        return timing

    class Cursor(sqlite3.Cursor):
        execute = timed(sqlite3.Cursor.execute)
        fetchone = timed(sqlite3.Cursor.fetchone)
        fetchmany = timed(sqlite3.Cursor.fetchmany)
        fetchall = timed(sqlite3.Cursor.fetchall)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    class Timed:
        def __getattr__(self, name: str) -> Any:
            return getattr(sqlite3, name)

        def connect(self, *given: Any, **named: Any) -> sqlite3.Connection:
            return sqlite3.connect(*given, **named, factory=Connection)

    database.sqlite3 = Timed()  # type: ignore[assignment]
    try:
        yield clock
    finally:
        database.sqlite3 = sqlite3
