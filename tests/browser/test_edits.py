"""Edits, masks, what an edit changed and where it comes from, as they stand on a page."""

from __future__ import annotations

from pathlib import Path

EDITS = Path(__file__).parents[2] / "notebooks" / "edits.ipynb"


def test_the_edits_notebook_runs(lab):
    """From top to bottom without an error, and the lineage is one picture that stays readable in a narrow window."""
    notebook = lab.copy(EDITS)
    lab.open(notebook)

    lab.run()

    cells = lab.saved(notebook)["cells"]
    outputs = [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]
    assert "error" not in {output["output_type"] for output in outputs}
    lineage = next(number for number, cell in enumerate(cells) if "%imagelib lineage" in "".join(cell["source"]))
    for number, name in (
        (lineage - 7, "mask"),
        (lineage - 6, "heat-map"),
        (lineage, "lineage"),
        (len(cells) - 1, "ls"),
    ):
        lab.page.evaluate(
            f"() => window.jupyterapp.shell.currentWidget.content.widgets[{number}].node.scrollIntoView()"
        )
        lab.screenshot(f"edits-{name}")
    lab.page.set_viewport_size({"width": 480, "height": 800})
    lab.until(f"() => cells[{lineage}].node.querySelector('img').getBoundingClientRect().right <= 480")
    lab.screenshot("edits-lineage-narrow")


def test_a_lineage_survives_without_a_kernel(dark):
    """Opened anew without a kernel, on a dark page, it is shown as it was: it is one picture with a text, no HTML and no script."""
    cells = (
        "%load_ext imgnb",
        "%%imagegen --route local --name hero --size 1024x640\na lighthouse",
        "%%imageedit @hero --route local --mask box:0,0,50%,100% --size 1024x640\na red fox",
        "%imagelib lineage @last",
    )
    notebook = dark.write("family", *cells)
    dark.open(notebook)
    dark.run()
    dark.saved(notebook)
    dark.close()

    dark.open(notebook, kernel=False)
    dark.until("() => cells[3].node.querySelector('img')")

    (output,) = dark.outputs(3)
    assert set(output["data"]) == {"image/jpeg", "text/plain"}
    assert "@hero" in "".join(output["data"]["text/plain"])
    dark.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[3].node.scrollIntoView()")
    dark.screenshot("edits-lineage-static")
