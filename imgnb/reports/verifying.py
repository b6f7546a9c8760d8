"""Whether a notebook, its lock and the library say the same. Nothing is run, and nothing is written.

Outputs are held against the lock here; what is pinned is held against the library in `holding.py`. Cells are told by their
ids, so that their order does not matter.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..display.asked import asked_otherwise
from ..display.cell_source import prompt_of
from ..display.notebook_file import magic_of, name_of, read_notebook, shown_in, source_of
from ..errors import LockInvalid, NotebookInvalid
from ..records import Generation
from ..records.lock import Lock, Pin, lock_path, read_lock
from ..records.marking import change
from ..records.wording import one_line
from .embedded_likeness import embedded_in, others
from .findings import LOCK_ANEW, Finding
from .holding import Holding
from .locking import EXCERPT, hashes_in, pictures_in

if TYPE_CHECKING:
    from ..library import Library

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Verified:
    """What became of looking at a notebook; true where all is well."""

    notebook: Path
    lock: Path
    cells: int = 0
    "Cells that are pinned."
    pictures: int = 0
    findings: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        plain = {"notebook": str(self.notebook), "lock": str(self.lock), "well": bool(self)}
        counts = {"cells": self.cells, "pictures": self.pictures}
        return {**plain, **counts, "problems": [asdict(finding) for finding in self.findings]}


def verify(notebook: Path, library: Library, lock: Path | None = None) -> Verified:
    """Everything in which this notebook, its lock (by default the one beside it) and the library differ."""
    path = lock or lock_path(notebook)
    try:
        cells: list[Cell] = read_notebook(notebook)["cells"]
    except NotebookInvalid as exc:
        return Verified(notebook, path, findings=(Finding("notebook", exc.message, exc.hint),))
    if not os.path.isfile(path):
        return Verified(notebook, path, findings=tuple(_without_lock(notebook, cells, path, named=lock is not None)))
    try:
        read = read_lock(path)
    except LockInvalid as exc:
        return Verified(notebook, path, findings=(Finding("lock", exc.message, exc.hint),))
    pictures = pictures_in(read.cells)
    holding = Holding(library, read)
    findings = (*_compared(notebook, cells, read, holding), *_embedded(cells, library), *holding.findings())
    return Verified(notebook, path, len(read.cells), len(pictures), findings)


def shown_in_any(cells: Sequence[Cell]) -> Iterator[Mapping[str, Any]]:
    """The facts of all that the cells show."""
    for cell in cells:
        yield from shown_in(cell)


def _without_lock(notebook: Path, cells: Sequence[Cell], path: Path, *, named: bool) -> Iterator[Finding]:
    """That there is no lock is no fault where nothing could be pinned, unless the settings name one."""
    missing = f"there is no lock {path}"
    if named:
        other = f"imgnb lock {notebook} -o {path}, or name another with IMGNB_LOCK"
        yield Finding("no-lock", f"{missing}, which the setting lock names", other)
    elif any(shown_in_any(cells)):
        yield Finding("no-lock", missing, f"imgnb lock {notebook}")
    elif any(magic_of(cell) is not None for cell in cells):
        yield Finding(
            "no-lock", f"{missing}, and its cells show no pictures", f"run them, save, then imgnb lock {notebook}"
        )


def _embedded(cells: Sequence[Cell], library: Library) -> Iterator[Finding]:
    """The outputs whose picture is another one than they say."""
    named = ((name_of(cell, number), cell) for number, cell in enumerate(cells))
    found = [one for name, cell in named for one in embedded_in(name, cell.get("outputs", ()))]
    for one, stored in others(found, library):
        told = _told(one.hashes)
        said = f"its output embeds @{stored.sha256[:12]}" if stored else "its output embeds another picture"
        yield Finding("embedded", f"{said}, and says that it shows {told}", "run the cell again", one.cell)


def _compared(notebook: Path, cells: Sequence[Cell], lock: Lock, holding: Holding) -> Iterator[Finding]:
    """The findings of the notebook against its lock."""
    again = LOCK_ANEW.format(notebook=notebook)
    if lock.notebook != notebook.name:
        yield Finding("name", f"the lock was made for {lock.notebook!r:.80}", f"if it is the same notebook, {again}")
    named = [(name_of(cell, number), cell) for number, cell in enumerate(cells)]
    pins = {one.cell: one.pins for one in lock.cells}
    for name, count in Counter(name for name, _ in named).items():
        if count > 1:
            out = "delete one and insert a new cell with its text, or save it in Jupyter, which gives another"
            yield Finding("twice", f"{count} cells have the same id", out, name)
    for name, cell in dict(named).items():
        yield from _cell(name, cell, pins.get(name), holding, notebook)
    for name in pins:
        if name not in dict(named):
            yield Finding("gone", "the lock pins pictures for it, and it is not in the notebook", again, name)


def _cell(name: str, cell: Cell, pins: tuple[Pin, ...] | None, holding: Holding, notebook: Path) -> Iterator[Finding]:
    shown, again = list(shown_in(cell)), LOCK_ANEW.format(notebook=notebook)
    if pins is None:
        if shown:
            yield Finding("new", "it shows pictures that are not locked", again, name)
        elif magic_of(cell) is not None:
            yield Finding("not-run", "it asks for a picture and shows none", f"run it, then {again}", name)
        return
    if pins and not shown:
        yield Finding("cleared", "its output was cleared", f"run it in mode replay, or imgnb restore {notebook}", name)
    else:
        yield from _outputs(name, shown, pins, again)
    yield from _source(name, cell, pins, holding, again)


def _outputs(name: str, shown: Sequence[Mapping[str, Any]], pins: Sequence[Pin], again: str) -> Iterator[Finding]:
    """What the outputs of a cell show otherwise than it is pinned."""
    out = f"run the cell again, or {again}"
    for number, (facts, pin) in enumerate(zip_longest(shown, pins), 1):
        which = f"output {number}" if max(len(shown), len(pins)) > 1 else "its output"
        if facts is None:
            yield Finding("output", f"{which} is gone: the lock pins {_told(pin.hashes)}", out, name)
        elif pin is None:
            yield Finding("output", f"{which} shows {_told(hashes_in(facts))}, which is not locked", again, name)
        elif (hashes := hashes_in(facts)) != pin.hashes:
            said = f"{which} shows {_told(hashes)}, and the lock pins {_told(pin.hashes)}"
            yield Finding("output", said, out, name)
        elif facts.get("fingerprint") != pin.fingerprint:
            yield Finding("output", f"{which} is of another request than the lock pins", out, name)


def _source(name: str, cell: Cell, pins: Sequence[Pin], holding: Holding, again: str) -> Iterator[Finding]:
    """A finding where a cell's text asks for something else than what is pinned, where that shows without running it."""
    magic = magic_of(cell)
    asked = [pin for pin in pins if pin.fingerprint is not None]
    if magic is None or len(asked) != 1:
        return
    made, out = holding.generation(asked[0]), f"take it back, or run it and then {again}"
    if made and (stored := holding.request(made)) and (others := asked_otherwise(magic, stored)):
        yield Finding("source", f"it asks otherwise than is pinned: {'; '.join(others)}", out, name)
    if said := _prompt(prompt_of(source_of(cell).partition(magic)[2]), asked[0], made):
        yield Finding("source", f"it asks for another prompt than is pinned: {said}", out, name)


def _prompt(prompt: str, pin: Pin, made: Generation | None) -> str:
    """What was changed in a cell's prompt; "" where nothing was, or only running it would tell."""
    filled = "{{" in prompt or "{%" in prompt
    if not prompt or (made is None and filled):  # a lock does not have the template
        return ""
    template = ((made and made.template) or "").strip()
    stored, mine = (made.prompt, prompt) if made else (pin.prompt, one_line(prompt, EXCERPT))
    if filled and template:
        stored = template
    return change(stored, mine) if stored and stored.strip() != mine else ""


def _told(hashes: Sequence[str]) -> str:
    return ", ".join(f"@{sha256[:12]}" for sha256 in hashes) or "no picture"
