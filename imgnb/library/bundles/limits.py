"""How much a bundle may bring. What a zip says of its own sizes is a claim: bytes are counted while they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ...errors import BundleRefused

BLOCK = 256 * 1024

Progress = Callable[[int, int], None]
"Is told how many bytes of how many are done."


@dataclass(frozen=True)
class Limits:
    """The most that is taken from a bundle, or from a folder of pictures."""

    members: int = 1_000_000
    picture: int = 512 * 1024**2
    "Bytes of one picture."
    total: int = 64 * 1024**3
    "Bytes of all pictures."
    records: int = 8 * 1024**3
    "Bytes of the records."
    line: int = 8 * 1024**2
    "Bytes of one record."
    ratio: int = 250
    "How many bytes may come out of one: text compresses thirty times, zeros a thousand times."
    reserve: int = 64 * 1024**2
    "Bytes of the disk that are left free."


DEFAULT = Limits()

_MOST_EMPTY = 100
"Lines without a record: who edits by hand leaves a few."
_FREE_OF_RATIO = 1024**2
"Below that many bytes it does not matter how well something was compressed."


def most_unpacked(packed: int, ratio: int) -> int:
    """How many bytes may come out of so many."""
    return max(_FREE_OF_RATIO, packed * ratio)


class Counted:
    """A member of a bundle that is read in blocks, each counted before it is given on."""

    def __init__(self, name: str, file: BinaryIO, most: int, packed: int | None, ratio: int) -> None:
        self.name = name
        self.read_bytes = 0
        self._file = file
        self._most = most
        self._unpacked = None if packed is None else most_unpacked(packed, ratio)

    def blocks(self) -> Iterator[bytes]:
        """Yield its bytes. Raises BundleRefused where there are more than it may have."""
        while block := self._file.read(BLOCK):
            self._count(len(block))
            yield block

    def lines(self, longest: int) -> Iterator[bytes]:
        """Yield its lines without their ends. Raises BundleRefused for one that is longer than `longest`."""
        empty = 0
        while line := self._file.readline(longest + 2):
            self._count(len(line))
            empty += not line.strip()
            if empty > _MOST_EMPTY:
                raise BundleRefused(f"{self.name} is made of empty lines", hint="each line is a record")
            if len(line.rstrip(b"\r\n")) > longest:
                raise BundleRefused(f"a line of {self.name} has more than {longest:,} bytes", hint="it is no record")
            yield line.rstrip(b"\r\n")

    def _count(self, more: int) -> None:
        self.read_bytes += more
        if self.read_bytes > self._most:
            raise BundleRefused(
                f"{self.name} has more than {self._most:,} bytes", hint="raise the limit if you trust the bundle"
            )
        if self._unpacked is not None and self.read_bytes > self._unpacked:
            raise BundleRefused(
                f"{self.name} unpacks to more than {self._unpacked:,} bytes, far more than it takes in the file",
                hint="that is what a zip bomb does; ask its author for another one",
            )
