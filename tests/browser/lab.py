"""A real JupyterLab on loopback and a page of Debian's Chromium that looks at it.

Nothing here sleeps: whatever takes its time is waited for by a condition, in the page or in a process's output.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
"Milliseconds until a condition that does not come true is given up."

EVERY = 50
"Milliseconds between two looks at a condition: looking with each frame makes the browser draw frames all the time."

RECORDER = """
index => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
    const seen = window.seen = [];
    const look = () => {
        const images = [...cell.node.querySelectorAll('.jp-OutputArea-output img')];
        const image = images[0];
        const now = {
            outputs: cell.node.querySelectorAll('.jp-OutputArea-child').length,
            images: images.length,
            source: image ? image.src : null,
            width: image ? image.getAttribute('width') : null,
            height: image ? image.getAttribute('height') : null,
            stage: cell.model.outputs.length
                ? ((cell.model.outputs.get(0).metadata || {}).imgnb || {}).stage || null : null,
        };
        const last = seen[seen.length - 1];
        if (!last || JSON.stringify(last) !== JSON.stringify(now)) seen.push(now);
    };
    new MutationObserver(look).observe(
        cell.node, {childList: true, subtree: true, attributes: true, attributeFilter: ['src', 'width', 'height']});
}
"""
"Writes down, whenever something in a cell's output changes, what is to be seen there."

HERE = "const here = window.jupyterapp.shell.currentWidget; const cells = here && here.content && here.content.widgets;"

ASKING = ".imgnb-host:not(.imgnb-is-lost) .imgnb-panel[data-asking]:not([data-asking='0'])"
"A page that waits for the kernel's answer."


def keep(page: Any, name: str, **options: Any) -> None:
    """Keep what is to be seen, for people: in the folder that SCREENSHOTS names, or nowhere."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder, f"{name}.png")), **options)


class Process:
    """A server that says on its output when it listens; ended with all its children by `stop`."""

    def __init__(self, command: Sequence[str], says: str, log: Path, **options: Any) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, **options
        )
        assert self._process.stdout is not None
        heard = []
        for line in self._process.stdout:
            heard.append(line)
            if found := re.search(says, line):
                self.said = found[0]
                break
        else:
            raise AssertionError(f"{command[0]} ended: {''.join(heard)}")
        self._log = log.open("w", encoding="utf-8")
        self._log.writelines(heard)
        self._reader = threading.Thread(target=self._log.writelines, args=(self._process.stdout,))
        self._reader.start()

    def stop(self) -> None:
        """End it and what it started, asking first."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(15)
        self._reader.join(15)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()


def start_lab(folder: Path, *without: str) -> Process:
    """JupyterLab on the notebooks in `folder`, with settings, data and libraries of its own beside them.

    `without` are extensions of its front end that are not to be there.
    """
    own = folder / "jupyter/config/labconfig/page_config.json"
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"disabledExtensions": dict.fromkeys(without, True)}), encoding="utf-8")
    return _start(folder, "jupyterlab", "LabApp", "lab")


def start_notebook(folder: Path) -> Process:
    """Notebook 7, in the same way."""
    return _start(folder, "notebook", "JupyterNotebookApp", "tree")


def _start(folder: Path, module: str, app: str, path: str) -> Process:
    root = folder / "notebooks"
    root.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("IMGNB_", "JUPYTER"))}
    own = {"HOME": "home", "IPYTHONDIR": "ipython", "XDG_CONFIG_HOME": "home/.config", "XDG_DATA_HOME": "home/.local"}
    own |= {f"JUPYTER_{kind}_DIR": f"jupyter/{kind.lower()}" for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment |= {name: str(folder / value) for name, value in own.items()}
    environment |= {"OPENAI_API_KEY": "dummy", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "NO_PROXY": "127.0.0.1"}
    quiet = folder / "jupyter/config/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false"}', encoding="utf-8")
    command = [sys.executable, "-m", module, "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={root}"]
    command += [f"--{app}.expose_app_in_browser=True", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.extension_manager=readonly"]
    says = rf"http://127\.0\.0\.1:\d+/{path}"
    return Process(command, says, folder / "lab.log", cwd=root, env=environment)


def serve_local(log: Path, *faults: str) -> Process:
    """The embedded engine behind HTTP, with these faults; `said` is its base URL."""
    command = [sys.executable, "-m", "imgnb", "serve-local", "--port", "0"]
    for fault in faults:
        command += ["--fault", fault]
    return Process(command, r"http://127\.0\.0\.1:\d+/v1", log)


class Lab:
    """The page that shows JupyterLab, with one notebook at a time."""

    def __init__(self, page: Any, address: str, root: Path) -> None:
        self.page, self._address, self.root = page, address, root

    def load(self, path: str = "") -> None:
        """Load the page anew, as a browser's reload does."""
        self.page.goto(f"{self._address}/tree/{path}?reset" if path else f"{self._address}?reset")
        self.page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored", timeout=PATIENCE)
        self.page.evaluate("async () => { await window.jupyterapp.restored; window.jupyterapp.shell.collapseLeft(); }")

    def visit(self, notebook: Path) -> None:
        """Show the notebook as Notebook 7 does, as a page of its own, with an idle kernel."""
        path = notebook.relative_to(self.root).as_posix()
        self.page.goto(f"{self._address.removesuffix('/tree')}/notebooks/{path}")
        self.page.wait_for_function(
            "() => window.jupyterapp && window.jupyterapp.shell.currentWidget", timeout=PATIENCE
        )
        self.until("() => here && here.context && here.context.isReady && cells && cells.length > 0")
        self.until("() => { const s = here.sessionContext.session; return s?.kernel?.status === 'idle'; }")

    def write(self, name: str, *cells: str, settings: str = "") -> Path:
        """A notebook in a folder of its own, with a library and settings of its own beside it."""
        folder, others = self.root / name, len(list(self.root.glob(f"{name}*")))
        if folder.exists():  # another file's test has one of this name
            folder = self.root / f"{name}-{others}"
        folder.mkdir()
        (folder / "imgnb.toml").write_text(f'library = "library"\n{settings}\n', encoding="utf-8")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, folder / f"{name}.ipynb")
        return folder / f"{name}.ipynb"

    def copy(self, shipped: Path) -> Path:
        """A notebook of the checkout without its outputs, on the embedded engine, in a folder of its own."""
        notebook = self.write(shipped.stem, settings='route = "local"')
        content = json.loads(shipped.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        notebook.write_text(json.dumps(content), encoding="utf-8")
        return notebook

    def open(self, notebook: Path, *, kernel: bool = True) -> None:
        """Show the notebook, with an idle kernel or with none."""
        path = notebook.relative_to(self.root).as_posix()
        wanted = {} if kernel else {"kernelPreference": {"shouldStart": False, "canStart": False}}
        self.command("docmanager:open", {"path": path, "factory": "Notebook", **wanted})
        self.until("path => here && here.context && here.context.path === path && cells && cells.length > 0", path)
        self.page.evaluate(f"async () => {{ {HERE} await here.context.ready; await here.revealed; }}")
        if kernel:
            self.until(
                "() => { const s = here.sessionContext.session; return s && s.kernel && s.kernel.status === 'idle'; }"
            )

    def close(self) -> None:
        """End the kernel of the notebook that is shown, and its tab."""
        self.page.evaluate(
            "async () => { const here = window.jupyterapp.shell.currentWidget; if (!here || !here.sessionContext) return;"
            " if (here.sessionContext.session) await here.sessionContext.shutdown(); here.dispose(); }"
        )

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        """Have JupyterLab do a command, and wait until it is done."""
        self.page.evaluate(
            "async ([name, given]) => { await window.jupyterapp.commands.execute(name, given); }",
            [name, arguments or {}],
        )

    def start(self, index: int | None = None) -> None:
        """Run a cell, or all, and do not wait; `until_done` does."""
        name = "notebook:run-all-cells" if index is None else "notebook:run-cell"
        if index is not None:
            self.page.evaluate(f"index => {{ {HERE} here.content.activeCellIndex = index; }}", index)
        self.page.evaluate(
            "name => { window.done = false;"
            " window.jupyterapp.commands.execute(name).then(() => { window.done = true; }); }",
            name,
        )

    def until_done(self) -> None:
        """Wait until what was started has run to its end."""
        self.page.wait_for_function("() => window.done", timeout=PATIENCE, polling=EVERY)

    def run(self, index: int | None = None) -> None:
        """Run a cell, or all, to the end, once the kernel has heard all that was done on the widgets' pages."""
        self.until(f"() => !here.node.querySelector({ASKING!r})")
        self.start(index)
        self.until_done()

    def until(self, condition: str, argument: Any = None) -> None:
        """Wait for a condition: a JavaScript function that may use `here` and `cells`."""
        self.page.wait_for_function(
            f"given => {{ {HERE} return ({condition})(given); }}", arg=argument, timeout=PATIENCE, polling=EVERY
        )

    def until_stage(self, index: int, stage: str) -> None:
        """Wait until a cell's picture has reached this stage, and is painted."""
        self.until(
            "([index, stage]) => { const outputs = cells[index].model.outputs;"
            " const facts = outputs.length ? outputs.get(0).metadata.imgnb : null;"
            " const image = cells[index].node.querySelector('.jp-OutputArea-output img');"
            " return facts && facts.stage === stage && image && image.complete && image.naturalWidth > 0; }",
            [index, stage],
        )

    def record(self, index: int) -> None:
        """Write down from now on what is to be seen in a cell's output."""
        self.page.evaluate(RECORDER, index)

    def recorded(self) -> list[dict[str, Any]]:
        """What was to be seen, one entry for each change."""
        return list(self.page.evaluate("() => window.seen"))

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """A cell's outputs as JupyterLab would save them."""
        return list(self.page.evaluate(f"index => {{ {HERE} return cells[index].model.toJSON().outputs; }}", index))

    def picture(self, index: int) -> dict[str, Any]:
        """The picture of a cell as the page shows it."""
        script = (
            f"index => {{ {HERE} const image = cells[index].node.querySelector('.jp-OutputArea-output img');"
            " return image && {source: image.src, width: image.width, height: image.height,"
            " natural: image.naturalWidth}; }"
        )
        return dict(self.page.evaluate(script, index) or {})

    def saved(self, notebook: Path) -> Any:
        """Save, and read what then stands in the file."""
        self.command("docmanager:save")
        return json.loads(notebook.read_text(encoding="utf-8"))

    def screenshot(self, name: str) -> None:
        """Keep what is to be seen, for people."""
        keep(self.page, name)
