"""The studio beside the notebook's cells: those that it adds, those that draw as well, and one that is interrupted."""

from __future__ import annotations

from .conftest import loading
from .test_painters import Hand
from .test_studio import OPEN, STUDIO, button, opened, pictures

STREAMING = OPEN.replace("dusk'", "dusk', route='openai', partial_images=3")


def source(lab, index):
    return lab.page.evaluate(
        "index => window.jupyterapp.shell.currentWidget.content.widgets[index].model.sharedModel.getSource()", index
    )


def text(lab, index):
    """What a cell shows or prints as text."""
    return "".join("".join(out.get("text", out.get("data", {}).get("text/plain", ""))) for out in lab.outputs(index))


def watched(lab):
    lab.page.wait_for_function("() => document.querySelector('.imgnb-studio .imgnb-picture')?.dataset.run")


def test_an_inserted_cell_runs_where_nobody_loaded_the_extension(lab):
    """The studio has loaded the magics, so that the cell it adds draws."""
    there = "print('imagegen' in get_ipython().magics_manager.magics['cell'])"
    opened(lab, "unloaded", f"import imgnb\n{there}", OPEN)
    button(lab, "Generate").click()
    pictures(lab, 1)

    button(lab, "Insert cell").click()
    lab.until("() => cells.length === 3")
    lab.run(2)
    lab.until_stage(2, "final")

    assert text(lab, 0) == "False\n"
    assert source(lab, 2).startswith("%%imagegen")


def test_a_mask_is_painted_in_a_cell_and_used_by_the_next(lab):
    """Two cells are added: one paints on the base, one puts what was painted into the form, and the edit takes it."""
    opened(lab, "masking", OPEN, "[one.role for one in studio.result.inputs]")
    page = lab.page
    button(lab, "Generate").click()
    pictures(lab, 1)
    assert button(lab, "Paint a mask on the base, in a cell below").count() == 0
    button(lab, "Use as reference").click()

    button(lab, "Paint a mask on the base, in a cell below").click()
    lab.until("() => cells.length === 4")
    lab.run(1)
    hand = Hand(lab)
    hand.press("Rectangle")
    hand.stroke((0.4, 0.3), (0.6, 0.7))
    hand.until_said("In the kernel")
    lab.run(2)
    page.wait_for_selector(f"{STUDIO} .imgnb-chip:has-text('Mask')")
    lab.screenshot("studio-mask")
    button(lab, "Edit").click()
    pictures(lab, 2)
    lab.run(3)

    assert source(lab, 2) == "studio.set(mask=painter)"
    assert button(lab, "Paint a mask on the base, in a cell below").count() == 0
    assert text(lab, 3) == "['image', 'mask']"


def test_what_a_cell_draws_unseen_is_in_the_strip(lab):
    """Ten pictures of one request that shows nothing stand in the studio of that notebook."""
    opened(lab, "unseen", OPEN, "made = imgnb.generate('ten foxes', n=10, show=False)")

    lab.run(1)
    pictures(lab, 10)

    assert lab.outputs(1) == []


def test_an_interrupt_ends_the_cell_and_not_the_run(lab, serve):
    """What the kernel's interrupt ends is the cell; the studio's run goes on, and its record is that of a success."""
    asked = "[(one.status, len(one.assets)) for one in imgnb.library().find(status=None)]"
    opened(
        lab, "interrupted", loading(serve("slow=1").said), STREAMING, "import time\nwhile True:\n    time.sleep(0.05)",
        asked, settings="",
    )  # fmt: skip
    button(lab, "Generate").click()
    watched(lab)
    lab.start(2)
    lab.until("() => here.sessionContext.session.kernel.status === 'busy'")

    lab.command("notebook:interrupt-kernel")
    lab.until_done()
    running = lab.page.locator(f"{STUDIO} .imgnb-run-running").count()
    pictures(lab, 1)
    lab.run(3)

    assert lab.outputs(2)[0]["ename"] == "KeyboardInterrupt"
    assert running == 1
    assert text(lab, 3) == "[('succeeded', 1)]"


def test_a_name_that_is_emptied_is_taken_away(lab):
    """Without letters, "Name" takes the name that is shown from the picture, in the library too."""
    opened(lab, "unnamed", OPEN, "list(imgnb.library().names())")
    name = lab.page.locator(STUDIO).get_by_label("Name of the picture")
    button(lab, "Generate").click()
    pictures(lab, 1)
    name.fill("light")
    name.press("Enter")
    lab.page.wait_for_selector(f"{STUDIO} .imgnb-labels:has-text('@light')")
    lab.run(1)
    before = text(lab, 1)

    name.fill("")
    name.press("Enter")
    lab.page.get_by_text("It is no longer @light.").wait_for()
    lab.page.wait_for_selector(f"{STUDIO} .imgnb-labels", state="detached")
    lab.run(1)

    assert (before, text(lab, 1)) == ("['light']", "[]")


def test_a_row_keeps_the_focus_and_leads_back_to_its_preview(lab, serve):
    """States come while a row's button has the focus, and it stays there; pressed, it shows what is being drawn again."""
    opened(lab, "rows", loading(serve("slow=1").said), STREAMING, settings="")
    page = lab.page
    page.locator(STUDIO).get_by_label("Route").select_option("local")
    button(lab, "Generate").click()
    pictures(lab, 1)
    page.locator(STUDIO).get_by_label("Route").select_option("openai")
    page.wait_for_selector(f"{STUDIO} .imgnb-cost:has-text('openai')")
    page.locator(f"{STUDIO} .imgnb-prompt").fill("a slow fox")
    button(lab, "Generate").click()
    watched(lab)
    page.locator(f"{STUDIO} .imgnb-item").click()
    page.wait_for_function("() => document.querySelector('.imgnb-studio .imgnb-picture').dataset.run === ''")

    page.locator(f"{STUDIO} .imgnb-run-running button").focus()
    page.evaluate(
        "() => { window.lost = 0; const list = document.querySelector('.imgnb-runs'); window.rows = 0;"
        " new MutationObserver(() => { window.rows += 1;"
        " if (!document.activeElement.matches('.imgnb-run-running button')) window.lost += 1; })"
        ".observe(list, {childList: true}); }"
    )
    stage = page.locator(f"{STUDIO} .imgnb-run-running .imgnb-stage").text_content()
    page.wait_for_function(
        "before => { const stage = document.querySelector('.imgnb-run-running .imgnb-stage');"
        " return stage && stage.textContent.startsWith('preview') && stage.textContent !== before; }",
        arg=stage,
    )
    seen = page.evaluate("() => [window.rows > 0, window.lost, document.activeElement.textContent]")
    page.keyboard.press("Enter")
    watched(lab)
    alt = page.locator(f"{STUDIO} .imgnb-picture").get_attribute("alt")
    pictures(lab, 2)

    assert seen == [True, 0, "a slow fox"]
    assert alt == "The picture as far as it is drawn"
    assert page.evaluate("() => document.querySelector('.imgnb-studio').contains(document.activeElement)")
