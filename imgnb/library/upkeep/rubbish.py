"""What may go: a thing that `gc` would delete, and which trash nobody outside the trash needs any more."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, exists, func, not_, or_, select

from ...errors import LibraryError, ProtocolBroken
from ...pictures import probe
from .. import tables
from ..opening import Store
from . import leftovers, returning
from .inside import is_inside, is_link
from .shelves import ON_SHELF, beginning

KEPT_BACKUPS = 2
LONGEST = 36_500.0
"Days: a hundred years."
UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0}

_TRASH, _OUTPUT, _INPUT = tables.trash.c, tables.output.c, tables.input_.c
_ASSET, _DERIVATION, _ROW = tables.asset.c, tables.derivation.c, tables.generation.c
_NOT_EMPTIED = select(_ASSET.sha256).where(
    ON_SHELF, _ASSET.sha256.not_in(select(_TRASH.asset).where(_TRASH.emptied_at.is_not(None)))
)
_THUMB = re.compile(r"([0-9a-f]{64})-\d+\.\w+")
_HALF_THUMB = re.compile(r"\.[0-9a-f]{64}-\d+\.\w+\.\d+-\d+")


@dataclass(frozen=True)
class Rubbish:
    """Something that can be deleted. Of kind "trash", only bytes go; rows and prompts stay."""

    kind: str
    what: str
    bytes: int


@dataclass(frozen=True)
class Collected:
    """What was deleted, or would be."""

    items: tuple[Rubbish, ...]
    dry_run: bool
    kept: int = 0
    "Old pictures of the trash that stay, as something outside of it needs them."

    @property
    def bytes(self) -> int:
        """How many bytes that frees."""
        return sum(item.bytes for item in self.items)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return {
            "dry_run": self.dry_run,
            "bytes": self.bytes,
            "kept": self.kept,
            "items": [asdict(item) for item in self.items],
        }


def age(text: str | float) -> timedelta:
    """Read "30d", "12h", "2w", or a number of days. Raises LibraryError for anything else."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([hdw]?)", str(text).strip())
    days = float(match[1]) * UNITS[match[2] or "d"] if match else -1.0
    if 0 <= days <= LONGEST:
        return timedelta(days=days)
    raise LibraryError(f"{text!r:.40} is no age", hint="write 30d, 12h or 2w; a number alone is days")


def trashed(connection: Connection, older_than: timedelta) -> Iterator[Rubbish]:
    """The pictures that have lain in the trash for longer, and that nothing outside the trash needs."""
    query = select(tables.asset.c.sha256, tables.asset.c.bytes)
    query = query.join_from(tables.trash, tables.asset, _TRASH.asset == tables.asset.c.sha256)
    unused = (not_(used) for used in _USES)
    for row in connection.execute(query.where(*_old(older_than), *unused).order_by(_TRASH.asset)):
        yield Rubbish("trash", row.sha256, row.bytes)


def count_old(connection: Connection, older_than: timedelta) -> int:
    """How many pictures have lain in the trash for longer, needed or not."""
    return connection.scalar(select(func.count()).select_from(tables.trash).where(*_old(older_than))) or 0


def _old(older_than: timedelta) -> tuple[Any, Any]:
    before = (datetime.now(UTC) - older_than).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return _TRASH.created_at <= before, _TRASH.emptied_at.is_(None)


def _kept(generation: Any) -> Any:
    return exists().where(_ROW.id == generation, not_(_ROW.trashed))


def _turns() -> Any:
    """The generations from which a conversation goes on, in however many turns, to one that is outside the trash."""
    last = select(_ROW.continues.label("id")).where(_ROW.continues.is_not(None), not_(_ROW.trashed))
    turns = last.cte("turns", recursive=True)
    before = tables.generation.alias("before")
    earlier = select(before.c.continues).join_from(turns, before, before.c.id == turns.c.id)
    return select(turns.union(earlier.where(before.c.continues.is_not(None))).c.id)


_CONTINUED = _turns()


def _needed(generation: Any) -> Any:
    return or_(_kept(generation), generation.in_(_CONTINUED))


_USES = (
    exists().where(tables.name.c.asset == _TRASH.asset),
    # A generation answers only with all its pictures: while one of them is outside, the others stay.
    *(
        exists().where(column == _TRASH.asset, _needed(_OUTPUT.generation))
        for column in (_OUTPUT.asset, _OUTPUT.derived)
    ),
    *(exists().where(column == _TRASH.asset, _needed(_INPUT.generation)) for column in (_INPUT.asset, _INPUT.sent)),
    exists().where(
        _DERIVATION.parent == _TRASH.asset, _DERIVATION.asset.not_in(select(tables.trash.c.asset.label("other")))
    ),
)


def files(store: Store) -> Iterator[Rubbish]:
    """Files that nobody needs: previews of what is not there, halves that the dead have left, old backups."""
    for kind, paths in (("thumb", _thumbs(store)), ("leftover", _halves(store)), ("backup", _backups(store.root))):
        for path in paths:
            try:
                if not is_inside(store.root, path):
                    continue
                yield Rubbish(kind, leftovers.name_of(store, path), path.lstat().st_size)
            except FileNotFoundError:
                continue


def _thumbs(store: Store) -> Iterator[Path]:
    folder = store.root / "thumbs"
    for digits in sorted(os.listdir(folder)) if folder.is_dir() and not is_link(folder) else ():
        here = folder / digits
        names = sorted(os.listdir(here)) if len(digits) == 2 and here.is_dir() and not here.is_symlink() else []
        known = _with_bytes(store, digits) if names else frozenset()
        for name in names:
            match = _THUMB.fullmatch(name)
            half = _HALF_THUMB.fullmatch(name) and not leftovers.is_fresh(here / name)
            if half or (match is not None and match[1] not in known):
                yield here / name


def _with_bytes(store: Store, digits: str) -> frozenset[str]:
    with store.database.reading() as connection:
        return frozenset(connection.scalars(_NOT_EMPTIED, beginning(digits)))


def _halves(store: Store) -> Iterator[Path]:
    """What is a whole picture, or says how a run ended, is not rubbish: a repair sees to it."""
    yield from returning.to_go(store)
    yield from leftovers.work(store.root)
    for path in leftovers.left(store):
        if is_inside(store.root, path) and path.suffix != ".json" and not _is_whole(path):
            yield path


def _is_whole(path: Path) -> bool:
    try:
        return probe(path, max_pixels=None, foreign=True).whole
    except (OSError, ProtocolBroken):
        return False


def _backups(root: Path) -> Iterator[Path]:
    folder = root / "backups"
    names = sorted(os.listdir(folder)) if folder.is_dir() and not is_link(folder) else []
    yield from (folder / name for name in names if name.endswith(".part") and not leftovers.is_fresh(folder / name))
    whole = [name for name in names if re.fullmatch(r"library-v\d+-[\dT]+\.db", name)]
    whole.sort(key=lambda name: name.rpartition("-")[2])
    yield from (folder / name for name in whole[:-KEPT_BACKUPS])
