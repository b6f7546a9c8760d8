"""The library's pages in Chromium: from JupyterLab's launcher, and from the link of `imgnb browse`."""

from __future__ import annotations

import pytest

from ..datasette_plugin.conftest import browse, fill
from .lab import PATIENCE, keep


@pytest.fixture
def seen(browser):
    """A page of its own, with what went wrong on it."""
    page = browser.new_context(viewport={"width": 1200, "height": 900}).new_page()
    page.wrong = []
    page.on("console", lambda message: page.wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    yield page
    page.context.close()


def test_the_launcher_opens_the_library(lab):
    """A card with our icon; it opens in a tab of JupyterLab and shows a picture that a notebook has drawn."""
    pytest.importorskip("jupyter_server_proxy")
    (lab.root / "imgnb.toml").write_text('library = "shown"\n', encoding="utf-8")
    notebook = lab.root / "shown.ipynb"
    notebook.write_text(
        lab.write("draws", "%load_ext imgnb\n%imagegen --route local a red fox").read_text("utf-8"), "utf-8"
    )
    lab.open(notebook)
    lab.run()
    lab.command("launcher:create")
    # JupyterLab opens a launcher of its own where the last notebook was closed: only one of them is in sight.
    card = lab.page.locator(".jp-LauncherCard[title='Image library']:visible")
    card.wait_for(timeout=PATIENCE)
    assert card.locator("img, svg").first.bounding_box()["width"] > 10
    lab.screenshot("launcher")

    card.click()
    lab.page.wait_for_function("() => document.querySelector('iframe[src*=\"/imgnb/-/imgnb\"]')", timeout=PATIENCE)
    within = lab.page.query_selector("iframe[src*='/imgnb/-/imgnb']").content_frame()
    within.wait_for_function("() => document.querySelector('footer')", timeout=PATIENCE)
    lab.screenshot("library-in-lab")
    within.goto(within.url.partition("/-/")[0] + "/library/gallery")
    within.wait_for_function("() => [...document.images].some(image => image.naturalWidth > 100)", timeout=PATIENCE)
    lab.screenshot("library-table-in-lab")

    (lab.root / "imgnb.toml").unlink()
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")
    lab.open(notebook, kernel=False)


def test_datasette_s_own_pages_work_behind_the_gate(seen, tmp_path):
    """Tables, rows, queries and the editor: pictures are drawn, no policy is broken, nothing is fetched from elsewhere."""
    kept, asked = fill(tmp_path / "library"), []
    seen.on("request", lambda request: asked.append(request.url))
    with browse(kept.root) as served:
        seen.goto(served.url + "/-/static/app.css")
        seen.wrong.clear()
        seen.goto(served.link)
        assert "token" not in seen.url
        seen.wrong.clear()
        for path in (
            "/",
            "/library",
            "/library/gallery",
            "/library/asset",
            "/library/newest",
            f"/library/asset/{kept.svg}",
        ):
            seen.goto(served.url + path)
            seen.wait_for_load_state("networkidle")
        assert seen.wrong == []
        seen.goto(served.url + "/library/asset")
        seen.wait_for_function(
            "() => document.images.length > 3 && [...document.images].every(image => image.naturalWidth)"
        )
        keep(seen, "datasette-assets")

        assert all(url.startswith((served.url, "data:")) for url in asked)


def test_a_notebook_s_link_opens_the_library(lab, seen):
    """`%imagelib browse` shows a link; whoever follows it is in, and the token has left the address."""
    notebook = lab.write("links", "%load_ext imgnb\n%imagegen --route local a red fox", "%imagelib browse")
    lab.open(notebook)
    lab.run()
    lab.until("() => cells[1].node.querySelector('.jp-OutputArea-output a')")

    link = lab.page.evaluate("() => document.querySelector('.jp-OutputArea-output a[href*=enter]').href")
    seen.goto(link)
    seen.goto(seen.url.partition("/-/")[0] + "/library/gallery")
    seen.wait_for_function("() => [...document.images].some(image => image.naturalWidth > 100)")

    assert "token" not in seen.url
