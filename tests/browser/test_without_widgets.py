"""A front end that shows no widgets: JupyterLab whose server has no widget manager."""

from __future__ import annotations

import pytest

from .conftest import running_lab

MANAGER = "@jupyter-widgets/jupyterlab-manager"
OPEN = "import imgnb\nimgnb.generate('a fox', route='local', show=False)\n{}"


@pytest.fixture(scope="module")
def plain(browser, tmp_path_factory):
    """JupyterLab without the manager of widgets."""
    with running_lab(browser, tmp_path_factory.mktemp("plain"), MANAGER) as lab:
        yield lab


@pytest.mark.parametrize("widget", ["studio", "gallery", "mask_painter"])
def test_the_twin_and_a_sentence_are_there(plain, widget):
    """Instead of the page, a sentence says what is missing; the picture below it shows how the widget stands."""
    show = f"imgnb.{widget}('@last')" if widget == "mask_painter" else f"imgnb.{widget}()"
    plain.open(plain.write(widget, OPEN.format(show), settings='route = "local"'))
    plain.run(0)

    plain.until(
        "() => [...cells[0].node.querySelectorAll('.jp-OutputArea-output img')].some(i => i.offsetParent && i.naturalWidth > 200)"
    )
    said = plain.page.locator(".jp-Cell .jp-OutputArea-output").all_inner_texts()
    plain.screenshot(f"without-widgets-{widget}")
    plain.close()

    assert not plain.page.locator(".imgnb-frame").count()
    assert any(f"imgnb {widget.replace('_', ' ')}" in text and "ipywidgets" in text for text in said)
