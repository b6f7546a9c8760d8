"""Which lock holds for a request, and what it pins the request to.

The lock that the settings name holds; else the one beside the notebook that runs; else, where nobody tells the notebook
(nbclient, papermill and nbval run in its folder and do not), those of the working folder whose notebooks are there, as
long as they agree.

A lock is read when it is first asked for, and again when its file has changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import LockInvalid
from ..records.lock import SUFFIX, Lock, Pin, lock_path, read_lock
from ..records.wording import one_line

OFF = "off"
"The setting `lock` that lets none hold."

_SETTLED = 2_000_000_000
"Nanoseconds after which a folder's time tells of each further change: file systems count in steps."

_read: dict[Path, tuple[tuple[int, int, int], Lock]] = {}
_listed: dict[Path, tuple[int, tuple[Path, ...]]] = {}


def pinned(
    fingerprint: str, place: Mapping[str, str | None], setting: str | None, take: int | None = None
) -> tuple[Pin | None, str]:
    """What a request is pinned to, and a sentence where a lock has it otherwise, or is not in force.

    Raises LockInvalid for a lock that cannot be read, and where the folder's locks pin the request to different pictures.
    """
    cell = place.get("cell_id")
    found: dict[tuple[str, ...], tuple[Path, Pin]] = {}
    unpinned = ""
    for path in locks_in_force(place, setting):
        lock = lock_at(path) if setting or place.get("notebook") else _lock_found(path)
        if not (pin := lock.pin_of(fingerprint, cell=cell, take=take)):
            if other := lock.pin_of(fingerprint, cell=cell):
                unpinned = f"{path.name} pins take {other.take} of this request; take {take} was asked for"
        elif setting or place.get("notebook") or _has_notebook(path, lock):
            found.setdefault(pin.hashes, (path, pin))
        else:
            unpinned = (
                f"{path.name} pins this request, and does not hold, as {one_line(lock.notebook, 60)} is not beside it: "
                f"IMGNB_LOCK={path.name} lets it"
            )
    if len(found) > 1:
        (one, _), (another, _), *_ = found.values()
        raise LockInvalid(
            f"{one.name} and {another.name} pin this request to different pictures",
            hint=f"say which one holds: IMGNB_LOCK={one.name}, or IMGNB_LOCK=off for none",
        )
    if found:
        return next(iter(found.values()))[1], ""
    return None, unpinned


def _has_notebook(path: Path, lock: Lock) -> bool:
    """Whether the notebook that a lock was made for lies beside it; else nobody knows whether it is the one that runs."""
    return os.path.isfile(path.parent / Path(lock.notebook).name)


def _lock_found(path: Path) -> Lock:
    """A lock that only lies in the folder: it may be of another notebook than the one that runs. Raises LockInvalid."""
    try:
        return lock_at(path)
    except LockInvalid as exc:
        which = f"IMGNB_LOCK={path.name}"
        hint = f"{exc.hint}; or say which lock holds: {which} or another, or IMGNB_LOCK=off for none"
        raise LockInvalid(exc.message, hint=hint) from exc


def locks_in_force(place: Mapping[str, str | None], setting: str | None) -> Sequence[Path]:
    """The locks that hold for what is asked at this place; none of them need be well."""
    if setting == OFF:
        return ()
    if setting:
        return (Path(setting),)
    # A front end goes on telling the old name of a notebook that was renamed.
    if (notebook := place.get("notebook")) and os.path.isfile(notebook):
        beside = lock_path(Path(notebook))
        return (beside,) if os.path.isfile(beside) else ()  # also for a name that is too long, which no lock has
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
