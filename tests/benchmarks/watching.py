"""What a page of JupyterLab sees, and when: moments of pictures, long tasks, frames, and what comes from the kernel.

All moments are milliseconds of the machine's clock, which the kernel reads as `time.time()`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.lab import CHROMIUM, FLAGS, HERE, Lab, start_lab

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


class Watched(Lab):
    """JupyterLab, watched."""

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
        script = (
            f"async ([index, name]) => {{ {HERE} here.content.activeCellIndex = index; const cell = cells[index];"
            " const begun = window.now(); window.jupyterapp.commands.execute(name);"
            " return await new Promise(done => { const look = () => {"
            f" if ({condition}) window.painted(at => done(at - begun)); else setTimeout(look, 4); }};"
            " look(); }); }"
        )
        return float(self.page.evaluate(script, [index, "notebook:run-cell"]))

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
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            lab = Watched(
                browser.new_page(viewport={"width": 1200, "height": 900}), server.said, Path(name) / "notebooks"
            )
            lab.load()
            yield lab
        finally:
            browser.close()
            server.stop()
