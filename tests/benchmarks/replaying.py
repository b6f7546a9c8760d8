"""A cell whose answer is stored, in a library of 100,000 generations."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from imgnb.library.migrations import LATEST

from .canned_server import serving
from .make_library import make_library
from .places import BUILD, fresh
from .table import Line, Table

GENERATIONS = 100_000


def replaying(quick: bool) -> Table:
    """Whole cells through the magic, headless and with a front end, in processes of their own."""
    rounds = 2 if quick else 5
    library = big_library()
    measured: dict[str, list[Any]] = {"headless": [], "watched": []}
    with serving() as server:
        for _ in range(rounds):
            for kind, samples in measured.items():
                samples.append(fresh("replaying_client", kind, base_url=server.url(), library=library))
    lines = []
    for kind, samples in measured.items():
        lines += [
            Line(f"replay, {kind}", [took for sample in samples for took in sample["replays"]], "ms", 30.0),
            Line(f"the process's first cell, {kind}", [sample["first"] for sample in samples], "ms"),
            Line(f"replay without a cached preview, {kind}", [s["unseen"] for s in samples], "ms"),
        ]
    notes = (
        f"The picture is 1024x1024, its preview is in the cache; {samples[0]['generations']:,} generations. "
        "The first cell of a process also imports what the warm-up thread had no time for, and opens the library.",
    )
    return Table("replaying: a stored cell in a big library", lines, notes)


def big_library(generations: int = GENERATIONS) -> Path:
    """A library of so many generations, made at the first time, and anew when its tables have changed."""
    folder = BUILD / f"library-{generations}-v{LATEST}"
    if not folder.exists():
        unfinished = folder.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_library(unfinished, generations)
        unfinished.rename(folder)
    return folder
