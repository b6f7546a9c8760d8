"""SQL that people write themselves, over a connection of its own that can do nothing but read.

The file is opened read-only, `query_only` is on, and an authorizer lets through what a SELECT needs and nothing else: no
other file is attached, no setting changed, no extension loaded. A query that takes too long is broken off.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from ..errors import LibraryError, QueryInvalid, RequestInvalid
from .database import Database, translated

TIMEOUT = 30.0
"Seconds that a query may take."

LONGEST = 500_000
"Bytes of one value."

_PATTERN = 500
_STEPS = 20_000
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_PRAGMAS = {"data_version", "table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"}
_VIRTUAL = ("prompt_fts", "json_each('')", "json_tree('')", *(f"pragma_{name}" for name in sorted(_PRAGMAS)))
_FORBIDDEN = {"load_extension", "fts3_tokenizer"}
_NEAR = re.compile(
    r"near \"(.*)\": syntax error|no such (?:column|table|function): (\S+)|unrecognized token: \"(.*)\"", re.DOTALL
)


def ask(
    database: Database, query: str, params: Sequence[Any] | Mapping[str, Any] = (), timeout: float = TIMEOUT
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names of the columns, and the rows. Raises QueryInvalid, which says where, for what SQLite does not understand."""
    _check(query, params, timeout)
    with translated(database.path):
        connection = database.open_for_looking()
    with ExitStack() as stack:
        stack.callback(connection.close)
        connection.execute("PRAGMA query_only = ON")
        for table in _VIRTUAL:  # each makes itself known with statements that are not let through later
            with suppress(sqlite3.Error):
                connection.execute(f"SELECT 1 FROM {table} LIMIT 0")  # noqa: S608 - ours
        connection.set_authorizer(_authorize)
        # Nothing is broken off inside of a function: it must not have much to do there.
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _PATTERN)
        stack.callback(_bound_printf(connection).close)
        deadline = time.monotonic() + timeout
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            cursor = connection.execute(query, params)
            rows = cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            raise _told(error, query, timeout) from error
        if cursor.description is None:
            raise QueryInvalid(query, 0, "this gives no rows", hint="ask with SELECT, or WITH … SELECT")
        return _distinct([column[0] for column in cursor.description]), rows


def _bound_printf(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Let printf write no field of millions, which it counts out sign by sign; gives what it writes with, to be closed."""
    writer = sqlite3.connect(":memory:", check_same_thread=False)

    def printf(form: Any = None, *values: Any) -> Any:
        if _WIDE.search(str(form)):
            # Longer than anything may be: SQLite says so. An exception here would be told to whoever listens to those.
            return " " * (LONGEST + 1)
        return writer.execute(f"SELECT printf(?{', ?' * len(values)})", (form, *values)).fetchone()[0]

    for name in ("printf", "format"):
        connection.create_function(name, -1, printf, deterministic=True)
    return writer


_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{5})")


def _check(query: Any, params: Any, timeout: Any) -> None:
    """Raise RequestInvalid for what is no query, no parameters or no time."""
    if not isinstance(query, str):
        raise RequestInvalid(f"{query!r:.60} is no query", hint="give a SELECT as a string")
    if isinstance(params, str | bytes) or not isinstance(params, Sequence | Mapping):
        hint = "give a tuple with a value for each ?, or a dict with one for each :name"
        raise RequestInvalid(f"{params!r:.60} are no parameters", hint=hint)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
        raise RequestInvalid(f"timeout is {timeout!r:.60}", hint="give seconds, more than 0")


def _authorize(action: int, first: str | None, second: str | None, *_: Any) -> int:
    if action in _READING:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if second in _FORBIDDEN else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _told(error: BaseException, query: str, timeout: float) -> Exception:
    said = str(error)
    if "authoriz" in said or "prohibited" in said or "readonly" in said or "read-only" in said:
        return QueryInvalid(query, 0, f"only reading is allowed here ({said})", hint="ask with SELECT")
    if "too big" in said or "user-defined function" in said or "pattern too complex" in said:
        hint = f"a value has {LONGEST:,} bytes at most, a pattern {_PATTERN}"
        return QueryInvalid(query, 0, f"this makes something too large ({said})", hint=hint)
    if said == "interrupted":
        return LibraryError(f"the query took longer than {timeout:g} s", hint="narrow it, or give it a longer timeout=")
    if "one statement" in said:
        return QueryInvalid(query, query.find(";") + 1, "one statement at a time", hint="leave out what follows the ;")
    if match := _NEAR.search(said):
        word = next(group for group in match.groups() if group is not None)
        place = query.find(word.split(".")[-1]) if word else len(query)
        return QueryInvalid(query, max(place, 0), said)
    if "incomplete input" in said:
        return QueryInvalid(query, len(query), said)
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError | OverflowError | ValueError):
        return RequestInvalid(f"the parameters do not fit the query: {said}", hint="give one value for each ? or :name")
    return QueryInvalid(query, 0, said)


def _distinct(names: list[str]) -> list[str]:
    """The names, those that come again with a number."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return told
