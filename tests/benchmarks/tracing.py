"""What a picture goes back to, a thousand edits deep, in a library of 100,000 generations."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from shutil import copyfile
from typing import Any

from sqlalchemy import insert
from ulid import ULID

from imgnb.library import Library, tables
from imgnb.library.clock import new_id

from .replaying import GENERATIONS, big_library
from .table import Line, Table

DEEP = 1_000


def tracing(quick: bool) -> Table:
    """Ancestors of the last edit, descendants of the first picture, a lineage of both, and one step."""
    rounds = 5 if quick else 25
    with tempfile.TemporaryDirectory(prefix="imgnb-benchmark-", ignore_cleanup_errors=True) as name:
        copyfile(big_library() / "library.db", Path(name) / "library.db")
        with Library(name) as library:
            chain = _add_chain(library)
            first, middle, last = (library.asset(chain[n]) for n in (0, DEEP // 2, DEEP))
            assert [found.sha256 for found in last.ancestors()] == chain[-2::-1]
            assert len(first.descendants()) == DEEP
            lines = [
                Line(f"ancestors, {DEEP:,} deep", _timed(rounds, last.ancestors), "ms", 50.0),
                Line(f"descendants, {DEEP:,} deep", _timed(rounds, first.descendants), "ms", 50.0),
                Line("lineage of 60, from the middle", _timed(rounds, middle.lineage), "ms", 50.0),
                Line("children", _timed(rounds, lambda: middle.children), "ms"),
                Line("parents", _timed(rounds, lambda: middle.parents), "ms"),
            ]
    note = f"A chain of {DEEP:,} edits in a copy of the library of {GENERATIONS:,} generations; its rows are cached."
    return Table("tracing: what came from what in a big library", lines, (note,))


def _timed(rounds: int, act: Callable[[], Any]) -> list[float]:
    samples = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        samples.append((time.perf_counter() - begun) * 1000)
    return samples


def _add_chain(library: Library) -> list[str]:
    """Edits one after the other, each of the picture before; the hashes of all, the first picture's first."""
    with library._store.database.writing() as connection:
        one = dict(connection.execute(tables.generation.select().limit(1)).mappings().one())
        asset = dict(connection.execute(tables.asset.select().limit(1)).mappings().one())
        number = connection.exec_driver_sql("SELECT max(number), max(id) FROM generation").one()
        chain = [hashlib.sha256(f"edit {n}".encode()).hexdigest() for n in range(DEEP + 1)]
        connection.execute(insert(tables.asset), [{**asset, "sha256": sha256} for sha256 in chain])
        id = str(number[1] or ULID())
        for n, (before, after) in enumerate(pairwise(chain), 1):
            id = new_id(after=id)
            row = {**one, "number": number[0] + n, "id": id, "take": None, "operation": "edit"}
            connection.execute(insert(tables.generation).values(**row))
            where = {"generation": id, "position": 0}
            connection.execute(insert(tables.input_).values(**where, role="image", asset=before, source=""))
            connection.execute(insert(tables.output).values(**where, asset=after, meta_json="{}"))
    return chain
