"""A 3840x2160 picture of 12 MB with two partials as large, over loopback HTTP, against the `openai` SDK."""

from __future__ import annotations

from .rivals import PAUSE, Rivals
from .table import Table

CLIENTS = {
    "sdk": "openai SDK: b64decode, write",
    "stored": "imgnb: SHA-256, durable file, rows",
    "handed": "imgnb.stream: the same, partials handed to the caller",
    "shown": "a cell: the same, partials and preview shown",
    "sdk paused": f"openai SDK, {PAUSE} s after each partial",
    "shown paused": f"a cell, {PAUSE} s after each partial",
}


def streaming(quick: bool) -> Table:
    """CPU and memory of one fresh process a sample, taking turns."""
    rivals = Rivals("images", CLIENTS, 3 if quick else 9)
    lines = [
        *rivals.cpu(),
        rivals.ratio("stored", 0.3),
        rivals.ratio("handed"),
        rivals.ratio("shown", 0.9),
        rivals.ratio("shown paused", 0.9, to="sdk paused"),
        rivals.memory("sdk"),
        rivals.memory("stored", 16.0),
        *map(rivals.memory, ("handed", "shown", "shown paused")),
    ]
    notes = (
        "Without pauses the first partial is painted at once and the second, which is painted over within half a second, "
        "is passed over undecoded; with them each is painted, as with a provider that takes its time.",
        "Three 4K PNGs take Pillow about 100 ms each, most of it in zlib; the rest of the cell is the stream.",
    )
    return Table("streaming: one 4K picture with two partials", lines, notes)
