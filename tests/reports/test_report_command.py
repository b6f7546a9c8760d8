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


@pytest.fixture
def places(tmp_path, report):
    """What lies about where somebody may point a report to, by name."""
    for name, text in {
        "other.IPYNB": "{}",
        "other.imgnb.lock": "{}",
        "lock.html": '{"imgnb_lock": 1}',
        "notes.txt": "mine",
        "page.html": "<p>old</p>",
        "old": "<!DOCTYPE html>old",
        "empty": "",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    os.mkfifo(tmp_path / "fifo.html")
    (tmp_path / "loop.html").symlink_to("loop.html")
    for name in ("fifo.html", "notes.txt", "other.IPYNB", "page.html", "none.html"):
        (tmp_path / f"to-{name}.html").symlink_to(name)
    (tmp_path / "to-a-picture.html").symlink_to(next((tmp_path / "library").rglob("*.png")))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("other.IPYNB", "is a notebook"),
        ("new.IpyNb", "is a notebook"),
        ("to-other.IPYNB.html", "is a notebook"),
        ("other.imgnb.lock", "is a notebook's lock"),
        ("new.IMGNB.lock", "is a notebook's lock"),
        ("lock.html", "is there, and is none"),
        ("notes.txt", "is there, and is none"),
        ("to-notes.txt.html", "is there, and is none"),
        ("fifo.html", "is a pipe or device"),
        ("to-fifo.html.html", "is a pipe or device"),
        ("library/new.html", "lies in the library"),
        ("to-a-picture.html", "lies in the library"),
        ("loop.html", "cannot be written"),
        ("x" * 300 + ".html", "cannot be written"),
    ],
)
def test_what_is_no_page_is_never_replaced(run_command, places, name, said, monkeypatch):
    """Whatever its name, and through links, too: an error says so, and the files stay as they are."""
    monkeypatch.chdir(places)

    def there():
        files = (path for path in (*places.glob("*"), *places.glob("library/**/*.png")) if path.is_file())
        return {path: path.read_bytes() for path in files}

    before = there()

    status, _, err = run_command("report", "nb.ipynb", "-o", name)

    assert (status, said in err) == (1, True), err
    assert there() == before


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("page.html", "page.html"),
        ("to-page.html.html", "page.html"),
        ("to-none.html.html", "none.html"),
        ("old", "old"),
        ("empty", "empty"),
        ("x" * 249 + ".html", "x" * 249 + ".html"),
    ],
    ids=["a page", "link to a page", "link to nothing", "page of another name", "empty", "longest name"],
)
def test_a_page_is_replaced_and_a_link_stays_one(run_command, places, name, written, monkeypatch):
    """What a report would have made may go; nothing else is left beside it."""
    monkeypatch.chdir(places)
    link = (places / name).is_symlink()

    assert run_command("report", "nb.ipynb", "-o", name)[0] == 0

    assert (places / name).is_symlink() == link
    assert "A report" in (places / written).read_text(encoding="utf-8")
    assert not list(places.glob(".*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nb.ipynb", "-o", "nb.ipynb"], "must not be replaced"),
        (["nb.ipynb", "--pdf", "nb.ipynb"], "must not be replaced"),
        (["nb.ipynb", "--pdf", "nb.html/x.pdf"], "no such folder"),
        (["nb.ipynb", "-o", "no/such/folder.html"], "no such folder"),
        (["nb.ipynb", "-o", "x.html", "--pdf", "x.html"], "cannot be HTML and PDF"),
        (["none.ipynb"], "is not a notebook"),
        (["nb.ipynb", "--lang", "<b>"], "lang is"),
    ],
    ids=["itself", "itself as PDF", "no folder", "folder", "one file for both", "no notebook", "language"],
)
def test_what_would_do_harm_is_refused(run_command, report, words, said):
    """Nothing is written, and the error says why."""
    before = report.read_bytes()

    status, _, err = run_command("report", *words)

    assert status == 1
    assert said in err
    assert report.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [["-o", "x.txt"], ["-o", "x.xhtml"], ["-o", "x.docx"], ["--pdf", "x.html"], ["-o", "x.pdf", "--pdf", "y.pdf"]],
    ids=["text", "XML", "Word", "a page as PDF", "two PDFs"],
)
def test_a_name_says_what_is_in_the_file(run_command, report, words, monkeypatch):
    """What would be HTML or PDF under the ending of something else is refused, before anything is made."""
    monkeypatch.chdir(report.parent)

    status, _, err = run_command("report", "nb.ipynb", *words)

    assert (status, "its name ends in" in err, "-o NAME.pdf" in err) == (1, True, True), err
    assert not list(report.parent.glob("[xy].*"))


@pytest.mark.parametrize("name", ["page", "page.HTM", "page."], ids=["no ending", "htm", "dot"])
def test_a_name_without_an_ending_is_a_page(run_command, report, name):
    """As one that ends in .html or .htm."""
    assert run_command("report", str(report), "-o", str(report.parent / name))[0] == 0

    assert (report.parent / name).read_bytes().startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("words", [["--pdf", "out.pdf"], ["-o", "out.pdf"], ["-o", "out.PDF"]], ids=" ".join)
def test_what_is_not_installed_is_said(run_command, report, words, monkeypatch):
    """The page needs the extra `report`; a PDF, which `-o out.pdf` asks for as `--pdf out.pdf` does, needs Playwright."""
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    status, _, err = run_command("report", str(report), *words)
    assert (status, "playwright install chromium" in err) == (1, True)

    monkeypatch.setitem(sys.modules, "markdown_it", None)
    status, _, err = run_command("report", str(report))
    assert (status, "pip install 'imgnb[report]'" in err) == (1, True)
