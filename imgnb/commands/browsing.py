"""The library's pages for as long as this process lives: `imgnb browse` as a child, one for each library.

The child ends when its standard input does, so it is gone with the kernel however that ends. The token goes to it in
the environment and comes back in its link.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from ..errors import ImgnbError
from .browse import TOKEN

_running: dict[Path, tuple[subprocess.Popen[str], str]] = {}


def link(root: Path, query: str = "") -> str:
    """The link that shows this library, on what the query finds; its server is started if it does not run."""
    if (known := _running.get(root)) is not None and known[0].poll() is not None:
        _close(_running.pop(root)[0])
    if root not in _running:
        _running[root] = _start(root)
    _, url = _running[root]
    return f"{url}&q={quote_plus(query, errors='replace')}" if query else url


def stop() -> None:
    """End all servers that this process has started."""
    while _running:
        _, (process, _) = _running.popitem()
        _close(process)


def _start(root: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", "--json", "--until-closed"]
    # A token of its own, for one server's life: the link stays in the notebook's file.
    environment = {name: value for name, value in os.environ.items() if name != TOKEN} | {"IMGNB_LIBRARY": str(root)}
    process = subprocess.Popen(  # noqa: S603 - ourselves
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    assert process.stdout is not None
    try:
        said = _said(process.stdout.readline())
    except BaseException:
        _close(process)
        raise
    return process, said


def _said(line: str) -> str:
    """The link in what the server said first. Raises ImgnbError where it said why there is none."""
    document: dict[str, Any] = {}
    with suppress(ValueError):
        document = json.loads(line)
    if "url" in document:
        return str(document["url"])
    error = document.get("error", {})
    raise ImgnbError(
        f"the library's pages cannot be served: {error.get('message', 'the server ended at once')}",
        hint=error.get("hint") or "run imgnb browse in a terminal to see why",
    )


def _close(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


atexit.register(stop)
