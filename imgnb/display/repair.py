"""Bringing back what a page reload lost: outputs that stopped at a preview, from the library into the notebook file.

A browser page that is closed while a cell runs never gets the rest of its output, though the kernel finishes and the
library has the picture. The cell is found again by its id, or by what its lines ask for in this notebook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..errors import ImgnbError
from ..records import Generation
from ..request import ImageRequest
from .asked import asked_otherwise
from .cell_source import prompt_of
from .ended import Ended
from .notebook_file import facts_of, magic_of, name_of, read_notebook, source_of, write_notebook
from .presenting import has_ended, is_drawn, presentation_in


class Shelf(Protocol):
    """What a repair asks of a library."""

    def made_in(self, cell_id: str, prompt: str) -> Generation | None:
        """The newest success of this cell whose prompt or template is this."""

    def drawn_in(self, notebook: Path, prompt: str) -> list[Generation]:
        """The successes of this notebook whose prompt or template is this, the newest first."""

    def stored_request(self, generation: Generation) -> ImageRequest:
        """What it was asked for."""

    def generation(self, ref: str) -> Generation:
        """The generation with this id."""


def repair(path: Path, shelf: Shelf) -> tuple[list[str], list[str]]:
    """Restore the outputs of a notebook file; the ids of cells that were restored, and of those with nothing to restore.

    Outputs that say how their run ended stay as they are. The file is replaced in one step, if something changed.
    Raises NotebookInvalid for a file that is no notebook, or cannot be written.
    """
    notebook = read_notebook(path)
    restored: list[str] = []
    missing: list[str] = []
    ended = Ended()
    prompts = Counter(_prompt(cell, magic) for cell in notebook["cells"] if (magic := magic_of(cell)))
    for number, cell in enumerate(notebook["cells"]):
        magic, name = magic_of(cell), name_of(cell, number)
        if magic is None or has_ended(cell):
            ended.passed(name, cell)
            continue
        prompt, id = _prompt(cell, magic), cell.get("id")
        found = _announced(cell, shelf) or (shelf.made_in(str(id), prompt) if id else None)
        found = found or _drawn_here(path, magic, prompt, shelf, alone=prompts[prompt] == 1)
        if found is None:
            missing.append(name)
            ended.passed(name, cell)
            continue
        outputs = ended.outputs(name, cell, found, presentation_in(cell))
        cell["outputs"] = [*outputs, *(output for output in cell.get("outputs", ()) if not is_drawn(output))]
        restored.append(name)
    if restored:
        write_notebook(path, notebook)
    return restored, missing


def _announced(cell: Mapping[str, Any], shelf: Shelf) -> Generation | None:
    """The generation that a cut-off output of the cell names, if it succeeded after all."""
    for output in cell.get("outputs", ()):
        if generation_id := facts_of(output).get("generation"):
            try:
                found = shelf.generation(f"@{generation_id}")
            except ImgnbError:  # another library, or never stored: what the cell asks for decides
                continue
            if found.status == "succeeded":
                return found
    return None


def _drawn_here(path: Path, magic: str, prompt: str, shelf: Shelf, *, alone: bool) -> Generation | None:
    """What a cell that no id tells has drawn: the newest answer of this notebook to what its lines ask for.

    Where other cells have the same prompt, only if there is but one: which is whose, nobody knows.
    """
    made = [one for one in shelf.drawn_in(path, prompt) if _fits(one, magic, shelf)]
    same = len({(one.fingerprint, tuple(asset.sha256 for asset in one.assets)) for one in made}) == 1
    return made[0] if made and (alone or same) else None


def _fits(made: Generation, magic: str, shelf: Shelf) -> bool:
    try:
        return not asked_otherwise(magic, shelf.stored_request(made))
    except ImgnbError:
        return False


def _prompt(cell: Mapping[str, Any], magic: str) -> str:
    return prompt_of(source_of(cell).partition(magic)[2])
