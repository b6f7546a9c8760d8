"""The one transaction that files how a run ended: outcome, pictures, and their order.

Filing can be repeated: what is filed already stays as it is. So it does not matter whether the process that ran the
request files it, or whoever opens the library after that process has died.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import AssetNotFound, LibraryError, LibraryFull, LibraryLocked
from ..records import Generation
from . import tables
from .clock import now
from .columns import to_json
from .database import translated
from .journal import Kept
from .keeping import UNKNOWN, gather
from .opening import Store
from .origin import SKETCHES
from .outcome import BILLED, Outcome
from .prepared import Prepared
from .rows import AnyRow, load

_ROW = tables.generation.c
_OUTPUT = tables.output.c
_ID: BindParameter[str] = bindparam("key")
_FILED = select(_ROW.status, _ROW.fingerprint, _ROW.route, _ROW.take_wanted, _ROW.notes_json).where(_ROW.id == _ID)
_PICTURES = Prepared(select(_OUTPUT.position, _OUTPUT.asset).where(_OUTPUT.generation == _ID))
_TAKES = Prepared(
    select(_ROW.take).where(
        _ROW.fingerprint == bindparam("fingerprint"), _ROW.route == bindparam("route"), _ROW.take.is_not(None)
    )
)
_CHANGE = update(tables.generation).where(_ROW.id == _ID)
_ADD_ASSET = Prepared(
    upsert(tables.asset).on_conflict_do_nothing(),
    ("sha256", "media_type", "bytes", "width", "height", "has_alpha", "frames", "created_at"),
)
_ADD_OUTPUT = Prepared(insert(tables.output), ("generation", "position", "asset", "meta_json"))
_UNTRASH = Prepared(delete(tables.trash).where(tables.trash.c.asset == _ID))


def finish(store: Store, generation_id: str, outcome: Outcome) -> Generation:
    """Write down how the run ended, then file it; what cannot be filed now, the next open files."""
    columns = outcome.columns()
    with translated(store.root):
        pictures = gather(store.journal, generation_id)
        store.journal.write_outcome(generation_id, columns)
    store.unfiled.add(generation_id)
    if homeless := [kept for kept in pictures if not kept.is_home(store.root)]:
        raise _no_room(store, generation_id, [kept for kept in pictures if kept not in homeless])
    try:
        with store.database.writing() as connection:
            file(connection, generation_id, columns, pictures)
            generation = load(connection, store.root, [generation_id])[0]
    except (LibraryLocked, LibraryFull) as error:
        safe = "what arrived is safe and will be filed under its request when the library is next opened"
        raise type(error)(error.message, hint=f"{safe}; {error.hint}") from error
    store.filed[generation_id] = [kept.path(store.root) for kept in pictures]
    store.unfiled.discard(generation_id)
    return generation


def file(
    connection: Connection, generation_id: str, columns: Mapping[str, Any] | None, pictures: Sequence[Kept]
) -> None:
    """Write how the run ended, if that is known, and its pictures; without an outcome the row says "interrupted"."""
    row = connection.execute(_FILED, {"key": generation_id}).first()
    if row is None:
        raise AssetNotFound(f"the library has no generation {generation_id}")
    added = _file_pictures(connection, generation_id, pictures)
    # An outcome is better than the guess of somebody who took the process for dead.
    if columns is not None and row.status in ("running", "interrupted"):
        route = columns.get("route", row.route)
        take = _free_take(connection, row, route) if columns["status"] == "succeeded" else None
        _change(connection, generation_id, {**columns, "take": take})
    elif columns is None:
        _file_interruption(connection, generation_id, row, added)


def _no_room(store: Store, generation_id: str, at_home: Sequence[Kept]) -> LibraryFull:
    """File what is at home, so that nobody waits for the rest."""
    with contextlib.suppress(LibraryError), store.database.writing() as connection:
        file(connection, generation_id, None, at_home)
    return LibraryFull(
        f"there is no room left in {store.root}; what arrived is safe in {store.journal.rescue}",
        hint="free some space and open the library again: it brings the picture home and files it under its request",
    )


def _file_interruption(connection: Connection, generation_id: str, row: AnyRow, added: int) -> None:
    note = f"recovered {added} picture{'' if added == 1 else 's'}"
    notes = {"notes_json": to_json([*json.loads(row.notes_json), note])}
    if row.status == "running":
        ending = {
            "status": "interrupted",
            "error_kind": "interrupted",
            "error_message": "the process ended before the run did",
            "billing_note": BILLED if _was_asked(connection, generation_id) else None,
            "finished_at": now(),
        }
        _change(connection, generation_id, {**notes, **ending})
    elif added:
        _change(connection, generation_id, notes)


def _was_asked(connection: Connection, generation_id: str) -> bool:
    """Whether a call was made to somebody who bills."""
    attempts = tables.attempt.c
    query = select(attempts.number).join(tables.generation, _ROW.id == attempts.generation)
    asked = connection.execute(query.where(_ROW.id == generation_id, _ROW.route_owner != SKETCHES).limit(1))
    return asked.first() is not None


def _change(connection: Connection, generation_id: str, columns: Mapping[str, Any]) -> None:
    connection.execute(_CHANGE, {**columns, "key": generation_id})


def _file_pictures(connection: Connection, generation_id: str, pictures: Sequence[Kept]) -> int:
    """Add the pictures that are not there yet; one whose place an other attempt's picture has goes to the end."""
    filed: dict[int, str] = dict(_PICTURES.run(connection, {"key": generation_id}).fetchall())
    before = len(filed)
    firsts: dict[int, Kept] = {}
    for kept in pictures:
        if kept.index not in filed:
            firsts.setdefault(kept.index, kept)
    for kept in (*firsts.values(), *pictures):
        if kept.index in filed and kept.sha256 in filed.values():
            continue
        position = max(filed) + 1 if kept.index in filed else kept.index
        _ADD_ASSET.run(connection, asset_columns(kept))
        _add_output(connection, kept, position)
        # Whoever has the very bytes drawn again wants them back.
        _UNTRASH.run(connection, {"key": kept.sha256})
        filed[position] = kept.sha256
    return len(filed) - before


def asset_columns(kept: Kept) -> dict[str, Any]:
    """The asset row of a picture that a provider sent."""
    return {
        "sha256": kept.sha256,
        "media_type": kept.media_type,
        "bytes": kept.bytes,
        "width": kept.width,
        "height": kept.height,
        "has_alpha": kept.has_alpha,
        "frames": kept.frames,
        "created_at": now(),
    }


def add_asset(connection: Connection, values: Mapping[str, Any]) -> None:
    """Write the row of a picture that a person gave; what was bytes of no known kind till then becomes a picture."""
    facts = ("media_type", "width", "height", "has_alpha", "frames")
    statement = upsert(tables.asset).values(**values)
    known_better = statement.on_conflict_do_update(
        set_={name: values[name] for name in facts}, where=tables.asset.c.media_type == UNKNOWN
    )
    connection.execute(known_better)
    # Whoever gives the bytes of what gc has deleted has them again; it stays in the trash.
    emptied = (tables.trash.c.asset == values["sha256"], tables.trash.c.emptied_at.is_not(None))
    connection.execute(update(tables.trash).where(*emptied).values(emptied_at=None))


def _add_output(connection: Connection, kept: Kept, position: int) -> None:
    row = {
        "generation": kept.generation_id,
        "position": position,
        "asset": kept.sha256,
        "meta_json": to_json(kept.meta),
    }
    _ADD_OUTPUT.run(connection, row)


def _free_take(connection: Connection, row: AnyRow, route: str) -> int:
    """The take that was wanted if it is free, else the next one."""
    takes = {take for (take,) in _TAKES.run(connection, {"fingerprint": row.fingerprint, "route": route})}
    if row.take_wanted is not None and row.take_wanted not in takes:
        return int(row.take_wanted)
    return max(takes, default=0) + 1
