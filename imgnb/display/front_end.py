"""Which program runs this notebook, as far as a kernel is told.

Only what is said is believed, and a guess would be worse than None: JupyterLab and Notebook look alike from here, and
papermill says who it is only where it was asked to (`--inject-paths`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

PAPERMILL = ("PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH")
"Variables that papermill's `--inject-paths` puts into the notebook."
VSCODE = "__vsc_ipynb_file__"


def front_end(shell: Any, parent: Mapping[str, Any]) -> str | None:
    """vscode, colab, papermill, nbval, nbclient, jupyter (Lab or Notebook) or terminal; None where nothing tells.

    `parent` is the message that asked for the cell. "nbclient" stands for whatever runs cells without anybody watching.
    """
    if getattr(shell, "kernel", None) is None:
        return "terminal"
    content = parent.get("content", {})
    if content.get("allow_stdin") is False:
        return _headless(shell.user_ns, content)
    if isinstance(shell.user_ns.get(VSCODE), str):
        return "vscode"
    if "google.colab" in sys.modules:
        return "colab"
    return "jupyter" if os.environ.get("JPY_SESSION_NAME") else None


def _headless(variables: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    if any(isinstance(variables.get(name), str) for name in PAPERMILL):
        return "papermill"
    # nbval alone runs cells without counting them, and under pytest.
    if content.get("store_history") is False and "PYTEST_CURRENT_TEST" in os.environ:
        return "nbval"
    return "nbclient"
