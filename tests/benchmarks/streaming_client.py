"""One client that streams one picture, as a process of its own: `sdk`, `stored`, `handed` or `shown`, at a base URL."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path

from .meter import Meter

SMALL, LARGE = "1024x1024", "3840x2160"


def sdk() -> Callable[[str], None]:
    """The `openai` SDK as its documentation shows it: every picture is decoded and written, nothing more."""
    from openai import OpenAI

    client = OpenAI()

    def stream(size: str) -> None:
        events = client.images.generate(model="gpt-image-2", prompt="a fox", size=size, stream=True, partial_images=2)
        for number, event in enumerate(events):
            Path(f"{size}-{number}.png").write_bytes(base64.b64decode(event.b64_json))

    return stream


def stored() -> Callable[[str], None]:
    """The workspace's own way to a durable, hashed, recorded picture; nobody looks at partials."""
    return _drawn(previews=False)


def handed() -> Callable[[str], None]:
    """The same, with the partials handed to a caller, as `imgnb.stream` does."""
    return _drawn(previews=True)


def shown() -> Callable[[str], None]:
    """The whole cell, with a front end that shows partials and the finished picture."""
    from .shell import cell, notebook_shell

    shell = notebook_shell(front_end=True)
    cell(shell, "%load_ext imgnb")
    return lambda size: cell(shell, f"%%imagegen --size {size} --partial-images 2\na fox")


def _drawn(*, previews: bool) -> Callable[[str], None]:
    from imgnb.workspace import Workspace

    workspace = Workspace.open()

    def stream(size: str) -> None:
        request = workspace.request("a fox", size=size, stream=True, partial_images=2)
        *_, last = workspace.run(workspace.order(request, previews=previews))
        assert last.generation.partials_received == 2, last

    return stream


def main() -> None:
    """Warm up on a small picture, measure a large one."""
    stream = {"sdk": sdk, "stored": stored, "handed": handed, "shown": shown}[sys.argv[1]]()
    stream(SMALL)
    with Meter() as meter:
        stream(LARGE)
    print("\n" + json.dumps(meter.to_dict()))


if __name__ == "__main__":
    main()
