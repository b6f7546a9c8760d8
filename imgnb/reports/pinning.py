"""Which lock holds for a request, and what it pins the request to.

The lock that the settings name holds; else the one beside the notebook that runs; else, where nobody tells the notebook
(nbclient, papermill and nbval run in its folder and do not), those of the working folder, as long as they agree.

A lock is read when it is first asked for, and again when its file has changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import LockInvalid
from ..records.lock import SUFFIX, Lock, Pin, lock_path, read_lock

OFF = "off"
"The setting `lock` that lets none hold."

_SETTLED = 2_000_000_000
"Nanoseconds after which a folder's time tells of each further change: file systems count in steps."

_read: dict[Path, tuple[tuple[int, int, int], Lock]] = {}
_listed: dict[Path, tuple[int, tuple[Path, ...]]] = {}


def pinned(
    fingerprint: str, place: Mapping[str, str | None], setting: str | None, take: int | None = None
) -> tuple[Pin | None, str]:
    """What a request is pinned to, and a sentence where a take was named that the lock does not pin.

    Raises LockInvalid for a lock that cannot be read, and where the folder's locks pin the request to different pictures.
    """
    cell = place.get("cell_id")
    found: dict[tuple[str, ...], tuple[Path, Pin]] = {}
    other: tuple[Path, Pin] | None = None
    for path in locks_in_force(place, setting):
        lock = lock_at(path)
        if pin := lock.pin_of(fingerprint, cell=cell, take=take):
            found.setdefault(pin.hashes, (path, pin))
        elif pin := lock.pin_of(fingerprint, cell=cell):
            other = path, pin
    if len(found) > 1:
        (one, _), (another, _), *_ = found.values()
        raise LockInvalid(
            f"{one.name} and {another.name} pin this request to different pictures",
            hint=f"say which one holds: IMGNB_LOCK={one.name}, or IMGNB_LOCK=off for none",
        )
    if found:
        return next(iter(found.values()))[1], ""
    if other is not None:
        return None, f"{other[0].name} pins take {other[1].take} of this request; take {take} was asked for"
    return None, ""


def locks_in_force(place: Mapping[str, str | None], setting: str | None) -> Sequence[Path]:
    """The locks that hold for what is asked at this place; none of them need be well."""
    if setting == OFF:
        return ()
    if setting:
        return (Path(setting),)
    # A front end goes on telling the old name of a notebook that was renamed.
    if (notebook := place.get("notebook")) and Path(notebook).is_file():
        beside = lock_path(Path(notebook))
        return (beside,) if beside.is_file() else ()
    return _in_folder(Path.cwd())


def lock_at(path: Path) -> Lock:
    """The lock in this file as it is now. Raises LockInvalid."""
    try:
        found = path.stat()
    except OSError:
        return read_lock(path)  # which says what is wrong
    stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
    if (known := _read.get(path)) and known[0] == stamp:
        return known[1]
    lock = read_lock(path)
    _read[path] = stamp, lock
    return lock


def _in_folder(folder: Path) -> tuple[Path, ...]:
    """The locks in a folder, by name; listed again when the folder has changed, as it may hold ten thousand pictures."""
    try:
        changed = folder.stat().st_mtime_ns
        if (known := _listed.get(folder)) and known[0] == changed:
            return known[1]
        with os.scandir(folder) as entries:
            found = sorted(folder / entry.name for entry in entries if entry.name.endswith(SUFFIX))
    except OSError:
        return ()
    paths = tuple(path for path in found if path.is_file())
    if time.time_ns() - changed > _SETTLED:
        _listed[folder] = changed, paths
    return paths
