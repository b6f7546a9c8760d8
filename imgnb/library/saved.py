"""Searches that were given a name: kept as they were written, and put in where a query says `search:name`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from ..errors import LibraryError, QueryInvalid
from . import tables
from .clock import now as moment
from .query import Condition, Query, parse

_ROW = tables.saved_search.c
LONGEST = 100
DEEPEST = 20
"Saved searches within saved searches."


def check_name(name: str) -> None:
    """Raise LibraryError when a search cannot be called so."""
    plain = name and len(name) <= LONGEST and name.isprintable() and not set(name) & set(' ",:*')
    if not plain or name.lower() in ("none", "any"):
        raise LibraryError(f"a search cannot be called {name!r:.120}", hint="use letters, digits, - and _")


def all_of(connection: Connection) -> dict[str, str]:
    """The saved searches, by name."""
    return {row.name: row.query for row in connection.execute(select(_ROW.name, _ROW.query).order_by(_ROW.name))}


def save(connection: Connection, name: str, query: str) -> None:
    """Keep a search under a name; one that had it is replaced."""
    statement = insert(tables.saved_search).values(name=name, query=query, created_at=moment())
    kept = statement.on_conflict_do_update(set_={"query": query, "created_at": statement.excluded.created_at})
    connection.execute(kept)


def forget(connection: Connection, name: str) -> bool:
    """Let go of a search; False if there was none."""
    return connection.execute(delete(tables.saved_search).where(_ROW.name == name)).rowcount > 0


def expanded(connection: Connection, query: Query, now: datetime, within: tuple[str, ...] = ()) -> Query:
    """The query with what its saved searches ask for. Raises QueryInvalid for unknown ones, and for circles."""
    for condition in query.conditions:
        if condition.field.kind == "search":
            query = _put_in(connection, query, condition, now, within)
    return query


def _put_in(
    connection: Connection, query: Query, condition: Condition, now: datetime, within: tuple[str, ...]
) -> Query:
    name = condition.values[0]
    if condition.negated or len(condition.values) > 1:
        raise QueryInvalid(query.text, condition.position, "one saved search is put in as it is", hint="name one")
    if name in within or len(within) > DEEPEST:
        raise QueryInvalid(query.text, condition.position, f"the saved search {name!r} contains itself")
    text = connection.scalar(select(_ROW.query).where(_ROW.name == name))
    if text is None:
        there = ", ".join(list(all_of(connection))[:10]) or "none"
        raise QueryInvalid(
            query.text, condition.position, f"no search is saved as {name!r:.120}", hint=f"there is {there}"
        )
    inner = expanded(connection, parse(text, now), now, (*within, name))
    others = tuple(other for other in query.conditions if other is not condition)
    sort, turned = (query.sort, query.turned) if query.sort != "newest" else (inner.sort, inner.turned)
    return replace(
        query,
        words=tuple(dict.fromkeys((*query.words, *inner.words))),
        conditions=(*others, *inner.conditions),
        sort=sort,
        turned=turned,
    )
