"""A lock that is kept up to date while cells run: each answer is pinned in its cell's place as soon as it has come.

It is read and written anew for each answer, so that kernels which share it lose nothing of each other; a folder's lock
keeps them apart where the system has one. That an answer could not be pinned does not take the answer away.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from .._version import __version__
from ..errors import LockInvalid
from ..records.lock import SUFFIX, Lock, LockedCell, Pin, read_lock
from ..records.session import Answered
from .locking import pictures_in, pin_of


class Keeper:
    """Keeps one lock. Raises LockInvalid where there is one that cannot be read, or none can be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runs: dict[str, str | None] = {}
        self._troubles: list[str] = []
        self._one_at_a_time = threading.Lock()
        with self._exclusive():
            self._read().write(path)

    def keep(self, answered: Answered) -> None:
        """Pin the answer in its cell: beside others of the same run, in the place of those of an earlier one."""
        cell, run = answered.place.get("cell_id"), answered.place.get("run")
        if cell is None:
            self._troubles.append(
                f"an answer came without its cell, and is not in {self.path.name}: imgnb lock NOTEBOOK"
            )
            return
        try:
            with self._exclusive():
                again = self._runs.get(cell) == run
                _with(self._read(), cell, pin_of(answered.generation), beside=again).write(self.path)
                self._runs[cell] = run
        except LockInvalid as exc:
            self._troubles.append(f"the answer is not pinned: {exc.message}; {exc.hint}")

    def troubles(self) -> list[str]:
        """What has gone wrong since this was asked last."""
        said, self._troubles = self._troubles, []
        return said

    def told(self) -> str:
        """What is kept, in a line. Raises LockInvalid."""
        lock = self._read()
        pictures = len(pictures_in(lock.cells))
        return f"{self.path} is kept up to date: {pictures} picture{'' if pictures == 1 else 's'} so far"

    def _read(self) -> Lock:
        if not self.path.exists():
            return Lock(f"{self.path.name.removesuffix(SUFFIX).removesuffix('.lock')}.ipynb", (), __version__)
        return replace(read_lock(self.path), imgnb=__version__)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Nobody else writes meanwhile: no thread of this process, and no process where the system can say so."""
        with self._one_at_a_time, _folder_locked(self.path.parent):
            yield


def _with(lock: Lock, cell: str, pin: Pin, *, beside: bool) -> Lock:
    """The lock with this pin in the cell. A picture that the cell only shows stays: nobody asks for it anew."""
    before = next((one for one in lock.cells if one.cell == cell), LockedCell(cell, ()))
    kept = [one for one in before.pins if beside or one.fingerprint is None]
    pins = (*(one for one in kept if one.fingerprint), pin, *(one for one in kept if not one.fingerprint))
    now = LockedCell(cell, pins)
    others = tuple(now if one.cell == cell else one for one in lock.cells)
    return replace(lock, cells=others if before in lock.cells else (*others, now))


@contextmanager
def _folder_locked(folder: Path) -> Iterator[None]:
    """The folder's own lock, which leaves no file behind; Windows has none, and some network disks."""
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
