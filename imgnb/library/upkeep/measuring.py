"""How much a library holds and takes: exact where that is quick, estimated and called so where it is not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from .. import tables
from ..opening import Store
from . import quarantine

NEWEST = 100_000
"Generations whose cost is summed up; `imgnb costs` has all."
MOST = 20_000
"Files of a folder that are counted."

_ASSET, _ROW, _TRASH = tables.asset.c, tables.generation.c, tables.trash.c


def measure(store: Store) -> dict[str, Any]:
    """Everything that `imgnb stats` says, as plain JSON values."""
    notes: list[str] = []
    with store.database.reading() as connection:
        rows = _rows(connection, notes)
    with store.database.bare() as connection_:
        journal = str(connection_.execute("PRAGMA journal_mode").fetchone()[0])
    file = store.database.path
    database = _size(file)
    generations = sum(rows["generations"].values())
    folders = {name: _folder(store.root / name, notes) for name in ("thumbs", quarantine.FOLDER, "backups", "incoming")}
    return {
        **rows,
        "disk": {
            "pictures": rows["bytes"] - rows["emptied"],
            "database": database,
            "wal": _size(file.with_name(f"{file.name}-wal")),
            **folders,
        },
        "bytes_per_generation": round(database / generations) if generations else None,
        "schema_version": store.schema_version,
        "journal": journal,
        "notes": notes,
    }


def _rows(connection: Connection, notes: list[str]) -> dict[str, Any]:
    generations = _statuses(connection)
    types = select(_ASSET.media_type, func.count().label("assets"), func.sum(_ASSET.bytes).label("bytes"))
    kinds = connection.execute(types.group_by(_ASSET.media_type).order_by(func.sum(_ASSET.bytes).desc())).all()
    largest = select(_ASSET.sha256, _ASSET.media_type, _ASSET.bytes).order_by(_ASSET.bytes.desc()).limit(5)
    in_trash = select(func.coalesce(func.sum(_ASSET.bytes), 0), func.count()).join(
        tables.trash, _TRASH.asset == _ASSET.sha256
    )
    emptied, _ = connection.execute(in_trash.where(_TRASH.emptied_at.is_not(None))).one()
    trash, count = connection.execute(in_trash.where(_TRASH.emptied_at.is_(None))).one()
    return {
        "generations": generations,
        "assets": sum(row.assets for row in kinds),
        "bytes": sum(row.bytes for row in kinds),
        "cost": _cost(connection, sum(generations.values()), notes),
        "media_types": {row.media_type: {"assets": row.assets, "bytes": row.bytes} for row in kinds},
        "largest": [dict(row._mapping) for row in connection.execute(largest)],
        "trash": {"assets": count, "bytes": trash},
        "emptied": emptied,
        "first": connection.scalar(select(_ROW.created_at).order_by(_ROW.number).limit(1)),
        "last": connection.scalar(select(_ROW.created_at).order_by(_ROW.number.desc()).limit(1)),
        "labels": _labels(connection),
    }


def _statuses(connection: Connection) -> dict[str, int]:
    """From the counts that are kept, unless something is in the trash: of that they do not say how it had ended."""
    tally = tables.tally.c
    kept = select(tally.value, tally.count).where(tally.facet == "status", tally.count > 0)
    counts = {row.value: row[1] for row in connection.execute(kept)}
    if "trashed" in counts:
        statuses = select(_ROW.status, func.count()).group_by(_ROW.status)
        counts = {row.status: row[1] for row in connection.execute(statuses)}
    elif running := connection.scalar(select(func.count()).where(_ROW.status == "running")):
        counts["running"] = running
    return dict(sorted(counts.items()))


def _cost(connection: Connection, generations: int, notes: list[str]) -> dict[str, float]:
    rows = select(_ROW.currency, _ROW.cost).order_by(_ROW.number.desc())
    if generations > NEWEST:
        rows = rows.limit(NEWEST)
        notes.append(f"cost is that of the newest {NEWEST:,} generations; imgnb costs has all")
    newest = rows.subquery()
    sums = select(newest.c.currency, func.sum(newest.c.cost)).group_by(newest.c.currency)
    return {currency: cost for currency, cost in connection.execute(sums) if cost is not None}


def _labels(connection: Connection) -> dict[str, int]:
    counts = {}
    for name, table in (
        ("names", tables.name),
        ("ratings", tables.rating),
        ("notes", tables.note),
        ("choices", tables.choice),
    ):
        counts[name] = connection.scalar(select(func.count()).select_from(table)) or 0
    tally = tables.tally.c
    tags = select(func.count()).where(tally.facet == "tag", tally.count > 0)
    counts["tags"] = connection.scalar(tags) or 0
    counts["saved_searches"] = connection.scalar(select(func.count()).select_from(tables.saved_search)) or 0
    return counts


def _folder(folder: Path, notes: list[str]) -> int:
    """The bytes of the files in a folder, of the first so many."""
    size = count = 0
    for here, _, names in os.walk(folder):
        for name in names:
            size, count = size + _size(Path(here) / name), count + 1
            if count == MOST:
                notes.append(f"{folder.name}: that is what its first {MOST:,} files take")
                return size
    return size


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
