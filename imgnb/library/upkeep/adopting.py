"""Whole pictures that no row knows become assets: by the hash of their bytes, whatever they were called."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, or_, select, update

from ...files.durable import make_folder, sync_file, sync_folder
from ...pictures import Picture
from ...pictures.metadata import told
from ...records import blob_path
from .. import filing, tables
from ..bundles import foreign
from ..journal import Kept
from ..keeping import UNKNOWN
from .filling import LOST
from .reading import Read

ADOPTED = "adopted"
"The source of a picture that was found in the library's folder."


def adopt(connection: Connection, root: Path, path: Path, found: Read) -> Path:
    """Give the file the name that its bytes have, and a row; what has one already stays as it is."""
    facts = facts_of(found.picture)
    created = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="milliseconds")
    final = move(root, path, found.sha256, facts["media_type"])
    row = {
        "sha256": found.sha256,
        "bytes": found.bytes,
        "source": ADOPTED,
        "created_at": created.replace("+00:00", "Z"),
    }
    filing.add_asset(connection, {**row, **facts})
    # A rebuild has given rows to pictures of which it knew the hash alone.
    bare = update(tables.asset).where(tables.asset.c.sha256 == found.sha256, tables.asset.c.source == LOST)
    connection.execute(bare.values(**row, **facts))
    _add_what_it_says(connection, final, found, facts)
    return final


def _add_what_it_says(connection: Connection, path: Path, found: Read, facts: dict[str, Any]) -> None:
    """A picture that says of itself how it was made is a generation, too, unless some generation has it."""
    output = tables.output.c
    makers = select(output.generation).where(or_(output.asset == found.sha256, output.derived == found.sha256))
    if connection.scalar(makers.limit(1)) is None and (said := told(path)) is not None:
        foreign.add_generation(connection, Kept("", 0, found.sha256, **facts, bytes=found.bytes, kept_at=0), path, said)


def move(root: Path, path: Path, sha256: str, media_type: str) -> Path:
    """Give the bytes their final name, and make it durable; another file of that name is only replaced by its equal."""
    final = blob_path(root, sha256, media_type)
    if path != final:
        make_folder(final.parent)
        sync_file(path)
        os.replace(path, final)
        sync_folder(final.parent)
    return final


def correct(connection: Connection, root: Path, path: Path, found: Read) -> None:
    """Let the row, and the ending of the file, say what the bytes are."""
    facts = facts_of(found.picture)
    move(root, path, found.sha256, facts["media_type"])
    values = {"bytes": found.bytes, **facts}
    connection.execute(update(tables.asset).where(tables.asset.c.sha256 == found.sha256).values(**values))


def facts_of(picture: Picture | None) -> dict[str, Any]:
    """The columns of an asset that its bytes decide."""
    names = ("media_type", "width", "height", "has_alpha", "frames")
    if picture is None:
        return {name: UNKNOWN if name == "media_type" else None for name in names}
    return {name: getattr(picture, name) for name in names}
