"""What was paid, added up by day, route, model or notebook; and what the like of a request has cost before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, text

from ..errors import RequestInvalid
from ..request import ImageRequest
from . import tables

LOOKED_AT = 200
"Generations of a model that are looked at for the like of a request, the newest first."
MEANT = 20
"Of the like, the newest whose mean is taken."

_ROW = tables.generation.c
BY: Mapping[str, ColumnElement[Any]] = {
    "day": func.date(_ROW.created_at, "localtime"),
    "route": _ROW.route,
    "model": func.coalesce(_ROW.model_answered, _ROW.model),
    "notebook": func.coalesce(_ROW.notebook, ""),
}
"What costs can be added up by."
MEASURES = ("currency", "generations", "pictures", "cost", "without_price")
"What a row says beside the group that it is about."

_PICTURES = select(func.count()).where(tables.output.c.generation == _ROW.id).correlate(tables.generation).scalar_subquery()  # fmt: skip

MAYBE_PAID = and_(
    _ROW.cost.is_(None),
    or_(_ROW.status.in_(("succeeded", "interrupted")), _ROW.billing_note.is_not(None)),
    func.coalesce(_ROW.cost_estimate, 1) != 0,
)
"What may have been charged, though nobody said how much: not what was refused, nor what a free route was asked for."

# json_extract and not ->>: SQLite has that since 3.38, and Colab's is older. "auto" is what a model does by itself.
_LIKE = text(
    """SELECT cost, partials_received, (SELECT count(*) FROM output WHERE output.generation = newest.id) AS pictures
    FROM (
        SELECT number, id, cost, partials_received, operation, params_json, continues, main_model, session
        FROM generation INDEXED BY generation_priced
        WHERE model = :model AND route = :route AND cost_basis = 'usage' ORDER BY number DESC LIMIT :looked_at
    ) AS newest
    WHERE session <> 'imported' AND operation = :operation AND main_model IS :main_model AND (continues IS NOT NULL) = :continues
        AND coalesce(json_extract(params_json, '$.size'), 'auto') = :size
        AND coalesce(json_extract(params_json, '$.quality'), 'auto') = :quality
        AND cost IS NOT NULL AND pictures > 0
    ORDER BY number DESC LIMIT :meant"""
)


@dataclass(frozen=True)
class Usual:
    """What a picture like the one that is asked for has cost here, without its partials: the mean, and the most."""

    mean: float
    most: float


def costs(connection: Connection, by: Sequence[str], since: date | None = None) -> list[dict[str, Any]]:
    """A row for each group and currency, of this day and later. RequestInvalid for what nothing can be added up by."""
    if not by or (unknown := [name for name in by if name not in BY]):
        raise RequestInvalid(
            f"costs cannot be added up by {', '.join(unknown) if by else 'nothing'}",
            hint=f"use one or more of {', '.join(BY)}",
        )
    groups = [BY[name].label(name) for name in dict.fromkeys(by)]
    query = (
        select(
            *groups,
            _ROW.currency,
            func.count().label("generations"),
            func.sum(_PICTURES).label("pictures"),
            func.sum(_ROW.cost).label("cost"),
            func.sum(case((MAYBE_PAID, 1), else_=0)).label("without_price"),
        )
        .where(_ROW.status != "running")
        .group_by(*groups, _ROW.currency)
    )
    if since is not None:
        # The numbers are milliseconds, and the order of the rows: only those that count are read.
        query = query.where(_ROW.number >= int(datetime.combine(since, time.min).timestamp() * 1000))
    rows = [dict(row._mapping) for row in connection.execute(query)]
    for row in rows:
        row["cost"] = None if row["cost"] is None else round(row["cost"], 6)
    # Credits are no dollars, so that one order of amounts would compare what cannot be compared.
    rows.sort(key=lambda row: (row["currency"] != "USD", row["currency"], -(row["cost"] or 0.0), [row[n] for n in by]))
    if "day" in by:
        rows.sort(key=lambda row: row["day"] or "", reverse=True)
    return rows


def as_table(rows: list[dict[str, Any]], by: Sequence[str]) -> Any:
    """A pandas DataFrame where pandas is there, else the rows."""
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows, columns=[*dict.fromkeys(by), *MEASURES])


def usual(
    connection: Connection, request: ImageRequest, model: str, route: str, main_model: str | None, partial: float
) -> Usual | None:
    """What a picture cost in the newest generations that asked for the same, where partials cost so much; None without any."""
    alike = {
        "operation": request.operation,
        "size": request.size or "auto",
        "quality": request.quality or "auto",
        "continues": request.continues is not None,
        "main_model": main_model,
    }
    given = {"model": model, "route": route, "looked_at": LOOKED_AT, "meant": MEANT, **alike}
    found = connection.execute(_LIKE, given).all()
    each = [max(row.cost - partial * row.partials_received, 0.0) / row.pictures for row in found]
    return Usual(sum(each) / len(each), max(each)) if each else None
