"""From arrived bytes to a kept picture: probe, breadcrumb, final name, in this order.

Used when a picture arrives and when an unfinished generation is picked up again, so that both do the same. The rows
are written by `filing.py`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ProtocolBroken
from ..events import Spooled
from ..files.durable import sync_file
from ..pictures import Picture, probe
from . import blobs
from .database import FULL
from .given import Given
from .journal import Journal, Kept, breadcrumbs, parts, spools

_ADDED = itertools.count()

UNKNOWN = "application/octet-stream"


def keep(journal: Journal, generation_id: str, index: int, spooled: Spooled, meta: Mapping[str, Any]) -> Kept:
    """Write down whose picture this is and give it its final name; bytes that are no picture are kept all the same."""
    kept = Kept(
        generation_id,
        index,
        spooled.sha256,
        **_facts(spooled.path),
        bytes=spooled.bytes,
        kept_at=time.time_ns(),
        meta=dict(meta),
    )
    journal.write_kept(kept)
    with _room_or_later():
        blobs.place(journal.root, spooled, kept.media_type)
    return kept


def add(journal: Journal, session_id: str, given: Given) -> Kept:
    """Place a picture from elsewhere; raises ProtocolBroken, and keeps nothing, if it is none or not whole."""
    # Under the session's id, so that its heir removes what a dead kernel has left; each under a number of its own, as two
    # threads may add the same bytes.
    sink = journal.open_sink(session_id, next(_ADDED))
    try:
        for block in given.blocks():
            sink.write(block)
        spooled = sink.finish()
    except BaseException:
        sink.discard()
        raise
    try:
        picture = whole(spooled.path)
        kept = Kept(session_id, 0, spooled.sha256, **_columns(picture), bytes=spooled.bytes, kept_at=0)
        blobs.settle(journal.root, [blobs.place(journal.root, spooled, kept.media_type)])
    finally:
        spooled.path.unlink(missing_ok=True)
    return kept


def whole(path: Path) -> Picture:
    """Return what picture a person gave. Raises ProtocolBroken if it is none, or visibly cut."""
    picture = probe(path, foreign=True)
    if not picture.whole:
        raise ProtocolBroken(
            f"the picture ({picture.media_type}, {picture.width}x{picture.height}) is cut off",
            hint="give the whole file: copy or download it again",
            code="damaged",
        )
    return picture


def gather(journal: Journal, generation_id: str) -> list[Kept]:
    """Keep every picture of a generation that has arrived whole, however far it got, and return them all."""
    files = journal.files(generation_id)
    if unfinished := parts(files):
        for index, path in unfinished:
            _promote(path, f"{generation_id}.{index}")
        files = journal.files(generation_id)
    crumbs = {(kept.index, kept.sha256): kept for kept in breadcrumbs(files)}
    waiting = set()
    arrived = [((index, spooled.sha256), spooled) for index, spooled in spools(files)]
    # An answer may say of a picture later that it is another one than the n-th: then its breadcrumb has no such spool.
    moved = {kept.sha256: kept for key, kept in crumbs.items() if key not in dict(arrived)}
    for (index, _), spooled in arrived:
        known = crumbs.get((index, spooled.sha256)) or moved.get(spooled.sha256)
        waiting.add(spooled.sha256)
        if known is not None and known.is_home(journal.root):
            continue
        if not _is_intact(spooled):
            waiting.remove(spooled.sha256)
        elif known is None:
            kept = keep(journal, generation_id, index, spooled, {"recovered": True})
            crumbs[index, kept.sha256] = kept
        else:
            with _room_or_later():
                blobs.place(journal.root, spooled, known.media_type)
    found = [kept for kept in crumbs.values() if kept.is_home(journal.root) or kept.sha256 in waiting]
    return sorted(found, key=Kept.order)


def _promote(part: Path, stem: str) -> None:
    """A process killed before `finish` may still have written everything: the picture itself says whether it is whole."""
    if _is_whole(part):
        # Its writer was killed before it could do that, and the final name must not outlive the bytes.
        sync_file(part)
        os.replace(part, part.with_name(f"{stem}.{blobs.digest_of(part)}.spool"))
    else:
        with contextlib.suppress(OSError):
            part.unlink()


def _facts(path: Path) -> dict[str, Any]:
    try:
        picture = probe(path)
    except ProtocolBroken:
        return {"media_type": UNKNOWN, "width": None, "height": None, "has_alpha": None, "frames": None}
    return _columns(picture)


def _columns(picture: Picture) -> dict[str, Any]:
    return {
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "has_alpha": picture.has_alpha,
        "frames": picture.frames,
    }


def _is_whole(path: Path) -> bool:
    try:
        return probe(path).whole
    except ProtocolBroken:
        return False


def _is_intact(spooled: Spooled) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return blobs.digest_of(spooled.path) == spooled.sha256
    return False


@contextlib.contextmanager
def _room_or_later() -> Iterator[None]:
    """Leave a picture where it is while the disk is full: its breadcrumb brings it home when there is room."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
