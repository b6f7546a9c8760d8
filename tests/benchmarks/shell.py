"""An IPython shell as a kernel has one, whose displays are counted and dropped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def notebook_shell(*, front_end: bool) -> Any:
    """A shell without history; with `front_end`, magics believe that somebody watches and show previews."""
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    class Counting(DisplayPublisher):
        """Takes what is shown; keeps the last bundle only, as a notebook does."""

        count = 0
        last: Any = None

        def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
            self.count += 1
            self.last = data

    InteractiveShell.display_pub_class = Counting
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    parent = {"content": {"allow_stdin": front_end}, "header": {}, "metadata": {}}
    shell.kernel = SimpleNamespace(get_parent=lambda: parent)
    return shell


def cell(shell: Any, source: str) -> Any:
    """The result of a cell; its error is raised."""
    ran = shell.run_cell(source, store_history=False, silent=False)
    ran.raise_error()
    return ran.result
