"""`imgnb verify` beside `sha256sum` over the same files."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from imgnb.library import Library

from .places import BUILD
from .storing import _pictures
from .table import Line, Table, ratios

PICTURES = 400


def verifying(quick: bool) -> Table:
    """Both in turn over pictures of 2 MB that lie in the page cache."""
    rounds, count = (3, PICTURES // 4) if quick else (7, PICTURES)
    verified, summed = [], []
    BUILD.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="verifying-", dir=BUILD) as name,
        Library(Path(name) / "library") as library,
    ):
        for data in _pictures(count):
            library.add(data, source="a benchmark")
            size = len(data)
        for _ in range(rounds):
            begun = time.perf_counter()
            assert library.verify(restart=True)
            verified.append(time.perf_counter() - begun)
            summed.append(_sha256sum(library.path / "blobs"))
    megabytes = count * size / 1e6
    lines = [
        Line("time of verify / time of sha256sum", ratios(verified, summed), "", 1 / 0.8),
        Line("verify", [megabytes / taken for taken in verified], "MB/s"),
        Line("sha256sum", [megabytes / taken for taken in summed], "MB/s"),
    ]  # fmt: skip
    note = f"{count} pictures of {size / 1e6:.1f} MB, {os.cpu_count()} cores; verify looks at rows and indexes, too."
    return Table("verifying: reading everything", lines, (note,))


def _sha256sum(folder: Path) -> float:
    files = sorted(str(path) for path in folder.rglob("*.png"))
    begun = time.perf_counter()
    subprocess.run(["sha256sum", *files], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun
