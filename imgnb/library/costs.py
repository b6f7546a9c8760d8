"""What was paid, added up by day, route, model or notebook; and what the like of a request has cost before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, text

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

_PICTURES = select(func.count()).where(tables.output.c.generation == _ROW.id).correlate(tables.generation).scalar_subquery()  # fmt: skip
_LIKE = text(
    """SELECT cost, partials_received, (SELECT count(*) FROM output WHERE generation = generation.id) AS pictures,
        operation, params_json ->> '$.size' AS size, params_json ->> '$.quality' AS quality, continues, main_model
    FROM generation INDEXED BY generation_priced
    WHERE model = :model AND route = :route AND cost_basis = 'usage' ORDER BY id DESC LIMIT :limit"""
)


def costs(connection: Connection, by: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each group and currency. Raises RequestInvalid for what nothing can be added up by."""
    if not by or (unknown := [name for name in by if name not in BY]):
        raise RequestInvalid(
            f"costs cannot be added up by {', '.join(unknown) if by else 'nothing'}", hint=f"use {', '.join(BY)}"
        )
    groups = [BY[name].label(name) for name in by]
    query = (
        select(
            *groups,
            _ROW.currency,
            func.count().label("generations"),
            func.sum(_PICTURES).label("pictures"),
            func.sum(_ROW.cost).label("cost"),
            func.sum(_ROW.cost.is_(None)).label("without_price"),
        )
        .where(_ROW.status != "running")
        .group_by(*groups, _ROW.currency)
    )
    rows = [dict(row._mapping) for row in connection.execute(query)]
    for row in rows:
        row["cost"] = None if row["cost"] is None else round(row["cost"], 6)
    if "day" in by:
        return sorted(rows, key=lambda row: (row["day"] or "", row["cost"] or 0.0), reverse=True)
    return sorted(rows, key=lambda row: -(row["cost"] or 0.0))


def as_table(rows: list[dict[str, Any]]) -> Any:
    """A pandas DataFrame where pandas is there, else the rows."""
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows)


def usual(connection: Connection, request: ImageRequest, model: str, route: str, partial: float) -> float | None:
    """The mean cost of a picture, without partials, of the newest generations that asked for the same; None without any."""
    rows = connection.execute(_LIKE, {"model": model, "route": route, "limit": LOOKED_AT}).all()
    alike = (request.operation, request.size, request.quality, request.continues is not None)
    each = [
        row.cost / row.pictures - partial * row.partials_received / row.pictures
        for row in rows
        if row.pictures and (row.operation, row.size, row.quality, row.continues is not None) == alike
    ][:MEANT]
    return max(sum(each) / len(each), 0.0) if each else None
