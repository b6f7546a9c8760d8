"""What several packages of tests need: a clean environment, real servers on loopback, and workspaces on libraries of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imgnb.config import Settings
from imgnb.workspace import Workspace

from .libraries import empty_library
from .servers import Canned, Watched, canned_server, end, watched_server


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No keys, no settings and no proxies from outside."""
    for name in os.environ:
        if name.upper().startswith(("IMGNB_", "OPENAI_")) or name.upper().endswith(("_PROXY", "_API_KEY")):
            monkeypatch.delenv(name)
    config = tmp_path / "config.toml"
    config.touch()
    monkeypatch.setenv("IMGNB_CONFIG", str(config))
    return monkeypatch


@pytest.fixture(scope="session")
def serve_local() -> Iterator[str]:
    """The base URL of `imgnb serve-local`, run as a user runs it."""
    command = [sys.executable, "-m", "imgnb", "serve-local", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            end(process)


@pytest.fixture(scope="session")
def _watched() -> Iterator[Watched]:
    with watched_server() as watched:
        yield watched


@pytest.fixture
def watched(_watched: Watched) -> Iterator[Watched]:
    """A server of the local engine that says what reached it."""
    _watched.reset()
    yield _watched
    _watched.reset()


@pytest.fixture
def canned() -> Iterator[Canned]:
    """A server with canned answers."""
    with canned_server() as canned:
        yield canned


OpenWorkspace = Callable[..., Workspace]


@pytest.fixture
def open_workspace(tmp_path: Path, clean_environment: pytest.MonkeyPatch) -> Iterator[OpenWorkspace]:
    """Opens workspaces on one library, with short waits; `url` and `fault` make their route."""
    opened: list[Workspace] = []
    folder = empty_library(tmp_path / "library")

    def open_one(url: str = "local://engine/v1", fault: str = "", **settings: Any) -> Workspace:
        table = {
            "base_url": url,
            "also_speaks": ["responses", "chat"],
            **({"headers": {"x-imgnb-fault": fault}} if fault else {}),
        }
        routes = {"local" if url.startswith("local:") else "test": table}
        given = {"library": folder, "first_wait": 0.01, "attempts": 3, "routes": routes}
        opened.append(Workspace(Settings(**{**given, "route": next(iter(routes)), **settings})))
        return opened[-1]

    yield open_one
    for workspace in opened:
        workspace.close()
