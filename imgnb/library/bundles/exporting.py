"""A bundle is written: records first, then small copies, the page, and every blob, hashed while it is copied.

The same part of a library gives the same file, byte for byte: names are sorted and times are those of the generations.
Rows are read in one transaction into a file beside the target; the bytes are copied afterwards, one block at a time, so
that neither a writer waits for a disk nor memory grows. Nothing has its final name before it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, func, select

from ..._version import __version__
from ...errors import LibraryError, ProtocolBroken
from ...files.durable import sync_file
from ...files.whole import whole_file
from ...pictures import Preview, stored_preview
from ...records import Asset, Generation
from .. import tables
from ..blobs import is_stored
from ..database import FULL, translated
from ..opening import Store
from ..rows import ASSET, to_asset
from . import gathering
from .gathering import Gathered
from .limits import BLOCK, DEFAULT, Progress, most_unpacked
from .page import Card, cards, write_page
from .shape import FORMAT, MANIFEST, PAGE, RECORDS, VERSION, blob_name, thumb_name

THUMB_EDGE = 512
_AHEAD = 8
"Small copies that are made, and blocks and pictures that are hashed, while others are written."
_AT_ONCE = 1024**2
"Bytes that are read, hashed and written in one piece."
_MOMENT = (1980, 1, 1, 0, 0, 0)
"The time of every member: the earliest that a zip can say."

Choose = Callable[[Connection], Gathered]


@dataclass(frozen=True)
class Exported:
    """What was written, and where."""

    path: Path
    generations: int
    assets: int
    bytes: int
    "Of the file, or of all files of a folder."
    gone: tuple[str, ...] = ()
    "The hashes of pictures whose bytes are not in this library: their rows went along, and say so."


@dataclass(frozen=True)
class _Picked:
    """What goes in, as it was in one moment."""

    gathered: Gathered
    assets: list[Asset]
    cards: list[Card]
    gone: set[str]
    newest: str | None


def export_records(store: Store, choose: Choose, target: Path, *, whole: bool, progress: Progress) -> Exported:
    """Write the records alone, with all that this machine is told by: what `imgnb rebuild` makes a database from."""
    with _written(target) as file:
        picked = _pick(store, choose, file, private=True, whole=whole, bytes_too=False)
    size = target.stat().st_size
    progress(size, size)
    return Exported(target, len(picked.gathered.generations), len(picked.gathered.assets), size)


def export_bundle(store: Store, choose: Choose, target: Path, *, whole: bool, progress: Progress) -> Exported:
    """Write the bundle. Raises LibraryError where bytes are not those that their name says."""
    return _export(
        store, choose, target, whole, lambda archive, picked: _write_pictures(archive, store.root, picked, progress)
    )


def export_pack(
    store: Store, choose: Choose, target: Path, members: Mapping[str, bytes | Path], *, progress: Progress
) -> Exported:
    """Write a bundle without a gallery that brings these members, too. Nothing in it is compressed but the records."""

    def rest(archive: zipfile.ZipFile, picked: _Picked) -> None:
        for name, content in members.items():
            blocks, size = ([content], len(content)) if isinstance(content, bytes) else _read(content)
            _write(archive, name, blocks, size=size)
        blobs = [asset for asset in picked.assets if asset.sha256 not in picked.gone]
        _write_blobs(archive, store.root, blobs, _Meter(progress, sum(asset.byte_count for asset in blobs)))

    return _export(store, choose, target, False, rest)


def _export(
    store: Store, choose: Choose, target: Path, whole: bool, rest: Callable[[zipfile.ZipFile, _Picked], None]
) -> Exported:
    """Write manifest and records, then what `rest` writes."""
    with _written(target) as file, tempfile.TemporaryFile(dir=target.parent) as records:
        picked = _pick(store, choose, records, private=False, whole=whole, bytes_too=True)
        # Records that shrink too well would be taken for a bomb: these are written as they are.
        for how in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
            file.seek(0)
            file.truncate()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                _write_records(archive, picked, records, how)
                if how == zipfile.ZIP_STORED or _is_bearable(archive.getinfo(RECORDS)):
                    rest(archive, picked)
                    break
    return Exported(
        target,
        len(picked.gathered.generations),
        len(picked.gathered.assets),
        target.stat().st_size,
        tuple(sorted(picked.gone)),
    )


def _pick(store: Store, choose: Choose, records: IO[bytes], *, private: bool, whole: bool, bytes_too: bool) -> _Picked:
    with store.database.reading() as connection:
        gathered = choose(connection)
        assets = list(_assets(connection, store.root, gathered)) if bytes_too else []
        gone = {a.sha256 for a in assets if not is_stored(store.root, a.sha256, a.media_type, a.byte_count)}
        with translated(store.root):
            for line in gathering.lines(connection, gathered, gone, private=private, whole=whole):
                records.write(line)
        shown = cards(connection, gathered.generations) if bytes_too else []
        newest = connection.scalar(
            select(func.max(tables.generation.c.created_at)).where(
                tables.generation.c.id == max(gathered.generations, default="")
            )
        )
    return _Picked(gathered, assets, [card for card in shown if card.asset not in gone], gone, newest)


def _assets(connection: Connection, root: Path, gathered: Gathered) -> Iterator[Asset]:
    for hashes in gathering.batches(sorted(gathered.assets)):
        query = select(*ASSET).where(tables.asset.c.sha256.in_(hashes)).order_by(tables.asset.c.sha256)
        for row in connection.execute(query):
            yield to_asset(row, root)


def _write_records(archive: zipfile.ZipFile, picked: _Picked, records: IO[bytes], how: int) -> None:
    total = sum(asset.byte_count for asset in picked.assets if asset.sha256 not in picked.gone)
    _write(archive, MANIFEST, [_manifest(picked, total)], zipfile.ZIP_DEFLATED)
    size = records.seek(0, os.SEEK_END)
    records.seek(0)
    _write(archive, RECORDS, iter(lambda: records.read(BLOCK), b""), how, size)


def _is_bearable(info: zipfile.ZipInfo) -> bool:
    """Whether an import takes it for what it is."""
    return info.file_size <= most_unpacked(info.compress_size, DEFAULT.ratio)


def _write_pictures(archive: zipfile.ZipFile, root: Path, picked: _Picked, progress: Progress) -> None:
    blobs = [asset for asset in picked.assets if asset.sha256 not in picked.gone]
    shown = {card.asset for card in picked.cards}
    total = sum(asset.byte_count for asset in blobs)
    # Each picture that the page shows is read twice: to be made small, and to be copied.
    meter = _Meter(progress, total + sum(asset.byte_count for asset in blobs if asset.sha256 in shown))
    thumbs = _write_thumbs(archive, [asset for asset in blobs if asset.sha256 in shown], meter)
    _write(archive, PAGE, write_page(picked.cards, thumbs, {a.sha256: a for a in blobs}), zipfile.ZIP_DEFLATED)
    _write_blobs(archive, root, blobs, meter)


def _write_blobs(archive: zipfile.ZipFile, root: Path, blobs: Iterable[Asset], meter: _Meter) -> None:
    """Write the bytes of each asset. Raises LibraryError where they are not those of its name."""
    # Hashed on a thread while what comes after is written: each takes as long as the other.
    with ThreadPoolExecutor(1, thread_name_prefix="imgnb-hash") as pool:
        hashing: deque[tuple[Asset, Future[str]]] = deque()
        for asset in blobs:
            blocks, hashed = _hashed(asset.path, pool)
            _write(archive, blob_name(asset.sha256, asset.media_type), blocks, size=asset.byte_count)
            hashing.append((asset, pool.submit(hashed.hexdigest)))
            while len(hashing) > _AHEAD:
                _check(root, *hashing.popleft())
            meter.count(asset)
        for waiting in hashing:
            _check(root, *waiting)


def _hashed(path: Path, pool: ThreadPoolExecutor) -> tuple[Iterator[bytes], Any]:
    """The bytes of a file, and the hash that they are given to, in order, behind the reader's back."""
    digest = hashlib.sha256()

    def blocks() -> Iterator[bytes]:
        waiting: deque[Future[None]] = deque()
        with path.open("rb", buffering=0) as file:
            while block := file.read(_AT_ONCE):
                waiting.append(pool.submit(digest.update, block))
                if len(waiting) > _AHEAD:  # no more of a file than that is held in memory
                    waiting.popleft().result()
                yield block

    return blocks(), digest


def _check(root: Path, asset: Asset, hashing: Future[str]) -> None:
    if hashing.result() != asset.sha256:
        raise LibraryError(
            f"the bytes of asset {asset.sha256[:12]} in {root} were changed: their hash is another",
            hint="imgnb verify finds all that are; with a sound copy in its place export again",
        )


def _read(path: Path) -> tuple[Iterator[bytes], int]:
    """The bytes of a file, and how many there are."""

    def blocks() -> Iterator[bytes]:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block

    return blocks(), path.stat().st_size


class _Meter:
    """Tells how much has been read."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total
        progress(0, total)

    def count(self, asset: Asset) -> None:
        """Take note of a picture that has been read."""
        self._done += asset.byte_count
        self._progress(self._done, self._total)


def _manifest(picked: _Picked, total: int) -> bytes:
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "imgnb": __version__,
        "date": picked.newest,
        "generations": len(picked.gathered.generations),
        "assets": len(picked.gathered.assets),
        "bytes": total,
    }
    return json.dumps(manifest, indent=2).encode() + b"\n"


def _write_thumbs(archive: zipfile.ZipFile, shown: Iterable[Asset], meter: _Meter) -> dict[str, str]:
    """Write a small copy of each picture that the page shows, and return their names; what cannot be decoded has none."""
    names = {}
    for asset, preview in _thumbs(shown):
        meter.count(asset)
        if preview is not None:
            names[asset.sha256] = thumb_name(asset.sha256, preview.media_type)
            _write(archive, names[asset.sha256], [preview.data])
    return names


def _thumbs(assets: Iterable[Asset]) -> Iterator[tuple[Asset, Preview | None]]:
    """Small copies in order, made on threads while others are written: decoding is most of the work."""
    waiting: list[tuple[Asset, Future[Preview | None]]] = []
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="imgnb-thumbs") as pool:
        for asset in assets:
            waiting.append((asset, pool.submit(_thumb, asset)))
            if len(waiting) > _AHEAD:
                first, made = waiting.pop(0)
                yield first, made.result()
        for asset, made in waiting:
            yield asset, made.result()


def _thumb(asset: Asset) -> Preview | None:
    try:
        return stored_preview(asset, THUMB_EDGE)
    except (ProtocolBroken, OSError):
        return None


def _write(
    archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes], how: int = zipfile.ZIP_STORED, size: int = 0
) -> None:
    info = zipfile.ZipInfo(name, _MOMENT)
    info.compress_type = how
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    info.file_size = size
    with archive.open(info, "w", force_zip64=size >= 2**31) as member:
        for block in blocks:
            member.write(block)


@contextmanager
def _written(target: Path) -> Iterator[Any]:
    """A file that gets its name when it is whole and durable."""
    with translated(target), ExitStack() as end:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = end.enter_context(whole_file(target))
        except OSError as exc:
            if exc.errno in FULL:
                raise
            why = exc.strerror or exc
            raise LibraryError(f"{target} cannot be written: {why}", hint="export to another folder") from exc
        with temporary.open("wb+") as file:
            yield file
        sync_file(temporary)


def generations_of(items: Iterable[Generation | Asset | str], *, ancestors: bool, alone: Iterable[str] = ()) -> Choose:
    """Choose these and what they point to."""
    return lambda connection: gathering.gather(connection, items, ancestors=ancestors, alone=alone)
