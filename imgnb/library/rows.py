"""Rows become values: a generation with its pictures, references and attempts in four Core selects, however many."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, bindparam, exists, func, select

from ..records import Asset, AttemptRecord, Generation, Input
from . import tables

ASSET = (
    tables.asset.c.sha256,
    tables.asset.c.media_type,
    tables.asset.c.bytes,
    tables.asset.c.width,
    tables.asset.c.height,
    tables.asset.c.has_alpha,
    tables.asset.c.frames,
    tables.asset.c.created_at,
    tables.asset.c.source.label("made_of"),
    exists().where(tables.trash.c.asset == tables.asset.c.sha256).correlate(tables.asset).label("trashed"),
)

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"

_PLAIN = tuple(item.name for item in fields(Generation) if item.name in tables.generation.c)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_GENERATIONS = select(tables.generation).where(tables.generation.c.id.in_(_IDS))
_OUTPUT = tables.output.c
_OUTPUTS = (
    select(_OUTPUT.generation, _OUTPUT.meta_json, _OUTPUT.changed, _OUTPUT.drift, _OUTPUT.derived, *ASSET)
    .join_from(tables.output, tables.asset, _OUTPUT.asset == tables.asset.c.sha256)
    .where(_OUTPUT.generation.in_(_IDS))
    .order_by(_OUTPUT.generation, _OUTPUT.position)
)
_DERIVED = (
    select(_OUTPUT.generation, *ASSET)
    .join_from(tables.output, tables.asset, _OUTPUT.derived == tables.asset.c.sha256)
    .where(_OUTPUT.generation.in_(_IDS))
)
_INPUTS = (
    select(tables.input_.c.generation, tables.input_.c.role, tables.input_.c.source, tables.input_.c.sent, *ASSET)
    .join_from(tables.input_, tables.asset, tables.input_.c.asset == tables.asset.c.sha256)
    .where(tables.input_.c.generation.in_(_IDS))
    .order_by(tables.input_.c.generation, tables.input_.c.position)
)
_ATTEMPTS = (
    select(tables.attempt)
    .where(tables.attempt.c.generation.in_(_IDS))
    .order_by(tables.attempt.c.generation, tables.attempt.c.number)
)


def newest_maker(asset: ColumnElement[Any]) -> ColumnElement[Any]:
    """The id of the newest generation that made the asset, or whose picture it stands for: two look-ups by index."""
    # Correlated however deep this stands: by itself SQLAlchemy looks one select up only.
    newest = select(func.max(_OUTPUT.generation)).correlate_except(tables.output)
    by_asset = newest.where(_OUTPUT.asset == asset).scalar_subquery()
    by_derived = newest.where(_OUTPUT.derived == asset).scalar_subquery()
    # SQLite's max of several values is no aggregate, and NULL where one of them is.
    return func.nullif(func.max(func.coalesce(by_asset, ""), func.coalesce(by_derived, "")), "")


MADE_WITH = (
    select(tables.generation.c.prompt)
    .where(tables.generation.c.id == newest_maker(tables.asset.c.sha256))
    .scalar_subquery()
    .label("made_with")
)
"The prompt of the newest generation that made the asset: what to say of it where it cannot be seen."

HASHES = func.json_each(bindparam("hashes")).table_valued("value", name="wanted")
"A JSON list of hashes as a table: any number of them is one parameter, in one prepared statement."

_ASSETS = select(*ASSET, MADE_WITH).join_from(HASHES, tables.asset, HASHES.c.value == tables.asset.c.sha256)


def load_assets(connection: Connection, root: Path, hashes: Sequence[str]) -> list[Asset]:
    """The assets with these hashes, in this order; hashes that are unknown are left out."""
    rows = connection.execute(_ASSETS, {"hashes": json.dumps(list(hashes))})
    found = {row.sha256: to_asset(row, root, alt=row.made_with or "") for row in rows}
    return [found[sha256] for sha256 in dict.fromkeys(hashes) if sha256 in found]


def load(connection: Connection, root: Path, ids: Sequence[str]) -> list[Generation]:
    """The generations with these ids, in this order; ids that are unknown are left out."""
    if not ids:
        return []
    given = {"ids": list(ids)}
    found = {row.id: row for row in connection.execute(_GENERATIONS, given)}
    outputs = _by_generation(connection.execute(_OUTPUTS, given))
    derived = {}
    if any(row.derived for rows in outputs.values() for row in rows):
        derived = {row.sha256: row for row in connection.execute(_DERIVED, given)}
    inputs = _by_generation(connection.execute(_INPUTS, given))
    attempts = _by_generation(connection.execute(_ATTEMPTS, given))
    return [
        _generation(found[id], root, outputs[id], derived, inputs[id], attempts[id])
        for id in dict.fromkeys(ids)
        if id in found
    ]


def load_numbers(connection: Connection, root: Path, numbers: Sequence[int]) -> list[Generation]:
    """The generations with these numbers, in this order."""
    sql = "SELECT generation.id FROM json_each(?) AS wanted CROSS JOIN generation ON generation.number = wanted.value"
    return load(connection, root, list(connection.exec_driver_sql(sql, (json.dumps(list(numbers)),)).scalars()))


def to_asset(row: AnyRow, root: Path, alt: str = "") -> Asset:
    """An asset from a row with the columns of ASSET."""
    return Asset(
        row.sha256,
        row.media_type,
        row.bytes,
        row.width,
        row.height,
        row.has_alpha,
        row.frames,
        row.created_at,
        root,
        alt,
        source=row.made_of or "",
        trashed=row.trashed,
    )


def _by_generation(rows: Iterable[AnyRow]) -> dict[str, list[AnyRow]]:
    groups: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        groups[row.generation].append(row)
    return groups


def _generation(
    row: AnyRow,
    root: Path,
    outputs: list[AnyRow],
    derived: Mapping[str, AnyRow],
    inputs: list[AnyRow],
    attempts: list[AnyRow],
) -> Generation:
    columns = row._mapping
    originals = tuple(_output(output, root, row.prompt) for output in outputs)
    return Generation(
        **{name: columns[name] for name in _PLAIN},
        assets=tuple(
            _standing_in(derived.get(output.derived), original, root)
            for output, original in zip(outputs, originals, strict=True)
        ),
        originals=originals,
        root=root,
        inputs=tuple(Input(to_asset(item, root), item.role, item.source, item.sent) for item in inputs),
        attempts=tuple(_attempt(attempt) for attempt in attempts),
        params=_mapping(row.params_json),
        effective=_mapping(row.effective_json),
        variables=_mapping(row.variables_json),
        mismatches=tuple(json.loads(row.mismatches_json)),
        notes=tuple(json.loads(row.notes_json)),
        usage=None if row.usage_json is None else _mapping(row.usage_json),
        provenance=_mapping(row.provenance_json or "{}"),
        error_details=None if row.error_details_json is None else _mapping(row.error_details_json),
    )


def _output(row: AnyRow, root: Path, prompt: str) -> Asset:
    meta = json.loads(row.meta_json)
    url, call_id = meta.get("url"), meta.get("id")
    return replace(
        to_asset(row, root, alt=prompt),
        url=url if isinstance(url, str) else None,
        call_id=call_id if isinstance(call_id, str) else None,
        changed=row.changed,
        drift=row.drift,
    )


def _standing_in(row: AnyRow | None, original: Asset, root: Path) -> Asset:
    """What was made of an output, which stands for it; the output itself where nothing was."""
    if row is None:
        return original
    return replace(to_asset(row, root, alt=original.alt), call_id=original.call_id, changed=original.changed)


def _attempt(row: AnyRow) -> AttemptRecord:
    return AttemptRecord(**{item.name: getattr(row, item.name) for item in fields(AttemptRecord)})


def _mapping(text: str) -> Mapping[str, Any]:
    return MappingProxyType(json.loads(text))
