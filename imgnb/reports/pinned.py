"""What a notebook is pinned to: its lock where there is one, which must say what the outputs say; else what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .._version import __version__
from ..display.notebook_file import name_of, shown_in
from ..errors import AssetNotFound, LockInvalid
from ..library import Accepted, Library
from ..records import Generation
from ..records.lock import Lock, LockedCell, Pin, PinnedAsset, lock_path, read_lock

_HASH = re.compile(r"[0-9a-f]{64}")
_AGAIN = "imgnb lock NOTEBOOK writes the lock anew"


def pinned(path: Path, notebook: Mapping[str, Any], library: Library) -> Lock:
    """The lock beside the notebook, or one of what it shows. Raises LockInvalid where lock and outputs differ."""
    beside = lock_path(path)
    if not beside.exists():
        return _lock_of(path.name, notebook, library)
    lock = read_lock(beside)
    if found := list(differences(lock, notebook)):
        raise LockInvalid(f"{beside} does not fit {path.name}: {'; '.join(found[:5])}", hint=_AGAIN)
    return lock


def differences(lock: Lock, notebook: Mapping[str, Any]) -> Iterator[str]:
    """Where a lock says otherwise than the outputs of its notebook; cells without outputs say nothing."""
    locked = {cell.cell: [pin.hashes for pin in cell.pins] for cell in lock.cells}
    names = set()
    for number, cell in enumerate(notebook["cells"]):
        name, shown = name_of(cell, number), [hashes_of(facts) for facts in shown_in(cell)]
        names.add(name)
        if shown and shown != locked.get(name, []):
            yield f"cell {name:.40} shows other pictures"
    for name in locked.keys() - names:
        yield f"there is no cell {name:.40}"


def hashes_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The pictures that an output says it shows; what is no hash is left out."""
    given = facts.get("assets")
    return (
        tuple(one for one in given if isinstance(one, str) and _HASH.fullmatch(one)) if isinstance(given, list) else ()
    )


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


def _lock_of(name: str, notebook: Mapping[str, Any], library: Library) -> Lock:
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        if pins := tuple(_pin(facts, library) for facts in shown_in(cell)):
            cells.append(LockedCell(name_of(cell, number), pins))
    return Lock(name, tuple(cells), __version__)


def _pin(facts: Mapping[str, Any], library: Library) -> Pin:
    hashes = hashes_of(facts)
    known = {asset.sha256: asset for asset in library.assets(hashes)}
    assets = tuple(
        PinnedAsset(sha256, found.media_type, found.byte_count, found.width, found.height)
        if (found := known.get(sha256))
        else PinnedAsset(sha256, "application/octet-stream", 0)
        for sha256 in hashes
    )
    if not isinstance(facts.get("fingerprint"), str):
        return Pin(assets)
    return _told(Pin(assets, facts["fingerprint"], _text(facts, "generation"), _take(facts)), library)


def _told(pin: Pin, library: Library) -> Pin:
    """The pin with what the library knows of its generation."""
    found = generation_of(library, pin)
    if found is None:
        return pin
    return Pin(
        pin.assets,
        pin.fingerprint,
        found.id,
        found.take,
        found.operation,
        found.route,
        found.model_answered or found.model,
        found.prompt[:80],
        tuple(dict.fromkeys(one.asset.sha256 for one in found.inputs)),
        found.cost,
        found.currency if found.cost is not None else None,
    )


def _text(facts: Mapping[str, Any], name: str) -> str | None:
    return facts[name] if isinstance(facts.get(name), str) else None


def _take(facts: Mapping[str, Any]) -> int | None:
    take = facts.get("take")
    return take if type(take) is int and 1 <= take <= 1_000_000 else None
