"""Records become rows beside those that are there: what the library has stays as it is, what it has not is added.

The same records again change nothing. Whatever two libraries say differently is said in the result: a generation with
other content, a name that points elsewhere, another rating.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from .. import labels, tables, trash
from ..blobs import is_stored
from ..clock import milliseconds, now
from ..filing import add_asset
from ..keeping import UNKNOWN
from ..opening import Store
from ..spending import IMPORTED
from .records_json import (
    AssetRecord,
    DerivationRecord,
    GenerationRecord,
    NameRecord,
    Record,
    Row,
    SearchRecord,
)
from .shape import shown
from .staging import Facts

AT_ONCE = 500
"Records that are written in one transaction: others who write wait no longer than that takes."

_ROW = tables.generation.c
_SAME = ("fingerprint", "status", "prompt", "route", "model")

# Built once: for rows that are written one by one, building a statement takes longer than running it.
_ADD = {table.name: insert(table) for table in tables.metadata.sorted_tables}
_ADD_ONCE = upsert(tables.derivation).on_conflict_do_nothing()
_MEDIA_TYPE = select(tables.asset.c.media_type).where(tables.asset.c.sha256 == bindparam("sha256"))
_TRASHED = select(tables.trash.c.asset).where(tables.trash.c.asset == bindparam("sha256"))
_QUERY = select(tables.saved_search.c.query).where(tables.saved_search.c.name == bindparam("name"))
_THERE = select(*(_ROW[name] for name in _SAME)).where(_ROW.id == bindparam("id"))
_PARTS = {
    table.name: select(table.c.asset).where(table.c.generation == bindparam("id")).order_by(table.c.position)
    for table in (tables.output, tables.input_)
}
_LIKE = (_ROW.fingerprint == bindparam("fingerprint"), _ROW.route == bindparam("route"))
_TAKEN = select(_ROW.id).where(*_LIKE, _ROW.take == bindparam("take"))
_LAST_TAKE = select(func.max(_ROW.take)).where(*_LIKE)
_NUMBERED = select(_ROW.number).where(_ROW.number == bindparam("number"))


@dataclass
class Merged:
    """What a merge has done."""

    generations: int = 0
    assets: int = 0
    labels: int = 0
    already: int = 0
    "Generations that were there, with the same content."
    kept: list[str] = field(default_factory=list)
    "Ids of generations that are there with other content, and stay as they are."
    notes: list[str] = field(default_factory=list)
    _next: dict[int, int] = field(default_factory=dict)
    "The number to try first for a millisecond of which some were given out."


def merge(store: Store, records: Iterable[Record], facts: Mapping[str, Facts]) -> Merged:
    """Write the records, some at a time; `facts` says what the bytes are that came with them."""
    merged, rest = Merged(), iter(records)
    while some := list(islice(rest, AT_ONCE)):
        with store.database.writing() as connection:
            for record in some:
                _merge(connection, merged, record, facts, store.root)
    return merged


def _merge(connection: Connection, merged: Merged, record: Record, facts: Mapping[str, Facts], root: Path) -> None:
    match record:
        case AssetRecord():
            _merge_asset(connection, merged, record, facts.get(record.row["sha256"]), root)
        case GenerationRecord():
            _merge_generation(connection, merged, record)
        case DerivationRecord():
            connection.execute(_ADD_ONCE, record.row)
        case NameRecord():
            _merge_name(connection, merged, record)
        case SearchRecord():
            _merge_search(connection, merged, record)


def _merge_asset(connection: Connection, merged: Merged, record: AssetRecord, facts: Facts | None, root: Path) -> None:
    sha256 = record.row["sha256"]
    there = connection.scalar(_MEDIA_TYPE, {"sha256": sha256})
    row = {**record.row, **(facts or {}), "phash": None}
    if there is None:
        connection.execute(_ADD["asset"], row)
        merged.assets += 1
        if record.trashed_at is not None:
            # Emptied is what has no bytes: where they lie here all the same, they can be brought back.
            here = is_stored(root, sha256, row["media_type"], row["bytes"])
            emptied = {"emptied_at": None if here else record.emptied_at}
            connection.execute(_ADD["trash"], {"asset": sha256, "created_at": record.trashed_at, **emptied})
    elif there == UNKNOWN:
        add_asset(connection, row)
    if there is not None and record.trashed_at is not None and connection.scalar(_TRASHED, {"sha256": sha256}) is None:
        merged.notes.append(f"@{sha256[:12]} stays here; the bundle has it in the trash")
    if facts is not None:
        trash.returned(connection, sha256)
    _merge_labels(connection, merged, sha256, record)


def _merge_labels(connection: Connection, merged: Merged, sha256: str, record: AssetRecord) -> None:
    if record.tags:
        wanted = {tag["tag"]: tag for tag in record.tags}
        for tag in labels.missing(connection, sha256, wanted):
            connection.execute(_ADD["tag"], {**wanted[tag], "tag": _spelled(connection, tag), "asset": sha256})
            merged.labels += 1
    if record.rating is not None:
        mine, theirs = labels.stars_of(connection, sha256), record.rating["stars"]
        if mine is None:
            connection.execute(_ADD["rating"], {**record.rating, "asset": sha256})
            merged.labels += 1
        elif mine != theirs:
            merged.notes.append(f"@{sha256[:12]} keeps its {mine} stars; the bundle gives it {theirs}")
    there = labels.notes_of(connection, sha256) if record.notes else ()
    for note in record.notes:
        if note["text"] not in there:
            connection.execute(_ADD["note"], {**note, "asset": sha256})
            merged.labels += 1


def _spelled(connection: Connection, tag: str) -> str:
    """The tag in the letters in which this library has it."""
    words = connection.scalars(select(tables.tally.c.value).where(tables.tally.c.facet == "tag"))
    return next((known for known in words if known.casefold() == tag.casefold()), tag)


def _merge_generation(connection: Connection, merged: Merged, record: GenerationRecord) -> None:
    id = record.row["id"]
    there = connection.execute(_THERE, {"id": id}).first()
    if there is not None:
        if _is_same(connection, record, there._mapping):
            merged.already += 1
            _stand_in(connection, merged, record)
        else:
            merged.kept.append(id)
        return
    row = {**record.row, "session": IMPORTED, "label_text": "", "trashed": False}
    take = _free_take(connection, record.row)
    if take != record.row["take"]:
        merged.notes.append(f"generation {id} is take {take} here, {record.row['take']} in the bundle")
    number = _free_number(connection, merged, milliseconds(id))
    connection.execute(_ADD["generation"], {**row, "take": take, "number": number})
    for table, rows in (
        (tables.input_, record.inputs),
        (tables.output, record.outputs),
        (tables.attempt, record.attempts),
    ):
        if rows:
            connection.execute(_ADD[table.name], [{**part, "generation": id} for part in rows])
    merged.generations += 1


def _is_same(connection: Connection, record: GenerationRecord, there: Mapping[Any, Any]) -> bool:
    """Whether it asked the same and brought the same; what was judged or labelled later may differ."""
    return all(there[name] == record.row[name] for name in _SAME) and all(
        [row["asset"] for row in sorted(rows, key=lambda row: row["position"])]
        == list(connection.scalars(_PARTS[table], {"id": record.row["id"]}))
        for table, rows in (("output", record.outputs), ("input", record.inputs))
    )


def _stand_in(connection: Connection, merged: Merged, record: GenerationRecord) -> None:
    """What was made later of a picture, and stands for it, arrives where nothing stands for it here."""
    output, id = tables.output.c, record.row["id"]
    for row in record.outputs:
        here = (output.generation == id, output.position == row["position"])
        mine = connection.scalar(select(output.derived).where(*here))
        if row["derived"] is None or row["derived"] == mine:
            continue
        if mine is None:
            connection.execute(update(tables.output).where(*here).values(derived=row["derived"]))
            merged.labels += 1
        else:
            merged.notes.append(
                f"@{mine[:12]} stays for @{row['asset'][:12]}; the bundle has @{row['derived'][:12]} in its stead"
            )


def _free_take(connection: Connection, row: Row) -> int | None:
    """The take that it has if that is free here, else the next one."""
    if row["take"] is None:
        return None
    wanted = {name: row[name] for name in ("fingerprint", "route", "take")}
    if connection.scalar(_TAKEN, wanted) is None:
        return int(row["take"])
    return int(connection.scalar(_LAST_TAKE, {name: row[name] for name in ("fingerprint", "route")}) or 0) + 1


def _free_number(connection: Connection, merged: Merged, moment: int) -> int:
    number = merged._next.get(moment, moment)
    while connection.scalar(_NUMBERED, {"number": number}) is not None:
        number += 1
    merged._next[moment] = number + 1
    return number


def _merge_name(connection: Connection, merged: Merged, record: NameRecord) -> None:
    """A name comes with its history; of one that is not free, where the bundle has it goes into the history, too."""
    mine = labels.resolve(connection, record.name)
    free = mine is None and not labels.earlier(connection, record.name)
    added = _add_history(connection, record)
    if free:
        if record.asset is not None:
            row = {"name": record.name, "asset": record.asset, "created_at": record.created_at}
            connection.execute(_ADD["name"], row)
        merged.labels += 1
        return
    merged.labels += added
    if record.asset is not None and mine != record.asset:
        stays = f"stays @{mine[:12]}" if mine else "was taken away here"
        merged.notes.append(f"@{record.name} {stays}; the bundle has @{record.asset[:12]} under that name")
        _remember(connection, merged, record)


def _add_history(connection: Connection, record: NameRecord) -> int:
    """Add where the name pointed before, as far as that is not known here; how much that was.

    All is written anew then, as the order of the rows says what `@name~1` is.
    """
    table = tables.name_history
    columns = [table.c[name] for name in ("asset", "created_at", "moved_at")]
    query = select(*columns).where(table.c.name == record.name).order_by(table.c.id)
    there = [dict(row) for row in connection.execute(query).mappings()] if record.history else []
    known = {tuple(row.values()) for row in there}
    fresh = {key: row for row in record.history if (key := tuple(row[c.name] for c in columns)) not in known}
    if fresh:
        connection.execute(delete(table).where(table.c.name == record.name))
        rows = sorted((*there, *fresh.values()), key=lambda row: str(row["moved_at"]))
        connection.execute(_ADD["name_history"], [{**row, "name": record.name} for row in rows])
    return len(fresh)


def _merge_search(connection: Connection, merged: Merged, record: SearchRecord) -> None:
    mine = connection.scalar(_QUERY, {"name": record.row["name"]})
    if mine is None:
        connection.execute(_ADD["saved_search"], record.row)
        merged.labels += 1
    elif mine != record.row["query"]:
        merged.notes.append(f"the search {shown(record.row['name'])} stays {shown(mine)}; the bundle has another one")


def _remember(connection: Connection, merged: Merged, record: NameRecord) -> None:
    """Write down where the bundle's name points, once."""
    history = tables.name_history.c
    row = {"name": record.name, "asset": record.asset, "created_at": record.created_at}
    same = [history[name] == value for name, value in row.items()]
    if connection.scalar(select(history.id).where(*same)) is None:
        connection.execute(_ADD["name_history"], {**row, "moved_at": now()})
        merged.labels += 1
