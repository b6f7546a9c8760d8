"""How a widget ends otherwise than by being closed, and how it comes back: kernels, reloads, connections, other front ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from imgnb.widgets import pages

from ..widgets import counter
from .axe import accessible

ROOT = Path(counter.__file__).parents[2]
LOADS = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom tests.widgets.counter import Counter"
SHOWN = f"{LOADS}\ncounter = Counter()\ncounter"
TWIN = "cells[0].node.querySelector('.jp-RenderedImage img')"
"The static twin's image, whether it is to be seen or not."


def count(page, cell=0):
    """What the widget's page says."""
    return page.locator(".jp-Cell").nth(cell).locator(".count").first


def until_count(lab, number, cell=0):
    lab.until(
        "([cell, text]) => [...cells[cell].node.querySelectorAll('.count')].some(one => one.textContent === text)",
        [cell, f"count {number}"],
    )


def test_a_page_works_and_folds_its_twin_away(lab):
    """Buttons are answered, errors stand in place and go, the twin is not seen; it is back when the widget is closed."""
    lab.open(lab.write("widget", SHOWN, "counter.close()"))
    lab.run(0)
    until_count(lab, 0)
    lab.until(f"() => {TWIN} && !{TWIN}.offsetParent")

    lab.page.get_by_role("button", name="Add", exact=True).click()
    until_count(lab, 1)
    lab.page.get_by_role("button", name="Add half").click()
    lab.page.get_by_text("only whole numbers are added – say `by`").wait_for()
    accessible(lab.page)
    lab.page.get_by_role("button", name="Add", exact=True).click()
    until_count(lab, 2)
    assert not lab.page.get_by_text("only whole numbers").is_visible()

    lab.run(1)
    lab.until(f"() => {TWIN} && {TWIN}.offsetParent && !cells[0].node.querySelector('.imgnb-frame')")
    lab.screenshot("widget-closed")


def test_a_busy_kernel_is_said_and_then_answers(lab):
    """A cell that runs keeps nobody waiting: answers come from another thread, and one that takes long is not called busy."""
    notebook = lab.write(
        "busy", SHOWN, "import time\nwhile counter.count < 2:\n    time.sleep(0.01)", "counter.go_on.set()"
    )
    lab.open(notebook)
    lab.run(0)
    until_count(lab, 0)

    lab.page.get_by_role("button", name="Wait").click()
    lab.page.get_by_role("button", name="Add", exact=True).click()
    lab.start(2)  # what was asked first is answered by this cell
    lab.until_done()
    until_count(lab, 1)
    lab.start(1)
    lab.until("() => here.sessionContext.session.kernel.status === 'busy'")
    lab.page.get_by_role("button", name="Add", exact=True).click()
    lab.page.get_by_text("The kernel does not answer").wait_for()
    lab.screenshot("widget-busy")

    lab.command("notebook:interrupt-kernel")
    lab.until_done()
    until_count(lab, 2)
    assert not lab.page.get_by_text("The kernel does not answer").is_visible()


def test_a_restart_is_said_and_the_twin_stays(lab):
    """The page cannot be used any more, and shows how it stood; running the cell again brings it back."""
    lab.open(lab.write("restarted", SHOWN))
    lab.run(0)
    until_count(lab, 0)
    lab.page.get_by_role("button", name="Add", exact=True).click()
    until_count(lab, 1)

    lab.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
    )
    lab.page.get_by_text("The kernel that drew this is gone").wait_for()
    lab.until(f"() => {TWIN}.offsetParent")
    assert not lab.page.get_by_role("button", name="Add", exact=True).is_visible()
    lab.screenshot("widget-lost")

    lab.run(0)
    until_count(lab, 0)
    lab.until(f"() => !{TWIN}.offsetParent")


def test_a_reload_brings_the_widget_back(lab):
    """The kernel lives on: the page shows how it stands now, and works."""
    notebook = lab.write("widget-reloaded", SHOWN, "counter.add(5)")
    lab.open(notebook)
    lab.run(0)
    until_count(lab, 0)
    lab.command("docmanager:save")

    lab.load()
    lab.open(notebook)
    until_count(lab, 0)
    lab.page.get_by_role("button", name="Add", exact=True).click()
    until_count(lab, 1)
    lab.run(1)
    until_count(lab, 6)


def test_a_lost_connection_comes_back(lab):
    """What the kernel said meanwhile is shown when the connection is there again, and asking works."""
    lab.open(lab.write("disconnected", SHOWN, "counter.add(5)"))
    lab.run(0)
    until_count(lab, 0)

    lab.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.reconnect(); }"
    )
    lab.run(1)
    until_count(lab, 5)
    lab.page.get_by_role("button", name="Add", exact=True).click()
    until_count(lab, 6)
    assert not lab.page.get_by_text("The kernel that drew this is gone").is_visible()


def test_shown_twice_both_pages_are_one_widget(lab):
    """Each shows what the other did; news reaches both, an answer only who asked."""
    lab.open(lab.write("twice", SHOWN, "counter", "counter.tell('said', text='<b>hello</b>')"))
    lab.run(0)
    lab.run(1)
    until_count(lab, 0, 1)

    lab.page.get_by_role("button", name="Add half").first.click()
    lab.page.get_by_text("only whole numbers").first.wait_for()
    assert lab.page.get_by_text("only whole numbers").count() == 1
    lab.page.get_by_role("button", name="Add", exact=True).last.click()
    until_count(lab, 1, 0)
    until_count(lab, 1, 1)
    lab.run(2)
    lab.until(
        "() => [...document.querySelectorAll('.news')].filter(one => one.textContent === '<b>hello</b>').length === 2"
    )


def test_without_a_kernel_the_twin_is_seen(dark):
    """A notebook that is only opened shows how the widget stood."""
    notebook = dark.write("widget-static", SHOWN, "counter.add(2)")
    dark.open(notebook)
    dark.run()
    until_count(dark, 2)
    dark.until("() => cells[0].model.outputs.length === 2")
    dark.saved(notebook)
    dark.close()

    dark.open(notebook, kernel=False)
    dark.until(f"() => {TWIN} && {TWIN}.offsetParent && {TWIN}.naturalWidth > 0")
    dark.screenshot("widget-static-dark")


def test_the_rendered_notebook_has_the_twin(lab):
    """nbconvert's HTML, which has no widgets here, shows the picture once."""
    notebook = lab.write("widget-rendered", SHOWN)
    lab.open(notebook)
    lab.run()
    until_count(lab, 0)
    lab.saved(notebook)

    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level", "ERROR", str(notebook)]
    subprocess.run(command, check=True, capture_output=True)

    page = notebook.with_suffix(".html").read_text(encoding="utf-8")
    assert page.count("<img") == 1
    assert "Error displaying widget" not in page


@pytest.mark.parametrize(
    "name",
    [
        name.removesuffix(".js")
        for name in sorted(file.name for file in pages.PLACES[0].iterdir())
        if name.endswith(".js")
    ],
)
def test_every_page_is_a_module(browser, name):
    """What is put together is read by a browser without a complaint, and gives something that draws."""
    page = browser.new_page()
    try:
        kind = page.evaluate(
            "async text => { const url = URL.createObjectURL(new Blob([text], {type: 'text/javascript'}));"
            " const found = (await import(url)).default; return found ? typeof found.render : null; }",
            pages.esm(name),
        )
    finally:
        page.close()

    exports = "\nexport default" in pages._text(f"{name}.js")
    assert kind == ("function" if exports else None)
