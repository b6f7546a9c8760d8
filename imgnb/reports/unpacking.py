"""A pack is opened: all of it is read and believed, then its pictures come into the library, then the files into a folder.

A pack comes from anybody. Its notebook is written and never run, its files are pictures that its records know, below the
folder, and what is refused leaves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..errors import BundleRefused, ImgnbError, NotebookInvalid
from ..files.durable import sync_file
from ..files.whole import whole_file
from ..library.bundles.importing import Arriving, Imported
from ..library.bundles.limits import DEFAULT, Limits, Progress
from ..library.bundles.shape import shown
from ..records.lock import BIGGEST, SUFFIX, Lock, parse_lock
from .needed import PICTURES
from .notebook_text import NotebookText
from .pinned import differences, uncovered

if TYPE_CHECKING:
    from ..library import Library

BIGGEST_NOTEBOOK = 1024**3
"Bytes; and of all its files together."
_FILES = "files/"
_HINT = "the pack was damaged or tampered with; nothing of it was unpacked"


@dataclass(frozen=True)
class Unpacked:
    """What a pack has brought."""

    notebook: Path
    lock: Path
    files: tuple[Path, ...]
    imported: Imported
    notes: tuple[str, ...] = ()
    "What the library and the pack say differently, and what was done about it."


def unpack(
    path: Path,
    library: Library,
    folder: Path | None = None,
    *,
    force: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Unpacked:
    """Import the pack and write its notebook, lock and files into the folder, by default the working folder.

    Raises BundleRefused for a pack that does not hold together; NotebookInvalid where a file is there with other content
    (which `force` replaces), or the folder cannot be written to. Then nothing was written.
    """
    folder = (folder or Path()).resolve()
    with library.arriving(path, limits=limits or DEFAULT) as pack:
        lock, contents = _believed(pack, path)
        targets = {folder / name: data for name, data in contents.items()}
        _check_targets(folder, targets, force)
        with _staged(folder, targets):
            imported = pack.merge(progress or (lambda done, total: None))
    notebook, lock_file, *files = targets
    return Unpacked(notebook, lock_file, tuple(files), imported, (*imported.notes, *_out_of_trash(library, lock)))


def _believed(pack: Arriving, path: Path) -> tuple[Lock, dict[str, bytes]]:
    """The lock, and the content of each file to be written, by its path relative to the folder: notebook and lock first."""
    names = sorted(pack.notebook)
    notebooks = [name for name in names if name.endswith(".ipynb") and "/" not in name]
    if not notebooks:
        raise BundleRefused(f"{path} brings no notebook", hint="imgnb import takes bundles, imgnb pack makes packs")
    name = notebooks[0]
    locked = f"{name.removesuffix('.ipynb')}{SUFFIX}"
    files = [other for other in names if other.startswith(_FILES)]
    if odd := [other for other in names if other not in (name, locked, *files)]:
        raise BundleRefused(f"{path} brings other than a notebook, its lock and its files: {shown(odd[0])}", hint=_HINT)
    if locked not in names:
        raise BundleRefused(f"{path} brings no lock for {shown(name)}", hint=_HINT)
    contents = {name: pack.read(name, BIGGEST_NOTEBOOK), locked: pack.read(locked, BIGGEST)}
    lock = _lock(pack, name, contents[name], contents[locked])
    return lock, contents | dict(_files(pack, files, {name.casefold(), locked.casefold()}))


def _lock(pack: Arriving, name: str, notebook: bytes, locked: bytes) -> Lock:
    """The lock, which fits the notebook's outputs and the records."""
    try:
        lock = parse_lock(locked.decode(), f"the lock of {name}")
        cells = NotebookText(Path(name), notebook).notebook
        differing = [*differences(lock, cells), *_uncovered(lock, cells)]
    except (ImgnbError, UnicodeDecodeError) as exc:
        raise BundleRefused(exc.message if isinstance(exc, ImgnbError) else f"{name}: {exc}", hint=_HINT) from exc
    faults = [*differing, *_unknown(pack, lock)]
    if faults:
        raise BundleRefused(f"the lock of {name} does not fit: {'; '.join(faults[:5])}", hint=_HINT)
    return lock


def _uncovered(lock: Lock, notebook: Mapping[str, Any]) -> Iterator[str]:
    for name in uncovered(notebook, {cell.cell for cell in lock.cells if cell.pins}):
        yield f"cell {name:.40} asks for a picture, and is not locked"


def _unknown(pack: Arriving, lock: Lock) -> Iterator[str]:
    answers = pack.answers()
    for cell, pin in lock.pins():
        if any(not pack.is_there(sha256) for sha256 in pin.hashes):
            yield f"cell {cell:.40} is pinned to a picture that is not in the pack"
        elif pin.fingerprint is not None and (pin.fingerprint, pin.hashes) not in answers:
            yield f"cell {cell:.40} is pinned to an answer that is not in the records"


def _files(pack: Arriving, names: list[str], taken: set[str]) -> Iterator[tuple[str, bytes]]:
    """Each file by its path relative to the notebook; it is a picture that the records know."""
    left = BIGGEST_NOTEBOOK
    for name in names:
        relative = name.removeprefix(_FILES)
        if relative.casefold() in taken:
            raise BundleRefused(f"the pack has {shown(relative)} twice", hint=_HINT)
        taken.add(relative.casefold())
        data = pack.read(name, min(left, DEFAULT.picture))
        left -= len(data)
        if (
            PurePosixPath(relative).suffix.lower() not in PICTURES
            or hashlib.sha256(data).hexdigest() not in pack.assets
        ):
            raise BundleRefused(f"{shown(relative)} is no picture of the records", hint=_HINT)
        yield relative, data


def _check_targets(folder: Path, targets: dict[Path, bytes], force: bool) -> None:
    for target in targets:
        if not target.parent.resolve().is_relative_to(folder) or target.is_symlink() or target.is_dir():
            raise NotebookInvalid(f"{target} is a folder or a link", hint="unpack into another folder")
    differing = [target.name for target, data in targets.items() if target.exists() and not _is_same(target, data)]
    if differing and not force:
        raise NotebookInvalid(
            f"{', '.join(differing[:5])}: in {folder} with other content",
            hint="unpack into another folder, or write over them with --force",
        )


def _is_same(path: Path, data: bytes) -> bool:
    with suppress(OSError):
        return path.stat().st_size == len(data) and path.read_bytes() == data
    return False


@contextmanager
def _staged(folder: Path, targets: dict[Path, bytes]) -> Iterator[None]:
    """Each file is whole and durable beside its place, and takes it at the end: the notebook last, which needs the others."""
    made: list[Path] = []
    try:
        with ExitStack() as end:
            for target, data in targets.items():
                made += _made_folders(target)
                temporary = end.enter_context(whole_file(target))
                temporary.write_bytes(data)
                sync_file(temporary)
            yield
    except OSError as exc:
        raise NotebookInvalid(
            f"{folder} cannot be written to: {exc.strerror or exc}", hint="unpack into another folder"
        ) from exc
    finally:
        for path in reversed(made):
            with suppress(OSError):  # it holds what was unpacked
                path.rmdir()


def _made_folders(target: Path) -> Iterator[Path]:
    """Make the folders of a file that are not there; the outer ones first."""
    for parent in reversed(target.parents):
        if not parent.exists():
            parent.mkdir()
            yield parent


def _out_of_trash(library: Library, lock: Lock) -> Iterator[str]:
    """What is pinned would not be replayed from the trash."""
    for asset in library.assets(tuple(dict.fromkeys(sha256 for _, pin in lock.pins() for sha256 in pin.hashes))):
        if asset.trashed and library.restore(asset):
            yield f"@{asset.sha256[:12]} was in the trash here, and is no longer"
