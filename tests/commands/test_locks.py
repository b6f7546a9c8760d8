"""Locks in a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imgnb.records.lock import read_lock
from imgnb.workspace import current

from ..reports.notebooks import cell, draw, write
from .conftest import Run


@pytest.fixture
def report(run: Run) -> Path:
    """A notebook with two pictures and an empty cell, in the working folder."""
    workspace = current()
    fox, hare = draw(workspace, route="local"), draw(workspace, "a hare", route="local")
    return write(Path("report.ipynb"), cell("a", fox), cell("b", hare), cell("c", source="%%imagegen\na cat"))


def test_a_lock_is_written_beside_its_notebook(run: Run, report: Path) -> None:
    """It says how much is pinned, and what is not yet."""
    assert run("lock", "report.ipynb") == (
        0,
        "report.imgnb.lock: 2 cells, 2 pictures, 0.00 USD\n",
        "imgnb: cell c has no picture yet: run it, and lock again\n",
    )
    assert [one.cell for one in read_lock(Path("report.imgnb.lock")).cells] == ["a", "b"]


def test_a_lock_may_go_elsewhere(run: Run, report: Path) -> None:
    """-o names the file; a script reads one document."""
    status, out, _ = run("lock", "report.ipynb", "-o", "other.lock", "--json")

    assert status == 0
    assert json.loads(out) == {
        "lock": "other.lock",
        "cells": 2,
        "pictures": 2,
        "cost": {"USD": 0.0},
        "notes": ["cell c has no picture yet: run it, and lock again"],
    }
    assert len(read_lock(Path("other.lock")).cells) == 2
    assert not Path("report.imgnb.lock").exists()


def test_a_notebook_without_pictures_has_an_empty_lock(run: Run) -> None:
    """That is written, and said."""
    write(Path("plain.ipynb"), cell("a", source="1 + 1"), kernelspec={"language": "R"})

    status, out, _ = run("lock", "plain.ipynb")

    assert (status, out) == (0, "plain.imgnb.lock: the notebook shows no pictures of imgnb, so it pins nothing\n")
    assert read_lock(Path("plain.imgnb.lock")).cells == ()


def test_what_is_no_notebook_has_no_lock(run: Run) -> None:
    """A file of another kind is refused; nothing is written."""
    Path("old.ipynb").write_text('{"worksheets": [], "nbformat": 3}')

    status, _, err = run("lock", "old.ipynb")

    assert status == 1
    assert "is not a notebook of format 4, but of 3" in err
    assert not Path("old.imgnb.lock").exists()


def test_notebooks_are_verified_with_a_list(run: Run, report: Path) -> None:
    """Exit status 1 and a line for each problem with its way out; 0 and one line where all is well."""
    write(report, cell("a", current().library.find("fox")[0]))
    run("lock", "report.ipynb")
    assert run("verify", "report.ipynb") == (0, "report.ipynb: 1 cell, 1 picture pinned: all is well\n", "")

    write(report, cell("a", source="%%imagegen --size 1024x640 --quality low\na red fox"))
    write(Path("plain.ipynb"), cell("x"))
    status, out, _ = run("verify", "report.ipynb", "plain.ipynb")

    assert status == 1
    assert out.splitlines() == [
        "report.ipynb: cell a: its output was cleared",
        "  -> run it in mode replay, or imgnb restore report.ipynb",
        "report.ipynb: 1 cell, 1 picture pinned: 1 problem",
        "plain.ipynb: 0 cells, 0 pictures pinned: all is well",
    ]


def test_a_script_reads_what_verify_finds(run: Run, report: Path) -> None:
    """One document for all notebooks; the kinds of problems are words."""
    status, out, _ = run("verify", "report.ipynb", "gone.ipynb", "--json")

    assert status == 1
    told = json.loads(out)
    assert told["well"] is False
    assert [[one["kind"] for one in each["problems"]] for each in told["notebooks"]] == [["no-lock"], ["notebook"]]


def test_options_of_the_library_are_refused_for_notebooks(run: Run, report: Path) -> None:
    """A sample of a notebook would look like all of it."""
    status, _, err = run("verify", "report.ipynb", "--repair")

    assert status == 1
    assert "--repair is about the library, not about notebooks" in err


def test_the_lock_that_is_set_is_the_one_that_is_looked_at(
    run: Run, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as holds for replays."""
    write(report, cell("a", current().library.find("fox")[0]))
    run("lock", "report.ipynb", "-o", "other.lock")
    monkeypatch.setenv("IMGNB_LOCK", "other.lock")

    assert run("verify", "report.ipynb")[0] == 0


def test_the_notebook_is_never_overwritten(run: Run, report: Path) -> None:
    """A slip with -o costs nothing."""
    before = report.read_bytes()

    status, _, err = run("lock", "-o", "report.ipynb", "report.ipynb")

    assert (status, report.read_bytes()) == (1, before)
    assert "is a notebook, and is not overwritten" in err


def test_clearing_the_outputs_costs_no_lock(run: Run, report: Path) -> None:
    """Locked again, it pins what it pinned, wherever it is written; that outputs are cleared is still found."""
    for output in ((), ("-o", "other.lock")):
        write(report, cell("a", current().library.find("fox")[0], source="%%imagegen\na red fox"))
        run("lock", "report.ipynb", *output)
        write(report, cell("a", source="%%imagegen\na red fox"))

        status, out, err = run("lock", "report.ipynb", *output)

        assert (status, "1 cell, 1 picture" in out) == (0, True)
        assert err == "imgnb: cell a shows nothing now and stays pinned as it was: imgnb restore report.ipynb\n"
        assert "cell a: its output was cleared" in run("verify", "report.ipynb")[1]


@pytest.mark.parametrize("command", ["lock", "verify"])
@pytest.mark.parametrize("path", [".", "..", "/", ""], ids=["here", "above", "root", "empty"])
def test_a_folder_is_no_notebook(run: Run, command: str, path: str) -> None:
    """It is said in a sentence."""
    status, out, err = run(command, path)

    assert (status, "is not a notebook: Is a directory" in out + err) == (1, True)
