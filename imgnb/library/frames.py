"""What a search finds as a flat table: a row for each picture, for pandas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from ..errors import LibraryError

_CHUNK = 10_000

_COLUMNS = """generation.id AS generation, output.position, asset.sha256 AS asset, generation.created_at, generation.prompt,
    generation.revised_prompt, generation.status, generation.operation, generation.route, generation.model,
    generation.model_answered, generation.take, asset.media_type, asset.width, asset.height, asset.bytes,
    json_extract(generation.effective_json, '$.quality') AS quality, generation.cost, generation.currency,
    generation.seconds, output.changed, output.drift, generation.error_kind, generation.error_message,
    generation.notebook, generation.cell_id, generation.session,
    (SELECT group_concat(name.name, ' ') FROM name WHERE name.asset = asset.sha256) AS names,
    (SELECT group_concat(tag.tag, ' ') FROM tag WHERE tag.asset = asset.sha256) AS tags,
    (SELECT rating.stars FROM rating WHERE rating.asset = asset.sha256) AS rating"""

_ROWS = f"""SELECT {_COLUMNS} FROM json_each(?) AS wanted
    CROSS JOIN generation ON generation.number = wanted.value
    LEFT JOIN output ON output.generation = generation.id
    LEFT JOIN asset ON asset.sha256 = coalesce(output.derived, output.asset)
    ORDER BY wanted.key, output.position"""  # noqa: S608 - ours


def rows(connection: Connection, numbers: Sequence[int]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names of the columns, and a row for each picture; one without of what brought none."""
    found: list[tuple[Any, ...]] = []
    names: list[str] = []
    for first in range(0, max(len(numbers), 1), _CHUNK):
        result = connection.exec_driver_sql(_ROWS, (json.dumps(list(numbers[first : first + _CHUNK])),))
        names = list(result.keys())
        found += [tuple(row) for row in result]
    return names, found


def frame(names: Sequence[str], rows: Iterable[Sequence[Any]], wanted: bool | None) -> Any:
    """A pandas DataFrame, or a list of dicts. With `wanted` None: a DataFrame where pandas is there.

    Raises LibraryError where a DataFrame is wanted and pandas is not there.
    """
    if wanted is not False:
        try:
            import pandas
        except ImportError as error:
            if wanted:
                raise LibraryError(
                    "pandas is not installed here", hint="pip install pandas, or use library.sql(…, frame=False)"
                ) from error
        else:
            return pandas.DataFrame(list(rows), columns=list(names))
    return [dict(zip(names, row, strict=True)) for row in rows]
