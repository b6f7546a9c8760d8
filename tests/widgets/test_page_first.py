"""A studio's page does not wait for what only its history and its price need."""

from __future__ import annotations

import json

from .test_panel import front, jupyter

__all__ = ["front", "jupyter"]

SHOWN = """import sys
import imgnb
studio = imgnb.studio("a fox", route="local")
view = studio.widget
print([name for name in ("sqlalchemy", "httpx", "imgnb.library.library", "imgnb.generation.service") if name in sys.modules])
print(studio.state()["history"], "imagegen" in get_ipython().magics_manager.magics["cell"])"""

KNOWN = """studio._desk.settle(60)
print(json.dumps([studio.state()[name] for name in ("history", "prospect")]))
print("imagegen" in get_ipython().magics_manager.magics["cell"])"""


def test_the_page_stands_before_the_library_is_opened(front):
    """Until the cell has run, nothing is loaded for it; then the strip and the price come, and the magics are there."""
    shown = _printed(front, SHOWN)
    history, known = _printed(front, f"import json\n{KNOWN}")

    assert shown == ["[]", "None False"]
    assert json.loads(history) == [
        [],
        {"would": "ask", "words": "Free. gpt-image-2 on local.", "hint": "", "warnings": []},
    ]
    assert known == "True"


def _printed(front, code):
    """The lines that a cell has printed."""
    return "".join(content["text"] for kind, content, _ in front.run(code) if kind == "stream").splitlines()
