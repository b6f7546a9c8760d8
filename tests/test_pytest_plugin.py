"""`pytest --imgnb` runs notebooks in replay mode and compares pictures by hash; nbval can be told what to overlook."""

from __future__ import annotations

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

CELLS = (
    "%load_ext imgnb",
    "%%imagegen --size 1024x640\na red fox in the snow",
    "%%imagegen --size 1024x640 -o owl\nan owl at night",
    "print(owl.status)",
)


def outcome(notebook: Path, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, notebook.name]
    keyless = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    done = subprocess.run(command, cwd=notebook.parent, env=keyless, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder with a notebook that was run, and its library."""
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("shelf")
    (folder / "imgnb.toml").write_text('library = "library"\nroute = "local"\n', encoding="utf-8")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    nbformat.write(notebook, folder / "report.ipynb")
    return folder


@pytest.fixture
def notebook(shelf):
    """The notebook, as it was run, under a name of its own."""
    path = shelf / "changed.ipynb"
    path.write_bytes((shelf / "report.ipynb").read_bytes())
    yield path
    path.unlink()


def changed(path: Path, change) -> Path:
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, path)
    return path


def test_a_notebook_that_replays_passes_cell_by_cell(notebook):
    """Each code cell is a test; pictures come from the library."""
    code, said = outcome(notebook, "--imgnb")

    assert code == 0, said
    assert "4 passed" in said


def test_a_changed_word_fails_that_cell_alone(notebook):
    """Its difference to what is stored is told, with the cell."""
    changed(notebook, lambda cells: cells[1].update(source=CELLS[1].replace("red", "blue")))

    code, said = outcome(notebook, "--imgnb")

    assert code == 1, said
    assert "1 failed, 3 passed" in said
    assert "ReplayMissed" in said
    assert "blue" in said
    assert "red" in said


def test_what_shows_pictures_of_a_failed_cell_is_skipped(notebook):
    """One cause, one failure; a cell that shows anything else than it held still fails."""
    from nbclient import NotebookClient

    written = nbformat.read(notebook, as_version=4)
    written.cells.append(nbformat.v4.new_code_cell("import imgnb\nimgnb.contact_sheet()"))
    NotebookClient(written, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}}).execute()
    written.cells[1].source = CELLS[1].replace("red", "blue")
    nbformat.write(written, notebook)

    code, said = outcome(notebook, "--imgnb", "-rs")

    assert code == 1, said
    assert "1 failed, 3 passed, 1 skipped" in said
    assert "those of cells that failed" in said


HELD = {
    "another": (lambda facts: facts.update(assets=["0" * 64]), "it held @000000000000"),
    "one more": (lambda facts: facts["assets"].append("0" * 64), "it held"),
    "one twice": (lambda facts: facts["assets"].extend(facts["assets"]), "it held"),
    "none": (lambda facts: facts.clear(), "held no picture"),
    "no list": (lambda facts: facts.update(assets=None), "it held words"),
}


def test_other_pictures_fail_though_they_look_alike(notebook):
    """What counts is which hashes the output tells, and in which order, not its preview; nothing is skipped for it."""
    written = nbformat.read(notebook, as_version=4)
    for number, (change, _) in enumerate(HELD.values()):
        cell = deepcopy(written.cells[1])
        cell.id = f"held-{number}"
        change(cell.outputs[0].metadata["imgnb"])
        written.cells.append(cell)
    nbformat.write(written, notebook)

    code, said = outcome(notebook, "--imgnb")

    assert code == 1, said
    assert f"{len(HELD)} failed, 4 passed" in said
    for number, (_, told) in enumerate(HELD.values()):
        report = said.partition(f"cell held-{number} __")[2].partition("____ ")[0]
        assert told in report


def test_nothing_is_asked_whatever_a_cell_says(notebook):
    """`--mode live` replays what is stored, and `%imagegen mode` cannot allow more: a miss stays a miss."""

    def demands(cells):
        cells[1].source = CELLS[1].replace("--size", "--mode live --size")
        cells[2].source = "%imagegen mode auto"
        cells[3].source = "%%imagegen --mode live\na bear that nobody has drawn"

    code, said = outcome(changed(notebook, demands), "--imgnb")

    assert code == 1, said
    assert "2 failed, 2 passed" in said
    assert "it was started with IMGNB_MODE=replay" in said
    assert "ReplayMissed" in said


@pytest.mark.parametrize("text", ["{", '{"cells": [1]}', '{"cells": [], "metadata": {"kernelspec": null}}'])
def test_a_file_that_is_no_notebook_is_told_without_a_traceback(tmp_path, text):
    """What is wrong with it, and what would do; a notebook that says nothing of its kernel is one in Python."""
    (tmp_path / "odd.ipynb").write_text(text, encoding="utf-8")

    code, said = outcome(tmp_path / "odd.ipynb", "--imgnb")

    assert "Traceback" not in said
    assert code == (5 if "kernelspec" in text else 2), said
    assert "kernelspec" in text or "give an .ipynb file of format 4" in said


def test_only_what_is_asked_for_is_tested(notebook):
    """Of a part of the cells, all before it are run; without the option no notebook is looked at."""
    names = [cell.id for cell in nbformat.read(notebook, as_version=4).cells]
    code, said = outcome(notebook, "--imgnb", "-k", f"cell and {names[3]}")
    assert code == 0, said
    assert "1 passed, 3 deselected" in said

    code, said = outcome(notebook)
    assert code == 4, said  # pytest knows nobody who reads it


def test_a_notebook_in_another_language_is_skipped(tmp_path):
    """With the reason."""
    other = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}})
    nbformat.write(other, tmp_path / "other.ipynb")

    code, said = outcome(tmp_path / "other.ipynb", "--imgnb", "-rs")

    assert code == 5, said
    assert "imgnb runs in Python kernels" in said


def test_nbval_overlooks_what_varies(notebook):
    """Another id, moment or duration passes with our sanitizer, and fails without; other texts fail all the same."""
    told = "01M7Y6EZK1SJ9HGYVXXKW31AV2 at 2026-11-21T04:40:02Z, after 1.5 s"
    prints = "print('01M7Y6EZK1SJ9HGYVXXKW31AV3 at 2026-11-22T04:40:02Z, after 11.25 s')"
    changed(notebook, lambda cells: cells[3].update(source=prints))
    changed(notebook, lambda cells: cells[3].outputs[0].update(text=f"{told}\n"))

    assert outcome(notebook, "--nbval")[0] == 1
    code, said = outcome(notebook, "--nbval", "--nbval-sanitize-with", "imgnb")
    assert code == 0, said

    changed(notebook, lambda cells: cells[3].outputs[0].update(text=f"{told}!\n"))
    assert outcome(notebook, "--nbval", "--nbval-sanitize-with", "imgnb")[0] == 1
