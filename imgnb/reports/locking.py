"""From a notebook's outputs to its lock: what they say of themselves, completed from the library. Nothing is run.

A cell is named by its id, or by its place where the notebook gives cells no ids. What the outputs say counts for which
pictures are pinned; what the library knows counts for everything that is said about them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .._version import __version__
from ..display.notebook_file import magic_of, name_of, read_notebook, shown_in
from ..errors import LockInvalid
from ..records import Asset, Generation
from ..records.lock import Lock, LockedCell, Pin, PinnedAsset, is_generation_id, lock_path, read_lock
from ..records.wording import one_line

if TYPE_CHECKING:
    from ..library import Library

EXCERPT = 80
"Characters of a prompt that a lock has, for people."

_HASH = re.compile(r"[0-9a-f]{64}")
_Kind = TypeVar("_Kind")

Shown = Sequence[tuple[str, Sequence[Mapping[str, Any]]]]
"The names of the cells that show pictures, and the facts of what they show."


def lock_of(notebook: Path, library: Library, earlier: Path | None = None) -> tuple[Lock, tuple[str, ...]]:
    """The lock that the outputs of this notebook make, and sentences about what is odd in it.

    A cell that shows nothing now stays pinned as it was in the earlier lock, by default the one beside the notebook.
    Raises NotebookInvalid for what is no notebook, and LockInvalid where two cells have one id, or where a picture is
    known neither to the library nor to the earlier lock, so that not even its size can be pinned.
    """
    cells = read_notebook(notebook)["cells"]
    shown = dict(shown_by(cells))
    before, unread = _lock_in(earlier or lock_path(notebook))
    kept = {name: pins for name, pins in cleared_in(cells, before).items() if name not in shown}
    known = _Known(library, list(shown.items()), before, kept)
    pinned = {name: tuple(known.pin(name, facts) for facts in of_cell) for name, of_cell in shown.items()}
    pinned |= {name: tuple(known.kept(name, pin) for pin in pins) for name, pins in kept.items()}
    names = dict.fromkeys(name_of(cell, number) for number, cell in enumerate(cells))
    lock = Lock(notebook.name, tuple(LockedCell(name, pinned[name]) for name in names if name in pinned), __version__)
    cleared = (f"cell {name} shows nothing now and stays pinned as it was: imgnb restore {notebook}" for name in kept)
    waiting = [name for name in waiting_in(cells) if name not in kept]
    new = (f"cell {name} has no picture yet: run it, and lock again" for name in waiting)
    return lock, (*known.notes, *contradictions(lock), *cleared, *(unread if waiting else ()), *new)


def cleared_in(cells: Sequence[Mapping[str, Any]], before: Lock) -> dict[str, tuple[Pin, ...]]:
    """What the cells are pinned to that are in this notebook still, and show nothing now.

    A cell without an id is told by its place alone, and another may have come there: it has to ask for a picture.
    """
    pins = {locked.cell: locked.pins for locked in before.cells if locked.pins}
    return {
        name: pins[name]
        for number, cell in enumerate(cells)
        if (name := name_of(cell, number)) in pins
        and (magic_of(cell) is not None or (cell.get("id") and cell.get("cell_type") == "code"))
        and next(shown_in(cell), None) is None
    }


def shown_by(cells: Sequence[Mapping[str, Any]]) -> Shown:
    """What each cell shows that shows pictures, by the cell's name. Raises LockInvalid where two have the same."""
    shown = {}
    for number, cell in enumerate(cells):
        name = name_of(cell, number)
        if not (facts := list(shown_in(cell))):
            continue
        if name in shown:
            raise LockInvalid(
                f"two cells with pictures have the id {name!r:.80}, which only one may have",
                hint="delete one and insert a new cell with its text, or save the notebook in Jupyter, which gives another",
            )
        shown[name] = facts
    return list(shown.items())


def waiting_in(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of cells with a magic of imgnb that show nothing yet."""
    return [
        name_of(cell, number)
        for number, cell in enumerate(cells)
        if magic_of(cell) is not None and next(shown_in(cell), None) is None
    ]


def contradictions(lock: Lock) -> Iterator[str]:
    """A sentence for each two cells that ask for the same answer to the same request, and show different pictures."""
    first: dict[tuple[str, int | None], tuple[str, Pin]] = {}
    for cell, pin in lock.pins():
        if pin.fingerprint is None:
            continue
        where, before = first.setdefault((pin.fingerprint, pin.take), (cell, pin))
        if before.hashes != pin.hashes:
            take = f"take {pin.take} of " if pin.take else ""
            yield f"cells {where} and {cell} show different pictures for {take}the same request: run both again"


def hashes_in(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The hashes of the pictures that an output says it shows; what is no hash is left out, as anybody may have written it."""
    given = facts.get("assets")
    return (
        tuple(one for one in given if isinstance(one, str) and _HASH.fullmatch(one)) if isinstance(given, list) else ()
    )


def pin_of(generation: Generation) -> Pin:
    """What pins to this generation, as it was given."""
    assets = (
        PinnedAsset(one.sha256, one.media_type, one.byte_count, one.width, one.height) for one in generation.assets
    )
    return Pin(tuple(assets), generation.fingerprint, generation.id, generation.take, **said_of(generation))


def said_of(generation: Generation) -> dict[str, Any]:
    """What a pin says of a generation beside its identity."""
    return {
        "operation": generation.operation,
        "route": generation.route,
        "model": generation.model_answered or generation.model,
        "prompt": one_line(generation.prompt, EXCERPT),
        "inputs": tuple(item.asset.sha256 for item in generation.inputs),
        "cost": generation.cost,
        "currency": None if generation.cost is None else generation.currency,
    }


class _Known:
    """What library and earlier lock know of the pictures and generations that are shown."""

    def __init__(self, library: Library, shown: Shown, before: Lock, kept: Mapping[str, Sequence[Pin]]) -> None:
        every: list[Mapping[str, Any]] = [facts for _, facts_of_cell in shown for facts in facts_of_cell]
        every += [{"assets": list(pin.hashes), "generation": pin.generation} for pins in kept.values() for pin in pins]
        self._assets = {
            asset.sha256: asset
            for asset in library.assets(list({sha256 for facts in every for sha256 in hashes_in(facts)}))
        }
        ids = (facts.get("generation") for facts in every)
        self._generations = {one.id: one for one in library.generations([id for id in ids if isinstance(id, str)])}
        self._library = library
        self._before = {asset.sha256: asset for _, pin in before.pins() for asset in pin.assets}
        self.notes: list[str] = []

    def pin(self, cell: str, facts: Mapping[str, Any]) -> Pin:
        """The pin of what an output shows."""
        hashes = hashes_in(facts)
        found = self._generation(facts, hashes)
        cost, made_as = _plain(facts.get("cost"), float), _plain(facts.get("generation"), str)
        told = {
            "route": _plain(facts.get("route"), str),
            "model": _plain(facts.get("model"), str),
            "cost": cost,
            "currency": None if cost is None else _plain(facts.get("currency"), str),
        }
        return Pin(
            tuple(self._asset(cell, sha256) for sha256 in hashes),
            _plain(facts.get("fingerprint"), str),
            made_as if made_as and is_generation_id(made_as) else None,
            _plain(facts.get("take"), int),
            **(said_of(found) if found else told),
        )

    def kept(self, cell: str, pin: Pin) -> Pin:
        """A pin of the earlier lock, with what the library says of it now."""
        found = self._generation({"fingerprint": pin.fingerprint, "generation": pin.generation}, pin.hashes)
        assets = tuple(self._asset(cell, sha256) for sha256 in pin.hashes)
        return replace(pin, assets=assets, **(said_of(found) if found else {}))

    def _generation(self, facts: Mapping[str, Any], hashes: Sequence[str]) -> Generation | None:
        """The generation that is shown: by its id, or where another library has it under another, by what it is."""
        fingerprint, id = facts.get("fingerprint"), facts.get("generation")
        if not isinstance(fingerprint, str):
            return None
        found = self._generations.get(id) if isinstance(id, str) else None
        if found is not None and found.fingerprint == fingerprint:
            return found
        return self._library.pinned(fingerprint, hashes)

    def _asset(self, cell: str, sha256: str) -> PinnedAsset:
        asset = self._assets.get(sha256)
        if asset is None:
            return self._from_before(cell, sha256)
        self._note(cell, asset)
        return PinnedAsset(sha256, asset.media_type, asset.byte_count, asset.width, asset.height)

    def _note(self, cell: str, asset: Asset) -> None:
        short = asset.sha256[:12]
        try:
            size = asset.path.stat().st_size
        except OSError:
            lost = f"the library has lost the bytes of @{short}: imgnb unpack, or imgnb import, brings them"
            self.notes.append(f"cell {cell}: {lost}")
            return
        if size != asset.byte_count:
            damaged = f"the file of @{short} is damaged, {size:,} bytes instead of {asset.byte_count:,}"
            self.notes.append(f"cell {cell}: {damaged}: imgnb verify --repair")
        elif asset.trashed:
            self.notes.append(f"cell {cell}: @{short} is in the trash: imgnb restore @{short} brings it back")

    def _from_before(self, cell: str, sha256: str) -> PinnedAsset:
        """What the lock that lies there says of a picture that the library does not have."""
        if (before := self._before.get(sha256)) is None:
            raise LockInvalid(
                f"cell {cell} shows @{sha256[:12]}, which is not in the library {self._library.path}",
                hint="bring it with imgnb unpack or imgnb import, choose its library with IMGNB_LIBRARY, or run the cell again",
            )
        self.notes.append(f"cell {cell}: @{sha256[:12]} is not in the library; it stays pinned as it was")
        return before


def _lock_in(path: Path) -> tuple[Lock, tuple[str, ...]]:
    """The lock in this file, an empty one where there is none; and a sentence where there is one that cannot be read."""
    if not os.path.isfile(path):
        return Lock(""), ()
    try:
        return read_lock(path), ()
    except LockInvalid as exc:  # it is about to be written anew
        return Lock(""), (f"what cells that show nothing now were pinned to is lost: {exc.message}",)


def _plain(value: object, kind: type[_Kind]) -> _Kind | None:
    """The value where it is of this kind, as a lock may hold it; None for whatever else a notebook says."""
    if kind is float and type(value) is int:
        value = float(value) if abs(value) < 1e15 else None
    if not isinstance(value, kind) or isinstance(value, bool):
        return None
    if isinstance(value, int | float) and not (1 if kind is int else 0) <= value < 1e15:
        return None
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        return None
    return value


def pictures_in(cells: Iterable[LockedCell]) -> list[PinnedAsset]:
    """The pictures that are pinned, each once."""
    return list({asset.sha256: asset for cell in cells for pin in cell.pins for asset in pin.assets}.values())
