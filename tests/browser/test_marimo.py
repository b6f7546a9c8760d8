"""The function API in marimo, the other notebook: pictures stand there, with their alt texts and captions."""

from __future__ import annotations

import os
import sys

import pytest

from .lab import PATIENCE, Process

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import imgnb
    fox = imgnb.generate("a fox & <b>friends</b>", size="1024x640")
    fox
    return (fox, imgnb)


@app.cell
def _(fox):
    fox.asset
    return


@app.cell
def _(imgnb, fox):
    imgnb.library().find("fox")
    return


@app.cell
def _(imgnb):
    owl = imgnb.generate("an owl", size="1024x640", caption="An owl & <b>nobody</b>", figure="owl", alt="Owl")
    owl
    return (owl,)


@app.cell
def _(imgnb, owl):
    hares = [imgnb.generate(f"{kind} hare", size="1024x640", caption=f"{kind}, not {{{{ ref('owl') }}}}") for kind in "AB"]
    hares[0]
    return (hares,)


@app.cell
def _(hares):
    hares[1]
    return
"""


@pytest.fixture
def marimo(tmp_path):
    """marimo, serving the notebook as an app."""
    (tmp_path / "imgnb.toml").write_text('library = "library"\nroute = "local"\n', encoding="utf-8")
    (tmp_path / "fox.py").write_text(NOTEBOOK, encoding="utf-8")
    command = [sys.executable, "-m", "marimo", "run", "fox.py", "--headless", "--no-token"]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    server = Process(command, r"http://\S+:\d+", tmp_path / "marimo.log", cwd=tmp_path, env=environment)
    yield server.said.replace("localhost", "127.0.0.1")
    server.stop()


def test_pictures_stand_in_marimo_with_their_alt_text(browser, marimo):
    """A generation, an asset and what was found: each is a picture that says what it is; below it stands its caption."""
    page = browser.new_page()
    page.goto(marimo)
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('img')];"
        " return all.length >= 6 && all.every(image => image.complete && image.naturalWidth > 0); }",
        timeout=PATIENCE,
    )
    alts = [image.get_attribute("alt") for image in page.query_selector_all("img")]
    captions = [caption.inner_text() for caption in page.query_selector_all("figure > img + figcaption")]
    page.close()

    assert captions == [
        "Figure 1: An owl & <b>nobody</b>",
        "Figure 2: A, not Figure 1",
        "Figure 3: B, not Figure 1",
    ]
    assert alts[3:] == ["Owl", "A hare", "B hare"]
    assert alts[:2] == ["a fox & <b>friends</b>"] * 2
    assert "fox" in alts[2]
