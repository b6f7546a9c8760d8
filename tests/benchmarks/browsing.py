"""Pages of `imgnb browse` over HTTP at 10,000, 100,000 and 1,000,000 generations, its own and Datasette's plain ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from .replaying import big_library
from .table import Line, Table

SIZES = (10_000, 100_000, 1_000_000)
PAGES = {
    "gallery": ("/-/imgnb", 150.0),
    "gallery, a word": ("/-/imgnb?q=lighthouse", 150.0),
    "gallery, a word by relevance": ("/-/imgnb?q=lighthouse+sort:relevance", None),
    "gallery, a tag": ("/-/imgnb?q=tag:cover", 150.0),
    "failures": ("/-/imgnb/failures", None),
    "costs, 30 days": ("/-/imgnb/costs", None),
    "table generation": ("/library/generation", 500.0),
    "table asset": ("/library/asset", 500.0),
    "view gallery": ("/library/gallery", 500.0),
    "view failures": ("/library/failures", 500.0),
    "database page": ("/library", 500.0),
}


def browsing(quick: bool) -> Table:
    """One page after the other, the first call of each apart."""
    rounds = 3 if quick else 7
    lines = []
    for size in SIZES[:2] if quick else SIZES:
        with _serving(big_library(size)) as client:
            for what, (path, bound) in PAGES.items():
                samples = [_fetch(client, path) for _ in range(rounds + 1)]
                lines.append(Line(f"{size:>9,}  {what}", samples[1:], "ms", bound))
                lines.append(Line(f"{size:>9,}  {what}, first call", samples[:1], "ms"))
    note = "Datasette as installed, with the settings of `imgnb browse`; HTML alone, without its pictures."
    return Table("browsing: pages over HTTP", lines, (note,))


def _fetch(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    took = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200, (path, answer.status_code)
    return took


@contextmanager
def _serving(folder: Path) -> Iterator[httpx.Client]:
    """A client that has come in, of a server that ends with its input."""
    command = [sys.executable, "-m", "imgnb", "browse", "--json", "--no-open", "--until-closed"]
    environment = {**os.environ, "IMGNB_LIBRARY": str(folder)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            said = ""
            while not said.rstrip().endswith("}"):
                said += server.stdout.readline()
            link = json.loads(said)["url"]
            with httpx.Client(base_url=link.partition("/-/")[0], timeout=60) as client:
                client.get(link)
                yield client
        finally:
            server.stdin.close()
