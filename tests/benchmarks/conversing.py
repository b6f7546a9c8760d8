"""The same picture and partials by the Responses API, which sends the finished picture twice, against the `openai` SDK."""

from __future__ import annotations

from .rivals import Rivals
from .table import Table

CLIENTS = {
    "sdk": "openai SDK: b64decode, write",
    "stored": "imgnb: SHA-256, durable file, rows",
    "handed": "imgnb, the same, partials handed to the caller",
}


def conversing(quick: bool) -> Table:
    """CPU and memory of one fresh process a sample, taking turns."""
    rivals = Rivals("responses", CLIENTS, 3 if quick else 9)
    lines = [
        *rivals.cpu(),
        rivals.ratio("stored", 0.3),
        rivals.ratio("handed"),
        rivals.memory("sdk"),
        rivals.memory("stored", 16.0),
        rivals.memory("handed"),
    ]
    notes = (
        "The picture comes with `response.output_item.done` and again with `response.completed`: the SDK parses both and "
        "decodes the first; imgnb passes the second over.",
    )
    return Table("conversing: one 4K picture with two partials by the Responses API", lines, notes)
