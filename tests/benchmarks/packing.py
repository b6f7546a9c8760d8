"""How fast a report is packed, beside `zipfile` storing the very same files: `python -m tests.benchmarks packing`."""

from __future__ import annotations

import os
import random
import tempfile
import time
import zipfile
from pathlib import Path

from imgnb.reports.packing import pack
from imgnb.reports.pinned import hashes_of

from ..reports.packs.travelling import a_home, code, output, write

PICTURES, EACH, ROUNDS = 100, 2_000_000, 5


def main() -> None:
    """Print seconds and MB/s of both, taken in turns, and how they compare."""
    with tempfile.TemporaryDirectory() as name, a_home(Path(name)) as home:
        folder = Path(name)
        assets = [home.library.add(_picture(seed), source=f"{seed}") for seed in range(PICTURES)]
        report = write(folder / "report.ipynb", [code("x", output(one), id=f"c{n}") for n, one in enumerate(assets)])
        files = [report, *(asset.path for asset in assets)]
        size = sum(path.stat().st_size for path in files)
        ours, plain = [], []
        for _ in range(ROUNDS):
            plain.append(_timed(lambda: _zip(files, folder / "plain.zip")))
            ours.append(_timed(lambda: pack(report, home.library, folder / "packed.zip")))
        assert len(hashes_of({"assets": [one.sha256 for one in assets]})) == PICTURES
        print(f"{PICTURES} pictures, {size / 1e6:.0f} MB")
        for who, seconds in (("zipfile, stored", plain), ("imgnb pack", ours)):
            print(
                f"{who:<16} {min(seconds):.2f} s  {size / 1e6 / min(seconds):.0f} MB/s  {sorted(seconds)[ROUNDS // 2]:.2f} s median"
            )
        print(
            f"speed of pack / zipfile: {min(plain) / min(ours):.2f} (best), {sorted(plain)[2] / sorted(ours)[2]:.2f} (median)"
        )


def _timed(act) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _zip(files: list[Path], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.name)
    if os.environ.get("SYNC"):
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


if __name__ == "__main__":
    main()
