"""A bundle as it lies there, a zip or a folder, behind one face: which members it has, and their bytes, counted.

Nothing is unpacked, and nothing that a name says is followed: a member is only ever asked for by a name that has passed
`shape.py`.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from ...errors import BundleRefused
from .limits import Counted, Limits
from .shape import RECORDS, check_name, shown

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_DIRECTORY_BYTES = 160
"Of the list of members, for each: name, header and what some programs add."
_BROKEN = "copy or download it again; imgnb export makes one"


@contextmanager
def open_pack(path: Path, limits: Limits) -> Iterator[Pack]:
    """Open a zip or a folder. Raises BundleRefused for one that holds anything but what a bundle holds."""
    if path.is_dir():
        yield FolderPack(path, limits)
        return
    if path.suffix == ".jsonl":
        yield RecordsPack(path)
        return
    with path.open("rb") as file:
        with _translated(path):
            _check_end(file, path, limits)
            archive = zipfile.ZipFile(file)
        with archive:
            yield ZipPack(path, archive, limits)


class ZipPack:
    """A zip, of which only stored and deflated members are read."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, limits: Limits) -> None:
        self.path = path
        self._archive = archive
        self._limits = limits
        infos = archive.infolist()
        names = [info.orig_filename for info in infos]
        for info in infos:
            _check_member(info)
        self.members, self.blobs = _sorted_out(names, limits)

    @contextmanager
    def opened(self, name: str, most: int) -> Iterator[Counted]:
        """The member, to be read in blocks; `most` bytes of it."""
        info = self._archive.getinfo(name)
        with _translated(self.path), self._archive.open(info) as file:
            yield Counted(name, file, most, info.compress_size, self._limits.ratio)  # type: ignore[arg-type]


class FolderPack:
    """A folder that a bundle was unpacked into. No link in it is followed."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.members, self.blobs = _sorted_out(list(_walk(path, path, limits.members)), limits)

    @contextmanager
    def opened(self, name: str, most: int) -> Iterator[Counted]:
        """The member, to be read in blocks; `most` bytes of it."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with _translated(self.path), open(_open(self.path / name, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BundleRefused(f"{shown(name)} in {self.path} is no file", hint=_BROKEN)
            yield Counted(name, file, most, None, 1)


class RecordsPack:
    """Records alone, of which the bytes lie in the library already or nowhere."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = frozenset((RECORDS,))
        self.blobs: dict[str, str] = {}

    @contextmanager
    def opened(self, name: str, most: int) -> Iterator[Counted]:
        """The records, whatever the name of their file."""
        with _translated(self.path), self.path.open("rb") as file:
            yield Counted(name, file, most, None, 1)


Pack: TypeAlias = ZipPack | FolderPack | RecordsPack
"A bundle that can be read."


def _sorted_out(names: list[str], limits: Limits) -> tuple[frozenset[str], dict[str, str]]:
    """All names that are members, and the blobs among them by hash."""
    if len(names) > limits.members:
        raise BundleRefused(
            f"the bundle has {len(names):,} members, more than {limits.members:,}",
            hint="raise the limit if you trust it",
        )
    seen: set[str] = set()
    blobs: dict[str, str] = {}
    for name in names:
        sha256 = check_name(name)
        if name in seen or sha256 in blobs:
            raise BundleRefused(f"the bundle has {shown(name)} twice", hint="nothing of it was unpacked")
        seen.add(name)
        if sha256 is not None:
            blobs[sha256] = name
    return frozenset(seen), blobs


def _check_member(info: zipfile.ZipInfo) -> None:
    name = shown(info.orig_filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise BundleRefused(f"the member {name} is a link or device", hint="a bundle holds files only")
    if info.flag_bits & 0x1:
        raise BundleRefused(f"the member {name} is encrypted", hint="export it without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleRefused(f"the member {name} is compressed in an unusual way", hint=_BROKEN)


def _check_end(file: BinaryIO, path: Path, limits: Limits) -> None:
    """Look at the end of the zip before `zipfile` reads the whole list of members into memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size))
    end = file.read()
    if len(end) != _END.size or not end.startswith(b"PK\x05\x06"):
        raise BundleRefused(f"{path} is no whole zip", hint=_BROKEN)
    count, listing = _END.unpack(end)[4:6]
    if listing == 0xFFFFFFFF or count == 0xFFFF:
        file.seek(max(0, size - _END.size - 20 - _END_64.size))
        record = file.read(_END_64.size)
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            listing = _END_64.unpack(record)[8]
    if listing > limits.members * _DIRECTORY_BYTES:
        raise BundleRefused(
            f"the list of members of {path} has {listing:,} bytes, more than {limits.members:,} members take",
            hint="raise the limit if you trust it",
        )


def _walk(root: Path, folder: Path, most: int) -> Iterator[str]:
    """The files below the folder, as names of members."""
    left = most + 1
    with _translated(root):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            name = Path(entry.path).relative_to(root).as_posix()
            if entry.is_symlink():
                raise BundleRefused(f"{shown(name)} in {root} is a link", hint="a bundle holds files only")
            if entry.is_dir():
                check_name(f"{name}/")
                names = _walk(root, Path(entry.path), left)
            else:
                names = iter((name,))
            for found in names:
                if (left := left - 1) < 0:
                    return
                yield found


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags)
    except OSError as exc:
        raise BundleRefused(f"{path} cannot be read: {exc.strerror}", hint=_BROKEN) from exc


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, RuntimeError) as exc:
        raise BundleRefused(f"{path} is a broken zip: {exc}", hint=_BROKEN) from exc
    except (UnicodeError, ValueError) as exc:
        raise BundleRefused(f"{path} cannot be read: {exc}", hint=_BROKEN) from exc
