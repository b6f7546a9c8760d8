"""Choices between two pictures: kept one by one, as they are made, and turned into a ranking when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlalchemy import delete as delete_from

from ..errors import LibraryError
from ..records import Asset
from ..records.ranking import Choice, Ranking, Standing
from . import tables
from .bradley_terry import Strength, strengths
from .clock import now
from .labels import check_here
from .rows import load_assets

LONGEST_QUERY = 1_000
_CHOICE = tables.choice.c


def check_two(better: str, worse: str) -> None:
    """Raise LibraryError where a picture is held against itself."""
    if better == worse:
        raise LibraryError(f"asset {better[:12]} is compared with itself", hint="give two different pictures")


def add(connection: Connection, better: str, worse: str, tie: bool, asked_by: str) -> int:
    """Store a choice, and return its number. Raises AssetNotFound where either is not in the library."""
    for asset in (better, worse):
        check_here(connection, asset)
    row = {
        "better": better,
        "worse": worse,
        "tie": tie,
        "asked_by": asked_by.encode("utf-8", "replace").decode()[:LONGEST_QUERY],
        "created_at": now(),
    }
    key = connection.execute(insert(tables.choice).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def remove(connection: Connection, number: int) -> bool:
    """Take a choice back; False if there is none of this number."""
    return connection.execute(delete_from(tables.choice).where(_CHOICE.id == number)).rowcount > 0


def between(connection: Connection, assets: Collection[str] | None = None) -> list[Choice]:
    """All choices, or those between these pictures, in the order in which they were made."""
    asked = select(*tables.choice.columns).order_by(_CHOICE.id)
    if assets is not None:
        asked = asked.where(_one_of(_CHOICE.better, assets), _one_of(_CHOICE.worse, assets))
    return [Choice(**{**row._mapping, "tie": bool(row.tie)}) for row in connection.execute(asked)]


def outside_trash(connection: Connection, assets: Collection[str]) -> list[str]:
    """Those that were not thrown away, in their order."""
    trashed = set(connection.scalars(select(tables.trash.c.asset)))
    return [asset for asset in assets if asset not in trashed]


def ranking(connection: Connection, root: Path, hashes: Sequence[str], near: Ranking | None = None) -> Ranking:
    """The pictures with these hashes, the strongest first; what was never compared stands where the prior puts it.

    An earlier ranking that it is `near` to makes it faster, not other.
    """
    assets = load_assets(connection, root, list(dict.fromkeys(hashes)))
    made = between(connection, [asset.sha256 for asset in assets])
    start = {row.asset.sha256: row.strength for row in near or ()}
    results = [(item.better, item.worse, item.tie) for item in made]
    found = strengths((asset.sha256 for asset in assets), results, start=start)
    return Ranking(_placed(assets, found), len(made))


def _one_of(column: ColumnElement[str], hashes: Collection[str]) -> ColumnElement[bool]:
    # As one JSON text: a statement takes only so many values.
    given = func.json_each(json.dumps(sorted(set(hashes)))).table_valued("value")
    return column.in_(select(given.c.value))


def _placed(assets: Sequence[Asset], found: dict[str, Strength]) -> list[Standing]:
    rows: list[Standing] = []
    for number, asset in enumerate(sorted(assets, key=lambda asset: -found[asset.sha256].strength), 1):
        one = found[asset.sha256]
        # What the last step of the reckoning leaves is no difference.
        same = bool(rows) and abs(rows[-1].strength - one.strength) <= 1e-5 * one.strength
        place = rows[-1].place if same else number
        rows.append(Standing(place, asset, one.strength, one.error, one.wins, one.losses, one.ties))
    return rows
