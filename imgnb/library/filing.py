"""How a run ended, and the one transaction that files it: outcome, pictures, and their order.

Filing can be repeated: what is filed already stays as it is. So it does not matter whether the process that ran the
request files it, or whoever opens the library after that process has died.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import AssetNotFound, LibraryError, LibraryFull, LibraryLocked
from ..events import Answered
from ..records import Generation
from . import tables
from .clock import now
from .database import translated
from .journal import Kept
from .keeping import UNKNOWN, gather
from .opening import Store
from .origin import SKETCHES
from .prepared import Prepared
from .rows import AnyRow, load, to_json

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


BILLED = "the provider may have billed this call"
"What a record says of a call that brought nothing, or not all, and may have been paid for."


@dataclass(frozen=True)
class Outcome:
    """How a run ended. Its pictures are not here: everything that was kept is filed, in order of index."""

    status: Literal["succeeded", "failed", "cancelled"]
    answered: Answered | None = None
    effective: Mapping[str, Any] = field(default_factory=dict)
    mismatches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cost: float | None = None
    cost_basis: str | None = None
    currency: str = "USD"
    billing_note: str | None = None
    seconds: float | None = None
    went: Mapping[str, Any] = field(default_factory=dict)
    "Columns that say which way was taken in the end, where that is another than the one it was to go."
    error_kind: str | None = None
    error_code: str | None = None
    error_param: str | None = None
    error_message: str | None = None
    error_details: Mapping[str, Any] | None = None
    provenance: Mapping[str, Any] | None = None
    "What became known of the surroundings meanwhile, in place of what the claim said; None leaves that."

    def columns(self) -> dict[str, Any]:
        """The outcome as columns of `generation`, plain enough for a breadcrumb."""
        answered = self.answered or Answered()
        return {
            "status": self.status,
            "effective_json": to_json(self.effective or answered.effective),
            "mismatches_json": to_json(self.mismatches),
            "notes_json": to_json(self.notes),
            "usage_json": None if answered.usage is None else to_json(answered.usage),
            "model_answered": answered.model,
            "revised_prompt": answered.revised_prompt,
            "text": answered.text,
            "partials_received": answered.partials_received,
            "streamed": None if self.answered is None else answered.streamed,
            "http_status": answered.status,
            "request_id": answered.request_id,
            "response_id": answered.response_id,
            "unknown_events": answered.unknown_events,
            "seconds_to_first_byte": answered.seconds_to_first_byte,
            "seconds_to_first_partial": answered.seconds_to_first_partial,
            "cost": self.cost,
            "cost_basis": self.cost_basis,
            "currency": self.currency,
            "billing_note": self.billing_note,
            "seconds": self.seconds,
            "error_kind": self.error_kind,
            "error_code": self.error_code,
            "error_param": self.error_param,
            "error_message": self.error_message,
            "error_details_json": None if self.error_details is None else to_json(self.error_details),
            "finished_at": now(),
            **self.went,
            **({} if self.provenance is None else {"provenance_json": to_json(self.provenance)}),
        }


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
