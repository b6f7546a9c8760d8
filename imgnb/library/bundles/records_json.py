"""Rows as JSON Lines, and back: one record a line, checked as what a stranger wrote.

A line says what it is in `record`: "asset" (with its tags, rating, notes, and whether it is in the trash), "generation" (with
outputs, inputs and attempts), "derivation", "name" (with its history) or "search". Columns have the names of the tables;
those that hold JSON lose their `_json` and are JSON here, too. Every asset comes before whatever speaks of it, and a
generation before those that go on from it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NoReturn, TypeAlias

from sqlalchemy import Column, Table

from ...errors import BundleRefused, LibraryError
from ...records.asset import EXTENSIONS
from .. import labels, tables
from ..claims import LAST_TAKE
from ..clock import is_id, milliseconds
from ..columns import to_json
from .shape import is_hash, shown

Row: TypeAlias = dict[str, Any]

STATUSES = ("succeeded", "failed", "cancelled", "interrupted")
OPERATIONS = ("generate", "edit", "converse", "import")
ROLES = ("image", "mask", "markup")
NOT_SENT = {"generation": ("number", "session", "label_text", "trashed"), "name_history": ("id", "name"),
            "output": ("generation",), "input": ("generation",), "attempt": ("generation",),
            "tag": ("asset",), "rating": ("asset",), "note": ("id", "asset")}  # fmt: skip
"Columns that a line does not say: those of this machine, and those that the record around it says."

_LONGEST_TEXT = 1_000_000
_MOST_PARTS = 10_000
_MOST_COST = 100_000.0
"USD or credits of one generation."
_COSTS = ("cost", "cost_estimate")
_DAY, _YEAR = timedelta(days=1), timedelta(days=366)
_LAST = 253_402_300_799_000
"The last millisecond of years of four digits, nearly."
_EPOCH = "1970-01-01T00:00:00.000Z"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_ID_COLUMNS = ("id", "continues")
_HASH_COLUMNS = ("asset", "sha256", "derived", "sent", "parent", "prompt_sha256")


@dataclass(frozen=True)
class AssetRecord:
    """An asset and what it carries."""

    row: Row
    has_bytes: bool
    tags: tuple[Row, ...] = ()
    rating: Row | None = None
    notes: tuple[Row, ...] = ()
    trashed_at: str | None = None
    emptied_at: str | None = None
    "When the bytes were deleted out of the trash, on purpose."


@dataclass(frozen=True)
class GenerationRecord:
    """A generation and all its parts."""

    row: Row
    outputs: tuple[Row, ...] = ()
    inputs: tuple[Row, ...] = ()
    attempts: tuple[Row, ...] = ()


@dataclass(frozen=True)
class DerivationRecord:
    """How an asset was made of another one here."""

    row: Row


@dataclass(frozen=True)
class NameRecord:
    """A name, the asset that it points to, if it does, and where it pointed before."""

    name: str
    asset: str | None
    created_at: str | None
    history: tuple[Row, ...] = field(default=())


@dataclass(frozen=True)
class SearchRecord:
    """A saved search."""

    row: Row


Record: TypeAlias = AssetRecord | GenerationRecord | DerivationRecord | NameRecord | SearchRecord


def write(record: str, table: Table, row: Mapping[str, Any], **more: Any) -> bytes:
    """A line: the row of a table as this record, and what else belongs to it. What no record can say is written as `?`."""
    return to_json({"record": record, **as_json(table, row), **more}).encode("utf-8", "replace") + b"\n"


def as_json(table: Table, row: Mapping[str, Any]) -> Row:
    """A row as its line says it; columns without a value are left out."""
    left_out = NOT_SENT.get(table.name, ())
    return {
        name.removesuffix("_json"): _said(row, name)
        for name in table.columns.keys()  # noqa: SIM118 - its iterator gives columns
        if name not in left_out and row[name] is not None and _is_sayable(name, row[name])
    }


def _said(row: Mapping[str, Any], column: str) -> Any:
    value = row[column]
    if column.endswith("_json"):
        return json.loads(value)
    if not column.endswith("_at"):
        return value
    # Older imports took what no clock says; a record with it would be refused, and all others with it.
    if is_id(str(row.get("id"))):
        said = _in_utc(value)
        return said if said and (column != "created_at" or _is_beside(said, row["id"])) else _written(_made(row["id"]))
    return _in_utc(value) or _EPOCH


def _is_sayable(column: str, value: Any) -> bool:
    return column not in _COSTS or 0 <= value <= _MOST_COST


def parse(line: bytes, number: int) -> Record:
    """The record that stands on a line. Raises BundleRefused for what is none."""
    where = f"record {number}"
    try:
        given = json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as exc:
        raise BundleRefused(f"{where} is not JSON: {exc}", hint="the bundle was damaged on the way") from exc
    if not isinstance(given, dict):
        _refuse(where, "is no record")
    kind = given.get("record")
    if not isinstance(kind, str) or kind not in _READERS:
        _refuse(where, f"is of an unknown kind {shown(str(kind))}")
    try:
        return _READERS[kind](where, given)
    except BundleRefused:
        raise
    except LibraryError as exc:
        raise BundleRefused(f"{where}: {exc.message}", hint=exc.hint) from exc


def _asset(where: str, given: Row) -> AssetRecord:
    row = _row(where, tables.asset, given)
    if row["media_type"] not in EXTENSIONS:
        _refuse(where, f"has the media type {shown(row['media_type'])}")
    if any(row[name] is not None and row[name] < 0 for name in ("bytes", "width", "height", "frames")):
        _refuse(where, "has a negative size")
    tags, notes = _rows(where, tables.tag, given, "tags"), _rows(where, tables.note, given, "notes")
    rating = _row(where, tables.rating, given["rating"]) if isinstance(given.get("rating"), dict) else None
    for tag in tags:
        labels.check_tag(tag["tag"])
    if rating is not None:
        labels.check_stars(rating["stars"])
    if any(not note["text"].strip() for note in notes):
        _refuse(where, "has a note that says nothing")
    trashed_at, emptied_at = (_moment_of(where, name, given) for name in ("trashed_at", "emptied_at"))
    return AssetRecord(row, given.get("gone") is not True, tags, rating, notes, trashed_at, emptied_at)


def _moment_of(where: str, name: str, given: Row) -> str | None:
    return None if given.get(name) is None else str(_value(where, name, str, given[name]))


def _generation(where: str, given: Row) -> GenerationRecord:
    row = _row(where, tables.generation, given)
    if row["operation"] not in OPERATIONS:
        _refuse(where, f"has the operation {shown(row['operation'])}")
    if row["status"] not in STATUSES:
        _refuse(where, f"has the status {shown(row['status'])}")
    _check_beside_id(where, row)
    if row["take"] is not None and not 1 <= row["take"] <= LAST_TAKE:
        _refuse(where, f"has the take {row['take']}")
    if (row["operation"] == "import") != (not row["fingerprint"].startswith("r1:")):
        _refuse(where, f"has the fingerprint {shown(row['fingerprint'])}")
    outputs = _rows(where, tables.output, given, "outputs", "position")
    inputs = _rows(where, tables.input_, given, "inputs", "position")
    if any(item["role"] not in ROLES for item in inputs):
        _refuse(where, "has an input in an unknown role")
    return GenerationRecord(row, outputs, inputs, _rows(where, tables.attempt, given, "attempts", "number"))


def _check_beside_id(where: str, row: Row) -> None:
    # Ids of a year that no clock here knows are refused where they are held against the present.
    if milliseconds(row["id"]) <= _LAST and not _is_beside(row["created_at"], row["id"]):
        _refuse(where, f"has a created_at {row['created_at']} that is far from its id")


def _is_beside(created_at: str, id: str) -> bool:
    """Whether an id says the same. It may run ahead of the clock, where that was set back, and never behind it."""
    return -_YEAR <= datetime.fromisoformat(created_at) - _made(id) <= _DAY


def _made(id: str) -> datetime:
    return datetime.fromtimestamp(min(milliseconds(id), _LAST) / 1000, UTC)


def _derivation(where: str, given: Row) -> DerivationRecord:
    return DerivationRecord(_row(where, tables.derivation, given))


def _name(where: str, given: Row) -> NameRecord:
    name = given.get("name")
    _check_text(where, "name", name)
    labels.check_name(str(name))
    asset, created_at = given.get("asset"), given.get("created_at")
    if asset is not None:
        _row(where, tables.name, given)
    return NameRecord(str(name), asset, created_at, _rows(where, tables.name_history, given, "history"))


def _search(where: str, given: Row) -> SearchRecord:
    return SearchRecord(_row(where, tables.saved_search, given))


_READERS: Mapping[str, Callable[[str, Row], Record]] = {
    "asset": _asset,
    "generation": _generation,
    "derivation": _derivation,
    "name": _name,
    "search": _search,
}


def _rows(where: str, table: Table, given: Row, name: str, key: str | None = None) -> tuple[Row, ...]:
    """The rows of a list in a record, each number of `key` once."""
    items = given.get(name, [])
    if not isinstance(items, list) or len(items) > _MOST_PARTS or not all(isinstance(item, dict) for item in items):
        _refuse(where, f"has {name} that are no list of records")
    rows = tuple(_row(where, table, item) for item in items)
    if key is not None and (len({row[key] for row in rows}) != len(rows) or any(row[key] < 0 for row in rows)):
        _refuse(where, f"has {name} that are numbered badly")
    return rows


def _row(where: str, table: Table, given: Mapping[str, Any]) -> Row:
    """The columns of a table, each of the right type; what the table does not know is left out."""
    row: Row = {}
    for column, name, kind, nullable in _columns(table):
        value = given.get(name)
        if value is None and not nullable:
            _refuse(where, f"lacks {name}")
        row[column] = value if value is None else _value(where, column, kind, value)
    return row


@cache
def _columns(table: Table) -> tuple[tuple[str, str, type[Any], bool], ...]:
    """Of each column that a line says: its name, its name there, its type, and whether it may be missing."""
    return tuple(
        (column.name, column.name.removesuffix("_json"), _kind(column), bool(column.nullable))
        for column in table.columns
        if column.name not in NOT_SENT.get(table.name, ())
    )


def _kind(column: Column[Any]) -> type[Any]:
    """The type of a column's values; SQLModel's texts do not say theirs."""
    kind: type[Any] = column.type.python_type
    return kind if kind in (int, float, bool) else str


def _value(where: str, column: str, kind: type[Any], value: Any) -> Any:
    if column.endswith("_json"):
        if not isinstance(value, list if column in ("mismatches_json", "notes_json") else dict):
            _refuse(where, f"has {column.removesuffix('_json')} of the wrong kind")
        value = to_json(value)
        _check_encoded(where, column, value)
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 2**53 else _refuse(where, f"has a {column} out of range")
    if type(value) is not kind:
        _refuse(where, f"has a {column} that is {shown(repr(value)[:40])}")
    if kind is str:
        _check_text(where, column, value)
        return _moment(where, column, value) if column.endswith("_at") else value
    if kind is int and not -(2**63) <= value < 2**63:
        _refuse(where, f"has a {column} out of range")
    if kind is float and not math.isfinite(value):
        _refuse(where, f"has a {column} that is no number")
    if column in _COSTS and not 0 <= value <= _MOST_COST:
        _refuse(where, f"has a {column} of {value:g}, which nothing costs")
    return value


def _check_text(where: str, column: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        _refuse(where, f"has a {column} that is no text, or too long")
    _check_encoded(where, column, value)
    if column in _HASH_COLUMNS and not is_hash(value):
        _refuse(where, f"has a {column} {shown(value)} that is no hash")
    if column in _ID_COLUMNS and not is_id(value):
        _refuse(where, f"has an {column} {shown(value)} that is no id")


def _moment(where: str, column: str, value: str) -> str:
    return _in_utc(value) or _refuse(where, f"has a {column} {shown(value)} that is no time of these days")


def _in_utc(value: str) -> str | None:
    """A time as the library writes it; None for what is none, or not between 1970 and tomorrow."""
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC) if _TIME.fullmatch(value) else None
    except (ValueError, OverflowError):
        return None
    if moment is None or moment.year < 1970 or moment > datetime.now(UTC) + _DAY:
        return None
    if value.endswith("Z"):
        return value
    return _written(moment)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_encoded(where: str, column: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeError as exc:
        raise BundleRefused(
            f"{where} has a {column} with half a surrogate pair, which is no text", hint="take it out and pack it again"
        ) from exc


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _refuse(where: str, what: str) -> NoReturn:
    raise BundleRefused(f"{where} {what}", hint="the bundle is damaged, or was not made by imgnb; nothing came in")
