"""What a notebook is pinned to: its lock where there is one, which must say what the outputs say; else what they show.

Nothing is left out in silence: a cell with a magic of imgnb that neither shows a picture nor is locked is named.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..display.notebook_file import name_of
from ..display.presenting import has_ended, only_tells
from ..errors import AssetNotFound, LockInvalid
from ..library import Accepted
from ..records import Asset, Generation
from ..records.lock import Lock, Pin, lock_path, read_lock
from .locking import hashes_in, lock_of, shown_by, waiting_in

if TYPE_CHECKING:
    from ..library import Library

RUN_AGAIN = "run these cells again, bring the pictures back (imgnb restore @…, imgnb import), then imgnb lock"
NAMED = 10
"Cells and pictures that a refusal names."


def pinned(path: Path, notebook: Mapping[str, Any], library: Library) -> tuple[Lock, tuple[str, ...]]:
    """The lock beside the notebook, or one of what it shows, and sentences about what is odd in that.

    Raises LockInvalid where lock and outputs differ, or where cells of imgnb show nothing and are not locked, and
    AssetNotFound where there is no lock and the library has not what is shown.
    """
    beside = lock_path(path)
    if not beside.exists():
        _check_waiting(path, notebook, locked=None)
        _check_known(path, notebook, library)
        return lock_of(path, library)
    lock = read_lock(beside)
    if found := list(differences(lock, notebook)):
        raise LockInvalid(
            f"{beside} does not fit {path.name}: {several(found)}", hint=f"imgnb lock {path} writes the lock anew"
        )
    _check_waiting(path, notebook, locked={cell.cell for cell in lock.cells if cell.pins})
    return lock, ()


def _check_waiting(path: Path, notebook: Mapping[str, Any], locked: Collection[str] | None) -> None:
    """Raises LockInvalid where cells of imgnb have nothing to show, and no lock says what they showed."""
    if waiting := [f"{name:.40}" for name in uncovered(notebook, locked or ())]:
        lacking = "there is no lock" if locked is None else "the lock does not name them"
        raise LockInvalid(
            f"{path} has cells without their pictures, and {lacking}: {several(waiting, ', ')}",
            hint=f"run them and save, or bring back what they have drawn: imgnb repair {path}",
        )


def uncovered(notebook: Mapping[str, Any], locked: Collection[str]) -> list[str]:
    """The cells of imgnb that neither show how their run ended nor are locked."""
    cells = notebook["cells"]
    passed = {name_of(cell, number) for number, cell in enumerate(cells) if has_ended(cell) or only_tells(cell)}
    return [name for name in waiting_in(cells) if name not in passed and name not in locked]


def _check_known(path: Path, notebook: Mapping[str, Any], library: Library) -> None:
    shown = [
        (cell, sha256) for cell, every in shown_by(notebook["cells"]) for one in every for sha256 in hashes_in(one)
    ]
    known = {asset.sha256 for asset in library.assets(tuple({sha256 for _, sha256 in shown}))}
    missing = [
        f"@{sha256[:12]} is not in the library (cell {cell:.40})" for cell, sha256 in shown if sha256 not in known
    ]
    if missing:
        raise AssetNotFound(f"{path.name} cannot be packed: {several(missing)}", hint=RUN_AGAIN)


def several(said: Sequence[str], between: str = "; ") -> str:
    """The first of many."""
    more = f", and {len(said) - NAMED} more" if len(said) > NAMED else ""
    return f"{between.join(said[:NAMED])}{more}"


def differences(lock: Lock, notebook: Mapping[str, Any]) -> Iterator[str]:
    """Where a lock says otherwise than the outputs of its notebook; cells without outputs say nothing.

    Raises LockInvalid where two cells that show pictures have one id.
    """
    locked = {cell.cell: [(pin.fingerprint, pin.hashes) for pin in cell.pins] for cell in lock.cells}
    for name, every in shown_by(notebook["cells"]):
        if [(_fingerprint(facts), hashes_in(facts)) for facts in every] != locked.get(name, []):
            yield f"cell {name:.40} shows other pictures"
    counts = Counter(name_of(cell, number) for number, cell in enumerate(notebook["cells"]))
    for name, pins in locked.items():
        if not counts[name]:
            yield f"there is no cell {name:.40}"
        elif pins and counts[name] > 1:
            yield f"{counts[name]} cells have the id {name:.40}"


def _fingerprint(facts: Mapping[str, Any]) -> str | None:
    given = facts.get("fingerprint")
    return given if isinstance(given, str) else None


def is_whole(asset: Asset | None) -> bool:
    """Whether all its bytes are there, and are those of its name."""
    if asset is None:
        return False
    try:
        with asset.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == asset.sha256
    except OSError:
        return False


def fault_of(sha256: str, asset: Asset | None) -> str | None:
    """Why this picture cannot be used; None where it can."""
    if asset is None:
        return f"@{sha256[:12]} is not in the library"
    if not asset.path.is_file():
        return f"the bytes of @{sha256[:12]} are not in the library"
    return None if is_whole(asset) else f"the bytes of @{sha256[:12]} in the library are damaged"


def generation_of(library: Library, pin: Pin) -> Generation | None:
    """The success in this library that a pin means: of its request, with just its pictures."""
    for found in _candidates(library, pin):
        hashes = tuple(asset.sha256 for asset in found.assets)
        if found.status == "succeeded" and (found.fingerprint, hashes) == (pin.fingerprint, pin.hashes):
            return found
    return None


def _candidates(library: Library, pin: Pin) -> Iterator[Generation]:
    for address in (pin.generation, *pin.hashes[:1]):
        if address:
            try:
                yield library.generation(f"@{address}")
            except AssetNotFound:  # made in another library, or by another generation
                continue
    for take in (pin.take, None):
        if pin.fingerprint and (found := library.answer(pin.fingerprint, Accepted(take=take, sketches=True))):
            yield found
