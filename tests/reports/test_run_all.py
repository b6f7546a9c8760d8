"""Run All of a locked notebook in a real kernel, without a front end that tells notebook or cell."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from imgnb.records.lock import lock_path
from imgnb.reports.locking import lock_of
from imgnb.reports.restoring import restore

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


CELLS = {
    "setup": "%load_ext imgnb",
    "plain": f"%%imagegen {SMALL}\na red fox",
    "caption": f"%%imagegen {SMALL} --caption \"A hare, as in {{{{ ref('later') }}}}\" --out hare\na hare",
    "figure": f"%%imagegen {SMALL} --figure later --alt owl\nan owl",
    "both": f"%%imagegen {SMALL} --figure last --caption \"After {{{{ ref('later') }}}}\"\na cat",
    "words": "%%imagechat\nwhat is a fox?",
    "words and picture": f"%%imagechat {SMALL} --caption Drawn\ndraw a badger",
    "three": f"%%imagegen {SMALL} -n 3 --caption Three\na crab",
    "edit": f"%%imageedit $hare {SMALL} --figure edit\nwith a hat",
    "masked": f"%%imageedit $hare {SMALL} --mask box:10,10,300,300\nwith a scarf",
    "again": f"%%imagegen {SMALL} --figure later --caption Again\nan owl at night",
}


def test_what_is_restored_is_what_run_all_gives(jupyter, monkeypatch, tmp_path: Path) -> None:
    """The pictures, the lines of figures, the words, and what is said on the way: identical, but for execution counts."""
    path = tmp_path / "report.ipynb"
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    run(made)
    nbformat.write(made, path)
    lock_of(path, jupyter.library)[0].write(lock_path(path))
    monkeypatch.setenv("IMGNB_MODE", "replay")
    run(made)
    for cell in (cleared := nbformat.read(path, 4)).cells:
        cell.outputs, cell.execution_count = [], None
    nbformat.write(cleared, path)

    done = restore(path, jupyter.library)

    assert (len(done.restored), done.left) == (len(CELLS) - 1, ())
    cells = zip(CELLS, made.cells, nbformat.read(path, 4).cells, strict=True)
    assert {name: restored.outputs for name, _, restored in cells if name != "setup"} == {
        name: ran.outputs for name, ran in zip(CELLS, made.cells, strict=True) if name != "setup"
    }
    streams = {
        name: [output.text for output in cell.outputs if output.output_type == "stream"]
        for name, cell in zip(CELLS, made.cells, strict=True)
    }
    assert streams["caption"][0] == "Figure 1: A hare, as in [no figure later]\n"
    assert streams["both"] == ["Figure 3: After Figure 2\n"]
    assert len(streams["words"]) == len(streams["words and picture"]) == 1
    assert streams["words and picture"][0].startswith("Figure 4: Drawn\n")
    assert "imgnb: mask: box:10,10,300,300 is edited" in streams["masked"][0]
    assert streams["again"] == ["Figure 2: Again\n"]
