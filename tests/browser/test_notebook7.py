"""The same in Notebook 7: a smoke test."""

from __future__ import annotations

import pytest

from .conftest import SIZE
from .lab import Lab, start_notebook
from .test_live_output import FOX
from .test_widget_ends import SHOWN, TWIN, until_count


@pytest.fixture(scope="module")
def notebook7(browser, tmp_path_factory):
    """Notebook 7, which shows one notebook as a page."""
    folder = tmp_path_factory.mktemp("notebook7")
    server = start_notebook(folder)
    page = browser.new_context(viewport=SIZE).new_page()
    try:
        yield Lab(page, server.said, folder / "notebooks")
    finally:
        page.context.close()
        server.stop()


def test_the_magic_sharpens(notebook7, slow):
    """Partials come in order, in one output."""
    notebook7.visit(notebook7.write("sharpens7", slow, FOX))
    notebook7.run(0)
    notebook7.record(1)

    notebook7.run(1)
    notebook7.until_stage(1, "final")
    notebook7.screenshot("notebook7-magic")

    seen = [look for look in notebook7.recorded() if look["source"]]
    assert list(dict.fromkeys(look["stage"] for look in seen)) == ["waiting", "partial", "final"]
    assert {look["outputs"] for look in seen} == {1}


def test_a_widget_works(notebook7):
    """Its page answers, its twin is folded away, and is what stays when it is closed."""
    notebook7.visit(notebook7.write("widget7", SHOWN, "counter.close()"))
    notebook7.run(0)
    until_count(notebook7, 0)
    notebook7.until(f"() => {TWIN} && !{TWIN}.offsetParent")

    notebook7.page.get_by_role("button", name="Add", exact=True).click()
    until_count(notebook7, 1)
    notebook7.screenshot("notebook7-widget")
    notebook7.run(1)

    notebook7.until(f"() => {TWIN} && {TWIN}.offsetParent && !cells[0].node.querySelector('.imgnb-frame')")
