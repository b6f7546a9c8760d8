"""One zip that a report travels in: the notebook, its lock, and just the pictures and records that it is pinned to.

It is a bundle of the library with members below `notebook/`: `NAME.ipynb`, `NAME.imgnb.lock`, and in `files/` the pictures
that cells read from files beside the notebook. What its cells need to be replayed elsewhere goes along, or it is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AssetNotFound, NotebookInvalid
from ..library.bundles.limits import Progress
from ..library.bundles.shape import NOTEBOOK, is_relative
from ..records import Asset, Generation
from ..records.lock import Lock, Pin, lock_path
from .needed import needed_by
from .notebook_text import NotebookText
from .pinned import RUN_AGAIN, generation_of, pinned, several

if TYPE_CHECKING:
    from ..library import Library


@dataclass(frozen=True)
class Packed:
    """What was packed, and where."""

    path: Path
    notebook: str
    cells: int
    "Cells that show pictures."
    generations: int
    assets: int
    bytes: int
    "Of the zip."
    files: tuple[str, ...] = ()
    "Pictures beside the notebook that went along, as its cells name them."
    notes: tuple[str, ...] = ()
    "What may not be found elsewhere."


def pack(
    notebook: Path,
    library: Library,
    target: Path | None = None,
    *,
    ancestors: bool = False,
    progress: Progress | None = None,
) -> Packed:
    """Write the zip, by default beside the notebook, in one step. With `ancestors`, all that the pictures go back to goes along.

    Raises NotebookInvalid, LockInvalid where the lock does not fit the outputs, and AssetNotFound, with a list, where a
    picture that the notebook is pinned to is not in the library.
    """
    text, target = NotebookText(notebook), target or notebook.with_suffix(".zip")
    _check_places(notebook, target)
    lock, odd = pinned(notebook, text.notebook, library)
    found = _found(lock, library)
    needed = needed_by(library, found, notebook.resolve().parent)
    members: dict[str, bytes | Path] = {f"{NOTEBOOK}{notebook.name}": text.raw}
    members[f"{NOTEBOOK}{lock_path(notebook).name}"] = lock.text().encode()
    members |= {f"{NOTEBOOK}files/{name}": data for name, data in needed.files.items()}
    exported = library.export_pack(
        [*(item for _, item in found), *needed.generations],
        target,
        members,
        alone=needed.pictures,
        ancestors=ancestors,
        progress=progress,
    )
    return Packed(
        target,
        notebook.name,
        len(lock.cells),
        exported.generations,
        exported.assets,
        exported.bytes,
        tuple(needed.files),
        (*odd, *needed.notes, *_gone(exported.gone), *_nothing(lock)),
    )


def _check_places(notebook: Path, target: Path) -> None:
    if not is_relative(notebook.name) or notebook.suffix != ".ipynb":
        raise NotebookInvalid(f"{notebook.name!r} is no name that every system takes", hint="rename it: report.ipynb")
    if target.suffix.lower() != ".zip" or target.is_dir():
        raise NotebookInvalid(f"{target} is no place for a pack", hint="give a name that ends in .zip: -o report.zip")
    if not target.parent.is_dir():
        raise NotebookInvalid(f"{target} cannot be written: there is no such folder", hint="make it, or name another")


def _found(lock: Lock, library: Library) -> list[tuple[str, Generation | Asset]]:
    """Each generation and picture that is pinned, with its cell. Raises AssetNotFound where some are missing."""
    found: list[tuple[str, Generation | Asset]] = []
    missing: list[str] = []
    for cell, pin in lock.pins():
        items = _meant(pin, library)
        if why := _fault(pin, items):
            missing.append(f"{why} (cell {cell:.40})")
        found += [(cell, item) for item in items]
    if missing:
        raise AssetNotFound(f"{lock.notebook} cannot be packed: {several(missing)}", hint=RUN_AGAIN)
    return found


def _meant(pin: Pin, library: Library) -> list[Generation | Asset]:
    if pin.fingerprint is None:
        return [*library.assets(pin.hashes)]
    generation = generation_of(library, pin)
    return [] if generation is None else [generation]


def _fault(pin: Pin, items: list[Generation | Asset]) -> str | None:
    """Why what is pinned cannot go along."""
    assets = [asset for item in items for asset in (item.assets if isinstance(item, Generation) else (item,))]
    if len(assets) < len(pin.hashes) or not items:
        first = pin.hashes[0][:12] if pin.hashes else (pin.fingerprint or "")[:15]
        return f"@{first} is not in the library"
    for asset in assets:
        if asset.trashed:
            return f"@{asset.sha256[:12]} is in the trash"
        if not asset.path.is_file() or asset.path.stat().st_size != asset.byte_count:
            return f"the bytes of @{asset.sha256[:12]} are gone"
    return None


def _gone(hashes: tuple[str, ...]) -> Iterator[str]:
    for sha256 in hashes:
        yield f"the bytes of @{sha256[:12]}, which went into a picture, are not in the library; its record went along"


def _nothing(lock: Lock) -> Iterator[str]:
    if not lock.cells:
        yield "the notebook shows no picture of imgnb"
