"""What a conversation can go on from: generations as turns, and the files that servers keep for us."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, literal, select
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import AssetNotFound
from ..records import Asset, Generation, blob_path
from ..request import Reference
from ..request.references import Role
from ..request.turn import Turn
from . import tables
from .clock import now
from .opening import Store
from .rows import load

LONGEST = 1000
"Turns of one conversation that are looked back at; a longer one is cut at its beginning."

_ROW = tables.generation.c
_UPLOAD = tables.upload.c


def turn(store: Store, generation_id: str) -> Turn:
    """The generation as a turn, with those before it. Raises AssetNotFound when it is not here."""
    with store.database.reading() as connection:
        chain = load(connection, store.root, _ancestors(connection, generation_id))
    found: Turn | None = None
    for generation in reversed(chain):
        found = _turn(generation, store.root, found)
    if found is None:
        raise AssetNotFound(f"the library has no generation {generation_id}", hint="see imgnb find")
    return found


def upload(connection: Connection, sha256: str, route: str, base_url: str) -> str | None:
    """The id under which a server keeps this picture."""
    return connection.scalar(select(_UPLOAD.file_id).where(*_place(sha256, route, base_url)))


def record_upload(connection: Connection, sha256: str, route: str, base_url: str, file_id: str | None) -> None:
    """Remember, or with None forget, under which id a server keeps a picture."""
    if file_id is None:
        connection.execute(delete(tables.upload).where(*_place(sha256, route, base_url)))
        return
    row = {"asset": sha256, "route": route, "base_url": base_url, "file_id": file_id, "created_at": now()}
    connection.execute(upsert(tables.upload).values(**row).on_conflict_do_update(set_=row))


def _place(sha256: str, route: str, base_url: str) -> tuple[ColumnElement[bool], ...]:
    """Files belong to an account, and so to a route: another with the same address may have another key."""
    return _UPLOAD.asset == sha256, _UPLOAD.route == route, _UPLOAD.base_url == base_url


def _ancestors(connection: Connection, generation_id: str) -> list[str]:
    """The generation and what it goes on from, the newest first."""
    line = select(_ROW.id, _ROW.continues, literal(0).label("depth")).where(_ROW.id == generation_id).cte("line", recursive=True)  # fmt: skip
    earlier = select(_ROW.id, _ROW.continues, line.c.depth + 1).where(_ROW.id == line.c.continues, line.c.depth < LONGEST)  # fmt: skip
    line = line.union_all(earlier)
    return list(connection.scalars(select(line.c.id).order_by(line.c.depth)))


def _turn(generation: Generation, root: Path, earlier: Turn | None) -> Turn:
    return Turn(
        generation_id=generation.id,
        fingerprint=generation.fingerprint,
        prompt=generation.prompt,
        text=generation.text,
        inputs=tuple(_reference(item.asset, root, item.role, item.source) for item in generation.inputs if item.role == "image"),
        outputs=tuple(_reference(asset, root, "image", f"@{generation.id}") for asset in generation.originals),
        route=generation.route,
        base_url=generation.base_url,
        response_id=generation.response_id,
        call_ids=tuple(asset.call_id for asset in generation.originals if asset.call_id),
        remembered=generation.params.get("store") is not False,
        earlier=earlier,
    )  # fmt: skip


def _reference(asset: Asset, root: Path, role: str, source: str) -> Reference:
    kind: Role = "image" if role == "image" else "mask" if role == "mask" else "markup"
    path = blob_path(root, asset.sha256, asset.media_type)
    return Reference(
        asset.sha256, asset.media_type, path, kind, asset.width, asset.height, asset.has_alpha, asset.byte_count, source
    )
