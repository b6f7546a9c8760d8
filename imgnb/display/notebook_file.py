"""A notebook as a file: read with care, since it may be anybody's, and replaced in one step.

What is read is the JSON of nbformat 4 as it stands there, so that what imgnb does not touch stays as it was.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import NotebookInvalid
from ..files.durable import sync_file
from ..files.whole import whole_file
from .cell_source import MAGIC

HINT = "give an .ipynb file of format 4"


def read_notebook(path: Path) -> dict[str, Any]:
    """The notebook's JSON. Raises NotebookInvalid for a file that is none, or of a format before 4."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise NotebookInvalid(f"{path} is not a notebook: {exc.strerror or exc}", hint=HINT) from exc
    except ValueError as exc:
        raise NotebookInvalid(f"{path} is not a notebook: {exc}", hint=HINT) from exc
    return parse_notebook(text, path)


def parse_notebook(text: str, path: Path) -> dict[str, Any]:
    """The notebook in this text; `path` is what to call it. Raises NotebookInvalid as `read_notebook` does."""
    odd: list[int] = []
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise NotebookInvalid(f"{path} is not a notebook: {exc}", hint=HINT) from exc
    if isinstance(notebook, dict) and isinstance(notebook.get("cells"), list):
        odd = [number for number, cell in enumerate(notebook["cells"], 1) if not _is_cell(cell)]
        if not odd:
            return notebook
    if isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        raise NotebookInvalid(
            f"{path} is not a notebook of format 4, but of {notebook.get('nbformat', 'one before')!r}",
            hint="convert a copy: jupyter nbconvert --to notebook --nbformat 4",
        )
    reason = f"its cell {odd[0]} is not one" if odd else "it has no cells"
    raise NotebookInvalid(f"{path} is not a notebook: {reason}", hint=HINT)


def write_notebook(path: Path, notebook: Mapping[str, Any]) -> None:
    """Put this in the file's place, as Jupyter writes it. Raises NotebookInvalid where it cannot be written."""
    path = path.resolve()  # a link stays one
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    try:
        with whole_file(path) as file:
            # Half a surrogate pair, as in a cut-off emoji, is no UTF-8: it stays the escape that it was.
            file.write_bytes(text.encode("utf-8", "backslashreplace"))
            if path.exists():
                shutil.copymode(path, file)
            sync_file(file)  # nobody can make a notebook again
    except OSError as exc:
        raise NotebookInvalid(
            f"{path} cannot be written: {exc.strerror}", hint="work on a copy of it elsewhere"
        ) from exc


def source_of(cell: Mapping[str, Any]) -> str:
    """The text of a cell."""
    return "".join(cell.get("source", ()))


def name_of(cell: Mapping[str, Any], number: int) -> str:
    """What a cell is called: its id, or its place from 0 where it has none, as in format 4.4 and before."""
    return str(cell.get("id") or number)


def magic_of(cell: Mapping[str, Any]) -> str | None:
    """The line of a code cell that is one of imgnb's cell magics; None where there is none."""
    if cell.get("cell_type") != "code":
        return None
    lines = source_of(cell).splitlines()
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    return first if MAGIC.match(first) else None


def facts_of(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """What imgnb says in an output's metadata; nothing for an output of others."""
    facts = output.get("metadata", {}).get("imgnb", {})
    return facts if isinstance(facts, dict) else {}


def shown_in(cell: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The facts of each finished generation, or stored picture, that a code cell shows, in the order of its outputs.

    A generation has a `fingerprint`; a picture that is only shown has its `assets` alone. Widgets' twins are left out.
    """
    for output in cell.get("outputs", ()) if cell.get("cell_type") == "code" else ():
        facts = facts_of(output)
        ended = (facts.get("stage", "final"), facts.get("status", "succeeded"))
        if "widget" in facts or ended != ("final", "succeeded"):
            continue
        if isinstance(facts.get("fingerprint"), str) or isinstance(facts.get("assets"), list):
            yield facts


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
