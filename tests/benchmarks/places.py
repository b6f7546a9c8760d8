"""Folders, environments and processes of the benchmarks; what a benchmark starts, it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build" / "benchmarks"


@contextmanager
def place(base_url: str = "", library: Path | None = None) -> Iterator[tuple[Path, dict[str, str]]]:
    """An empty folder and the environment of a user whose settings, library and key are the benchmark's own."""
    with tempfile.TemporaryDirectory(prefix="imgnb-benchmark-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "user.toml").write_text("", encoding="utf-8")
        kept = ("IMGNB_", "OPENAI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(kept)}
        environment |= {
            "IMGNB_CONFIG": str(folder / "user.toml"),
            "IMGNB_LIBRARY": str(library or folder / "library"),
            "IPYTHONDIR": str(folder / "ipython"),
            "OPENAI_API_KEY": "sk-benchmark",
            "PYTHONPATH": str(ROOT),
        }
        if base_url:
            environment |= {"OPENAI_BASE_URL": base_url, "IMGNB_ROUTE": "openai"}
        yield folder, environment


def fresh(module: str, *arguments: str, base_url: str = "", library: Path | None = None) -> Any:
    """What a module of this package, run as a process of its own, prints last, as JSON."""
    with place(base_url, library) as (folder, environment):
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
        done = run(command, folder, environment)
        return json.loads(done.splitlines()[-1])


def run(command: Sequence[str], folder: Path, environment: dict[str, str]) -> str:
    """What a process prints; RuntimeError with all it said when it fails."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout
