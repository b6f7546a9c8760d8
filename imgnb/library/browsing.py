"""The part of the library's door that pages ask: labels of many pictures at once, and what stands beside a generation.

Each answer is a look-up by index, however big the library is.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from ..records import Asset, Found, Generation, Labels
from . import tables
from .part import Part
from .rows import HASHES, load, load_numbers
from .search import number_of

BESIDE = 24
"Other takes, or turns that go on from one, that are shown at most."

ENDED_BADLY = ("failed", "interrupted", "cancelled")

_ROW = tables.generation.c
_KIND = func.coalesce(func.nullif(_ROW.error_kind, ""), _ROW.status)
_LABELS: Mapping[str, Select[Any]] = {
    "names": select(tables.name.c.asset, tables.name.c.name.label("said")).join_from(
        HASHES, tables.name, HASHES.c.value == tables.name.c.asset
    ),
    "tags": select(tables.tag.c.asset, tables.tag.c.tag.label("said")).join_from(
        HASHES, tables.tag, HASHES.c.value == tables.tag.c.asset
    ),
    "notes": select(tables.note.c.asset, tables.note.c.text.label("said"))
    .join_from(HASHES, tables.note, HASHES.c.value == tables.note.c.asset)
    .order_by(tables.note.c.id),
}
_STARS = select(tables.rating.c.asset, tables.rating.c.stars).join_from(
    HASHES, tables.rating, HASHES.c.value == tables.rating.c.asset
)


class Browsing(Part):
    """What a page shows beside what was found."""

    def labels_on(self, assets: Iterable[Asset]) -> dict[str, Labels]:
        """Names, tags, stars and notes of many assets, by hash."""
        hashes = json.dumps(list(dict.fromkeys(asset.sha256 for asset in assets)))
        with self._store.database.reading() as connection:
            return _labels(connection, hashes)

    def beside(self, generation: Generation) -> tuple[str | None, str | None]:
        """The ids of the generation before it and of the one after it in time; None at an end."""
        with self._store.database.reading() as connection:
            number = connection.scalar(select(_ROW.number).where(_ROW.id == generation.id)) or 0
            older = select(_ROW.id).where(_ROW.number < number).order_by(_ROW.number.desc()).limit(1)
            newer = select(_ROW.id).where(_ROW.number > number).order_by(_ROW.number).limit(1)
            return connection.scalar(older), connection.scalar(newer)

    def takes(self, generation: Generation) -> Found[Generation]:
        """The newest other answers to the very same request."""
        return self._load(_ROW.fingerprint == generation.fingerprint, _ROW.id != generation.id)

    def turns_after(self, generation: Generation) -> Found[Generation]:
        """The newest generations that go on from this one."""
        return self._load(_ROW.continues == generation.id)

    def failure_kinds(self, most: int) -> dict[str, int]:
        """How often each kind of error stands among so many failures, the newest; the most frequent first.

        How one ended is the kind of what has no error.
        """
        with self._store.database.reading() as connection:
            counts = Counter(kind for _, kind in _ended_badly(connection, most))
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def failures(self, kind: str = "", *, limit: int, before: str | None = None) -> Found[Generation]:
        """The newest failures of exactly this kind, by default of any; `before` the id of the last one gives the next page."""
        with self._store.database.reading() as connection:
            conditions: list[ColumnElement[bool]] = [_KIND.in_((kind,))] if kind else []
            if before is not None:
                conditions.append(_ROW.number < number_of(connection, before))
            numbers = [number for number, _ in _ended_badly(connection, limit, *conditions)]
            return Found(load_numbers(connection, self.path, numbers))

    def _load(self, *conditions: Any) -> Found[Generation]:
        query = select(_ROW.id).where(*conditions).order_by(_ROW.number.desc()).limit(BESIDE)
        with self._store.database.reading() as connection:
            return Found(load(connection, self.path, connection.scalars(query).all()))


def _ended_badly(connection: Connection, most: int, *conditions: ColumnElement[bool]) -> list[tuple[int, str]]:
    """Number and kind of the newest failures, by an index that has each way to end apart."""
    rows: list[tuple[int, str]] = []
    for status in ENDED_BADLY:
        query = select(_ROW.number, _KIND).where(_ROW.status == status, *conditions)
        rows += [(row[0], str(row[1])) for row in connection.execute(query.order_by(_ROW.number.desc()).limit(most))]
    return sorted(rows, reverse=True)[:most]


def _labels(connection: Connection, hashes: str) -> dict[str, Labels]:
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind, query in _LABELS.items():
        for row in connection.execute(query, {"hashes": hashes}):
            said[row.asset][kind].append(row.said)
    stars = {row.asset: row.stars for row in connection.execute(_STARS, {"hashes": hashes})}
    return {
        asset: Labels(
            names=tuple(sorted(said[asset]["names"])),
            tags=tuple(sorted(said[asset]["tags"], key=str.casefold)),
            stars=stars.get(asset),
            notes=tuple(said[asset]["notes"]),
        )
        for asset in json.loads(hashes)
    }
