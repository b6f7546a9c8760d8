"""Notebooks as a front end saves them, with outputs of stored generations."""

from __future__ import annotations

import itertools
import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from imgnb.events import Finished, Replayed
from imgnb.records import Asset, Generation
from imgnb.workspace import Workspace

from ..servers import Answer, Canned, Received

SMALL: dict[str, Any] = {"size": "1024x640", "quality": "low"}


def draw(workspace: Workspace, prompt: str = "a red fox", **options: Any) -> Generation:
    """A small stored picture; `mode`, `take`, `route`, `place` and `composite` say how, all others are what is asked."""
    names = ("mode", "take", "route", "place", "composite")
    how = {name: options.pop(name) for name in names if name in options}
    *_, last = workspace.run(workspace.order(workspace.request(prompt, **{**SMALL, **options}), **how))
    if not isinstance(last, Finished | Replayed):
        raise last.error  # type: ignore[attr-defined]
    found: Generation = last.generation
    return found


def cell(id: str | None, *shown: Generation | Asset | dict[str, Any], source: str = "", **facts: Any) -> dict[str, Any]:
    """A code cell that shows these; `facts` are added to what its outputs say."""
    return {
        "cell_type": "code",
        "execution_count": 1,
        **({"id": id} if id is not None else {}),
        "metadata": {},
        "outputs": [_output(one, facts) for one in shown],
        "source": source.splitlines(keepends=True),
    }


def _output(shown: Generation | Asset | dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    if isinstance(shown, Generation):
        shown = {"stage": "final", **shown.facts}
    elif isinstance(shown, Asset):
        shown = {"assets": [shown.sha256]}
    return {
        "output_type": "display_data",
        "data": {"image/png": "AAAA", "text/plain": "a picture"},
        "metadata": {"imgnb": {"v": 1, **shown, **facts}},
    }


def write(path: Path, *cells: dict[str, Any], **metadata: Any) -> Path:
    """The notebook with these cells, as a file."""
    notebook = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    return path


def serve_colours(canned: Canned) -> str:
    """The URL of a server each of whose answers is another picture, as with a real model."""
    colours = itertools.count(1)

    def answer(received: Received) -> Answer:
        data = BytesIO()
        Image.new("RGB", (64, 40), (next(colours) * 40 % 256, 0, 90)).save(data, "PNG")
        body = {"created": 1, "data": [{"b64_json": b64encode(data.getvalue()).decode()}]}
        return 200, {"content-type": "application/json"}, json.dumps(body).encode()

    canned.answers = {f"/v1/images/{kind}": answer for kind in ("generations", "edits")}
    return f"{canned.url}/v1"
