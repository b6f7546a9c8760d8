"""Counts beside a search: from those that triggers keep, where nothing but a status is asked for, else among the newest.

Counting a million rows takes half a second; the counts of a gallery must come with its page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from ..errors import RequestInvalid
from ..records.facets import FACETS, Facets
from .plan import Plan
from .search import newest

AMONG = 1_000
"The newest matches that are counted."

ENOUGH = 200
"So many are counted where more would have to be looked for."

_KEPT = """SELECT value, sum(count) AS hits FROM tally
    WHERE facet = ? AND count > 0 AND (status = '' OR ? IN ('any', status)) GROUP BY value"""

_WANTED = "json_each(?) AS wanted CROSS JOIN generation ON generation.number = wanted.value"


def _by(value: str) -> str:
    return f"SELECT {value} AS value, count(*) AS hits FROM {_WANTED} WHERE {value} IS NOT NULL GROUP BY 1"  # noqa: S608


def _by_label(table: str, value: str) -> str:
    return f"""SELECT {value} AS value, count(DISTINCT generation.number) AS hits FROM {_WANTED}
        CROSS JOIN output ON output.generation = generation.id
        CROSS JOIN {table} ON {table}.asset IN (output.asset, output.derived) GROUP BY 1"""  # noqa: S608


_COUNTED: Mapping[str, str] = {
    "model": _by("generation.model"),
    "route": _by("generation.route"),
    "status": _by("CASE WHEN generation.trashed THEN 'trashed' ELSE generation.status END"),
    "tag": _by_label("tag", "tag.tag"),
    "rating": _by_label("rating", "rating.stars"),
    "notebook": _by("generation.notebook"),
    "day": _by("substr(generation.created_at, 1, 10)"),
}


def facets(connection: Connection, plan: Plan, limit: int) -> Facets:
    """The counts of what the plan asks for, so many values of each facet."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise RequestInvalid(f"limit is {limit!r}", hint="give a whole number from 1")
    status = _only_status(plan)
    if status is not None and (labels := _labels(connection, plan, status)) is not None:
        # Of every status, so that there is a way from one to another.
        rows = {facet: (_KEPT, (facet, "any" if facet == "status" else status)) for facet in FACETS}
        return Facets(_counted(connection, {**rows, **labels}, limit))
    found, complete = newest(connection, plan, AMONG, ENOUGH)
    listed = json.dumps(found)
    counts = _counted(connection, {facet: (sql, (listed,)) for facet, sql in _COUNTED.items()}, limit)
    return Facets(counts, None if complete else len(found))


def _labels(connection: Connection, plan: Plan, status: str) -> Mapping[str, Asked] | None:
    """How tags and ratings are counted, which are kept of pictures and not by status; None: among what is found.

    Of few labels each is looked at. Of many, those of all pictures stand for the successes, without those in the trash.
    """
    kept = "SELECT coalesce(sum(count), 0) FROM tally WHERE facet IN ('tag', 'rating')"
    if connection.exec_driver_sql(kept).scalar_one() <= LABELS:
        wanted = [*plan.usual, *plan.clauses]
        condition = " AND ".join(f"({clause.sql})" for clause in wanted) or "1"
        values = tuple(value for clause in wanted for value in clause.values) * 2
        return {facet: (_OF_LABEL.format(facet, value, condition), values) for facet, value in _LABELS.items()}
    trash = connection.exec_driver_sql("SELECT count(*) FROM (SELECT 1 FROM trash LIMIT ?)", (TRASH + 1,)).scalar_one()
    if status != "succeeded" or trash > TRASH:
        return None
    return {facet: (_OF_PICTURES.format(facet, value), ()) for facet, value in _LABELS.items()}


Asked = tuple[str, tuple[Any, ...]]

LABELS = 300
"Tags and ratings that are counted one by one."

TRASH = 5_000
"Pictures in the trash whose tags and ratings are taken off."

_LABELS: Mapping[str, str] = {"tag": "tag", "rating": "stars"}

_OF_LABEL = """SELECT value, count(DISTINCT number) AS hits FROM (
    SELECT {0}.{1} AS value, generation.number FROM {0} CROSS JOIN output ON output.asset = {0}.asset
        CROSS JOIN generation ON generation.id = output.generation WHERE {2}
    UNION ALL SELECT {0}.{1}, generation.number FROM {0} CROSS JOIN output ON output.derived = {0}.asset
        CROSS JOIN generation ON generation.id = output.generation WHERE {2}) GROUP BY 1"""


_OF_PICTURES = """SELECT value, sum(count) AS hits FROM (
    SELECT value, count FROM tally WHERE facet = '{0}'
    UNION ALL SELECT CAST({0}.{1} AS TEXT), -1 FROM trash CROSS JOIN {0} ON {0}.asset = trash.asset
    ) GROUP BY 1 HAVING sum(count) > 0"""


def _only_status(plan: Plan) -> str | None:
    """The status, where nothing else is asked for."""
    query = plan.query
    if query.words:
        return None
    if not query.conditions:
        return "succeeded" if len(plan.usual) == 2 and not plan.clauses else None
    first = query.conditions[0]
    single = len(query.conditions) == 1 and len(first.values) == 1 and not first.negated
    if not single or len(plan.clauses) != 1:
        return None
    if first.field.name == "is" and first.values == ("trashed",):
        return "trashed"
    # Of any status, the trash is left out of what is found, but not of the counts that are kept.
    status = first.values[0] if first.field.name == "status" else None
    return status if status not in ("any", "running") else None


def _counted(connection: Connection, asked: Mapping[str, Asked], limit: int) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, Mapping[str, int]] = {}
    for facet, (sql, values) in asked.items():
        order = "value DESC" if facet in ("day", "rating") else "hits DESC, value"
        rows = connection.exec_driver_sql(f"SELECT value, hits FROM ({sql}) ORDER BY {order} LIMIT ?", (*values, limit))  # noqa: S608
        counts[facet] = MappingProxyType({str(row.value): int(row.hits) for row in rows})
    return MappingProxyType(counts)
