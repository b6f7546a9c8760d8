"""A report of a hundred pictures: run again, weighed, locked, verified and printed."""

from __future__ import annotations

import shutil
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

from .canned_server import serving
from .places import BUILD, place, run
from .table import Line, Table, differences

PICTURES = 100
SIZE = "1024x1024"


def reporting(quick: bool) -> Table:
    """Whole commands and whole runs, as a person waits for them; the reading of a command's own start is told, too."""
    rounds = 2 if quick else 5
    folder = report()
    with place(library=folder / "library") as (_, environment):
        environment["IMGNB_MODE"] = "replay"
        replayed, emptied = _runs(folder, environment, rounds)
        bare = [_command(folder, environment, "--version") for _ in range(rounds)]
        locked = [_command(folder, environment, "lock", "report.ipynb") for _ in range(rounds)]
        verified = [_command(folder, environment, "verify", "report.ipynb") for _ in range(rounds)]
        printed = [_command(folder, environment, "report", "report.ipynb", "-o", "out.html") for _ in range(rounds)]
    lines = [
        Line("Run All in replay, over the same cells emptied", differences(replayed, emptied), "s", 5.0),
        Line("the notebook", [(folder / "report.ipynb").stat().st_size / 1e6], "MB", 20.0),
        Line("imgnb lock", locked, "s", 1.0),
        Line("imgnb verify", verified, "s", 1.0),
        Line("imgnb --version, which is what starting Python takes", bare, "s"),
        Line("imgnb report", printed, "s", 10.0),
        Line("the page", [(folder / "out.html").stat().st_size / 1e6], "MB"),
    ]
    notes = (f"{PICTURES} pictures of {SIZE}, as a provider sends them. How they are packed stands in `packing`.",)
    return Table("reporting: a notebook of a hundred pictures", lines, notes)


def report() -> Path:
    """A folder with a notebook that was run once, and its library; made at the first time."""
    folder = BUILD / f"report-{PICTURES}-{SIZE}"
    if not folder.exists():
        unfinished = folder.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        with serving() as server, place(server.url(), library=unfinished / "library") as (_, environment):
            _run(_notebook(), unfinished, environment, save=True)
        unfinished.rename(folder)
    return folder


def _notebook() -> Any:
    from nbformat import v4

    prompts = [f"%%imagegen --size {SIZE}\npicture {number}" for number in range(PICTURES)]
    cells = [v4.new_code_cell(source) for source in ("%load_ext imgnb", *prompts)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _run(notebook: Any, folder: Path, environment: dict[str, str], *, save: bool = False) -> float:
    """Seconds from the kernel's start to the last output."""
    import nbformat
    from nbclient import NotebookClient

    options = {"extra_arguments": ["--log-level=40"], "resources": {"metadata": {"path": str(folder)}}}
    begun = time.perf_counter()
    NotebookClient(notebook, timeout=120, kernel_name="python3", **options).execute(env=environment)
    took = time.perf_counter() - begun
    if save:
        nbformat.write(notebook, folder / "report.ipynb")
    return took


def _runs(folder: Path, environment: dict[str, str], rounds: int) -> tuple[list[float], list[float]]:
    whole = _notebook()
    empty = deepcopy(whole)
    for cell in empty.cells[1:]:
        cell.source = ""
    both: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for notebook, samples in zip((whole, empty), both, strict=True):
            samples.append(_run(deepcopy(notebook), folder, environment))
    return both


def _command(folder: Path, environment: dict[str, str], *words: str) -> float:
    begun = time.perf_counter()
    run([sys.executable, "-m", "imgnb", *words], folder, environment)
    return time.perf_counter() - begun
