"""Fifty 4K pictures one after the other in one process: memory must not grow."""

from __future__ import annotations

import json
import sys
from typing import Any

from .canned_server import serving
from .meter import Meter
from .places import fresh
from .shell import cell, notebook_shell
from .table import Line, Table

EARLY, LATE = 5, 50


def repeating(quick: bool) -> Table:
    """The peak of the 50th picture over that of the 5th, by cells with previews, headless and with a front end."""
    lines = []
    with serving() as server:
        for kind in ("headless", "watched"):
            runs = [fresh("repeating", kind, base_url=server.url()) for _ in range(1 if quick else 3)]
            for number in (1, EARLY, 25, LATE):
                lines.append(Line(f"peak at picture {number}, {kind}", [run[number - 1]["peak"] for run in runs], "MB"))
            growth = [run[LATE - 1]["peak"] / run[EARLY - 1]["peak"] for run in runs]
            worst = [max(picture["peak"] for picture in run[EARLY:]) / run[EARLY - 1]["peak"] for run in runs]
            lines.append(Line(f"picture {LATE} / picture {EARLY}, {kind}", growth, "", 1.05))
            lines.append(Line(f"highest of {EARLY + 1} to {LATE} / picture {EARLY}, {kind}", worst, ""))
    return Table("repeating: fifty 4K pictures in one process, peak resident memory", lines)


def main() -> None:
    """Draw the pictures, measuring each."""
    shell = notebook_shell(front_end=sys.argv[1] == "watched")
    cell(shell, "%load_ext imgnb")
    pictures: list[Any] = []
    for number in range(LATE):
        with Meter() as meter:
            cell(shell, f"%%imagegen --size 3840x2160\na fox, number {number}")
        pictures.append(meter.to_dict())
    print("\n" + json.dumps(pictures))


if __name__ == "__main__":
    main()
