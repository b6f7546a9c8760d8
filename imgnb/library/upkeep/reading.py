"""Reading every byte of many files as fast as the disk gives them: big blocks, two threads."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ...errors import ProtocolBroken
from ...pictures import Picture, probe

BLOCK = 1024 * 1024
THREADS = 2
AHEAD = 8

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
_own = threading.local()


@dataclass(frozen=True)
class Read:
    """What a file's bytes are."""

    sha256: str = ""
    bytes: int = 0
    picture: Picture | None = None
    "None where it is no picture that imgnb knows."
    error: str | None = None
    "Why it could not be read."
    gone: bool = False


def read(path: Path) -> Read:
    """Read the whole file: its hash, its size, and what picture its header says it is."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Read(error="it is no file")  # to open a pipe would wait for ever
        digest, size = _hash(path)
        return Read(digest, size, _picture(path))
    except FileNotFoundError:
        return Read(gone=True)
    except OSError as exc:
        return Read(error=exc.strerror or str(exc))


def in_order(act: Callable[[_Item], _Answer], items: Iterable[_Item]) -> Iterator[tuple[_Item, _Answer]]:
    """Act on the items in threads, a few ahead, and yield them with their answers in their order."""
    pool = ThreadPoolExecutor(THREADS, "imgnb-verify")
    waiting: deque[tuple[_Item, Future[_Answer]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(act, item)))
            if len(waiting) > AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        for item, future in waiting:
            yield item, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _hash(path: Path) -> tuple[str, int]:
    digest, size, buffer = hashlib.sha256(), 0, _buffer()
    with path.open("rb", buffering=0) as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            size += count
    return digest.hexdigest(), size


def _buffer() -> memoryview:
    if not hasattr(_own, "buffer"):
        _own.buffer = memoryview(bytearray(BLOCK))
    buffer: memoryview = _own.buffer
    return buffer


def _picture(path: Path) -> Picture | None:
    try:
        return probe(path, max_pixels=None, foreign=True)
    except ProtocolBroken:
        return None
