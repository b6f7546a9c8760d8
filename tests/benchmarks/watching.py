"""What a page of JupyterLab sees, and when: moments of pictures, long tasks, frames, and what comes from the kernel.

All moments are milliseconds of the machine's clock, which the kernel reads as `time.time()`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.lab import CHROMIUM, FLAGS, HERE, PATIENCE, Lab, Process, start_lab

WATCH = """
() => {
    window.now = () => performance.timeOrigin + performance.now();
    window.painted = work => requestAnimationFrame(() => requestAnimationFrame(() => work(window.now())));
    window.came = [];
    window.long = [];
    new PerformanceObserver(list => window.long.push(...list.getEntries().map(entry => entry.duration)))
        .observe({type: 'longtask'});
}
"""
"A frame begins before it is on the screen: the second one begins when the first is there."

SEES = """
([index, selector]) => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
    const seen = window.pictures = [];
    let last = (cell.node.querySelector(selector) || {}).src || null;
    const look = async () => {
        const image = cell.node.querySelector(selector);
        if (!image || !image.src || image.src === last) return;
        const source = last = image.src;
        const facts = cell.model.outputs.length ? cell.model.outputs.get(0).metadata.imgnb : null;
        await image.decode().catch(() => null);
        window.painted(at => seen.push({at, stage: facts ? facts.stage : null, source}));
    };
    new MutationObserver(look).observe(
        cell.node, {childList: true, subtree: true, attributes: true, attributeFilter: ['src']});
}
"""
"Writes down when each picture at a place has been painted."

HEARS = """
() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const weigh = message => JSON.stringify(message.content).length
        + (message.buffers || []).reduce((sum, buffer) => sum + buffer.byteLength, 0);
    kernel.iopubMessage.connect((_, message) => {
        window.came.push({at: window.now(), kind: message.header.msg_type, bytes: weigh(message)});
    });
}
"""
"Writes down what comes on iopub."

FRAMES = """
() => {
    const frames = window.frames_seen = [];
    const next = () => { frames.push(performance.now()); window.frames_on && requestAnimationFrame(next); };
    window.frames_on = true;
    requestAnimationFrame(next);
}
"""


WINDOW = (1600, 1500)
"The browser's own window, which is what there is where no driver says otherwise."

ALONE = 4.0
"Seconds for which no driver is there: one settles, one or two measure."


class Watched(Lab):
    """JupyterLab, watched. `reach` connects to the browser."""

    def __init__(self, reach: Callable[[], Any], address: str, root: Path) -> None:
        self._reach = reach
        self._browser = reach()
        super().__init__(self._browser.contexts[0].pages[0], address, root)
        self.page.set_viewport_size({"width": 1200, "height": 900})

    def show(self, name: str, *cells: str, settings: str = "") -> Path:
        """Write and open a notebook, and watch it."""
        notebook = self.write(name, *cells, settings=settings)
        self.open(notebook)
        self.page.evaluate(WATCH)
        self.page.evaluate(HEARS)
        return notebook

    def sees(self, index: int, selector: str) -> None:
        """Watch this cell's picture."""
        self.page.evaluate(SEES, [index, selector])

    def pictures(self) -> list[dict[str, Any]]:
        """When what was painted there."""
        return list(self.page.evaluate("() => window.pictures"))

    def said(self, index: int) -> str:
        """What a cell has printed."""
        return "".join("".join(output.get("text", "")) for output in self.outputs(index))

    def until_painted(self, index: int, condition: str) -> float:
        """Run a cell; milliseconds until a condition, which may use `cell`, is true and on the screen."""
        return float(self.page.evaluate(self._painted(condition), [index, "notebook:run-cell"]))

    def until_painted_alone(self, index: int, condition: str) -> float:
        """The same while no driver is connected: it is sent each message that a page gets once more, on two cores."""
        run = f"window.alone = await ({self._painted(condition)})([{index}, 'notebook:run-cell'])"
        self.page.evaluate(f"() => {{ window.alone = 0; setTimeout(async () => {{ {run}; }}, 1000); }}")
        self._browser.close()
        time.sleep(ALONE)
        self._browser = self._reach()
        self.page = self._browser.contexts[0].pages[0]
        self.page.wait_for_function("() => window.alone", timeout=PATIENCE)
        took = float(self.page.evaluate("() => window.alone"))
        self.page.set_viewport_size({"width": 1200, "height": 900})
        return took

    def _painted(self, condition: str) -> str:
        return (
            f"async ([index, name]) => {{ {HERE} here.content.activeCellIndex = index; const cell = cells[index];"
            " const begun = window.now(); window.jupyterapp.commands.execute(name);"
            " return await new Promise(done => { const look = () => {"
            f" if ({condition}) window.painted(at => done(at - begun)); else setTimeout(look, 4); }};"
            " look(); }); }"
        )

    def peaks(self) -> dict[str, float]:
        """For each kind of message, the most that came per second, in windows of three seconds: MB; `all` is how many."""
        came = list(self.page.evaluate("() => window.came"))
        kinds = {str(one["kind"]) for one in came} - {"status", "execute_input", "comm_open"}
        peaks = {kind: _peak([one for one in came if one["kind"] == kind], "bytes") / 1e6 for kind in sorted(kinds)}
        return {**peaks, "all": _peak([{**one, "one": 1} for one in came], "one")}


def _peak(came: list[dict[str, Any]], what: str, window: float = 3000) -> float:
    return max(
        (sum(two[what] for two in came if one["at"] <= two["at"] < one["at"] + window) for one in came), default=0
    ) / (window / 1000)


@contextmanager
def watching() -> Iterator[Watched]:
    """A JupyterLab and a browser that end with the block."""
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory(prefix="imgnb-benchmark-", ignore_cleanup_errors=True) as name,
        sync_playwright() as playwright,
    ):
        server = start_lab(Path(name))
        browser = _start_browser(Path(name))
        try:
            lab = Watched(
                lambda: playwright.chromium.connect_over_cdp(browser.said), server.said, Path(name) / "notebooks"
            )
            lab.load()
            yield lab
        finally:
            browser.stop()
            server.stop()


def _start_browser(folder: Path) -> Process:
    """Chromium as a process of its own, which goes on while nobody is connected."""
    command = [CHROMIUM, *FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}"]
    # The frame around the page takes some of it.
    command += [f"--window-size={WINDOW[0] + 20},{WINDOW[1] + 150}", "about:blank"]
    return Process(command, r"ws://127\.0\.0\.1:\S+", folder / "browser.log")
