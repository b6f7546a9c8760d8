"""What a kernel tells of the cell that runs: whether anybody watches, and where it stands."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, TypeVar

Shown = TypeVar("Shown")


def running_shell() -> Any:
    """The IPython shell that runs on this thread, or None; IPython is not imported for the answer."""
    interactiveshell = sys.modules.get("IPython.core.interactiveshell")
    if interactiveshell is None or threading.current_thread() is not threading.main_thread():
        return None
    shell = interactiveshell.InteractiveShell
    return shell.instance() if shell.initialized() else None


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
    """notebook (path), cell_id and kernel (session), each None where the front end does not tell; run is this run's."""
    kernel = getattr(shell, "kernel", None)
    parent = _parent(kernel) if kernel is not None else {}
    notebook = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    cell_id = parent.get("metadata", {}).get("cellId")
    session = parent.get("header", {}).get("session")
    return {
        "notebook": notebook if isinstance(notebook, str) else None,
        "cell_id": cell_id if isinstance(cell_id, str) else None,
        "kernel": session if isinstance(session, str) else None,
        "run": str(message_id(shell)),
    }


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
