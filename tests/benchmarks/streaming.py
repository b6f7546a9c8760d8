"""A 3840x2160 picture of 12 MB with two partials as large, over loopback HTTP, against the `openai` SDK."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from .canned_server import serving
from .places import fresh
from .table import Line, Table, ratios

PAUSE = 1.2
"Seconds after each partial: more than two updates of the display, so that no partial is passed over."

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
    cpu: dict[str, list[float]] = defaultdict(list)
    above: dict[str, list[float]] = defaultdict(list)
    with serving() as server:
        for _ in range(3 if quick else 9):
            for client in CLIENTS:
                kind, _, paused = client.partition(" ")
                measured = fresh("streaming_client", kind, base_url=server.url(PAUSE if paused else 0))
                cpu[client].append(measured["cpu"])
                above[client].append(measured["above"])
    lines = [Line(f"CPU, {what}", cpu[client], "ms") for client, what in CLIENTS.items()]
    lines += [
        _ratio("stored", cpu["stored"], cpu["sdk"], 0.3),
        _ratio("handed", cpu["handed"], cpu["sdk"]),
        _ratio("shown", cpu["shown"], cpu["sdk"], 0.9),
        _ratio("shown paused", cpu["shown paused"], cpu["sdk paused"], 0.9),
    ]
    bounds = {"stored": 16.0}
    lines += [
        Line(f"memory above rest, {CLIENTS[client]}", above[client], "MB", bounds.get(client))
        for client in ("sdk", "stored", "handed", "shown", "shown paused")
    ]
    notes = (
        "Without pauses the first partial is painted at once and the second, which is painted over within half a second, "
        "is passed over undecoded; with them each is painted, as with a provider that takes its time.",
        "Three 4K PNGs take Pillow about 100 ms each, most of it in zlib; the rest of the cell is the stream.",
    )
    return Table("streaming: one 4K picture with two partials", lines, notes)


def _ratio(client: str, ours: Sequence[float], theirs: Sequence[float], bound: float | None = None) -> Line:
    return Line(f"CPU / SDK's, {CLIENTS[client]}", ratios(ours, theirs), "", bound)
