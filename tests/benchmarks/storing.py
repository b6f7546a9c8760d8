"""A finished picture of 2 MB until nothing can lose it, beside the least that costs: a synced file and a SQLite commit."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

from PIL import Image as PILImage

from imgnb.events import Answered, Image
from imgnb.library import Accepted, Library, Origin, Outcome
from imgnb.request import ImageRequest

from .places import BUILD
from .table import Line, Table, ratios

PIECE = 16 * 1024
"What the network hands out at a time."
HERE = {"front_end": "jupyter", "execution_count": 12, "packages": {f"package-{n}": f"1.{n}.0" for n in range(8)}}
ORIGIN = Origin(
    route="openai", route_owner="openai", base_url="https://api.openai.com/v1", endpoint="images/generations",
    dialect="images", model="gpt-image-2", imgnb_version="0.1",
    provenance=HERE,
)  # fmt: skip
SUCCESS = Outcome(
    "succeeded", answered=Answered(model="gpt-image-2"), cost=0.04, cost_basis="usage", seconds=9.5,
    provenance={**HERE, "git": {"commit": "ab" * 20, "dirty": False}},
)  # fmt: skip


def storing(quick: bool) -> Table:
    """Floor and library in turn, on the disk that holds the checkout."""
    rounds = 15 if quick else 60
    took: dict[str, list[float]] = defaultdict(list)
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="storing-", dir=BUILD) as name:
        folder = Path(name)
        with closing(_ledger(folder / "floor.db")) as ledger, Library(folder / "library") as library:
            for number, data in enumerate(_pictures(rounds + 3)):
                floor = _floor(folder / f"{number}.png", data, ledger)
                arriving, storing = _store(library, number, data)
                if number >= 3:  # the first ones import and compile
                    took["floor"].append(floor)
                    took["storing"].append(storing)
                    took["all"].append(arriving + storing)
    lines = [
        Line("a picture, from its last byte until it is stored", took["storing"], "ms", 15.0),
        Line("floor: write and sync a file, commit a row", took["floor"], "ms"),
        Line("ratio, neighbours in time", ratios(took["storing"], took["floor"]), "", 1.5),
        Line("ratio, with writing and hashing as it arrives", ratios(took["all"], took["floor"]), ""),
    ]
    note = f"{len(data) / 1e6:.1f} MB a picture; WAL, synchronous = FULL; every picture makes folders of its own."
    return Table("storing: what durability costs", lines, (note,))


def _pictures(count: int) -> Iterator[bytes]:
    noise = PILImage.frombytes("RGB", (850, 800), os.urandom(850 * 800 * 3))
    file = BytesIO()
    noise.save(file, "PNG", compress_level=0)
    for _ in range(count):
        data = bytearray(file.getvalue())
        data[-20_000:-19_980] = os.urandom(20)
        yield bytes(data)


def _ledger(path: Path) -> sqlite3.Connection:
    ledger = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode = wal", "PRAGMA synchronous = full", "CREATE TABLE picture (path, record)"):
        ledger.execute(statement).fetchall()
    return ledger


def _floor(path: Path, data: bytes, ledger: sqlite3.Connection) -> float:
    begun = time.perf_counter()
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    ledger.execute("BEGIN IMMEDIATE")
    ledger.execute("INSERT INTO picture VALUES (?, ?)", (path.name, "what is known of it " * 60))
    ledger.execute("COMMIT")
    return (time.perf_counter() - begun) * 1000


def _store(library: Library, number: int, data: bytes) -> tuple[float, float]:
    """Milliseconds while it arrives, and from its last byte on."""
    request = ImageRequest(f"a red fox in the snow, soft morning light, number {number}", size="1024x1024")
    id = library.claim(request, ORIGIN, Accepted(), replay=False).generation_id
    assert id is not None
    begun = time.perf_counter()
    sink = library.open_sink(id)(0)
    for start in range(0, len(data), PIECE):
        sink.write(data[start : start + PIECE])
    arrived = time.perf_counter()
    library.keep(id, Image(0, sink.finish(), {}))
    library.finish(id, SUCCESS)
    return (arrived - begun) * 1000, (time.perf_counter() - arrived) * 1000
