"""One client that streams one picture, as a process of its own: `sdk`, `stored`, `handed` or `shown`, by `images` or `responses`."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .meter import Meter

if TYPE_CHECKING:
    from openai import OpenAI

SMALL, LARGE = "1024x1024", "3840x2160"
MODEL, PROMPT = "gpt-image-2", "a fox"


def sdk(api: str) -> Callable[[str], None]:
    """The `openai` SDK as its documentation shows it: every picture is decoded and written, nothing more."""
    from openai import OpenAI

    texts = {"images": _generated, "responses": _responded}[api]
    client = OpenAI()

    def stream(size: str) -> None:
        for number, text in enumerate(texts(client, size)):
            Path(f"{size}-{number}.png").write_bytes(base64.b64decode(text))

    return stream


def _generated(client: OpenAI, size: str) -> Iterator[str]:
    for event in client.images.generate(model=MODEL, prompt=PROMPT, size=size, stream=True, partial_images=2):
        yield event.b64_json


def _responded(client: OpenAI, size: str) -> Iterator[str]:
    tools: Any = [{"type": "image_generation", "model": MODEL, "size": size, "partial_images": 2}]
    for event in client.responses.create(model="gpt-5.5", input=PROMPT, stream=True, tools=tools):
        if event.type == "response.image_generation_call.partial_image":
            yield event.partial_image_b64
        elif event.type == "response.output_item.done" and event.item.type == "image_generation_call":
            assert event.item.result is not None
            yield event.item.result


def stored(api: str) -> Callable[[str], None]:
    """The workspace's own way to a durable, hashed, recorded picture; nobody looks at partials."""
    return _drawn(api, previews=False)


def handed(api: str) -> Callable[[str], None]:
    """The same, with the partials handed to a caller, as `imgnb.stream` does."""
    return _drawn(api, previews=True)


def shown(api: str) -> Callable[[str], None]:
    """The whole cell, with a front end that shows partials and the finished picture."""
    from .shell import cell, notebook_shell

    shell = notebook_shell(front_end=True)
    cell(shell, "%load_ext imgnb")
    return lambda size: cell(shell, f"%%imagegen --via {api} --size {size} --partial-images 2\n{PROMPT}")


def _drawn(api: str, *, previews: bool) -> Callable[[str], None]:
    from imgnb.workspace import Workspace

    workspace = Workspace.open()

    def stream(size: str) -> None:
        request = workspace.request(PROMPT, size=size, stream=True, partial_images=2)
        *_, last = workspace.run(workspace.order(request, previews=previews, via=api))
        assert last.generation.partials_received == 2, last

    return stream


def main() -> None:
    """Warm up on a small picture, measure a large one."""
    stream = {"sdk": sdk, "stored": stored, "handed": handed, "shown": shown}[sys.argv[1]](sys.argv[2])
    stream(SMALL)
    with Meter() as meter:
        stream(LARGE)
    print("\n" + json.dumps(meter.to_dict()))


if __name__ == "__main__":
    main()
