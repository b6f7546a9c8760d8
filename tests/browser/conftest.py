"""One JupyterLab and one browser for all tests; each test writes notebooks of its own."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from .lab import CHROMIUM, FLAGS, Lab, serve_local, start_lab

SIZE = {"width": 1200, "height": 900}


def pytest_collection_modifyitems(items):
    if not Path(CHROMIUM).exists():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"{CHROMIUM} is not installed; .ci/run installs it"))


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _lab(browser, tmp_path_factory):
    with running_lab(browser, tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@contextmanager
def running_lab(browser, folder, *without):
    """JupyterLab on this folder, without these extensions, in a window of its own."""
    server = start_lab(folder, *without)
    page = browser.new_context(viewport=SIZE).new_page()
    lab = Lab(page, server.said, folder / "notebooks")
    try:
        lab.load()
        yield lab
    finally:
        page.context.close()
        server.stop()


@pytest.fixture
def lab(_lab):
    """JupyterLab without an open notebook."""
    yield _lab
    _lab.close()
    _lab.page.set_viewport_size(SIZE)


@pytest.fixture
def dark(lab):
    """JupyterLab's own dark theme."""
    lab.command("apputils:change-theme", {"theme": "JupyterLab Dark"})
    lab.page.wait_for_selector("body[data-jp-theme-light=false]", state="attached")
    yield lab
    lab.command("apputils:change-theme", {"theme": "JupyterLab Light"})
    lab.page.wait_for_selector("body[data-jp-theme-light=true]", state="attached")


@pytest.fixture
def serve(tmp_path):
    """Starts an engine behind HTTP that has these faults; all are ended after the test."""
    started = []

    def serve(*faults):
        started.append(serve_local(tmp_path / f"engine-{len(started)}.log", *faults))
        return started[-1]

    yield serve
    for server in started:
        server.stop()


@pytest.fixture
def slow(serve):
    """A cell that loads imgnb and sends what goes to `openai` to an engine that takes 0.7 s for each event."""
    return loading(serve("slow=0.7").said)


def loading(base_url: str) -> str:
    """A cell that loads imgnb and sends what goes to `openai` there."""
    return f"%load_ext imgnb\nimport os\nos.environ['OPENAI_BASE_URL'] = '{base_url}'"
