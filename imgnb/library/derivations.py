"""Assets that are made here of others: conversions, masks, composites, cutouts. Each is made once by one recipe."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import AssetNotFound
from ..records import Asset, Generation
from . import filing, keeping, tables
from .clock import now
from .columns import to_json
from .database import translated
from .given import Given
from .labels import check_here
from .opening import Store
from .rows import load, load_assets

_ROW = tables.generation.c
_OUTPUT = tables.output.c
_DERIVATION = tables.derivation.c
_MADE = select(_DERIVATION.asset, _DERIVATION.said).where(
    _DERIVATION.parent == bindparam("parent"),
    _DERIVATION.kind == bindparam("kind"),
    _DERIVATION.recipe_json == bindparam("recipe_json"),
)
_KINDS = select(_DERIVATION.kind).where(_DERIVATION.asset == bindparam("asset")).distinct().order_by(_DERIVATION.kind)

Make = Callable[[], bytes | Path | tuple[bytes | Path, str]]
"Makes a picture; a sentence about it may come with it, and is kept as its source."

Change = tuple[float | None, float | None]
"How much of an edit differs from its base, and how much of what its mask protected: shares from 0 to 1."


def derived(connection: Connection, root: Path, parent: Asset, kind: str, recipe: Mapping[str, Any]) -> Asset | None:
    """The asset that was made of `parent` by this recipe, where its bytes are there."""
    made = connection.execute(_MADE, _key(parent, kind, recipe)).first()
    found = load_assets(connection, root, [made.asset] if made else [])
    return _of(found[0], parent, kind, made.said) if made and found and found[0].path.is_file() else None


def derive(store: Store, parent: Asset, kind: str, recipe: Mapping[str, Any], make: Make) -> Asset:
    """The asset of this recipe, made now if it was not before; of two who make it at once, the first one's counts."""
    with store.database.reading() as connection:
        if (known := derived(connection, store.root, parent, kind, recipe)) is not None:
            return known
    session = store.check_writable()
    made = make()
    data, said = made if isinstance(made, tuple) else (made, "")
    with translated(store.root):
        kept = keeping.add(store.journal, session, Given(data))
    key = _key(parent, kind, recipe)
    row = {**key, "asset": kept.sha256, "said": said, "created_at": now()}
    source = _source(parent, kind, said)
    with store.database.writing() as connection:
        check_here(connection, parent.sha256)
        filing.add_asset(connection, {**filing.asset_columns(kept), "source": source})
        connection.execute(upsert(tables.derivation).values(**row).on_conflict_do_nothing())
        if (first := derived(connection, store.root, parent, kind, recipe)) is not None:
            return first
        # The bytes of the one made before are gone, and it did not come out the same again.
        connection.execute(
            upsert(tables.derivation).values(**row).on_conflict_do_update(set_={"asset": kept.sha256, "said": said})
        )
        return _of(load_assets(connection, store.root, [kept.sha256])[0], parent, kind, said)


def kinds(connection: Connection, asset: str) -> tuple[str, ...]:
    """The kinds of derivations by which the asset was made."""
    return tuple(connection.scalars(_KINDS, {"asset": asset}))


def has_stand_in(connection: Connection, generation_id: str, position: int) -> bool:
    """Whether an asset stands for this picture of the generation already."""
    here = (_OUTPUT.generation == generation_id, _OUTPUT.position == position)
    return connection.scalar(select(_OUTPUT.derived).where(*here)) is not None


def stand_in(connection: Connection, generation_id: str, position: int, asset: str) -> None:
    """Let an asset stand for a picture of the generation, unless another does."""
    check_here(connection, asset)
    here = (_OUTPUT.generation == generation_id, _OUTPUT.position == position)
    if connection.scalar(select(_OUTPUT.generation).where(*here)) is None:
        raise AssetNotFound(f"generation {generation_id} has no picture at position {position}")
    connection.execute(update(tables.output).where(*here, _OUTPUT.derived.is_(None)).values(derived=asset))


def judge(
    connection: Connection, root: Path, generation_id: str, changes: Mapping[int, Change], mismatches: tuple[str, ...]
) -> Generation:
    """Write how far an edit kept to its base, and what came otherwise than asked; saying it again changes nothing."""
    said = connection.scalar(select(_ROW.mismatches_json).where(_ROW.id == generation_id))
    if said is None:
        raise AssetNotFound(f"the library has no generation {generation_id}", hint="see imgnb find")
    for position, (changed, drift) in changes.items():
        here = (_OUTPUT.generation == generation_id, _OUTPUT.position == position)
        connection.execute(update(tables.output).where(*here).values(changed=changed, drift=drift))
    every = to_json(list(dict.fromkeys([*json.loads(said), *mismatches])))
    if every != said:
        connection.execute(update(tables.generation).where(_ROW.id == generation_id).values(mismatches_json=every))
    return load(connection, root, [generation_id])[0]


def _key(parent: Asset, kind: str, recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {"parent": parent.sha256, "kind": kind, "recipe_json": to_json(recipe)}


def _of(asset: Asset, parent: Asset, kind: str, said: str) -> Asset:
    """The asset as this derivation made it: the same bytes may have come about otherwise, too."""
    return replace(asset, alt=asset.alt or parent.alt, source=_source(parent, kind, said))


def _source(parent: Asset, kind: str, said: str) -> str:
    return f"{kind} of @{parent.sha256[:12]}" + (f": {said}" if said else "")
