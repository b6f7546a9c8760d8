"""A condition in SQL: what is to be true of a generation, and which numbers it leads to, where an index knows them.

Nothing that was typed is ever in the SQL: it is bound.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

COUNTED = 5_000
"Numbers of a leader that are counted to see how many it has."


@dataclass(frozen=True)
class Clause:
    """What is to be true of `generation`; `leader` selects the numbers of all of which it may be, by an index."""

    sql: str
    values: tuple[Any, ...] = ()
    leader: str = ""
    leads: tuple[Any, ...] = ()
    hits: int | None = None
    "How many numbers the leader has at most; None: to be counted."
    slow: bool = False
    "Whether the leader goes through a whole table: still better than going through all generations, where few match."
    low: int | None = None
    high: int | None = None
    "Between which numbers all of them are."

    def turned(self) -> Clause:
        """That it is not so, also where nothing is known."""
        return Clause(f"({self.sql}) IS NOT TRUE", self.values)

    def counted(self, connection: Connection) -> Clause:
        """The same, knowing how many there are, or that there are more than COUNTED."""
        if not self.leader or self.hits is not None:
            return self
        found = connection.exec_driver_sql(f"SELECT * FROM ({self.leader}) LIMIT {COUNTED}", self.leads)  # noqa: S608 - ours
        numbers = [row[0] for row in found]
        if len(numbers) == COUNTED:
            return replace(self, hits=COUNTED * 10)
        if not self.slow:
            return replace(self, hits=len(numbers))
        listed = json.dumps(numbers)  # a table is gone through once
        return replace(self, hits=len(numbers), leader="SELECT value FROM json_each(?)", leads=(listed,), slow=False)


NOTHING = Clause("0", leader="SELECT 0 WHERE 0", hits=0)


def any_of(clauses: Sequence[Clause]) -> Clause:
    """That one of them is so; they lead where each of them does."""
    if len(clauses) == 1:
        return clauses[0]
    known = [clause.hits for clause in clauses if clause.hits is not None]
    leads = all(clause.leader for clause in clauses)
    return Clause(
        " OR ".join(f"({clause.sql})" for clause in clauses),
        tuple(value for clause in clauses for value in clause.values),
        " UNION ALL ".join(f"SELECT * FROM ({clause.leader})" for clause in clauses) if leads else "",  # noqa: S608
        tuple(value for clause in clauses for value in clause.leads) if leads else (),
        sum(known) if len(known) == len(clauses) else None,
        slow=any(clause.slow for clause in clauses),
        low=_outermost(min, [clause.low for clause in clauses]),
        high=_outermost(max, [clause.high for clause in clauses]),
    )


def _outermost(choose: Callable[[list[int]], int], bounds: list[int | None]) -> int | None:
    """The bound that holds for all, None where one has none."""
    given = [bound for bound in bounds if bound is not None]
    return choose(given) if len(given) == len(bounds) else None


def marks(values: Sequence[Any]) -> str:
    """Question marks for so many values, in brackets."""
    return f"({', '.join('?' * len(values))})"


def where(column: str, condition: str, values: Sequence[Any], hits: int | None = None) -> Clause:
    """A condition on an indexed column of `generation`, which leads."""
    sql = f"{column} {condition}"
    return Clause(
        f"+{sql}",  # the plus: this is for looking at a row, not for finding it
        tuple(values),
        f"SELECT generation.number FROM generation WHERE {sql}",  # noqa: S608
        tuple(values),
        hits,
    )


def labelled(table: str, condition: str, values: Sequence[Any], hits: int | None = None) -> Clause:
    """That a picture, or what stands for it, has such a row in a table of labels."""
    assets = f"SELECT {table}.asset FROM {table} WHERE {condition}"  # noqa: S608
    return Clause(
        f"""EXISTS (SELECT 1 FROM output CROSS JOIN {table} ON {table}.asset IN (output.asset, output.derived)
            WHERE output.generation = generation.id AND {condition})""",  # noqa: S608
        tuple(values),
        made(assets),
        (*values, *values),
        hits,
    )


def made(assets: str) -> str:
    """The numbers of what made these assets, or for whose pictures they stand."""
    return " UNION ALL ".join(
        f"""SELECT generation.number FROM ({assets}) AS wanted CROSS JOIN output ON output.{column} = wanted.asset
            CROSS JOIN generation ON generation.id = output.generation"""  # noqa: S608
        for column in ("asset", "derived")
    )


def pictured(condition: str, values: Sequence[Any], *, outputs: bool = False) -> Clause:
    """That a picture, or what stands for it, is so; with `outputs`, the condition is on the table `output`."""
    if outputs:
        leader, leads = (
            f"""SELECT generation.number FROM output CROSS JOIN generation ON generation.id = output.generation
            WHERE {condition}""",  # noqa: S608
            tuple(values),
        )
    else:
        # What stands for pictures are few: they are not looked for among all.
        leader = f"""SELECT generation.number FROM asset CROSS JOIN output ON output.asset = asset.sha256
            CROSS JOIN generation ON generation.id = output.generation WHERE {condition}
            UNION ALL SELECT generation.number FROM output CROSS JOIN asset ON asset.sha256 = output.derived
            CROSS JOIN generation ON generation.id = output.generation
            WHERE output.derived IS NOT NULL AND {condition}"""  # noqa: S608
        leads = (*values, *values)
    return Clause(
        f"""EXISTS (SELECT 1 FROM output CROSS JOIN asset ON asset.sha256 IN (output.asset, output.derived)
            WHERE output.generation = generation.id AND {condition})""",  # noqa: S608
        tuple(values),
        leader,
        leads,
        slow=True,
    )


def of(table: str, condition: str, values: Sequence[Any]) -> Clause:
    """That it has such a row in a table of what belongs to it."""
    return Clause(
        f"EXISTS (SELECT 1 FROM {table} WHERE {table}.generation = generation.id AND {condition})",  # noqa: S608
        tuple(values),
    )


def contains(expression: str, parts: Sequence[str]) -> Clause:
    """That a text has all these in it, as they stand."""
    return Clause(
        " AND ".join([f"{expression} LIKE ? ESCAPE '\\'"] * len(parts)) or "0",
        tuple(f"%{literally(part)}%" for part in parts),
    )


def literally(text: str) -> str:
    """A text of which nothing is a wildcard, for LIKE with a backslash as its ESCAPE."""
    return re.sub(r"([%_\\])", r"\\\1", text)


def glob(pattern: str) -> str:
    """A pattern in which only the star is one, for SQLite's GLOB."""
    return re.sub(r"([\[?])", r"[\1]", pattern)
