"""A notebook's lock, in a shell: written from its outputs, without running anything."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from ..records.lock import Lock, lock_path
from ..reports.locking import lock_of, pictures_in
from ..workspace import current
from .printing import plain, print_json


def lock(arguments: argparse.Namespace) -> int:
    """Write the lock of a notebook and print what it pins."""
    made, notes = lock_of(arguments.notebook, current().library)
    path = arguments.output or lock_path(arguments.notebook)
    made.write(path)
    if arguments.json:
        print_json({"lock": str(path), "notes": list(notes), **_counts(made)})
        return 0
    print(plain(f"{path}: {_said(made)}"))
    for note in notes:
        print(plain(f"imgnb: {note}"), file=sys.stderr)
    return 0


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
