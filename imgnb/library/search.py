"""Finding the numbers of what a query asks for, a page at a time, so that a million generations cost no more than ten.

Newest first is the order of the table, of the full text and of every index, so a page is a short walk, unless what is
asked for is rare: then the shortest list leads, and the others only look at what is on it. A walk goes no further than a
window before the shortest list takes over, because two frequent things may never come together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from ..errors import AssetNotFound, RequestInvalid
from . import ranking
from .clauses import COUNTED, Clause, labelled
from .fields import SORTS
from .plan import Plan

WINDOW = 4_000
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
    limit = _whole(limit)
    last = None if before is None else number_of(connection, before)
    sort = plan.query.sort
    if sort == "relevance" and plan.wanted:
        candidates, _ = newest(connection, plan, ranking.CANDIDATES, ranking.CANDIDATES // 4)
        return ranking.ranked(connection, plan, candidates, limit, last)
    if sort in ("newest", "relevance"):
        return _newest(connection, plan, limit, last)
    if sort == "oldest":
        among = _range(plan, None)
        low = among.low if last is None else max(last + 1, among.low or 0)
        return _page(connection, plan, _useful(connection, plan), Range(low, among.high), limit, "ASC")
    if sort == "rating":
        return _by_rating(connection, plan, limit, last)
    return _sorted(connection, plan, limit, last)


def everything(connection: Connection, plan: Plan, most: int | None = None) -> list[int]:
    """All that the plan asks for (the first `most`), in its order, with nothing cut that a page would not look at."""
    plan, most = replace(plan, looks_through=False), most or _ALL
    found = numbers(connection, plan, most)
    if plan.query.sort != "relevance" or not plan.wanted or len(found) >= most:
        return found
    # What is too far back to be ranked comes after what is, the newest first.
    return list(dict.fromkeys([*found, *_newest(connection, plan, most, None)]))[:most]


_ALL = 2**40


def _whole(limit: Any) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise RequestInvalid(f"limit is {limit!r}", hint="give a whole number from 1")
    return min(limit, _ALL)


def number_of(connection: Connection, id: str) -> int:
    """The number of the generation with this id. Raises AssetNotFound where there is none."""
    found = connection.exec_driver_sql("SELECT number FROM generation WHERE id = ?", (str(id),)).scalar()
    if found is None:
        raise AssetNotFound(
            f"there is no generation {id!r:.60} to go on from", hint="give the id of one that was found"
        )
    return int(found)


def newest(connection: Connection, plan: Plan, most: int, enough: int) -> tuple[list[int], bool]:
    """The newest numbers, and whether there are no others: where `enough` are near, nobody goes on to `most`."""
    found, left = _near(connection, plan, most, None)
    if left is None:
        return found, len(found) < most
    if len(found) < enough:
        found += _far(connection, plan, enough, found, left)
        return found, len(found) < enough
    return found, False


def count(connection: Connection, plan: Plan, most: int) -> int:
    """How many there are, one more than `most` where there are more; in which order says nothing."""
    return len(_newest(connection, plan, _whole(most) + 1, None))


def _newest(connection: Connection, plan: Plan, limit: int, last: int | None) -> list[int]:
    found, left = _near(connection, plan, limit, last)
    return found if left is None else found + _far(connection, plan, limit, found, left)


def _near(connection: Connection, plan: Plan, limit: int, last: int | None) -> tuple[list[int], Range | None]:
    """What is found without going far, and where the others are, if there may be some that are wanted."""
    whole = _range(plan, None if last is None else last - 1)
    leader = _shortest(connection, plan)
    if leader is not None and (leader.hits or 0) <= SHORT:
        return _page(connection, plan, leader, whole, limit), None
    if not plan.clauses and not plan.unwanted:
        return _page(connection, plan, None, whole, limit), None
    floor = _floor(connection, plan, whole, WINDOW)
    found = _page(connection, plan, None, whole if floor is None else Range(floor, whole.high), limit)
    return found, None if floor is None or len(found) == limit else Range(whole.low, floor - 1)


def _far(connection: Connection, plan: Plan, limit: int, found: Sequence[int], left: Range) -> list[int]:
    """The others, led by the shortest list unless what was found says that going on costs less."""
    if plan.looks_through:
        left = Range(_floor(connection, plan, left, LOOKED_THROUGH) or left.low, left.high)
    leads = _useful(connection, plan)
    if leads is not None and _walk_is_shorter(leads, len(found), limit):
        leads = None
    return _page(connection, plan, leads, left, limit - len(found))


def _walk_is_shorter(leader: Clause, found: int, limit: int) -> bool:
    """Whether going on as before costs less than a long list, by how many were found in the window."""
    return found >= _TELLING and (limit - found) * WINDOW / found < (leader.hits or 0)


_TELLING = 10
# So many in a window say how many there will be in the next.


def _by_rating(connection: Connection, plan: Plan, limit: int, last: int | None) -> list[int]:
    """Star by star, the newest first, and at the end those that nobody rated."""
    levels: list[int | None] = [*(range(1, STARS + 1) if plan.query.turned else range(STARS, 0, -1)), None]
    if last is not None:
        key = f"SELECT {SORTS['rating']} FROM generation WHERE generation.number = ?"  # noqa: S608 - ours
        levels = levels[levels.index(connection.exec_driver_sql(key, (last,)).scalar()) :]
    found: list[int] = []
    for level in levels:
        if len(found) < limit:
            there = replace(plan, clauses=[*plan.clauses, *_rated(level)])
            found += _newest(connection, there, limit - len(found), last)
        last = None
    return found


def _rated(level: int | None) -> list[Clause]:
    """That so many stars are the most that one of its pictures has."""
    if level is None:
        return [labelled("rating", "1", ()).turned()]
    return [labelled("rating", "rating.stars = ?", (level,)), labelled("rating", "rating.stars > ?", (level,)).turned()]


STARS = 5


def _sorted(connection: Connection, plan: Plan, limit: int, last: int | None) -> list[int]:
    """By a value that no index has: all that match are looked at, or for what stands in another table many."""
    key, up = SORTS[plan.query.sort], plan.query.turned
    nothing = "9e999" if up else "-9e999"  # what has no value comes last either way
    order = f"coalesce({key}, {nothing})"
    among = _range(plan, None)
    if plan.query.sort == "size" and limit < _ALL:
        among = Range(_floor(connection, plan, among, LOOKED_THROUGH) or among.low, among.high)
    sql, values = _asked(plan, _useful(connection, plan), among)
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
    """What leads where the newest were walked past in vain, or all that match must be looked at."""
    leader = _shortest(connection, plan, slow=True)
    most = COUNTED if plan.wanted else _total(connection) // 2
    return leader if leader is not None and (leader.hits or 0) < most else None


def _range(plan: Plan, high: int | None) -> Range:
    lows = [clause.low for clause in plan.clauses if clause.low is not None]
    highs = [clause.high for clause in plan.clauses if clause.high is not None] + ([] if high is None else [high])
    return Range(max(lows, default=None), min(highs, default=None))


def _shortest(connection: Connection, plan: Plan, *, slow: bool = False) -> Clause | None:
    """The clause that leads to the fewest, the full text among them."""
    counted = [clause.counted(connection) for clause in plan.clauses if clause.leader and (slow or not clause.slow)]
    # A whole table gone through for many, and these put in order, costs more than a walk through the generations.
    leaders = [clause for clause in counted if not (clause.slow and (clause.hits or 0) >= COUNTED)]
    if plan.wanted:
        leader = "SELECT rowid FROM prompt_fts WHERE prompt_fts MATCH ?"
        leaders.append(Clause("", (), leader, (plan.match,)).counted(connection))
    return min(leaders, key=lambda clause: clause.hits or 0, default=None)


def _page(
    connection: Connection, plan: Plan, leader: Clause | None, among: Range, limit: int, way: str = "DESC"
) -> list[int]:
    sql, values = _asked(plan, leader, among)
    order = "prompt_fts.rowid" if _leads_by_text(plan, leader) else "generation.number"
    return list(connection.exec_driver_sql(f"{sql} ORDER BY {order} {way} LIMIT ?", (*values, limit)).scalars())


def _leads_by_text(plan: Plan, leader: Clause | None) -> bool:
    return bool(plan.wanted) and (leader is None or not leader.sql)


def _asked(plan: Plan, leader: Clause | None, among: Range) -> tuple[str, list[Any]]:
    """The select of the numbers, up to its order."""
    conditions = [*plan.usual, *plan.clauses]
    if _leads_by_text(plan, leader):
        match = f"({plan.match}) NOT ({plan.mismatch})" if plan.unwanted else plan.match
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
    for match, sign in [(plan.match, "")] * bool(plan.wanted) + [(plan.mismatch, "NOT ")] * bool(plan.unwanted):
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
