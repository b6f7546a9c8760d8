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
from typing import Any, NoReturn, TypeAlias

from sqlalchemy import Column, Table

from ...errors import BundleRefused, LibraryError
from ...records.asset import EXTENSIONS
from .. import labels, tables
from ..claims import LAST_TAKE
from ..clock import is_id
from ..rows import to_json
from .shape import is_hash, shown

Row: TypeAlias = dict[str, Any]

STATUSES = ("succeeded", "failed", "cancelled", "interrupted")
ROLES = ("image", "mask", "markup")
NOT_SENT = {"generation": ("number", "session", "label_text", "trashed"), "name_history": ("id", "name"),
            "output": ("generation",), "input": ("generation",), "attempt": ("generation",),
            "tag": ("asset",), "rating": ("asset",), "note": ("id", "asset")}  # fmt: skip
"Columns that a line does not say: those of this machine, and those that the record around it says."

_LONGEST_TEXT = 1_000_000
_MOST_PARTS = 10_000
_TIME = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
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
    """A line: the row of a table as this record, and what else belongs to it."""
    return to_json({"record": record, **as_json(table, row), **more}).encode("utf-8", "backslashreplace") + b"\n"


def as_json(table: Table, row: Mapping[str, Any]) -> Row:
    """A row as its line says it; columns without a value are left out."""
    left_out = NOT_SENT.get(table.name, ())
    return {
        name.removesuffix("_json"): json.loads(row[name]) if name.endswith("_json") else row[name]
        for name in table.columns.keys()  # noqa: SIM118 - its iterator gives columns
        if name not in left_out and row[name] is not None
    }


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
    trashed_at = given.get("trashed_at")
    if trashed_at is not None:
        _check_text(where, "trashed_at", trashed_at)
    return AssetRecord(row, given.get("gone") is not True, tags, rating, notes, trashed_at)


def _generation(where: str, given: Row) -> GenerationRecord:
    row = _row(where, tables.generation, given)
    if row["status"] not in STATUSES:
        _refuse(where, f"has the status {shown(row['status'])}")
    if row["take"] is not None and not 1 <= row["take"] <= LAST_TAKE:
        _refuse(where, f"has the take {row['take']}")
    if (row["operation"] == "import") != (not row["fingerprint"].startswith("r1:")):
        _refuse(where, f"has the fingerprint {shown(row['fingerprint'])}")
    outputs = _rows(where, tables.output, given, "outputs", "position")
    inputs = _rows(where, tables.input_, given, "inputs", "position")
    if any(item["role"] not in ROLES for item in inputs):
        _refuse(where, "has an input in an unknown role")
    return GenerationRecord(row, outputs, inputs, _rows(where, tables.attempt, given, "attempts", "number"))


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
    for column in table.columns:
        if column.name in NOT_SENT.get(table.name, ()):
            continue
        name = column.name.removesuffix("_json")
        value = given.get(name)
        if value is None and not column.nullable:
            _refuse(where, f"lacks {name}")
        if value is not None:
            value = _value(where, column.name, _kind(column), value)
        row[column.name] = value
    return row


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
    if kind is int and not -(2**63) <= value < 2**63:
        _refuse(where, f"has a {column} out of range")
    if kind is float and not math.isfinite(value):
        _refuse(where, f"has a {column} that is no number")
    return value


def _check_text(where: str, column: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        _refuse(where, f"has a {column} that is no text, or too long")
    _check_encoded(where, column, value)
    if column in _HASH_COLUMNS and not is_hash(value):
        _refuse(where, f"has a {column} {shown(value)} that is no hash")
    if column in _ID_COLUMNS and not is_id(value):
        _refuse(where, f"has an {column} {shown(value)} that is no id")
    if column.endswith("_at") and not _TIME.fullmatch(value):
        _refuse(where, f"has a {column} {shown(value)} that is no time")


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
