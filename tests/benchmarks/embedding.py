"""What a generation leaves in the notebook, run by nbclient as papermill and CI do."""

from __future__ import annotations

import json
from typing import Any

from .canned_server import serving
from .places import place
from .table import Line, Table

CELLS = {
    "1024x1024": "%%imagegen --size 1024x1024\na fox",
    "3840x2160": "%%imagegen --size 3840x2160\na fox",
    "3840x2160 of pure noise": "%%imagegen --size 3840x2160\nnoise",
    "four of 1024x1024": "%%imagegen --size 1024x1024 -n 4\na fox",
    "1024x1024, transparent": "%%imagegen --size 1024x1024 --background transparent\na fox",
}


def embedding(quick: bool) -> Table:
    """The bytes of each cell's outputs, as JSON in the .ipynb."""
    outputs = _outputs()
    lines = [
        Line(what, [len(json.dumps(cell, indent=1).encode()) / 1000], "kB", 200.0)
        for what, cell in zip(CELLS, outputs, strict=True)
    ]
    return Table("embedding: what stays in the notebook", lines)


def _outputs() -> list[Any]:
    import nbformat
    from nbclient import NotebookClient

    sources = ["%load_ext imgnb", *CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with serving() as server, place(server.url()) as (folder, environment):
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            extra_arguments=["--log-level=40"],
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=environment)
    return [cell.outputs for cell in notebook.cells[1:]]
