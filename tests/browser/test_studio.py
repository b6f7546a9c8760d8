"""The studio from prompt to picture to edit, in a real JupyterLab."""

from __future__ import annotations

import json

OPEN = "import imgnb\nstudio = imgnb.studio('a lighthouse at dusk')\nstudio"
STUDIO = ".imgnb-studio"


def opened(lab, name, *cells, settings='route = "local"'):
    """A notebook whose first cells have been run; the last of them shows the studio."""
    notebook = lab.write(name, *cells, settings=settings)
    lab.open(notebook)
    for index, cell in enumerate(cells):
        if "imgnb" in cell:
            lab.run(index)
    lab.page.wait_for_selector(f"{STUDIO} .imgnb-prompt")
    return notebook


def pictures(lab, count):
    lab.page.wait_for_function(
        "count => document.querySelectorAll('.imgnb-studio .imgnb-item img[data-loaded=yes]').length === count",
        arg=count,
    )


def button(lab, name):
    return lab.page.locator(STUDIO).get_by_role("button", name=name, exact=True)


def test_from_prompt_to_picture_to_edit(lab):
    """A prompt becomes a picture, which as reference goes into the next one; Python sees both."""
    notebook = opened(
        lab, "flow", OPEN, "print(studio.result.operation, len(studio.result.references), len(studio.assets))"
    )
    page = lab.page
    page.wait_for_selector(f"{STUDIO} .imgnb-cost:has-text('Free')")
    lab.screenshot("studio-empty")

    page.locator(f"{STUDIO} .imgnb-prompt").fill("a <b>red</b> fox in the snow")
    page.locator(f"{STUDIO} .imgnb-prompt").press("Control+Enter")
    pictures(lab, 1)
    page.wait_for_function("() => document.querySelector('.imgnb-studio .imgnb-picture').naturalWidth > 300")
    lab.screenshot("studio-picture")
    button(lab, "Use as reference").click()
    page.wait_for_selector(f"{STUDIO} .imgnb-chip")
    page.locator(f"{STUDIO} .imgnb-prompt").fill("the same fox, asleep")
    button(lab, "Edit").click()
    pictures(lab, 2)
    lab.screenshot("studio-edit")
    lab.run(1)

    assert lab.outputs(1)[0]["text"] == "edit 1 2\n"
    assert page.locator(f"{STUDIO} b").count() == 0
    saved = lab.saved(notebook)["cells"][0]["outputs"]
    assert len(saved[-1]["metadata"]["imgnb"]["assets"]) == 2
    assert len(json.dumps(saved)) < 300_000
