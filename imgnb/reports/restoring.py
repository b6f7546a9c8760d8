"""Outputs that were cleared come back, from lock and library; with the full pictures, where that is wanted, and back.

A cell gets what it was pinned to, as it would show it now. One whose prompt is another by now is left alone.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Embed
from ..display.cell_source import prompt_of
from ..display.ended import Ended
from ..display.notebook_file import facts_of, magic_of, name_of, shown_in, source_of
from ..display.presenting import is_drawn, presentation_in
from ..errors import LockInvalid
from ..pictures import bundle
from ..pictures.encode import MAX_BYTES
from ..records import Asset, Generation
from ..records.figures import PLAIN, Presentation
from ..records.lock import Lock, Pin, lock_path, read_lock
from .locking import hashes_in
from .notebook_text import NotebookText
from .pinned import fault_of, generation_of

if TYPE_CHECKING:
    from ..library import Library

_PREVIEW = MAX_BYTES * 4 // 3 + 4
"Characters of base64 that a preview has at most."


@dataclass(frozen=True)
class Restored:
    """The cells whose outputs came back, those whose pictures were changed for full ones or previews, and those left alone."""

    restored: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    "Cells that could not be restored, and why."


def restore(path: Path, library: Library, *, full: bool = False) -> Restored:
    """Bring the outputs of the notebook back, in one step. Pictures that are there become full ones, or previews.

    Raises NotebookInvalid, and LockInvalid for a notebook whose outputs are cleared and that has no lock.
    """
    text = NotebookText(path)
    lock = _lock_of(path, text.notebook)
    pins = {locked.cell: locked.pins for locked in lock.cells}
    work = _Work(text, library, "full" if full else "preview")
    cells = text.notebook["cells"]
    names = Counter(name_of(cell, number) for number, cell in enumerate(cells))
    for number, cell in enumerate(cells):
        name, came_back = name_of(cell, number), False
        if any(True for _ in shown_in(cell)):
            work.change(name, cell)
        elif pins.get(name) and names[name] > 1:
            work.left.append((name, f"{names[name]} cells have this id"))
        elif pins.get(name):
            came_back = work.restore(name, cell, pins[name])
        if not came_back:
            work.ended.passed(name, cell)
    work.left += [(name, "the notebook has no such cell") for name in pins.keys() - names.keys()]
    if work.restored or work.changed:
        text.write()
    return Restored(tuple(work.restored), tuple(work.changed), tuple(work.left))


def _lock_of(path: Path, notebook: Mapping[str, Any]) -> Lock:
    beside = lock_path(path)
    if beside.exists():
        return read_lock(beside)
    if any(True for cell in notebook["cells"] for _ in shown_in(cell)):
        return Lock(path.name)
    raise LockInvalid(
        f"{path} shows no pictures, and has no lock {beside.name} that says which they were",
        hint="imgnb repair looks for what its cells have drawn",
    )


class _Work:
    """One notebook on its way back."""

    def __init__(self, text: NotebookText, library: Library, embed: Embed) -> None:
        self._text, self._library, self._embed = text, library, embed
        self.ended = Ended(embed)
        self.restored: list[str] = []
        self.changed: list[str] = []
        self.left: list[tuple[str, str]] = []

    def restore(self, name: str, cell: dict[str, Any], pins: tuple[Pin, ...]) -> bool:
        """Give a cell the outputs that it is pinned to, before those that it has; False where it stays as it is."""
        found = [_meant(pin, self._library) for pin in pins]
        if why := next(iter(_faults(cell, pins, found)), None):
            self.left.append((name, why))
            return False
        shown = presentation_in(cell) if len(pins) == 1 else PLAIN
        outputs = [output for one in found if one for output in self._outputs(name, cell, one, shown)]
        others = [output for output in cell.get("outputs", ()) if not is_drawn(output)]
        cell["outputs"] = [*outputs, *others]
        self.restored.append(name)
        return True

    def change(self, name: str, cell: dict[str, Any]) -> None:
        """Show the same pictures in the other way, where a cell does not yet."""
        for output in cell["outputs"]:
            facts, data = facts_of(output), _table(output.get("data"))
            media_type = next((one for one in ("image/jpeg", "image/png") if one in data), None)
            hashes = hashes_in(facts)
            if media_type is None or len(hashes) != 1 or "widget" in facts or facts.get("stage", "final") != "final":
                continue
            there = data[media_type]
            if not isinstance(there, str) or (self._embed == "preview" and self._is_preview(there, hashes)):
                continue
            assets = self._library.assets(hashes)
            if why := fault_of(hashes[0], next(iter(assets), None)):
                self.left.append((name, why))
            elif self._swap(output, media_type, assets):
                self.changed.append(name)

    def _is_preview(self, there: str, hashes: tuple[str, ...]) -> bool:
        """Whether this base64 is no larger than a preview, and not that of the picture itself."""
        written = self._text.written(there)
        return len(written) <= _PREVIEW and _digest(written) != hashes[0]

    def _swap(self, output: dict[str, Any], before: str, assets: list[Asset]) -> bool:
        """Put the other picture into the output's place; all that is said of it stays."""
        facts, data, said = facts_of(output), output["data"], output["metadata"]
        shown, metadata = bundle(assets, alt="", facts={}, embed=self._embed)
        after = next(key for key in shown if key != "text/plain")
        if self._text.written(data[before]) == shown[after].encode():
            return False
        alt = {name: value for name, value in _table(said.get(before)).items() if name == "alt"}
        output["data"] = {
            (after if key == before else key): (shown[after] if key == before else data[key]) for key in data
        }
        kept = {key: value for key, value in said.items() if key not in (before, "needs_background")}
        output["metadata"] = {**metadata, **kept, after: {**metadata[after], **alt}, "imgnb": dict(facts)}
        return True

    def _outputs(
        self, name: str, cell: Mapping[str, Any], found: Generation | list[Asset], shown: Presentation
    ) -> list[dict[str, Any]]:
        """What the cell shows of this, as a replay gives it."""
        if isinstance(found, Generation):
            return self.ended.outputs(name, cell, replace(found, replayed=True, pinned=True), shown)
        facts = {"assets": [asset.sha256 for asset in found]}
        data, metadata = bundle(found, alt=found[0].alt, facts=facts, embed=self._embed)
        return [{"output_type": "display_data", "data": dict(data), "metadata": dict(metadata)}]


def _faults(
    cell: Mapping[str, Any], pins: tuple[Pin, ...], found: list[Generation | list[Asset] | None]
) -> Iterator[str]:
    """Why a cell stays as it is."""
    if cell.get("cell_type") != "code":
        yield "it is no code cell"
    for pin, one in zip(pins, found, strict=True):
        if one is None:
            yield f"@{(pin.hashes or (pin.fingerprint or '',))[0][:12]} is not in the library"
            continue
        if isinstance(one, Generation) and not _fits(cell, one):
            yield "its prompt is another by now"
        for asset in one.assets if isinstance(one, Generation) else one:
            if why := fault_of(asset.sha256, asset):
                yield why


def _fits(cell: Mapping[str, Any], generation: Generation) -> bool:
    """Whether the cell still asks for it; of cells in Python only running them says."""
    magic = magic_of(cell)
    if magic is None:
        return True
    prompt = prompt_of(source_of(cell).partition(magic)[2])
    return prompt in (generation.prompt.strip(), (generation.template or "").strip())


def _meant(pin: Pin, library: Library) -> Generation | list[Asset] | None:
    """The generation of a pin, or the pictures that are only shown; None where the library does not have them all."""
    if pin.fingerprint is not None:
        return generation_of(library, pin)
    assets = library.assets(pin.hashes)
    return assets if assets and len(assets) == len(pin.hashes) else None


def _digest(written: bytes) -> str | None:
    """The SHA-256 of what this base64 stands for; None for what is none."""
    try:
        return hashlib.sha256(b64decode(written)).hexdigest()
    except ValueError:
        return None


def _table(given: object) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}
