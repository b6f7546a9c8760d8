"""Pictures for a widget to show: drawn by the embedded engine, as a cell draws them."""

from __future__ import annotations

from typing import Any

from imgnb.events import Finished
from imgnb.records import Generation
from imgnb.workspace import Workspace


def drawn(workspace: Workspace, prompt: str = "a fox", **options: Any) -> Generation:
    """A finished generation in the workspace's library."""
    given = {"size": "1024x640", **options}
    events = workspace.run(workspace.order(workspace.request(prompt, **given)))
    return next(event.generation for event in events if isinstance(event, Finished))
