"""`imgnb restore NOTEBOOK` and `imgnb slim`: what a notebook's file carries of its pictures."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..display.progress_bar import ProgressBar, amount
from ..errors import ImgnbError, RequestInvalid
from ..reports.pinned import several
from ..workspace import current
from .library import label
from .packing import notebook_of, print_notes
from .printing import plain, print_json

if TYPE_CHECKING:
    from ..reports.slimming import Slimmed

_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3}


def restore(arguments: argparse.Namespace) -> int:
    """Bring the outputs of a notebook back, or pictures from the trash."""
    notebook = notebook_of(arguments.reference)
    if notebook is None:
        if arguments.full:
            raise RequestInvalid(f"{arguments.reference} is no notebook", hint="--full takes report.ipynb")
        return label(arguments)
    if arguments.words:
        raise RequestInvalid(f"{' '.join(arguments.words)!r} is one too many", hint="give one notebook")
    return _restore(notebook, arguments)


def _restore(notebook: Path, arguments: argparse.Namespace) -> int:
    from ..reports.restoring import restore as restored

    done = restored(notebook, current().library, full=arguments.full)
    if arguments.json:
        print_json({"notebook": str(notebook), **asdict(done)})
    else:
        print_notes(f"cell {cell:.40} stays as it is: {why}" for cell, why in done.left)
        kind = "full pictures" if arguments.full else "previews"
        changed = f", {len(done.changed)} became {kind}" if done.changed else ""
        print(plain(f"{notebook}: {len(done.restored)} outputs restored{changed}"))
    return 1 if done.left else 0


def slim(arguments: argparse.Namespace) -> int:
    """Move the pictures of notebooks into the library, or back; 1 where one was refused, or did not come back whole."""
    over, status, told = _bytes(arguments.over), 0, []
    for path in arguments.notebooks:
        try:
            done = _slimmed(path, over, undo=arguments.undo)
        except ImgnbError as exc:
            status = 1
            told.append({"notebook": str(path), "error": {"kind": exc.kind, "message": exc.message, "hint": exc.hint}})
            if not arguments.json:
                print(plain(f"imgnb: {exc.message}\n  -> {exc.hint}"), file=sys.stderr)
            continue
        status = 1 if arguments.undo and done.kept else status
        told.append({**asdict(done), "notebook": str(path)})
        if not arguments.json:
            print_notes(f"{path}: a picture of cell {cell:.40} stays as it is: {why}" for cell, why in done.kept)
            print_notes(_left(done))
            print(plain("".join(_told(done, undo=arguments.undo))))
    if arguments.json:
        print_json(told)
    return status


def _slimmed(path: Path, over: int, *, undo: bool) -> Slimmed:
    from ..reports import slimming

    with ProgressBar() as bar:
        if undo:
            return slimming.undo(
                path, current().library, progress=lambda done, total: bar.show(f"filling {path.name}", done, total)
            )
        return slimming.slim(
            path,
            current().library,
            over=over,
            progress=lambda done, total: bar.show(f"slimming {path.name}", done, total, in_bytes=True),
        )


def _told(done: Slimmed, *, undo: bool) -> Iterator[str]:
    yield f"{done.notebook}: {amount(done.before, True)}"
    if done.pictures:
        yield f" before, {amount(done.after, True)} now, {done.pictures} pictures {'brought back' if undo else 'in the library'}"
    else:
        yield ", nothing to bring back" if undo else ", nothing to slim"


def _left(done: Slimmed) -> Iterator[str]:
    """A sentence about the pictures that are never moved."""
    if done.within:
        cells = several([f"{cell:.40}" for cell, _ in done.within], ", ")
        size = amount(sum(size for _, size in done.within), True)
        yield f"{done.notebook}: SVG and pictures within HTML or Markdown stay as they are, {size} in cells {cells}"


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,3})?) ?([kmg]?b?)", text.strip().lower())
    unit = found and _UNITS.get(found[2], _UNITS.get(f"{found[2]}b"))
    if not found or unit is None:
        raise RequestInvalid(f"--over {text!r} is no size", hint="write 200kB, 1.5MB or a number of bytes")
    return round(float(found[1]) * unit)
