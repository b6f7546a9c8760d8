"""A stored picture on its way out, a block at a time, so that what is sent is never whole in memory.

A body's length is announced before the body is sent, so a file that is changed meanwhile must not go on as if it were
the one that was announced.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from ..errors import BYTES_GONE, AssetNotFound, LibraryError
from ..events import Cancel
from ..request import Reference


class PictureFile:
    """A picture's file, open to be read: as many bytes as were announced, or an error. httpx takes it into forms.

    Raises AssetNotFound when the bytes are gone, LibraryError when the file has another size than `size`, by default
    what it had when it was opened, Cancelled as soon as `cancel` says so.
    """

    def __init__(self, picture: Reference, cancel: Cancel, size: int | None = None) -> None:
        self._picture, self._cancel = picture, cancel
        with _found(picture):
            self._file = picture.path.open("rb")
            self._size = os.fstat(self._file.fileno()).st_size if size is None else size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next bytes: `size` of them, and fewer only at the end."""
        self._cancel.check()
        left = self._size - self._file.tell()
        try:
            block = self._file.read(size)
        except OSError as exc:
            raise LibraryError(f"{_named(self._picture)} cannot be read: {exc}", hint=BYTES_GONE) from exc
        if len(block) > left or len(block) < min(size, left):
            raise LibraryError(
                f"{_named(self._picture)} were changed while they were sent: there had been {self._size:,}",
                hint=BYTES_GONE,
            )
        return block

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go there. The end is where it was announced to be: that is how httpx asks for the length."""
        return self._file.seek(offset + (self._size if whence == os.SEEK_END else 0))


def size_of(picture: Reference) -> int:
    """How many bytes the picture has now. Raises AssetNotFound when they are gone."""
    with _found(picture):
        return picture.path.stat().st_size


@contextmanager
def _found(picture: Reference) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise AssetNotFound(f"{_named(picture)} are not in the library", hint=BYTES_GONE) from exc


def _named(picture: Reference) -> str:
    return f"the bytes of {picture.source or picture.sha256[:12]}"
