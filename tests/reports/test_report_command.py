"""`imgnb report` as a person runs it."""

from __future__ import annotations

import json
import os
import sys

import pytest

from .conftest import code, markdown, shown


@pytest.fixture
def report(notebook, draw):
    """A notebook with one picture."""
    return notebook(markdown("# A report"), code("x", shown(draw("a fox"), figure="fox", caption="The fox")))


def test_the_page_lies_where_it_is_wanted(run_command, report, tmp_path):
    """Beside the notebook, or at `-o`; its path is printed."""
    assert run_command("report", str(report)) == (0, f"{tmp_path / 'nb.html'}\n", "")
    assert run_command("report", str(report), "-o", str(tmp_path / "out.html"))[0] == 0

    assert (tmp_path / "out.html").read_bytes() == (tmp_path / "nb.html").read_bytes()


def test_scripts_read_what_was_made(run_command, report):
    """--json has title, figures and what is missing."""
    status, out, _ = run_command("report", str(report), "--json")

    told = json.loads(out)
    assert (status, told["title"], told["missing"]) == (0, "A report", [])
    assert told["figures"][0]["caption"] == "The fox"
    assert told["bytes"]["html"] == os.path.getsize(told["html"])


def test_missing_pictures_fail_only_where_that_is_wished(run_command, report, monkeypatch, tmp_path):
    """The note is on stderr; --strict is for scripts."""
    monkeypatch.setenv("IMGNB_LIBRARY", str(tmp_path / "another"))

    status, _, err = run_command("report", str(report))

    assert status == 0
    assert "is not in the library" in err
    assert run_command("report", str(report), "--strict")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nb.ipynb", "-o", "nb.ipynb"], "a report must not replace"),
        (["nb.ipynb", "-o", "no/such/folder.html"], "no such folder"),
        (["nb.ipynb", "-o", "x.html", "--pdf", "x.html"], "cannot be HTML and PDF"),
        (["none.ipynb"], "is not a notebook"),
        (["nb.ipynb", "--lang", "<b>"], "lang is"),
    ],
    ids=["itself", "folder", "one file for both", "no notebook", "language"],
)
def test_what_would_do_harm_is_refused(run_command, report, words, said):
    """Nothing is written, and the error says why."""
    before = report.read_bytes()

    status, _, err = run_command("report", *words)

    assert status == 1
    assert said in err
    assert report.read_bytes() == before


def test_what_is_not_installed_is_said(run_command, report, monkeypatch):
    """The page needs the extra `report`, a PDF needs Playwright."""
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    status, _, err = run_command("report", str(report), "--pdf", "out.pdf")
    assert (status, "playwright install chromium" in err) == (1, True)

    monkeypatch.setitem(sys.modules, "markdown_it", None)
    status, _, err = run_command("report", str(report))
    assert (status, "pip install 'imgnb[report]'" in err) == (1, True)
