"""Reports by hand: cells whose outputs are those that a run would have left, without a kernel."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imgnb.config import Settings
from imgnb.events import Finished, Replayed
from imgnb.library import Library
from imgnb.pictures import bundle
from imgnb.records import Asset, Generation
from imgnb.workspace import Workspace

SIZE = "1024x640"


@contextmanager
def a_home(folder: Path) -> Iterator[Workspace]:
    """A workspace with an empty library of its own, on the embedded engine."""
    workspace = Workspace(Settings(library=folder / "library", route="local"))
    try:
        yield workspace
    finally:
        workspace.close()


def drawn(workspace: Workspace, prompt: str, *, mode: str = "auto", **options: Any) -> Generation:
    """The answer to a request, drawn or replayed."""
    images, mask = options.pop("images", None), options.pop("mask", None)
    request = workspace.request(prompt, images=images, mask=mask, size=SIZE, quality="low", **options)
    *_, last = workspace.run(workspace.order(request, mode=mode))
    assert isinstance(last, Finished | Replayed)
    return last.generation


def output(shown: Generation | Asset, embed: Any = "preview") -> dict[str, Any]:
    """The output that shows it."""
    made = isinstance(shown, Generation)
    assets = shown.assets if isinstance(shown, Generation) else (shown,)
    facts = {"stage": "final", **shown.facts} if made else {"assets": [asset.sha256 for asset in assets]}
    data, metadata = bundle(assets, alt=getattr(shown, "prompt", "a picture"), facts=facts, embed=embed)
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def code(source: str, *outputs: dict[str, Any], id: str | None = None) -> dict[str, Any]:
    """A code cell."""
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": list(outputs)}
    return {**cell, **({"id": id} if id else {}), "source": source.splitlines(keepends=True)}


def draws(shown: Generation, id: str, line: str = "%%imagegen", **how: Any) -> dict[str, Any]:
    """A cell that has drawn this."""
    return code(f"{line}\n{shown.prompt}", output(shown, **how), id=id)


def write(path: Path, cells: Sequence[dict[str, Any]], **how: Any) -> Path:
    """A notebook of these cells, as Jupyter writes it."""
    notebook = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    style = {"indent": 1, "ensure_ascii": False, "sort_keys": True, **how}
    path.write_text(json.dumps(notebook, **style) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def blobs(library: Library) -> set[str]:
    """The names of all pictures that lie in a library."""
    return {path.name for path in (library.path / "blobs").rglob("*") if path.is_file()}
