"""Deleting what nobody needs: the only place where bytes of pictures go for good.

First it is written down that the bytes are to go, then they go: whoever is killed in between has lost nothing but room,
and the next gc goes on. Rows and prompts stay.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence, Set
from datetime import timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import select, update

from .. import tables
from ..clock import now
from ..database import translated
from ..opening import Store
from . import leftovers, returning, rubbish
from .inside import check_no_links, is_inside
from .report import Follow, Step, nobody
from .rubbish import Collected, Rubbish

BATCH = 200

_TRASH = tables.trash.c


def collect(
    store: Store, older_than: str | float = "30d", *, dry_run: bool = False, follow: Follow = nobody
) -> Collected:
    """Delete what nobody needs, or with `dry_run` only say what that is."""
    age = rubbish.age(older_than)
    if not dry_run:
        store.check_writable()
        check_no_links(store.root, "blobs", "incoming")
    if store.refusal is None:
        _settle(store)
    with store.database.reading() as connection:
        trash = list(rubbish.trashed(connection, age))
        stay = rubbish.count_old(connection, age) - len(trash)
    items = [*trash, *rubbish.files(store)]
    if dry_run:
        return Collected(tuple(items), True, stay)
    with translated(store.root):
        gone = frozenset(_empty(store, age, len(trash), follow))
        freed = [Rubbish("leftover", leftovers.name_of(store, path), size) for path, size in returning.let_go(store)]
        kept = [item for item in items if item.kind != "trash" or item.what in gone]
        # Looked at anew: what was thrown away just now has left previews behind.
        others = list(rubbish.files(store))
        for number, item in enumerate(others, 1):
            follow(Step("deleting files", number, len(others)))
            _delete(store.root, store.root / item.what)
        leftovers.remove_work_folder(store)
    return Collected((*(item for item in kept if item.kind == "trash"), *freed, *others), False, stay)


def _settle(store: Store) -> None:
    """Whatever came back since the last gc is in the trash again, before anybody says what is old."""
    with translated(store.root):
        returning.bring_home(store)
        returning.take_back(store.database, store.root)


def _empty(store: Store, age: timedelta, total: int, follow: Follow) -> Iterator[str]:
    """Write down which bytes are to go, a few at a time, so that kernels get their turn; then let them go."""
    done = 0
    tried: set[str] = set()
    while True:
        with store.database.writing() as connection:
            hashes = _first(rubbish.trashed(connection, age), tried)
            connection.execute(update(tables.trash).where(_TRASH.asset.in_(hashes)).values(emptied_at=now()))
        if not hashes:
            return
        tried.update(hashes)
        yield from _delete_bytes(store, hashes)
        done += len(hashes)
        follow(Step("emptying the trash", done, total))


def _first(items: Iterator[Rubbish], tried: Set[str]) -> list[str]:
    """The next that were not tried: what somebody is just drawing again stays."""
    return list(islice((item.what for item in items if item.what not in tried), BATCH))


def _delete_bytes(store: Store, hashes: Sequence[str]) -> list[str]:
    """Delete the bytes of those that are still to go, and return their hashes."""
    gone: list[str] = []
    with store.database.writing() as connection:
        to_go = select(_TRASH.asset).where(_TRASH.asset.in_(hashes), _TRASH.emptied_at.is_not(None))
        for sha256 in connection.scalars(to_go).all():
            aside = [(path, _set_aside(store, path)) for path in _blobs(store.root, sha256)]
            # Asked after they are out of sight: whoever draws the very same bytes has left a breadcrumb before that.
            if _is_awaited(store, sha256):
                for path, where in aside:
                    os.replace(where, path)
                connection.execute(update(tables.trash).where(_TRASH.asset == sha256).values(emptied_at=None))
                continue
            for _, where in aside:
                where.unlink()
            gone.append(sha256)
    return gone


def _set_aside(store: Store, path: Path) -> Path:
    where = store.journal.incoming / f"{path.name}{returning.EMPTIED}"
    os.replace(path, where)
    return where


def _is_awaited(store: Store, sha256: str) -> bool:
    folders = [folder for folder in (store.journal.incoming, store.journal.rescue) if folder.is_dir()]
    names = [name for folder in folders for name in os.listdir(folder)]
    return any(f".{sha256[:16]}." in name or f".{sha256}." in name for name in names)


def _blobs(root: Path, sha256: str) -> list[Path]:
    folder = root / "blobs" / sha256[:2] / sha256[2:4]
    found = sorted(folder.glob(f"{sha256}.*")) if sha256.isalnum() else []
    return [path for path in found if is_inside(root, path)]


def _delete(root: Path, path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if is_inside(root, path):
            path.unlink()
