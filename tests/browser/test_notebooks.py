"""Whole notebooks: run, run again, opened without a kernel, and written with Tab."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgnb import Library

from .conftest import loading

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
SIZE = "--size 1024x1024"


def test_the_quickstart_runs(lab):
    """From top to bottom without a key, a network or an error."""
    notebook = lab.copy(QUICKSTART)
    lab.open(notebook)

    lab.run()
    lab.screenshot("quickstart")

    cells = [cell for cell in lab.saved(notebook)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in cells)
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert "error" not in kinds


def test_running_again_asks_nobody(lab, watched):
    """The second Run All makes no request and gives the same bytes."""
    watched.real = True  # a sketch would not stand in for what `openai` draws
    fox = f"%%imagegen --route openai {SIZE}\na fox in the snow"
    notebook = lab.write("again", loading(watched.url), fox)
    lab.open(notebook)
    lab.run()
    first = lab.outputs(1)[0]

    lab.command("notebook:clear-all-cell-outputs")
    lab.run()

    (second,) = lab.outputs(1)
    assert second["data"] == first["data"]
    assert second["metadata"]["imgnb"]["replayed"]
    assert len(watched.requests) == 1
    with Library(notebook.parent / "library") as library:
        assert len(library) == 1


def test_a_picture_is_shown_without_a_kernel(lab):
    """A notebook that is only opened shows what it holds."""
    notebook = lab.write("static", "%load_ext imgnb", f"%%imagegen --route local {SIZE}\na fox in the snow")
    lab.open(notebook)
    lab.run()
    lab.saved(notebook)
    lab.close()

    lab.open(notebook, kernel=False)
    lab.until_stage(1, "final")

    assert lab.page.evaluate("() => !window.jupyterapp.shell.currentWidget.sessionContext.session")
    assert lab.picture(1)["natural"] == 1024


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("%%imagegen --qual", {"--quality"}), ("%%imagegen --quality ", {"low", "medium", "high"})],
    ids=["options", "values"],
)
def test_tab_completes(lab, typed, offered):
    """Tab offers options, and the values of an option."""
    # JupyterLab gives the kernel a second: what the extension loads meanwhile is to be there.
    lab.open(lab.write(f"tab{len(typed)}", "%load_ext imgnb\nget_ipython().imgnb_warming.join()", ""))
    lab.run(0)
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    lab.command("notebook:enter-edit-mode")
    lab.page.keyboard.type(typed)

    lab.page.keyboard.press("Tab")
    lab.until(
        "typed => cells[1].model.sharedModel.source !== typed || document.querySelector('.jp-Completer-item')", typed
    )

    source = lab.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.source"
    )
    items = set(lab.page.locator(".jp-Completer-item .jp-Completer-match").all_inner_texts())
    assert offered <= items or any(source == typed.rsplit(" ", 1)[0] + " " + only for only in offered)
