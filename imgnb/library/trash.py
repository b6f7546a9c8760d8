"""The trash: a label that hides. What is in it is kept with all its bytes and can be brought back, until `imgnb gc`.

A picture and its stand-in (its composite, its cutout) are in it together, so that neither shows without the other.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, not_, select, update

from ..errors import LibraryError
from ..records import Asset, Generation
from . import tables
from .clock import now
from .labels import check_here
from .part import hash_of
from .rows import ASSET, MADE_WITH, to_asset

_OUTPUT = tables.output.c
_TRASH = tables.trash.c


def in_trash(generation: ColumnElement[str]) -> ColumnElement[bool]:
    """That the generation with this id has pictures and all of them are in the trash: three look-ups by key."""
    return exists().where(_OUTPUT.generation == generation) & not_(has_picture(generation))


def has_picture(generation: ColumnElement[str]) -> ColumnElement[bool]:
    """That the generation with this id has a picture that is not in the trash."""
    return exists().where(_OUTPUT.generation == generation, not_(exists().where(_TRASH.asset == _OUTPUT.asset)))


def put(connection: Connection, item: Asset | Generation) -> int:
    """Throw it away; how many assets that are."""
    hashes = outside(connection, item)
    for sha256 in hashes:
        check_here(connection, sha256)
        connection.execute(insert(tables.trash).values(asset=sha256, created_at=now()))
    return len(hashes)


def take(connection: Connection, item: Asset | Generation) -> int:
    """Bring it back; how many assets that are."""
    hashes = inside(connection, item)
    emptied = [sha256 for sha256 in hashes if emptied_at(connection, sha256)]
    hashes = [sha256 for sha256 in hashes if sha256 not in emptied]
    if emptied and not hashes:
        raise LibraryError(
            f"the bytes of {emptied[0][:12]} were deleted by imgnb gc, {emptied_at(connection, emptied[0])}",
            hint="its record is there: imgnb recipe says how to draw it again",
        )
    for sha256 in hashes:
        connection.execute(delete(tables.trash).where(_TRASH.asset == sha256))
    return len(hashes)


def outside(connection: Connection, item: Asset | Generation) -> list[str]:
    """Those of the item's assets that are not in the trash."""
    return [sha256 for sha256 in _hashes(connection, item) if not _is_in(connection, sha256)]


def inside(connection: Connection, item: Asset | Generation) -> list[str]:
    """Those of the item's assets that are in the trash."""
    return [sha256 for sha256 in _hashes(connection, item) if _is_in(connection, sha256)]


def load(connection: Connection, root: Path) -> list[Asset]:
    """What is in the trash and can be brought back, the last that was thrown away first."""
    query = select(*ASSET, MADE_WITH).join_from(tables.trash, tables.asset, _TRASH.asset == tables.asset.c.sha256)
    query = query.where(_TRASH.emptied_at.is_(None))
    rows = connection.execute(query.order_by(_TRASH.created_at.desc(), _TRASH.asset))
    return [to_asset(row, root, alt=row.made_with or "") for row in rows]


def emptied_at(connection: Connection, sha256: str) -> str | None:
    """When the bytes of what is in the trash were deleted; None where they were not."""
    return connection.scalar(select(_TRASH.emptied_at).where(_TRASH.asset == sha256))


def returned(connection: Connection, sha256: str) -> None:
    """Its bytes are there again: it lies in the trash from now on, and can be brought back."""
    emptied = (_TRASH.asset == sha256, _TRASH.emptied_at.is_not(None))
    connection.execute(update(tables.trash).where(*emptied).values(emptied_at=None, created_at=now()))


def _is_in(connection: Connection, sha256: str) -> bool:
    return connection.scalar(select(_TRASH.asset).where(_TRASH.asset == sha256)) is not None


def _hashes(connection: Connection, item: Asset | Generation) -> list[str]:
    """The item's pictures as they came and what stands for them."""
    pairs = select(_OUTPUT.asset, _OUTPUT.derived)
    if isinstance(item, Generation):
        found = connection.execute(pairs.where(_OUTPUT.generation == item.id).order_by(_OUTPUT.position)).all()
        return list(dict.fromkeys(sha256 for pair in found for sha256 in pair if sha256))
    sha256 = hash_of(item)
    # Two look-ups, because SQLite would not use two indexes for an OR here when it knows little of the table.
    found = [*connection.execute(pairs.where(_OUTPUT.asset == sha256)).all(),
             *connection.execute(pairs.where(_OUTPUT.derived == sha256)).all()]  # fmt: skip
    return list(dict.fromkeys([sha256, *(one for pair in found for one in pair if one)]))
