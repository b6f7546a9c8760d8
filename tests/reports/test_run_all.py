"""Run All of a locked notebook in a real kernel, without a front end that tells notebook or cell."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from imgnb.records.lock import lock_path
from imgnb.reports.locking import lock_of

from ..display.conftest import jupyter, workspace
from .notebooks import draw

__all__ = ["jupyter", "workspace"]

PATIENCE = 120
SMALL = "--size 1024x640 --quality low"


def notebook(prompt: str = "a red fox in the snow") -> nbformat.NotebookNode:
    """A notebook that loads imgnb and asks for a picture."""
    cells = ["%load_ext imgnb", f"%%imagegen {SMALL}\n{prompt}"]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def run(made: nbformat.NotebookNode) -> dict[str, object]:
    """What the picture's output says after everything was run in the working folder."""
    from nbclient import NotebookClient

    NotebookClient(made, timeout=PATIENCE, resources={"metadata": {"path": str(Path.cwd())}}).execute()
    facts: dict[str, object] = made.cells[1].outputs[0].metadata["imgnb"]
    return facts


def test_run_all_gives_the_pinned_pictures_or_fails(jupyter, monkeypatch, tmp_path: Path) -> None:
    """The lock in the folder holds, a newer take notwithstanding; one changed word fails exactly that cell, and is shown."""
    from nbclient.exceptions import CellExecutionError

    made = notebook()
    first = run(made)
    nbformat.write(made, tmp_path / "report.ipynb")
    lock_of(tmp_path / "report.ipynb", jupyter.library)[0].write(lock_path(tmp_path / "report.ipynb"))
    draw(jupyter, "a red fox in the snow", mode="live")
    monkeypatch.setenv("IMGNB_MODE", "replay")

    again = run(notebook())

    assert (again["generation"], again["assets"], again["pinned"]) == (first["generation"], first["assets"], True)
    with pytest.raises(CellExecutionError, match=r"prompt: a \[-red-\] \{\+blue\+\} fox in the …"):
        run(notebook("a blue fox in the snow"))
