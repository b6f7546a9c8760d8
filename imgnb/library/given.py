"""A picture that a person gives, as bytes or as a file, read as often as it takes.

A file is named by its hash before anything is written, so that one that is stored already costs one reading. It is
theirs: somebody may write to it meanwhile, and then no reading is of any use.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..errors import ProtocolBroken
from . import blobs

_Identity = tuple[int, int, int, int]


class Given:
    """A picture from elsewhere that can be hashed and read again."""

    def __init__(self, data: bytes | Path) -> None:
        self._data = data
        self._before = None if isinstance(data, bytes) else _identity(data)
        digest = hashlib.sha256()
        for block in self._blocks():
            digest.update(block)
        self.sha256 = digest.hexdigest()
        self.check()

    def blocks(self) -> Iterator[bytes]:
        """Yield all bytes. Raises ProtocolBroken at the end where they are not those that were hashed."""
        digest = hashlib.sha256()
        for block in self._blocks():
            digest.update(block)
            yield block
        self.check()
        if digest.hexdigest() != self.sha256:
            raise _changed(self._data)

    def check(self) -> None:
        """Raise ProtocolBroken where the file is no longer the one that was given."""
        if isinstance(self._data, Path) and _identity(self._data) != self._before:
            raise _changed(self._data)

    def _blocks(self) -> Iterator[bytes]:
        if isinstance(self._data, bytes):
            yield self._data
            return
        with _readable(self._data), open(self._data, "rb", buffering=0, opener=_open) as file:
            _check_kind(self._data, os.fstat(file.fileno()))
            while block := file.read(blobs.BLOCK):
                yield block


def _open(path: str, flags: int) -> int:
    # A pipe that takes the file's place between two looks must not block us.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _identity(path: Path) -> _Identity:
    with _readable(path):
        status = path.stat()
    _check_kind(path, status)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _check_kind(path: Path, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    kind = next((name for is_kind, name in kinds if is_kind(status.st_mode)), "a device")
    raise ProtocolBroken(f"{path} is {kind}, not a file", hint="give the path of a picture, or its bytes")


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ProtocolBroken(f"{path} cannot be read: {exc.strerror or exc}", hint="check its path and rights") from exc


def _changed(path: object) -> ProtocolBroken:
    return ProtocolBroken(f"{path} changed while it was read", hint="give it again when nothing writes to it")
