"""One client that sends an edit of many pictures, as a process of its own: `sdk`, `multipart`, `json` or `responses`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack

from .meter import Meter

PICTURES = 16
SMALL, LARGE = "small-{}", "large-{}"
"Names of the pictures in the library."


def sdk() -> Callable[[str], None]:
    """The `openai` SDK as its documentation shows it: a form of open files."""
    from openai import OpenAI

    from imgnb.config import Settings
    from imgnb.workspace import Workspace

    with Workspace(Settings(library=os.environ["IMGNB_LIBRARY"])) as workspace:
        library = workspace.library
        paths = {
            name: [library.asset(f"@{name.format(number)}").path for number in range(PICTURES)]
            for name in (SMALL, LARGE)
        }
    client = OpenAI()

    def send(name: str) -> None:
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in paths[name]]
            client.images.edit(model="gpt-image-2", image=files, prompt="a red fox", size="1024x1024")

    return send


def ours(way: str) -> Callable[[str], None]:
    """The workspace's own way, to a durable, recorded picture."""
    from imgnb.config import Settings
    from imgnb.workspace import Workspace

    from ..uploads import WAYS, edit, table

    routes = {"test": table(os.environ["OPENAI_BASE_URL"], WAYS[way])}
    workspace = Workspace(Settings(library=os.environ["IMGNB_LIBRARY"], routes=routes, route="test", mode="live"))

    def send(name: str) -> None:
        pictures = [workspace.library.asset(f"@{name.format(number)}") for number in range(PICTURES)]
        *_, last = edit(workspace, WAYS[way], pictures)
        assert last.generation.status == "succeeded", last

    return send


def main() -> None:
    """Warm up on small pictures, measure large ones."""
    send = sdk() if sys.argv[1] == "sdk" else ours(sys.argv[1])
    send(SMALL)
    with Meter() as meter:
        send(LARGE)
    print("\n" + json.dumps(meter.to_dict()))


if __name__ == "__main__":
    main()
