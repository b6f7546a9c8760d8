"""Bringing back what a page reload lost: outputs that stopped at a preview, from the library into the notebook file.

A browser page that is closed while a cell runs never gets the rest of its output, though the kernel finishes and the
library has the picture. The cell is found again by its id, or by what its lines ask for.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..errors import ConfigInvalid, ImgnbError
from ..pictures import bundle
from ..records import Generation
from .cell_source import MAGIC, prompt_of


class Shelf(Protocol):
    """What a repair asks of a library."""

    def made_in(self, notebook: str | None, cell_id: str, prompt: str) -> Generation | None:
        """The newest success of this cell of this notebook whose prompt or template is this."""

    def generation(self, ref: str) -> Generation:
        """The generation with this id."""


def repair(path: Path, shelf: Shelf) -> tuple[list[str], list[str]]:
    """Restore the outputs of a notebook file; the ids of cells that were restored, and of those with nothing to restore.

    Outputs that say how their run ended stay as they are. The file is replaced in one step, if something changed.
    Raises ConfigInvalid for a file that is no notebook, or cannot be written.
    """
    notebook = _read(path)
    restored: list[str] = []
    missing: list[str] = []
    for number, cell in enumerate(notebook["cells"]):
        source = "".join(cell.get("source", ()))
        magic = next((line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
        if cell.get("cell_type") != "code" or not MAGIC.match(magic) or _ended(cell):
            continue
        prompt = prompt_of(source.partition(magic)[2])
        name = str(cell.get("id") or number)
        found = _announced(cell, shelf) or shelf.made_in(str(path.resolve()), str(cell.get("id", "")), prompt)
        if found is None:
            missing.append(name)
            continue
        _restore(cell, found)
        restored.append(name)
    if restored:
        _write(path, notebook)
    return restored, missing


def _ended(cell: Mapping[str, Any]) -> bool:
    """True when the outputs of the cell say how its run ended: with a picture, or in an error."""
    outputs = cell.get("outputs", ())
    return any(
        output.get("output_type") == "error" or _facts(output).get("stage") in ("final", "failed", "cancelled")
        for output in outputs
    )


def _facts(output: Mapping[str, Any]) -> Mapping[str, Any]:
    facts = output.get("metadata", {}).get("imgnb", {})
    return facts if isinstance(facts, dict) else {}


def _announced(cell: Mapping[str, Any], shelf: Shelf) -> Generation | None:
    """The generation that a cut-off output of the cell names, if it succeeded after all."""
    for output in cell.get("outputs", ()):
        if generation_id := _facts(output).get("generation"):
            try:
                found = shelf.generation(f"@{generation_id}")
            except ImgnbError:  # another library, or never stored: what the cell asks for decides
                continue
            if found.status == "succeeded":
                return found
    return None


def _restore(cell: dict[str, Any], generation: Generation) -> None:
    data, metadata = bundle(generation.assets, alt=generation.prompt, facts={"stage": "final", **generation.facts})
    output = {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata)}
    others = [found for found in cell.get("outputs", ()) if not _facts(found)]
    cell["outputs"] = [output, *others]


def _read(path: Path) -> dict[str, Any]:
    odd: list[int] = []
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(notebook, dict) and isinstance(notebook.get("cells"), list):
            odd = [number for number, cell in enumerate(notebook["cells"], 1) if not _is_cell(cell)]
            if not odd:
                return notebook
        reason = f"its cell {odd[0]} is not one" if odd else "it has no cells"
    except OSError as exc:
        reason = exc.strerror or str(exc)
    except (ValueError, RecursionError) as exc:
        reason = str(exc)
    raise ConfigInvalid(f"{path} is not a notebook: {reason}", hint="give an .ipynb file of format 4")


def _is_cell(cell: object) -> bool:
    """Whether what is looked at here has the shape that nbformat 4 gives it."""
    if not isinstance(cell, dict):
        return False
    source, outputs = cell.get("source", ""), cell.get("outputs", [])
    lines = source if isinstance(source, list) else [source]
    return (
        all(isinstance(line, str) for line in lines)
        and isinstance(outputs, list)
        and all(isinstance(output, dict) and isinstance(output.get("metadata", {}), dict) for output in outputs)
    )


def _write(path: Path, notebook: Mapping[str, Any]) -> None:
    path = path.resolve()  # a link stays one
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        shutil.copymode(path, temporary)
        temporary.replace(path)
    except OSError as exc:
        raise ConfigInvalid(f"{path} cannot be written: {exc.strerror}", hint="repair a copy of it elsewhere") from exc
