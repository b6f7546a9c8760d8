"""How fast a report of a hundred pictures is packed, beside `zipfile` storing the very same files, taken in turns."""

from __future__ import annotations

import os
import random
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from imgnb.reports.packing import pack

from ..reports.packs.travelling import a_home, code, output, write
from .table import Line, Table, ratios

PICTURES, ROUNDS = 100, 7


def packing(quick: bool) -> Table:
    """Seconds of both, and how many times as long a pack takes: 1 / 0.7 at most."""
    with tempfile.TemporaryDirectory() as name, a_home(Path(name)) as home:
        folder = Path(name)
        assets = [home.library.add(_picture(seed), source=f"{seed}") for seed in range(PICTURES)]
        report = write(folder / "report.ipynb", [code("x", output(one), id=f"c{n}") for n, one in enumerate(assets)])
        files = [report, *(asset.path for asset in assets)]
        plain, synced, ours = [], [], []
        for _ in range(3 if quick else ROUNDS):
            plain.append(_timed(lambda: _zip(files, folder / "plain.zip", sync=False)))
            ours.append(_timed(lambda: pack(report, home.library, folder / "packed.zip")))
            synced.append(_timed(lambda: _zip(files, folder / "synced.zip", sync=True)))
        size = sum(path.stat().st_size for path in files)
    lines = [
        Line("zipfile, stored", plain, "s"),
        Line("zipfile, stored, and synced", synced, "s"),
        Line("imgnb pack", ours, "s"),
        Line("imgnb pack / zipfile", ratios(ours, plain), "x", 1 / 0.7),
        Line("imgnb pack / zipfile, synced", ratios(ours, synced), "x"),
    ]
    return Table("Packing", lines, (f"{PICTURES} pictures, {size / 1e6:.0f} MB. A pack is hashed, and synced, too.",))


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _zip(files: list[Path], target: Path, *, sync: bool) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.name)
    if sync:
        with target.open("rb+") as file:
            os.fsync(file.fileno())


def _picture(seed: int) -> bytes:
    """A PNG of noise, of about two million bytes."""
    from io import BytesIO

    from PIL import Image

    image = Image.frombytes("RGB", (1024, 651), random.Random(seed).randbytes(1024 * 651 * 3))
    file = BytesIO()
    image.save(file, "PNG", compress_level=0)
    return file.getvalue()
