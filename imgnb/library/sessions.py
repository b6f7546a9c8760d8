"""Which kernels are alive: each open library holds a lock file, and a lock that can be taken was left by the dead.

Process ids would not do: they are reused, and mean nothing on another host that shares the folder. A lock does not
live through a fork, so that a child is another session.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakSet

from filelock import BaseFileLock, FileLock, Timeout
from ulid import ULID

from ..errors import LibraryLocked
from .clock import is_id

_ALONE = "alone.lock"
_LOOK = 1.0

_LIVING: WeakSet[Session] = WeakSet()
_INHERITED: list[BaseFileLock] = []
# A lock object that came through a fork must not be collected: with some versions of filelock that would release the
# parent's lock.


class Session:
    """A living library; its rows carry its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._take()
        _LIVING.add(self)

    @property
    def id(self) -> str:
        """The session's id, a new one after a fork."""
        with self._turn:
            if self._pid != os.getpid():
                self._take()
            return self._id

    def close(self) -> None:
        if self._pid == os.getpid():
            self._lock.release(force=True)
            _remove(self._folder, self._id)

    def _take(self) -> None:
        while True:
            self._id, self._pid = str(ULID()), os.getpid()
            self._lock = _lock(self._folder, self._id)
            # Whoever tidies up may take the new file for a dead one and remove it, lock and all.
            with contextlib.suppress(Timeout):
                self._lock.acquire(blocking=False)
                if _path(self._folder, self._id).exists():
                    return
                self._lock.release(force=True)


@contextlib.contextmanager
def burying(folder: Path, session_id: str) -> Iterator[bool]:
    """Hold the lock of a dead session, so that only one heir settles its affairs; False if it is alive, or has an heir."""
    if not is_id(session_id):  # a row or a link of a downloaded library must not have files elsewhere removed
        yield False
        return
    lock = _lock(folder, session_id)
    try:
        lock.acquire(blocking=False)
    except (Timeout, PermissionError):
        # What belongs to another user is settled when that user opens the library.
        yield False
        return
    try:
        yield True
    finally:
        lock.release(force=True)
        _remove(folder, session_id)


def is_alive(folder: Path, session_id: str) -> bool:
    """Whether somebody holds the session's lock."""
    if not is_id(session_id) or not _path(folder, session_id).exists():
        return False
    with burying(folder, session_id) as dead:
        return not dead


def left_behind(folder: Path) -> list[str]:
    """The ids of all sessions that have left a lock file, living or dead."""
    return sorted(path.stem for path in folder.glob("*.lock") if is_id(path.stem))


def living(folder: Path) -> list[str]:
    """The ids of all sessions that are alive."""
    return [session for session in left_behind(folder) if is_alive(folder, session)]


@contextlib.contextmanager
def alone(folder: Path, own: str | None = None) -> Iterator[None]:
    """Keep everybody else from opening the library. Raises LibraryLocked where somebody has it open, or does this already."""
    lock = FileLock(folder / _ALONE, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise LibraryLocked("somebody else is rebuilding the library", hint="wait until that is done") from None
    try:
        # Whoever opens looks at our lock after taking his own: one of the two sees the other.
        check_no_others(folder, own)
        yield
    finally:
        lock.release(force=True)
        with contextlib.suppress(OSError):
            (folder / _ALONE).unlink()


def check_no_others(folder: Path, own: str | None = None) -> None:
    """Raise LibraryLocked, naming the sessions, where another kernel has the library open."""
    if others := [session for session in living(folder) if session != own]:
        since = ", ".join(f"{id} (since {ULID.from_str(id).datetime:%Y-%m-%d %H:%M} UTC)" for id in others[:5])
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        raise LibraryLocked(
            f"{len(others)} other kernel{'s have' if len(others) > 1 else ' has'} the library open: {since}{more}",
            hint="shut them down, or restart them without using imgnb, and try again",
        )


def check_open(folder: Path) -> None:
    """Raise LibraryLocked where somebody keeps the library for himself."""
    lock = FileLock(folder / _ALONE, thread_local=False)
    deadline = time.monotonic() + _LOOK
    while (folder / _ALONE).exists():
        try:
            lock.acquire(blocking=False)
        except Timeout:
            # Somebody else may be looking, just as we are.
            if time.monotonic() > deadline:
                raise LibraryLocked(
                    "the library is being rebuilt", hint="wait until imgnb rebuild is done, and try again"
                ) from None
            time.sleep(0.02)
            continue
        with contextlib.suppress(OSError):
            (folder / _ALONE).unlink()
        lock.release(force=True)


def _lock(folder: Path, session_id: str) -> BaseFileLock:
    # One lock for all threads of the kernel: the thread that opens the library is often not the one that closes it.
    return FileLock(_path(folder, session_id), thread_local=False)


def _path(folder: Path, session_id: str) -> Path:
    return folder / f"{session_id}.lock"


def _remove(folder: Path, session_id: str) -> None:
    with contextlib.suppress(OSError):
        _path(folder, session_id).unlink()


def _disown() -> None:
    for session in _LIVING:
        _INHERITED.append(session._lock)
        session._turn = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)
