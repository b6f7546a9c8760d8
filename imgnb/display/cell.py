"""What a kernel tells of the cell that runs: whether anybody watches, and where it stands."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, TypeVar

from .front_end import PAPERMILL, VSCODE, front_end

Shown = TypeVar("Shown")


def running_shell() -> Any:
    """The IPython shell that runs on this thread, or None; IPython is not imported for the answer."""
    interactiveshell = sys.modules.get("IPython.core.interactiveshell")
    if interactiveshell is None or threading.current_thread() is not threading.main_thread():
        return None
    shell = interactiveshell.InteractiveShell
    return shell.instance() if shell.initialized() else None


def marimo_cell() -> tuple[object, object] | None:
    """The cell of marimo that runs on this thread, and its run; None elsewhere. marimo is not imported for the answer."""
    runtime = sys.modules.get("marimo._runtime.context")
    try:
        run = None if runtime is None else runtime.get_context().execution_context
    except Exception:  # no cell runs here, or this marimo has it otherwise
        return None
    # Runs are equal by what they say, and are others all the same.
    return None if run is None else (str(run.cell_id), (id(run), run))


def has_kernel(shell: Any) -> bool:
    """True in a notebook, where there are outputs that can show pictures; False in a terminal."""
    return getattr(shell, "kernel", None) is not None


def interactive(shell: Any) -> bool:
    """True when a front end watches. nbclient, papermill and nbval say `allow_stdin: false`; a terminal has no kernel."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return False
    return bool(_parent(kernel).get("content", {}).get("allow_stdin", False))


def place(shell: Any) -> dict[str, str | None]:
    """notebook (path), cell_id, kernel (session), front_end and execution_count, each None where nobody tells.

    All as text; `run` tells this run of the cell from others. One that is not counted, as nbval's, has no execution count.
    """
    kernel = getattr(shell, "kernel", None)
    parent = _parent(kernel) if kernel is not None else {}
    counted = parent.get("content", {}).get("store_history", True)
    cell_id = parent.get("metadata", {}).get("cellId")
    session = parent.get("header", {}).get("session")
    return {
        "notebook": _notebook(shell, parent),
        "cell_id": cell_id if isinstance(cell_id, str) else None,
        "kernel": session if isinstance(session, str) else None,
        "run": str(message_id(shell)),
        "front_end": front_end(shell, parent),
        # The shell's own counter is one ahead while a cell runs, or not, as the version has it.
        "execution_count": str(shell.displayhook.prompt_count) if counted else None,
    }


def _notebook(shell: Any, parent: dict[str, Any]) -> str | None:
    """What was injected is about this very run. The environment is believed only where somebody may watch.

    A kernel that nbclient started from within a notebook inherits the name of that one. What a widget asks for says
    nothing of `allow_stdin`; only a front end sends that.
    """
    told = (shell.user_ns.get(name) for name in (VSCODE, PAPERMILL[0]))
    if injected := next((path for path in told if isinstance(path, str) and path), None):
        return injected
    headless = parent.get("content", {}).get("allow_stdin") is False
    return None if headless else os.environ.get("JPY_SESSION_NAME")


def here() -> dict[str, str | None]:
    """The place of whoever calls: the shell's cell, or a script; nothing on another thread of a shell's process."""
    if (shell := running_shell()) is not None:
        return place(shell)
    interactiveshell = sys.modules.get("IPython.core.interactiveshell")
    is_script = interactiveshell is None or not interactiveshell.InteractiveShell.initialized()
    return {"front_end": "script"} if is_script else {}


def message_id(shell: Any) -> object:
    """What tells this run of a cell from any other; the execution count does not, as nbval runs without history."""
    kernel = getattr(shell, "kernel", None)
    found = _parent(kernel).get("header", {}).get("msg_id") if kernel is not None else None
    return found or shell.execution_count


def shown_here(shell: Any, generation: Shown) -> Shown:
    """The generation, which this run of the cell has shown, so that being the cell's value does not show it twice."""
    formatter = shell.display_formatter.ipython_display_formatter
    shown = (id(generation), message_id(shell))

    def show(value: Any) -> None:
        if (id(value), message_id(shell)) != shown:
            from IPython.display import display

            data, metadata = value._repr_mimebundle_()
            display(data, metadata=metadata, raw=True)

    formatter.for_type(type(generation), show)
    return generation


def _parent(kernel: Any) -> dict[str, Any]:
    try:
        parent = kernel.get_parent()
    except Exception:  # an embedded kernel may have none
        return {}
    return parent if isinstance(parent, dict) else {}
