"""What a record says of a generation's surroundings: front end, execution count, packages, and the state of git.

Looking git up takes a few processes, and may take long: it is done on a thread while the provider draws, and what has
not come by then is not waited for. No path, remote or name of a person is told.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from .._version import __version__
from .git_state import git_state

PATIENCE = 0.25
"Seconds that a finished picture may wait for git; a provider takes longer than git does."

_PACKAGES = ("ipython", "ipykernel", "pillow", "httpx", "jupyterlab", "notebook")


@cache
def packages() -> Mapping[str, str]:
    """The versions of what draws and shows pictures here; what is not installed is left out, and nothing is imported."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "imgnb": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def surroundings(place: Mapping[str, str | None]) -> dict[str, Any]:
    """What is known without asking anybody."""
    count = place.get("execution_count")
    known = {"front_end": place.get("front_end"), "execution_count": int(count) if count else None}
    return {name: value for name, value in known.items() if value is not None} | {"packages": dict(packages())}


class Surroundings:
    """The surroundings of one run; git is being asked from here on."""

    def __init__(self, place: Mapping[str, str | None]) -> None:
        self._place = place
        self._git: dict[str, Any] | None = None
        # A daemon: a git that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._ask, name="imgnb-git", daemon=True)
        self._thread.start()

    def told(self) -> dict[str, Any]:
        """Everything that is known by now."""
        self._thread.join(PATIENCE)
        git = self._git
        return surroundings(self._place) | ({} if git is None else {"git": git})

    def _ask(self) -> None:
        with suppress(OSError):  # the working folder may have gone
            notebook = _notebook(self._place.get("notebook"))
            self._git = git_state(notebook.parent if notebook else Path.cwd(), notebook)


def _notebook(told: str | None) -> Path | None:
    """Where the notebook lies; some front ends give a name or a link, which tells no folder."""
    path = Path(told).expanduser() if told else None
    return path if path is not None and path.is_absolute() and path.parent.is_dir() else None
