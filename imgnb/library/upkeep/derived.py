"""What can be derived from the rows is held against them, and derived anew: labels, trash, counts, full text.

What each of them means is said once, by the migration that brought it; here it is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from ...errors import LibraryError, LibraryLocked
from ..opening import Store
from ..steps.m004_search import _HIDDEN, _LABEL_TEXT, _TALLIES
from .report import Follow, Problem, Step, nobody

MOST = 20
"Problems of one kind that are listed one by one."

_COUNTS = tuple(statement for statement in _TALLIES if statement.startswith("INSERT INTO tally"))
_WRONG = {
    "labels": f"label_text IS NOT {_LABEL_TEXT}",
    "trashed": f"trashed IS NOT ({_HIDDEN})",
}
_RIGHT = {"labels": f"label_text = {_LABEL_TEXT}", "trashed": f"trashed = ({_HIDDEN})"}
_UNINDEXED = """SELECT number FROM generation WHERE number NOT IN (SELECT id FROM prompt_fts_docsize)
    UNION ALL SELECT id FROM prompt_fts_docsize WHERE id NOT IN (SELECT number FROM generation) LIMIT 1"""


def problems(store: Store, follow: Follow = nobody) -> Iterator[Problem]:
    """Everything derived that is not what it should be, and what SQLite itself finds."""
    checks = {"SQLite's own check": _database, "labels": _columns, "counts": _counts, "full text": _full_text}
    for number, (stage, check) in enumerate(checks.items()):
        follow(Step(stage, number, len(checks)))
        yield from check(store)


def rederive(connection: Connection, kind: str) -> None:
    """Derive anew what problems of this kind are about."""
    if kind in ("labels", "full text"):
        # Before the labels: the trigger that follows them takes what it finds in the row for what is in the index.
        connection.exec_driver_sql("INSERT INTO prompt_fts (prompt_fts) VALUES ('rebuild')")
    if kind in _WRONG:
        connection.exec_driver_sql(f"UPDATE generation SET {_RIGHT[kind]} WHERE {_WRONG[kind]}")
    if kind in ("trashed", "counts"):
        connection.exec_driver_sql("DELETE FROM tally")
        for statement in _COUNTS:
            connection.exec_driver_sql(statement)
    if kind == "database":
        connection.exec_driver_sql("REINDEX")


def _database(store: Store) -> Iterator[Problem]:
    try:
        with store.database.reading() as connection:
            for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})").all():
                if said != "ok":
                    yield Problem("database", "library.db", str(said))
            for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all()[:MOST]:
                yield Problem("reference", table, f"a row of {table} names a row of {parent} that is not there")
    except LibraryError as error:
        yield Problem("database", "library.db", error.message)


def _columns(store: Store) -> Iterator[Problem]:
    for kind, wrong in _WRONG.items():
        with store.database.reading() as connection:
            ids = connection.exec_driver_sql(f"SELECT id FROM generation WHERE {wrong} LIMIT {MOST}").scalars().all()
        for id in ids:
            yield Problem(kind, id, f"what is kept of its {kind} is not what the rows say")


def _counts(store: Store) -> Iterator[Problem]:
    """The tally against a tally that is made now, in one view of the file."""
    counted = " UNION ALL ".join(statement.partition(")")[2] for statement in _COUNTS)
    wrong = f"""WITH counted (facet, status, value, count) AS ({counted}),
        anew AS (SELECT facet, status, CAST(value AS TEXT) AS value, count FROM counted),
        kept AS (SELECT facet, status, value, count FROM tally WHERE count != 0)
        SELECT facet, status, value FROM (SELECT * FROM kept EXCEPT SELECT * FROM anew)
        UNION SELECT facet, status, value FROM (SELECT * FROM anew EXCEPT SELECT * FROM kept) LIMIT {MOST}"""
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql(wrong).all()
    for facet, status, value in rows:
        yield Problem("counts", f"{facet} {value!s:.80}".strip(), f"what is kept as its count{f' ({status})' if status else ''} is wrong")  # fmt: skip


def _full_text(store: Store) -> Iterator[Problem]:
    try:
        with store.database.reading() as connection:
            unindexed = connection.exec_driver_sql(_UNINDEXED).first()
        if unindexed is None and store.refusal is None:
            # A command of FTS5 is a write to SQLite; it takes four seconds at a million generations.
            with store.database.bare() as bare:
                bare.execute("INSERT INTO prompt_fts (prompt_fts, rank) VALUES ('integrity-check', 1)")
    except LibraryLocked:
        raise
    except LibraryError as error:
        yield Problem("full text", "prompt_fts", f"the index of the words is not that of the texts: {error!s:.200}")
        return
    if unindexed is not None:
        yield Problem("full text", "prompt_fts", "some generations are not in the index of the words")
