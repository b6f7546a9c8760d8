"""Finding the numbers of what a query asks for, a page at a time, so that a million generations cost no more than ten.

Newest first is the order of the table, of the full text and of every index, so a page is a short walk, unless what is
asked for is rare: then the shortest list leads, and the others only look at what is on it. A walk goes no further than a
window before the shortest list takes over, because two frequent things may never come together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ..errors import AssetNotFound, RequestInvalid
from . import ranking
from .clauses import COUNTED, Clause
from .fields import SORTS
from .plan import Plan

WINDOW = 10_000
"Generations that are walked past before another way is tried."

LOOKED_THROUGH = 100_000
"The newest generations whose texts are looked through for what no index knows."

SHORT = 3_000
"A list that leads at once."

_EACH = 1_000
# Up to so many rows it is cheaper to ask the full text of each than to list all that match.


@dataclass(frozen=True)
class Range:
    """Numbers between which to look, both included; None is open."""

    low: int | None = None
    high: int | None = None

    def on(self, column: str) -> tuple[str, list[Any]]:
        """The range as a condition that begins with AND."""
        bounds = [(">=", self.low), ("<=", self.high)]
        given = [(sign, bound) for sign, bound in bounds if bound is not None]
        return "".join(f" AND {column} {sign} ?" for sign, _ in given), [bound for _, bound in given]


def numbers(connection: Connection, plan: Plan, limit: int, before: str | None = None) -> list[int]:
    """The numbers of the first generations that the plan asks for, or of those after the one with the id `before`."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise RequestInvalid(f"limit is {limit!r}", hint="give a whole number from 1")
    last = None if before is None else number_of(connection, before)
    sort = plan.query.sort
    if sort == "relevance" and plan.wanted:
        newest = _newest(connection, plan, ranking.CANDIDATES, None)
        return ranking.ranked(connection, plan, newest, limit, last)
    if sort in ("newest", "relevance"):
        return _newest(connection, plan, limit, last)
    return _sorted(connection, plan, limit, last)


def number_of(connection: Connection, id: str) -> int:
    """The number of the generation with this id. Raises AssetNotFound where there is none."""
    found = connection.exec_driver_sql("SELECT number FROM generation WHERE id = ?", (str(id),)).scalar()
    if found is None:
        raise AssetNotFound(
            f"there is no generation {id!r:.60} to go on from", hint="give the id of one that was found"
        )
    return int(found)


def _newest(connection: Connection, plan: Plan, limit: int, last: int | None) -> list[int]:
    whole = _range(plan, None if last is None else last - 1)
    leader = _shortest(connection, plan)
    if leader is not None and (leader.hits or 0) <= SHORT:
        return _page(connection, plan, leader, whole, limit)
    if not plan.clauses and not plan.unwanted:
        return _page(connection, plan, None, whole, limit)
    near = Range(_floor(connection, plan, whole, WINDOW), whole.high)
    found = _page(connection, plan, None, near, limit)
    if len(found) == limit or near.low is None:
        return found
    if plan.looks_through:
        whole = Range(_floor(connection, plan, whole, LOOKED_THROUGH) or whole.low, whole.high)
    leads = leader if leader is not None and (leader.hits or 0) < _total(connection) // 2 else None
    return _page(connection, plan, leads, whole, limit)


def _sorted(connection: Connection, plan: Plan, limit: int, last: int | None) -> list[int]:
    """By a value that no index has: all that match are looked at."""
    key, up = SORTS[plan.query.sort], plan.query.turned
    nothing = "9e999" if up else "-9e999"  # what has no value comes last either way
    order = f"coalesce({key}, {nothing})"
    if plan.query.sort == "oldest":
        order, up = "generation.number", True
    sql, values = _asked(plan, None if plan.wanted else _useful(connection, plan), _range(plan, None))
    after: list[Any] = []
    if last is not None:
        at = f"SELECT {order} FROM generation WHERE generation.number = ?"  # noqa: S608 - ours
        value, sign = connection.exec_driver_sql(at, (last,)).scalar_one(), ">" if up else "<"
        sql += f" AND ({order} {sign} ? OR ({order} = ? AND generation.number {sign} ?))"
        after = [value, value, last]
    way = "ASC" if up else "DESC"
    sql += f" ORDER BY {order} {way}, generation.number {way} LIMIT ?"
    return list(connection.exec_driver_sql(sql, (*values, *after, limit)).scalars())


def _useful(connection: Connection, plan: Plan) -> Clause | None:
    leader = _shortest(connection, plan)
    return leader if leader is not None and (leader.hits or 0) < _total(connection) // 2 else None


def _range(plan: Plan, high: int | None) -> Range:
    lows = [clause.low for clause in plan.clauses if clause.low is not None]
    highs = [clause.high for clause in plan.clauses if clause.high is not None] + ([] if high is None else [high])
    return Range(max(lows, default=None), min(highs, default=None))


def _shortest(connection: Connection, plan: Plan) -> Clause | None:
    """The clause that leads to the fewest, the full text among them."""
    leaders = [clause.counted(connection) for clause in plan.clauses if clause.leader]
    if plan.wanted:
        leader = "SELECT rowid FROM prompt_fts WHERE prompt_fts MATCH ?"
        leaders.append(Clause("", (), leader, (plan.match,)).counted(connection))
    return min(leaders, key=lambda clause: clause.hits or 0, default=None)


def _page(connection: Connection, plan: Plan, leader: Clause | None, among: Range, limit: int) -> list[int]:
    sql, values = _asked(plan, leader, among)
    order = "prompt_fts.rowid" if _leads_by_text(plan, leader) else "generation.number"
    return list(connection.exec_driver_sql(f"{sql} ORDER BY {order} DESC LIMIT ?", (*values, limit)).scalars())


def _leads_by_text(plan: Plan, leader: Clause | None) -> bool:
    return bool(plan.wanted) and (leader is None or not leader.sql)


def _asked(plan: Plan, leader: Clause | None, among: Range) -> tuple[str, list[Any]]:
    """The select of the numbers, up to its order."""
    conditions = [*plan.usual, *plan.clauses]
    if _leads_by_text(plan, leader):
        match = plan.match
        for unwanted in plan.unwanted:
            match = f"({match}) NOT ({unwanted})"
        bounds, values = among.on("prompt_fts.rowid")
        sql = f"""SELECT generation.number FROM prompt_fts CROSS JOIN generation ON generation.number = prompt_fts.rowid
            WHERE prompt_fts MATCH ?{bounds}"""  # noqa: S608 - bound
        values = [match, *values]
    else:
        sql, values = _by_rows(plan, leader, among)
    for clause in conditions:
        sql += f" AND ({clause.sql})"
        values += clause.values
    return sql, values


def _by_rows(plan: Plan, leader: Clause | None, among: Range) -> tuple[str, list[Any]]:
    bounds, values = among.on("generation.number")
    sql = f"SELECT generation.number FROM generation WHERE 1{bounds}"  # noqa: S608 - bound
    if leader is not None:
        sql += f" AND generation.number IN ({leader.leader})"
        values += leader.leads
    few = leader is not None and (leader.hits or 0) <= _EACH
    for match, sign in [(plan.match, "")] * bool(plan.wanted) + [(one, "NOT ") for one in plan.unwanted]:
        if few:
            inner, inner_values = " AND prompt_fts.rowid = generation.number", list[Any]()
            sql += f" AND {sign}EXISTS (SELECT 1 FROM prompt_fts WHERE prompt_fts MATCH ?{inner})"  # noqa: S608
        else:
            inner, inner_values = among.on("prompt_fts.rowid")
            sql += f" AND generation.number {sign}IN (SELECT rowid FROM prompt_fts WHERE prompt_fts MATCH ?{inner})"  # noqa: S608
        values += [match, *inner_values]
    return sql, values


def _floor(connection: Connection, plan: Plan, among: Range, window: int) -> int | None:
    """The number at which so many were walked past, from the newest; None where there are not so many."""
    if plan.wanted:
        source, bound = "SELECT rowid AS number FROM prompt_fts WHERE prompt_fts MATCH ?", "prompt_fts.rowid"
        values: Sequence[Any] = (plan.match,)
    else:
        source, bound = "SELECT number FROM generation WHERE +status = 'succeeded'", "number"
        source, values = (
            "SELECT number FROM generation INDEXED BY generation_by_status WHERE status = ?",
            ("succeeded",),
        )
    bounds, bound_values = among.on(bound)
    # Every succeeded one, because that is by far the most: the index is walked, not the table.
    inner = f"{source}{bounds} ORDER BY {bound} DESC LIMIT ?"
    sql = f"SELECT count(*), min(number) FROM ({inner})"  # noqa: S608 - bound
    row = connection.exec_driver_sql(sql, (*values, *bound_values, window)).one()
    return int(row[1]) if row[0] == window else None


def _total(connection: Connection) -> int:
    """How many have ended."""
    sql = "SELECT coalesce(sum(count), 0) FROM tally WHERE facet = 'status'"
    return max(int(connection.exec_driver_sql(sql).scalar_one()), COUNTED)
