"""Searches that were given a name: kept as they were written, and put in where a query says `search:name`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from ..errors import LibraryError, QueryInvalid
from . import tables
from .clock import now as moment
from .query import MOST, Condition, Query, parse

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
    """The query with what its saved searches ask for. Raises QueryInvalid for unknown ones, circles, and too much."""
    return _Expansion(connection, now).of(query, within)


@dataclass
class _Expansion:
    """Saved searches that are put in, each once: said twice, it asks for nothing more."""

    connection: Connection
    now: datetime
    done: set[str] = field(default_factory=set)

    def of(self, query: Query, within: tuple[str, ...]) -> Query:
        """The query with all of it put in."""
        for condition in query.conditions:
            if condition.field.kind == "search":
                query = self._put_in(query, condition, within)
        return query

    def _put_in(self, query: Query, condition: Condition, within: tuple[str, ...]) -> Query:
        name = _name(query, condition)
        if name in within or len(within) > DEEPEST:
            raise QueryInvalid(query.text, condition.position, f"the saved search {name!r} contains itself")
        inner = Query()
        if name not in self.done:
            inner = self.of(parse(self._text(query, condition, name), self.now), (*within, name))
            self.done.add(name)
        return _joined(query, condition, inner)

    def _text(self, query: Query, condition: Condition, name: str) -> str:
        text: str | None = self.connection.scalar(select(_ROW.query).where(_ROW.name == name))
        if text is None:
            there = ", ".join(list(all_of(self.connection))[:10]) or "none"
            problem = f"no search is saved as {name!r:.120}"
            raise QueryInvalid(query.text, condition.position, problem, hint=f"there is {there}")
        return text


def _name(query: Query, condition: Condition) -> str:
    if condition.negated or len(condition.values) > 1:
        raise QueryInvalid(query.text, condition.position, "one saved search is put in as it is", hint="name one")
    return str(condition.values[0])


def _joined(query: Query, condition: Condition, inner: Query) -> Query:
    """The query with the inner one in the place of the condition, which is where all of that stands."""
    others = [other for other in query.conditions if other is not condition]
    put_in = [replace(one, position=condition.position) for one in inner.conditions]
    words = tuple(dict.fromkeys((*query.words, *inner.words)))
    if len(words) + len(others) + len(put_in) > MOST:
        problem = f"with this there are more than {MOST} terms"
        raise QueryInvalid(query.text, condition.position, problem, hint="ask for fewer words")
    sort, turned = (query.sort, query.turned) if query.sort != "newest" else (inner.sort, inner.turned)
    return replace(query, words=words, conditions=(*others, *put_in), sort=sort, turned=turned)
