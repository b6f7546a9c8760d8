"""Runs of requests, and what they leave behind."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from imgnb.events import Event, Failed, Finished, Replayed
from imgnb.records import Generation
from imgnb.workspace import Workspace

SMALL: dict[str, Any] = {"size": "1024x640", "quality": "low"}


def run(workspace: Workspace, prompt: str = "a red fox", *, previews: bool = False, **options: Any) -> list[Event]:
    """The events of a small picture; `images` and parameters as for `generate`, `route`, `mode` and `take` too."""
    ours = {name: options.pop(name) for name in ("route", "via", "mode", "take", "name") if name in options}
    request = workspace.request(prompt, **{**SMALL, **options})
    return list(workspace.run(workspace.order(request, previews=previews, **ours)))


def done(events: list[Event]) -> Generation:
    """The generation of a run that succeeded, or was answered from the library."""
    assert isinstance(events[-1], Finished | Replayed), events[-1]
    return events[-1].generation


def failed(events: list[Event]) -> tuple[BaseException, Generation]:
    """The error of a run that failed, and its record as the library gives it back."""
    assert isinstance(events[-1], Failed), events[-1]
    assert events[-1].generation is not None, events[-1].error
    return events[-1].error, events[-1].generation


def column(library: Path, name: str) -> list[Any]:
    """A column of all generations, for what only Datasette shows."""
    with sqlite3.connect(library / "library.db") as connection:
        found = [row[0] for row in connection.execute(f"select {name} from generation order by number")]
    connection.close()
    return found


def leftovers(library: Path) -> list[str]:
    """What lies in the library's incoming folder beside the locks of living sessions."""
    return sorted(path.name for path in (library / "incoming").iterdir() if path.suffix != ".lock")
