"""Pictures that look like one: every perceptual hash of the library is held against its own.

Hashes are computed when they are first needed, the newest pictures first, and written in batches: whoever interrupts that
loses nothing. What cannot be decoded is marked by an empty hash and not tried again; bytes that are gone may come back.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ..errors import ImgnbError, LibraryError, ProtocolBroken
from ..records import Asset
from . import tables
from .opening import Store
from .rows import ASSET, load_assets, to_asset

Progress = Callable[[int, int], None]
"Is told how many hashes of how many are there."

BATCH = 256
BROKEN = ""
_ROW = tables.asset.c

# Not what was only made to be sent, nor what something else stands for.
_NEAREST = """SELECT apart(phash) AS distance, sha256 FROM asset WHERE length(phash) = 16 AND sha256 != ?
    AND phash NOT GLOB '*[^0-9a-f]*'
    AND sha256 NOT IN (SELECT asset FROM trash)
    AND sha256 NOT IN (SELECT asset FROM derivation WHERE kind IN ('conversion', 'mask'))
    AND sha256 NOT IN (SELECT asset FROM output WHERE derived IS NOT NULL AND derived != asset)
    ORDER BY distance, sha256 LIMIT ?"""


class Hashes:
    """The perceptual hashes of a library, those that could not be written among them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unwritten: dict[str, str] = {}
        self._gone: set[str] = set()

    def of(self, asset: Asset) -> str:
        """The hash of an asset. Raises ProtocolBroken where it is no picture, AssetNotFound where its bytes are gone."""
        from ..pictures.perceptual import stored_hash

        with self._store.database.reading() as connection:
            known = connection.scalar(select(_ROW.phash).where(_ROW.sha256 == asset.sha256))
        if found := known or self._unwritten.get(asset.sha256):
            return found
        if not asset.path.is_file():
            _ = asset.bytes  # says what is missing
        found = stored_hash(asset)
        self._write({asset.sha256: found})
        return found

    def complete(self, progress: Progress | None = None) -> None:
        """Compute those that are missing. What was computed when this is interrupted is kept."""
        missing = self._missing()
        done = 0
        with ThreadPoolExecutor(max(2, os.cpu_count() or 1), "imgnb-hash") as pool:
            for batch in _batches(missing):
                made: dict[str, str] = {}
                try:
                    for sha256, found in pool.map(self._hashed, batch):
                        done += 1
                        if found is not None:
                            made[sha256] = found
                    if progress is not None:
                        progress(done, len(missing))
                finally:
                    self._write(made)

    def nearest(self, connection: Connection, wanted: str, but: str, limit: int) -> list[tuple[int, str]]:
        """The hashes of the nearest assets with their distance, the nearest first."""
        target = int(wanted, 16)

        def apart(phash: str) -> int:
            return (int(phash, 16) ^ target).bit_count()

        # SQLite calls it for each row, and keeps the nearest: half the time of fetching a million rows.
        raw: Any = connection.connection.dbapi_connection
        raw.create_function("apart", 1, apart, deterministic=True)
        rows = connection.exec_driver_sql(_NEAREST, (but, limit))
        held = [(apart(phash), sha256) for sha256, phash in self._unwritten.items() if phash and sha256 != but]
        return heapq.nsmallest(limit, [*((row[0], row[1]) for row in rows), *held])

    def _missing(self) -> list[Asset]:
        with self._store.database.reading() as connection:
            query = select(*ASSET).where(_ROW.phash.is_(None)).order_by(_ROW.created_at.desc(), _ROW.sha256)
            found = [to_asset(row, self._store.root) for row in connection.execute(query)]
        known = self._gone | self._unwritten.keys()
        return [asset for asset in found if asset.sha256 not in known]

    def _hashed(self, asset: Asset) -> tuple[str, str | None]:
        from ..pictures.perceptual import stored_hash

        try:
            return asset.sha256, stored_hash(asset)
        except ProtocolBroken:
            return asset.sha256, BROKEN
        except (OSError, ImgnbError):
            self._gone.add(asset.sha256)
            return asset.sha256, None

    def _write(self, made: dict[str, str]) -> None:
        """Write them; where that cannot be done now, they hold as long as the library is open."""
        if not made:
            return
        statement = update(tables.asset).where(_ROW.sha256 == bindparam("of")).values(phash=bindparam("made"))
        try:
            self._store.check_writable()
            with self._store.database.writing() as connection:
                connection.execute(statement, [{"of": sha256, "made": phash} for sha256, phash in made.items()])
        except LibraryError:
            self._unwritten |= made


def load(connection: Connection, root: Path, near: Sequence[tuple[int, str]]) -> tuple[list[Asset], list[int]]:
    """The assets, and how far each is."""
    apart = {sha256: distance for distance, sha256 in near}
    assets = load_assets(connection, root, list(apart))
    return assets, [apart[asset.sha256] for asset in assets]


def _batches(assets: Sequence[Asset]) -> Iterator[Sequence[Asset]]:
    for first in range(0, len(assets), BATCH):
        yield assets[first : first + BATCH]
