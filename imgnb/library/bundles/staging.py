"""Bytes come in: each picture is hashed while it is written below a name of this session, and gets its final name when all are whole.

What is staged belongs to the session: should the process die, whoever opens the library next clears it away.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from ...errors import BundleRefused, LibraryError, LibraryFull, ProtocolBroken
from ...events import Spooled
from ...pictures import probe
from .. import tables
from ..blobs import SpoolSink, is_stored, place
from ..database import translated
from ..keeping import UNKNOWN
from ..opening import Store
from .limits import Limits, Progress
from .packs import Pack

Facts: TypeAlias = dict[str, Any]
"The columns of an asset that its bytes say."

_AT_ONCE = 4
"Pictures that are made durable at the same time."


def missing(store: Store, wanted: Iterable[str]) -> Iterator[str]:
    """Those of the pictures whose bytes the library has not."""
    with store.database.reading() as connection:
        for sha256 in wanted:
            row = known(connection, sha256)
            if row is None or not is_stored(store.root, sha256, row[0], row[1]):
                yield sha256


def known(connection: Connection, sha256: str) -> tuple[str, int] | None:
    """Media type and size of an asset that the library has."""
    asset = tables.asset.c
    row = connection.execute(select(asset.media_type, asset.bytes).where(asset.sha256 == sha256)).first()
    return None if row is None else (row.media_type, row.bytes)


def bring_in(
    store: Store, pack: Pack, hashes: list[str], sizes: dict[str, int], limits: Limits, progress: Progress
) -> dict[str, Facts]:
    """Stage these pictures, give them their final names, and say what they are.

    Raises BundleRefused, and keeps nothing, where one is not what its name says; LibraryFull where there is no room.
    """
    total, done = sum(sizes[sha256] for sha256 in hashes), 0
    _check_room(store.root, total + limits.reserve)
    progress(0, total)
    with _staged(store) as stage:
        for sha256 in hashes:
            done += stage.take(pack, sha256, min(limits.picture, limits.total - done))
            progress(min(done, total), total)
        return stage.place()


class _Stage:
    """Pictures that are on their way in."""

    def __init__(self, store: Store, pool: ThreadPoolExecutor) -> None:
        self._store = store
        self._session = store.check_writable()
        # A number of chance, because two threads of one session may import at once.
        self._first = secrets.randbelow(10**9) * 10**7
        self._pool = pool
        self._syncing: deque[tuple[str, Future[Spooled]]] = deque()
        self.spooled: list[Spooled] = []

    def take(self, pack: Pack, sha256: str, most: int) -> int:
        """Write the bytes of a picture down; how many they are."""
        sink = self._store.journal.open_sink(self._session, self._first + len(self.spooled) + len(self._syncing))
        try:
            with pack.opened(pack.blobs[sha256], most) as member:
                for block in member.blocks():
                    sink.write(block)
            if sink.rescued:
                raise LibraryFull(f"there is no room left in {self._store.root}", hint="free some and import again")
        except BaseException:
            sink.discard()
            raise
        self._syncing.append((sha256, self._pool.submit(_finished, sink)))
        if len(self._syncing) > _AT_ONCE:
            self._settle()
        return member.read_bytes

    def place(self) -> dict[str, Facts]:
        """Give all their final names."""
        while self._syncing:
            self._settle()
        with self._store.database.reading() as connection:
            types = {one.sha256: known(connection, one.sha256) for one in self.spooled}
        return dict(self._pool.map(lambda one: (one.sha256, self._place(one, types[one.sha256])), self.spooled))

    def clear(self) -> None:
        """Forget what has no final name."""
        for _, syncing in self._syncing:
            with contextlib.suppress(LibraryError):
                self.spooled.append(syncing.result())
        for one in self.spooled:
            one.path.unlink(missing_ok=True)

    def _settle(self) -> None:
        """Wait until the oldest is durable, and look whether it is what it should be."""
        sha256, syncing = self._syncing.popleft()
        spooled = syncing.result()
        self.spooled.append(spooled)
        if spooled.sha256 != sha256:
            raise BundleRefused(
                f"the bytes of asset {sha256[:12]} are others: their hash is {spooled.sha256[:12]}",
                hint="the bundle was damaged on the way; nothing of it came in",
            )

    def _place(self, one: Spooled, there: tuple[str, int] | None) -> Facts:
        found = facts_of(one.path, one.bytes)
        if there is not None and there[0] != UNKNOWN:
            found["media_type"] = there[0]
        place(self._store.root, one, found["media_type"])
        return found


def _finished(sink: SpoolSink) -> Spooled:
    try:
        return sink.finish()
    except BaseException:
        sink.discard()
        raise


@contextmanager
def _staged(store: Store) -> Iterator[_Stage]:
    # Most of the time goes by waiting for the disk to say that a picture is safe: several wait at once.
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="imgnb-import") as pool:
        stage = _Stage(store, pool)
        try:
            with translated(store.root):
                yield stage
        finally:
            stage.clear()


def facts_of(path: Path, size: int) -> Facts:
    """What the bytes say of themselves: a bundle's word is not taken for it."""
    facts: Facts = {"media_type": UNKNOWN, "bytes": size}
    facts |= dict.fromkeys(("width", "height", "has_alpha", "frames"))
    try:
        picture = probe(path, foreign=True)
    except ProtocolBroken:
        return facts
    return {**facts, **{name: getattr(picture, name) for name in facts if name != "bytes"}}


def _check_room(root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if free < needed:
        raise LibraryFull(
            f"the bundle takes {needed:,} bytes and there are {free:,} in {root}",
            hint="free some space, or set IMGNB_LIBRARY to a folder with room",
        )
