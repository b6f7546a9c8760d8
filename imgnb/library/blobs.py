"""Content-addressed files: how the bytes of a picture arrive, and how they get their final name.

Bytes are collected in `incoming/` under a name that says whose they are: `<generation>.<index>.<n>.part` while they
arrive, `<generation>.<index>.<sha256>.spool` once they are whole and synced. `place` gives them their final name in
`blobs/` beside that one, which says whose they are until their rows are written. When the disk is full they go on to a
rescue folder outside the library. What a picture is and which request it belongs to is written down by `journal.py`.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import hashlib
import itertools
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from ..errors import LibraryFull
from ..events import Spooled
from ..files.durable import sync_file, sync_folder
from ..records import blob_path
from .database import FULL, translated

BLOCK = 256 * 1024
# Hashing and writing in blocks of this size halves the CPU time of a picture that comes in network-sized pieces.
WRITE_THROUGH = 2 * BLOCK
# What has come is synced while more is on its way, so that little is left to wait for at the end.


class SpoolSink:
    """Collects the bytes of one picture in a file, hashing as they come."""

    def __init__(self, folder: Path, generation_id: str, index: int, rescue: Path) -> None:
        self._folder = folder
        self._stem = f"{generation_id}.{index}"
        self._rescue = rescue
        self._hash = hashlib.sha256()
        self._block = bytearray()
        self._size = self._synced = 0
        self._spooled: Spooled | None = None
        self._trouble: OSError | None = None
        with translated(folder):
            self._file: BinaryIO | None
            self._path, self._file = _create(folder, self._stem)

    @property
    def rescued(self) -> bool:
        """Whether the disk was full, so that the bytes are outside the library."""
        return self._path.parent == self._rescue

    def write(self, data: bytes) -> None:
        """Append bytes, in pieces of any size."""
        self._block += data
        if len(self._block) >= BLOCK:
            self._flush()

    def finish(self) -> Spooled:
        """Make the bytes durable and give them the name that says they are whole; a second call changes nothing."""
        if self._spooled is None:
            self._flush()
            digest = self._hash.hexdigest()
            self._sync(digest)
            with translated(self._path):
                path = self._path.with_name(f"{self._stem}.{digest}.spool")
                os.replace(self._path, path)
                sync_folder(path.parent)
            self._spooled = Spooled(digest, self._size, path)
        return self._spooled

    def discard(self) -> None:
        """Forget what was written; after `finish` it is no longer the sink's to forget."""
        self._block.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _flush(self) -> None:
        block, self._block = self._block, bytearray()
        self._hash.update(block)
        rest = memoryview(block)
        while rest:
            try:
                written = self._open_file().write(rest)
            except OSError as error:
                self._escape(error)
                continue
            rest = rest[written:]
            self._size += written
        if self._size - self._synced >= WRITE_THROUGH:
            self._write_through()

    def _write_through(self) -> None:
        self._synced = self._size
        try:
            os.fsync(self._open_file().fileno())
        except OSError as error:
            # It is said only once, and dealt with at the end.
            self._trouble = self._trouble or error

    def _sync(self, digest: str) -> None:
        try:
            if self._trouble is not None and not self.rescued:
                raise self._trouble
            os.fsync(self._open_file().fileno())
        except OSError as error:
            self._trouble = error
            self._escape(error)
            os.fsync(self._open_file().fileno())
        # Network disks report a full disk as late as here, and may have dropped what they had taken before.
        if self._trouble is not None and digest_of(self._path) != digest:
            raise self._lost(self._trouble) from self._trouble
        self._open_file().close()
        self._file = None

    def _escape(self, error: OSError) -> None:
        """Go on in the rescue folder with everything that was written so far."""
        if error.errno not in FULL or self.rescued:
            raise self._lost(error) from error
        full = self._path
        try:
            make_rescue_folder(self._rescue)
            path, file = _create(self._rescue, self._stem)
        except OSError as second:
            raise self._lost(second) from error
        try:
            with full.open("rb") as source:
                shutil.copyfileobj(source, file, BLOCK)
            file.truncate(self._size)
        except OSError as second:
            file.close()
            path.unlink(missing_ok=True)
            raise self._lost(second) from error
        self._open_file().close()
        full.unlink()
        self._path, self._file = path, file

    def _lost(self, error: OSError) -> LibraryFull:
        self.discard()
        return LibraryFull(
            f"the picture fits neither into {self._folder} nor into {self._rescue}: {error.strerror or error}",
            hint="free some space there, or set IMGNB_LIBRARY to a folder with room, and run again",
        )

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the sink is closed")
        return self._file


def place(root: Path, spooled: Spooled, media_type: str) -> Path:
    """Give the bytes their final name and return it; `settle` makes that durable, and until then the spool stays.

    A reader never sees half a picture under its final name.
    """
    final = blob_path(root, spooled.sha256, media_type)
    if is_stored(root, spooled.sha256, media_type, spooled.bytes):
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        _name(_at_home(root, spooled.path), root / "incoming" / f"{spooled.path.name}.link", final)
    except FileNotFoundError:
        # Two kernels may recover the same picture: the other one was faster.
        if not final.exists():
            raise
    return final


def settle(root: Path, finals: Iterable[Path]) -> None:
    """Make final names durable, and those of the folders that were made for them."""
    folders = {parent for final in finals for parent in final.parents if parent.is_relative_to(root)}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        sync_folder(folder)


def is_stored(root: Path, sha256: str, media_type: str, size: int) -> bool:
    """Whether all the bytes lie under their final name; a file that was cut does not count."""
    try:
        return blob_path(root, sha256, media_type).stat().st_size == size
    except (FileNotFoundError, NotADirectoryError):
        return False


def rescue_folder(root: Path) -> Path:
    """Where pictures of this library go when its disk is full: one folder a user and library."""
    user = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    library = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"imgnb-rescue-{user}" / library


def make_rescue_folder(folder: Path) -> None:
    """Make the folder, for our eyes only; raise OSError if somebody else has put something in its place."""
    for level in (folder.parent, folder):
        level.mkdir(mode=0o700, exist_ok=True)
        if not is_ours(level):
            raise PermissionError(f"{level} belongs to somebody else")


def is_ours(folder: Path) -> bool:
    """Whether this is a real folder (no link) that belongs to us: temporary folders are open to everybody."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
# What file systems say that have no second names: some network disks, and memory sticks.


def _create(folder: Path, stem: str) -> tuple[Path, BinaryIO]:
    # Not by `whole_file`: a part that was paid for stays after an error, and its name says whose it is.
    for number in itertools.count():
        path = folder / f"{stem}.{number}.part"
        with contextlib.suppress(FileExistsError):
            return path, path.open("xb", buffering=0)
    raise AssertionError("unreachable")


def _name(path: Path, step: Path, final: Path) -> None:
    """Give a whole file a second name, in one step for whoever looks."""
    try:
        os.link(path, step)
    except FileExistsError:
        if not os.path.samefile(path, step):
            # Left by somebody who was killed here, on a disk without links: it may be half a copy.
            step.unlink(missing_ok=True)
            _name(path, step, final)
            return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.parent.stat().st_dev != final.parent.stat().st_dev:
            step = final.with_name(step.name)
        shutil.copyfile(path, step)
        sync_file(step)
    # Over what may lie there already, which is no whole picture.
    os.replace(step, final)
    # Renaming a file to another name of its own leaves both.
    step.unlink(missing_ok=True)


def _at_home(root: Path, path: Path) -> Path:
    """The file, or its copy in the library if it was rescued to another disk."""
    if path.parent == root / "incoming":
        return path
    copy = root / "incoming" / f"{path.name}.tmp"
    try:
        shutil.copyfile(path, copy)
        sync_file(copy)
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    return copy
