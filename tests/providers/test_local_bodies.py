"""What the local server holds in memory: answers are made piece by piece, and what is remembered has a bound."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imgnb.providers.local_api.api import LocalAPI
from imgnb.providers.local_api.memory import Shelf

LARGE = {"size": "2048x2048", "quality": "high", "model": "gpt-image-2"}
IMAGES = {**LARGE, "prompt": "a red fox", "n": 2}
RESPONSES = {"model": "gpt-5.5", "input": "a red fox", "tools": [{"type": "image_generation", **LARGE}]}


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(
    ("path", "given"), [("images/generations", IMAGES), ("responses", RESPONSES)], ids=["images", "responses"]
)
def test_a_body_comes_in_small_pieces(path: str, given: dict[str, Any], stream: bool) -> None:
    """No piece of an answer is larger than what one chunk of a picture makes, however large the picture is."""
    body = json.dumps({**given, "stream": stream}).encode()

    reply = LocalAPI().reply("POST", f"local://engine/v1/{path}", {}, body)

    sizes = [len(piece) for piece in reply.body]
    assert sum(sizes) > 1_000_000
    assert max(sizes) < 200_000


def test_the_oldest_goes_first() -> None:
    """A shelf keeps as many things, and as many bytes, as it may; the newest is always kept."""
    few, light = Shelf[str](2, 100), Shelf[str](9, 100)
    for name in ("a", "b", "c"):
        few.put(name, name, 1)
        light.put(name, name, 60)

    assert (list(few), list(light)) == (["b", "c"], ["c"])
    light.put("d", "d", 500)
    assert list(light) == ["d"]
    assert (light.drop("d"), light.drop("d"), light.get("d")) == (True, False, None)
