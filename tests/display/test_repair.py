"""Bringing lost outputs back from the library into the file."""

from __future__ import annotations

import json
import resource

import pytest

from imgnb.display.repair import repair
from imgnb.errors import NotebookInvalid
from imgnb.events import Finished

FOX = "%%imagegen --size 1024x640\na fox in the snow\n"


def draw(workspace, path, prompt="a fox in the snow", **params):
    """A stored generation that the notebook at `path` made in its cell `cell`."""
    request = workspace.request(prompt, **{"size": "1024x640", **params})
    place = {"notebook": str(path), "cell_id": "cell", "kernel": None}
    *_, last = workspace.run(workspace.order(request, place=place))
    assert isinstance(last, Finished)
    return last.generation


def output(stage, **facts):
    data = {"image/jpeg": "AAAA", "text/plain": "a fox"}
    return {"output_type": "display_data", "data": data, "metadata": {"imgnb": {"stage": stage, **facts}}}


def write(path, *outputs, source=FOX, cell_id="cell"):
    cell = {"cell_type": "code", "execution_count": None, "id": cell_id, "metadata": {}, "outputs": list(outputs)}
    cell["source"] = source.splitlines(keepends=True)
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def outputs(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"][0]["outputs"]


@pytest.fixture
def notebook(tmp_path):
    return tmp_path / "notebook.ipynb"


def test_a_cut_off_output_is_restored(workspace, notebook):
    """The generation that the output names has finished: its picture takes the place of the partial."""
    generation = draw(workspace, "elsewhere.ipynb")
    stream = {"output_type": "stream", "name": "stderr", "text": "imgnb: a note\n"}
    write(notebook, output("partial", generation=generation.id), stream)

    assert repair(notebook, workspace.library) == (["cell"], [])

    picture, kept = outputs(notebook)
    assert picture["metadata"]["imgnb"]["assets"] == [generation.asset.sha256]
    assert picture["metadata"]["imgnb"]["stage"] == "final"
    assert set(picture["data"]) == {"image/jpeg", "text/plain"}
    assert kept == stream


def test_a_cell_that_lost_all_is_found_by_its_place(workspace, notebook):
    """The page went away before anything was shown: notebook, cell and prompt say which generation it was."""
    generation = draw(workspace, notebook)
    write(notebook, source="#| label: fig-fox\n" + FOX)

    assert repair(notebook, workspace.library) == (["cell"], [])
    assert outputs(notebook)[0]["metadata"]["imgnb"]["generation"] == generation.id


@pytest.mark.parametrize("cut_off", [True, False], ids=["cut off", "gone"])
def test_caption_alt_and_figure_come_back(workspace, notebook, cut_off):
    """From the cut-off output, or where nothing is left, from the magic line."""
    said = {"caption": "In winter", "alt": "a fox, red", "figure": "fox"}
    generation = draw(workspace, notebook)
    line = '--alt "a fox, red" --caption="In winter" --figure fox'
    source = FOX if cut_off else FOX.replace("--size", f"{line} --size")
    write(notebook, *([output("partial", generation=generation.id, **said)] if cut_off else []), source=source)

    assert repair(notebook, workspace.library) == (["cell"], [])

    picture, line = outputs(notebook)
    assert line == {"output_type": "stream", "name": "stdout", "text": ["Figure 1: In winter\n"]}
    assert picture["metadata"]["imgnb"].items() >= said.items()
    assert picture["data"]["text/plain"] == "a fox, red"


def test_a_slimmed_output_of_others_is_kept(workspace, notebook):
    """It has metadata of ours, and its picture is not."""
    generation = draw(workspace, notebook)
    theirs = {"output_type": "display_data", "data": {"image/jpeg": "AAAA"}}
    theirs["metadata"] = {"imgnb": {"slim": [{"sha256": "ab" * 32, "key": "image/png", "shown": "image/jpeg"}]}}
    write(notebook, output("partial", generation=generation.id), theirs)

    assert repair(notebook, workspace.library) == (["cell"], [])
    assert outputs(notebook)[1:] == [theirs]


def test_what_is_restored_is_a_valid_notebook(workspace, notebook):
    """As the format's own checker sees it."""
    nbformat = pytest.importorskip("nbformat")
    draw(workspace, notebook)
    write(notebook)

    repair(notebook, workspace.library)

    nbformat.validate(nbformat.read(notebook, as_version=4))


@pytest.mark.parametrize("stage", ["final", "failed", "cancelled"])
def test_an_output_that_says_how_it_ended_stays(workspace, notebook, stage):
    """Only what was cut off is restored: an older picture must not hide a newer failure."""
    draw(workspace, notebook)
    write(notebook, output(stage))
    before = notebook.read_bytes()

    assert repair(notebook, workspace.library) == ([], [])
    assert notebook.read_bytes() == before


def test_a_cell_that_ended_in_an_error_stays(workspace, notebook):
    """It was refused before anything was announced."""
    draw(workspace, notebook)
    write(notebook, {"output_type": "error", "ename": "SizeUnsupported", "evalue": "", "traceback": []})

    assert repair(notebook, workspace.library) == ([], [])


def test_what_the_library_does_not_have_is_named(workspace, notebook):
    """The file is not touched, and the cell is reported."""
    write(notebook, output("partial", generation="01ARZ3NDEKTSV4RRFFQ69G5FAV"))
    before = notebook.read_bytes()

    assert repair(notebook, workspace.library) == ([], ["cell"])
    assert notebook.read_bytes() == before


@pytest.mark.parametrize("source", ["x = 1\n", "# %%imagegen\nx = 1\n", "%imagelib show @last\n", ""])
def test_other_cells_are_left_alone(workspace, notebook, source):
    """Only cells that draw are looked at."""
    write(notebook, source=source)

    assert repair(notebook, workspace.library) == ([], [])


def test_a_link_stays_a_link_and_a_mode_a_mode(workspace, notebook, tmp_path):
    """The file behind a symbolic link is replaced, with the permissions it had."""
    draw(workspace, notebook)
    write(notebook)
    notebook.chmod(0o600)
    link = tmp_path / "link.ipynb"
    link.symlink_to(notebook)

    repair(link, workspace.library)

    assert link.is_symlink()
    assert notebook.stat().st_mode & 0o777 == 0o600
    assert outputs(notebook)


NO_NOTEBOOKS = {
    "no JSON": "not json",
    "endless nesting": "[" * 100_000,
    "a list": "[]",
    "format 3": '{"worksheets": []}',
    "a number for a cell": '{"cells": [5]}',
    "a number for a source": '{"cells": [{"source": 5}]}',
    "a number for a line": '{"cells": [{"source": ["%%imagegen", 5]}]}',
    "no list of outputs": '{"cells": [{"source": [], "outputs": {}}]}',
    "no metadata": '{"cells": [{"source": [], "outputs": [{"metadata": null}]}]}',
}


@pytest.mark.parametrize("text", NO_NOTEBOOKS.values(), ids=NO_NOTEBOOKS.keys())
def test_a_file_that_is_no_notebook_is_refused(workspace, notebook, text):
    """With its name and the reason."""
    notebook.write_text(text, encoding="utf-8")

    with pytest.raises(NotebookInvalid, match=r"notebook\.ipynb is not a notebook"):
        repair(notebook, workspace.library)


def test_a_file_that_cannot_be_written_stays_as_it_was(workspace, notebook):
    """That is said. A limit on the size of files does what a full disk does."""
    draw(workspace, notebook)
    write(notebook)
    before, limits = notebook.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), limits[1]))
    try:
        with pytest.raises(NotebookInvalid, match=r"notebook\.ipynb cannot be written"):
            repair(notebook, workspace.library)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert notebook.read_bytes() == before
    assert not list(notebook.parent.glob(".*.part"))


def test_words_and_the_lines_of_figures_come_back_once(workspace, notebook):
    """An answer in words as words; a line that the page did not lose is not doubled."""
    draw(workspace, notebook)
    request = workspace.request("what is a fox?", converse=True)
    talk = list(workspace.run(workspace.order(request, place={"notebook": str(notebook), "cell_id": "talk"})))[-1]
    line = {"output_type": "stream", "name": "stdout", "text": "Figure 1: In winter\n"}
    write(notebook, line, source=FOX.replace("--size", '--caption "In winter" --size'))
    cells = json.loads(notebook.read_text(encoding="utf-8"))
    asked = {**cells["cells"][0], "id": "talk", "outputs": [], "source": "%%imagechat\nwhat is a fox?"}
    notebook.write_text(json.dumps({**cells, "cells": [*cells["cells"], asked]}), encoding="utf-8")

    assert repair(notebook, workspace.library) == (["cell", "talk"], [])

    drawn, said = (cell["outputs"] for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"])
    assert drawn[1:] == [line]
    assert said[0]["metadata"]["imgnb"]["generation"] == talk.generation.id
    assert said[0]["data"]["text/plain"] == "what is a fox?"
    assert "".join(said[1]["text"]) == f"{talk.generation.text}\n"


def without_ids(path, *sources):
    """A notebook of format 4.4 whose outputs were cleared, as nbconvert writes it."""
    cells = [{"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
             for source in sources]  # fmt: skip
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}), encoding="utf-8")


def shown(path):
    """The generation that each cell shows."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell["outputs"] and cell["outputs"][0]["metadata"]["imgnb"]["generation"] for cell in cells]


def test_cells_without_ids_are_found_by_what_they_ask_for(workspace, notebook, tmp_path):
    """By notebook and prompt, though it is told through a link; the options tell two cells of one prompt apart."""
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    told = tmp_path / "link" / notebook.name
    fox, wide, hare = draw(workspace, told), draw(workspace, told, size="1536x1024"), draw(workspace, told, "a hare")
    without_ids(notebook, FOX, FOX.replace("1024x640", "1536x1024"), FOX.replace("a fox in the snow", "a hare"))

    assert repair(notebook, workspace.library) == (["0", "1", "2"], [])
    assert shown(notebook) == [fox.id, wide.id, hare.id]


def test_what_cells_without_ids_have_drawn_is_not_guessed(workspace, notebook):
    """Of two answers the newest where one cell asks, and none where two do; and none of another notebook."""
    older, newer = (draw(workspace, notebook, "a {{ bird }}", variables={"bird": bird}) for bird in ("wren", "crow"))
    draw(workspace, notebook.with_name("other.ipynb"), "a hare")
    bird = FOX.replace("a fox in the snow", "a {{ bird }}")

    without_ids(notebook, bird, FOX.replace("a fox in the snow", "a hare"))
    assert repair(notebook, workspace.library) == (["0"], ["1"])
    assert shown(notebook)[0] == newer.id != older.id

    without_ids(notebook, bird, bird.replace("--size", "--caption Again --size"))
    assert repair(notebook, workspace.library) == ([], ["0", "1"])
