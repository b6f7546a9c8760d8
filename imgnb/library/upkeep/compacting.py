"""Giving back the room that a database no longer needs, and what makes it fast: VACUUM, a merged full text, statistics."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from typing import Any

from ...errors import LibraryFull
from ..database import translated
from ..opening import Store
from ..sessions import check_no_others
from .backing_up import bytes_of
from .report import Follow, Step, nobody

STEPS = (
    ("merging the full text", "INSERT INTO prompt_fts (prompt_fts) VALUES ('optimize')"),
    ("vacuum", "VACUUM"),
    ("statistics", "PRAGMA analysis_limit = 1000"),
    ("statistics", "PRAGMA optimize = 0x10002"),
    ("writing the WAL back", "PRAGMA wal_checkpoint(TRUNCATE)"),
)


@dataclass(frozen=True)
class Compacted:
    """How many bytes the database took, and takes."""

    before: int
    after: int

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return asdict(self)


def compact(store: Store, follow: Follow = nobody) -> Compacted:
    """Make the database as small as it can be. Raises LibraryLocked where other kernels have the library open."""
    own = store.check_writable()
    check_no_others(store.journal.incoming, own)
    before = bytes_of(store.database.path)
    _check_room(store, before)
    with store.database.bare() as connection:
        for number, (stage, statement) in enumerate(STEPS):
            follow(Step(stage, number, len(STEPS)))
            connection.execute(statement).fetchall()
    return Compacted(before, bytes_of(store.database.path))


def _check_room(store: Store, before: int) -> None:
    with translated(store.root):
        free = shutil.disk_usage(store.root).free
    # The new file is written beside the old one, into the WAL first.
    if free < 2 * before:
        raise LibraryFull(
            f"to compact {before:,} bytes takes twice that room, and {store.root} has {free:,} left",
            hint="free some space",
        )
