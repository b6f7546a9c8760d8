"""A notebook as a file: what is read in it, what is no notebook, and how it is replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imgnb.display.notebook_file import (
    magic_of,
    name_of,
    read_notebook,
    shown_in,
    source_of,
    write_notebook,
)
from imgnb.errors import NotebookInvalid

HASH = "a" * 64


def code(source: str | list[str] = "", *outputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A code cell."""
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": list(outputs), **more}


def output(**facts: Any) -> dict[str, Any]:
    """An output of imgnb with these facts."""
    return {"output_type": "display_data", "data": {}, "metadata": {"imgnb": {"v": 1, **facts}}}


def notebook(*cells: Any) -> dict[str, Any]:
    """A notebook with these cells."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_what_is_not_touched_stays_as_it_was(tmp_path: Path) -> None:
    """Reading and writing a notebook, as Jupyter writes it, changes no byte."""
    path = tmp_path / "n.ipynb"
    text = json.dumps(notebook(code(["é\n", "🦊"], custom={"z": 1, "a": 2})), indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)

    write_notebook(path, read_notebook(path))

    assert path.read_text(encoding="utf-8") == text
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["n.ipynb"]


def test_half_a_surrogate_pair_stays_the_escape_that_it_was(tmp_path: Path) -> None:
    """An emoji that was cut by a stream's buffer does not keep a notebook from being written."""
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook(code("\ud83e"))), encoding="utf-8")

    write_notebook(path, read_notebook(path))

    assert "\\ud83e" in path.read_text(encoding="utf-8")
    assert read_notebook(path) == notebook(code("\ud83e"))


def test_a_notebook_that_is_a_link_stays_one(tmp_path: Path) -> None:
    """What the link points to is replaced."""
    real, link = tmp_path / "real.ipynb", tmp_path / "link.ipynb"
    real.write_text(json.dumps(notebook()))
    link.symlink_to(real)

    write_notebook(link, notebook(code("1")))

    assert link.is_symlink()
    assert read_notebook(real) == notebook(code("1"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "is not a notebook: ", id="empty"),
        pytest.param("[" * 100_000, "is not a notebook: ", id="nested"),
        pytest.param("[]", "it has no cells", id="list"),
        pytest.param('{"cells": 3}', "it has no cells", id="cells"),
        pytest.param('{"worksheets": [{"cells": []}], "nbformat": 3}', "not a notebook of format 4, but of 3", id="v3"),
        pytest.param(json.dumps(notebook(code(), 3)), "its cell 2 is not one", id="cell"),
        pytest.param(json.dumps(notebook(code(source=[1]))), "its cell 1 is not one", id="source"),
        pytest.param(json.dumps(notebook({**code(), "outputs": {}})), "its cell 1 is not one", id="outputs"),
        pytest.param(json.dumps(notebook({**code(), "outputs": ["x"]})), "its cell 1 is not one", id="output"),
        pytest.param(json.dumps(notebook({**code(), "outputs": [{"metadata": 1}]})), "cell 1 is not", id="metadata"),
    ],
)
def test_what_is_no_notebook_is_told_so(tmp_path: Path, text: str, said: str) -> None:
    """Whatever a file holds, the refusal is one sentence with the file and the reason."""
    path = tmp_path / "n.ipynb"
    path.write_text(text)

    with pytest.raises(NotebookInvalid, match=said):
        read_notebook(path)


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_told_so(tmp_path: Path, kind: str) -> None:
    """The system's reason is in the sentence."""
    path = tmp_path if kind == "folder" else tmp_path / "n.ipynb"

    with pytest.raises(NotebookInvalid, match=r"is not a notebook: (No such file|Is a directory)"):
        read_notebook(path)


@pytest.mark.parametrize(
    ("cell", "magic"),
    [
        pytest.param(code("%%imagegen -o fox\na fox"), "%%imagegen -o fox", id="plain"),
        pytest.param(code(["#| label: fig\n", "\n", "%%imageedit @hero\n"]), "%%imageedit @hero", id="hoisted"),
        pytest.param(code("%imagegen a fox"), None, id="line-magic"),
        pytest.param(code("%%imagegenerate\nx"), None, id="another"),
        pytest.param(code("x = 1\n%%imagegen\na fox"), None, id="not-first"),
        pytest.param(code(""), None, id="empty"),
        pytest.param({**code("%%imagegen\na fox"), "cell_type": "markdown"}, None, id="markdown"),
    ],
)
def test_a_cell_is_known_by_its_magic(cell: dict[str, Any], magic: str | None) -> None:
    """The first line that is neither empty nor a comment says what the cell is."""
    assert magic_of(cell) == magic


def test_cells_have_names_and_texts() -> None:
    """The id, else the place from 0; the lines of a source are one text."""
    assert name_of({"id": "fox"}, 3) == "fox"
    assert name_of({}, 3) == "3"
    assert source_of({"source": ["a\n", "b"]}) == source_of({"source": "a\nb"}) == "a\nb"


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        pytest.param({"fingerprint": "r1:x", "stage": "final", "assets": [HASH]}, True, id="generation"),
        pytest.param({"fingerprint": "r1:x"}, True, id="words"),
        pytest.param({"assets": [HASH]}, True, id="stored-picture"),
        pytest.param({"fingerprint": "r1:x", "stage": "partial"}, False, id="partial"),
        pytest.param({"fingerprint": "r1:x", "stage": "failed"}, False, id="failed"),
        pytest.param({"fingerprint": "r1:x", "status": "failed"}, False, id="failed-record"),
        pytest.param({"widget": "gallery", "assets": [HASH]}, False, id="twin"),
        pytest.param({"fingerprint": 3, "assets": "x"}, False, id="hostile"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_only_finished_pictures_count_as_shown(facts: dict[str, Any], shown: bool) -> None:
    """What was cut off, failed, or stands in for a widget is not what a cell shows."""
    cell = code("", {"output_type": "stream", "text": "x"}, output(**facts))

    assert list(shown_in(cell)) == ([{"v": 1, **facts}] if shown else [])


def test_facts_that_are_no_table_are_nobodys() -> None:
    """A notebook may be anybody's."""
    assert list(shown_in(code("", {"output_type": "x", "metadata": {"imgnb": [1]}}))) == []
    assert list(shown_in({"cell_type": "markdown", "outputs": [output(assets=[HASH])]})) == []
