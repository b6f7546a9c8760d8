"""A notebook's lock, in a shell: written from its outputs, and held against them, without running anything."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..config import Settings, load
from ..errors import RequestInvalid
from ..library import Library
from ..records.lock import Lock, lock_path
from ..records.wording import one_line
from ..reports.locking import lock_of, pictures_in
from ..reports.pinning import OFF
from ..reports.verifying import Verified
from ..reports.verifying import verify as verified
from .printing import plain, print_json

SHOWN = 50
"Findings of a notebook that are printed; --json has all."


def lock(arguments: argparse.Namespace) -> int:
    """Write the lock of a notebook and print what it pins."""
    path = arguments.output or lock_path(arguments.notebook)
    with _library(load()) as library:
        made, notes = lock_of(arguments.notebook, library, path if os.path.isfile(path) else None)
    made.write(path)
    if arguments.json:
        print_json({"lock": str(path), "notes": list(notes), **_counts(made)})
        return 0
    print(plain(f"{path}: {_said(made)}"))
    for note in notes:
        print(plain(f"imgnb: {note}"), file=sys.stderr)
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Hold notebooks against their locks and the library, and print what differs; 1 where something does.

    Without notebooks, the library itself. That takes the workspace, which notebooks do not wait for.
    """
    if not arguments.notebooks:
        from .upkeep import verify as verify_library

        return verify_library(arguments)
    for name in ("sample", "seed", "restart", "repair"):
        if getattr(arguments, name) not in (None, False):
            raise RequestInvalid(
                f"--{name} is about the library, not about notebooks", hint=f"imgnb verify --{name} without a notebook"
            )
    settings = load()
    lock = Path(settings.lock) if settings.lock and settings.lock != OFF else None
    with _library(settings) as library:
        looked = [verified(notebook, library, lock) for notebook in arguments.notebooks]
    if arguments.json:
        print_json({"well": all(looked), "notebooks": [one.to_dict() for one in looked]})
    else:
        print(plain("\n".join(line for one in looked for line in _found(one))))
    return 0 if all(looked) else 1


def _library(settings: Settings) -> Library:
    """The library in force. The workspace would bring all that draws, which takes longer to load than this to run."""
    library = Library(settings.library, journal=settings.journal or "wal")
    for note in library.notes:
        print(plain(f"imgnb: {note}"), file=sys.stderr)
    return library


def _found(one: Verified) -> Iterator[str]:
    for finding in one.findings[:SHOWN]:
        cell = "" if finding.cell is None else f"cell {one_line(finding.cell)}: "
        yield f"{one.notebook}: {cell}{finding.message}"
        yield f"  -> {finding.way_out}"
    if len(one.findings) > SHOWN:
        yield f"… and {len(one.findings) - SHOWN:,} more: --json has all"
    said = _number(len(one.findings), "problem") if one.findings else "all is well"
    yield f"{one.notebook}: {_number(one.cells, 'cell')}, {_number(one.pictures, 'picture')} pinned: {said}"


def _counts(made: Lock) -> Mapping[str, object]:
    return {"cells": len(made.cells), "pictures": len(pictures_in(made.cells)), "cost": dict(_costs(made))}


def _costs(made: Lock) -> Mapping[str, float]:
    """What the pinned pictures have cost, by currency; what is shown twice was paid once."""
    paid: dict[str, float] = {}
    for pin in {pin.generation: pin for _, pin in made.pins() if pin.generation}.values():
        if pin.cost is not None:
            currency = pin.currency or "USD"
            paid[currency] = paid.get(currency, 0.0) + pin.cost
    return paid


def _said(made: Lock) -> str:
    if not made.cells:
        return "the notebook shows no pictures of imgnb, so it pins nothing"
    pictures = len(pictures_in(made.cells))
    costs = [f"{cost:,.2f} {currency}" for currency, cost in _costs(made).items()] or ["at no known cost"]
    return ", ".join([_number(len(made.cells), "cell"), _number(pictures, "picture"), *costs])


def _number(count: int, of: str) -> str:
    return f"{count:,} {of}" if count == 1 else f"{count:,} {of}s"
