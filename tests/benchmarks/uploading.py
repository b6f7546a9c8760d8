"""Edits of as many and as large pictures as are taken, sent to a server that drops them, against the `openai` SDK."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

from ..dropping_server import dropping_server
from ..noise import noise_png
from .places import BUILD, fresh
from .table import Line, Table, ratios
from .uploading_client import LARGE, PICTURES, SMALL

SIZE = 40_000_000
CLIENTS = {
    "sdk": "openai SDK, multipart",
    "multipart": "imgnb, multipart",
    "json": "imgnb, JSON edits",
    "responses": "imgnb, Responses API",
}


def uploading(quick: bool) -> Table:
    """Memory and time of one fresh process a sample, taking turns."""
    library = pictures()
    measured: dict[str, list[Any]] = defaultdict(list)
    with dropping_server() as server:
        for _ in range(1 if quick else 5):
            for client in CLIENTS:
                measured[client].append(fresh("uploading_client", client, base_url=server.url, library=library))
                if server.taken() < PICTURES * SIZE:
                    raise RuntimeError(f"{client} has not sent all")
    above = [
        Line(f"memory above rest, {what}", _all(measured[client], "above"), "MB", None if client == "sdk" else 100.0)
        for client, what in CLIENTS.items()
    ]
    seconds = {client: [wall / 1000 for wall in _all(samples, "wall")] for client, samples in measured.items()}
    speeds = [
        Line(f"pictures sent, {what}", [PICTURES * SIZE / 1e6 / one for one in seconds[client]], "MB/s")
        for client, what in CLIENTS.items()
    ]
    lines = [
        *above,
        *(Line(f"time, {what}", seconds[client], "s") for client, what in CLIENTS.items()),
        *(Line(f"CPU, {what}", _all(measured[client], "cpu"), "ms") for client, what in CLIENTS.items()),
        Line("time / SDK's, imgnb, multipart", ratios(seconds["multipart"], seconds["sdk"]), ""),
        *speeds,
    ]
    notes = (
        f"{PICTURES} pictures of {SIZE:,} bytes, stored before; in JSON they are a third longer on the way. A picture must "
        "have fewer than 50,000,000 bytes and a request at most 16: what has more is refused before anything is sent.",
    )
    return Table("uploading: an edit of sixteen 40 MB pictures", lines, notes)


def pictures() -> Path:
    """A library with small and large pictures under their names, made at the first time."""
    from imgnb.config import Settings
    from imgnb.workspace import Workspace

    folder = BUILD / f"library-{PICTURES}-uploads"
    if not folder.exists():
        unfinished = folder.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        with Workspace(Settings(library=unfinished)) as workspace:
            for size, name in ((1000, SMALL), (SIZE, LARGE)):
                for number in range(PICTURES):
                    asset = workspace.library.add(noise_png(size, number), source="noise")
                    workspace.library.name(asset, name.format(number))
        unfinished.rename(folder)
    return folder


def _all(samples: list[Any], name: str) -> list[float]:
    return [sample[name] for sample in samples]
