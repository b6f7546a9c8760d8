"""What goes along when generations are taken out of a library: all that their rows point to, so that none dangles.

A generation brings its pictures, what stands for them, what went in and what was sent in its stead, and the turns it goes
on from. With ancestors, it brings those too that made what went in, so that its lineage is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from ...records import Asset, Generation
from .. import tables
from ..rows import HASHES, newest_maker
from .records_json import Row, as_json, write

AT_ONCE = 500

_ROW = tables.generation.c
_OUTPUT, _INPUT, _DERIVATION = tables.output.c, tables.input_.c, tables.derivation.c


@dataclass
class Gathered:
    """Which rows go along."""

    generations: set[str] = field(default_factory=set)
    assets: set[str] = field(default_factory=set)


def gather(
    connection: Connection, items: Iterable[Generation | Asset | str], *, ancestors: bool, alone: Iterable[str] = ()
) -> Gathered:
    """Everything that these generations (or their ids) and assets point to, however far; `alone` are hashes of assets
    that go along without what made them.
    """
    gathered = Gathered()
    _follow(connection, gathered, [], list(alone), ancestors)
    for some in batches(items):
        ids = [item.id if isinstance(item, Generation) else item for item in some if not isinstance(item, Asset)]
        hashes = [item.sha256 for item in some if isinstance(item, Asset)]
        ids += _makers(connection, hashes)
        _follow(connection, gathered, ids, hashes, ancestors)
    return gathered


def everything(connection: Connection) -> Gathered:
    """All that the library holds of requests that have ended, and every asset."""
    ended = select(_ROW.id).where(_ROW.status != "running")
    return Gathered(set(connection.scalars(ended)), set(connection.scalars(select(tables.asset.c.sha256))))


def _follow(connection: Connection, gathered: Gathered, ids: list[str], hashes: list[str], ancestors: bool) -> None:
    while ids or hashes:
        fresh = [id for id in dict.fromkeys(ids) if id not in gathered.generations]
        gathered.generations.update(fresh)
        made, given, ids = _of_generations(connection, fresh)
        new = [sha256 for sha256 in dict.fromkeys([*hashes, *made, *given]) if sha256 not in gathered.assets]
        gathered.assets.update(new)
        hashes = []
        if ancestors:
            ids += _makers(connection, given)
            hashes = _parents(connection, new)
            ids += _makers(connection, hashes)


def _of_generations(connection: Connection, ids: list[str]) -> tuple[list[str], list[str], list[str]]:
    """What they made, what they were given, and what they go on from."""
    wanted = _given(ids)
    outputs = connection.execute(_of(_OUTPUT.generation, _OUTPUT.asset, _OUTPUT.derived), wanted).all()
    inputs = connection.execute(_of(_INPUT.generation, _INPUT.asset, _INPUT.sent), wanted).all()
    turns = connection.scalars(_of(_ROW.id, _ROW.continues), wanted)
    return (
        [sha256 for row in outputs for sha256 in row if sha256],
        [sha256 for row in inputs for sha256 in row if sha256],
        [id for id in turns if id],
    )


def _makers(connection: Connection, hashes: Iterable[str]) -> list[str]:
    # Selected from the hashes: without it, there would be one row for all of them.
    query = select(newest_maker(HASHES.c.value)).select_from(HASHES)
    return [id for id in connection.scalars(query, _given(hashes)) if id]


def _parents(connection: Connection, hashes: Iterable[str]) -> list[str]:
    return list(connection.scalars(_of(_DERIVATION.asset, _DERIVATION.parent).distinct(), _given(hashes)))


def lines(connection: Connection, gathered: Gathered, gone: set[str], *, private: bool, whole: bool) -> Iterator[bytes]:
    """The records, each asset before what speaks of it; without `private`, without what only this machine is told by."""
    for hashes in batches(sorted(gathered.assets)):
        yield from _asset_lines(connection, hashes, gone, private)
    for ids in batches(sorted(gathered.generations)):
        yield from _generation_lines(connection, ids, private)
    for hashes in batches(sorted(gathered.assets)):
        for row in _rows(connection, tables.derivation, _DERIVATION.asset, hashes):
            if row["parent"] in gathered.assets:
                yield write("derivation", tables.derivation, row)
    yield from _name_lines(connection, gathered.assets)
    if whole:
        for found in connection.execute(select(tables.saved_search).order_by(tables.saved_search.c.name)).mappings():
            yield write("search", tables.saved_search, dict(found))


def _asset_lines(connection: Connection, hashes: list[str], gone: set[str], private: bool) -> Iterator[bytes]:
    carried = {
        table.name: _grouped(_rows(connection, table, table.c.asset, hashes), "asset")
        for table in (tables.tag, tables.rating, tables.note, tables.trash)
    }
    for row in _rows(connection, tables.asset, tables.asset.c.sha256, hashes):
        sha256 = row["sha256"]
        tags, notes = carried["tag"].get(sha256, []), carried["note"].get(sha256, [])
        rating = carried["rating"].get(sha256)
        trash = [as_json(tables.trash, row) for row in carried["trash"].get(sha256, ())]
        more: dict[str, Any] = {
            "gone": sha256 in gone or None,
            "tags": [as_json(tables.tag, tag) for tag in tags] or None,
            "notes": [as_json(tables.note, note) for note in sorted(notes, key=lambda note: note["id"])] or None,
            "rating": as_json(tables.rating, rating[0]) if rating else None,
            "trashed_at": trash[0]["created_at"] if trash else None,
            "emptied_at": trash[0].get("emptied_at") if trash else None,
        }
        named = row if private else {**row, "source": bare(row["source"])}
        yield write("asset", tables.asset, named, **{name: value for name, value in more.items() if value is not None})


def _generation_lines(connection: Connection, ids: list[str], private: bool) -> Iterator[bytes]:
    parts = {
        table.name: _grouped(_rows(connection, table, table.c.generation, ids), "generation")
        for table in (tables.output, tables.input_, tables.attempt)
    }
    for row in _rows(connection, tables.generation, _ROW.id, ids):
        found = {name: rows.get(row["id"], []) for name, rows in parts.items()}
        if not private:
            row = {**row, "notebook": bare(row["notebook"]), "kernel": None}
            found["input"] = [{**item, "source": bare(item["source"])} for item in found["input"]]
        yield write(
            "generation", tables.generation, row,
            outputs=[as_json(tables.output, item) for item in found["output"]],
            inputs=[as_json(tables.input_, item) for item in found["input"]],
            attempts=[as_json(tables.attempt, item) for item in found["attempt"]],
        )  # fmt: skip


def _name_lines(connection: Connection, assets: set[str]) -> Iterator[bytes]:
    """Names that point, or pointed, to an asset that goes along."""
    before: dict[str, list[Row]] = {}
    for row in connection.execute(select(tables.name_history).order_by(tables.name_history.c.id)).mappings():
        if row["asset"] in assets:
            before.setdefault(row["name"], []).append(as_json(tables.name_history, dict(row)))
    for found in connection.execute(select(tables.name).order_by(tables.name.c.name)).mappings():
        history = before.pop(found["name"], [])
        if found["asset"] in assets:
            yield write("name", tables.name, dict(found), history=history)
        elif history:
            before[found["name"]] = history
    for name, history in sorted(before.items()):
        yield write("name", tables.name, {"name": name, "asset": None, "created_at": None}, history=history)


def bare(text: str | None) -> str | None:
    """A path without its folders: where something lies on this machine is nobody's affair."""
    absolute = text is not None and (text.startswith(("/", "~", "\\\\", "file:")) or text[1:3] in (":\\", ":/"))
    return text.replace("\\", "/").rsplit("/", 1)[-1] if absolute and text is not None else text


def _of(key: ColumnElement[Any], *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    return select(*columns).join_from(HASHES, key.table, HASHES.c.value == key)


def _rows(connection: Connection, table: Table, key: ColumnElement[Any], wanted: list[str]) -> list[Row]:
    """The rows of these keys, in the order of the primary key."""
    query = _of(key, *table.columns).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(query, _given(wanted)).mappings()]


def _grouped(rows: Iterable[Row], name: str) -> Mapping[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return groups


def _given(values: Iterable[str]) -> dict[str, str]:
    return {"hashes": json.dumps(list(values))}


def batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    """The items in lists that one statement takes."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some
