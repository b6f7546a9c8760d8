"""Whoever asks for the same thing at the same time, on threads or in processes, pays once."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from imgnb.events import Failed, Finished, Progress, Replayed

from ..conftest import OpenWorkspace
from ..servers import PATIENCE, Watched
from .runs import SMALL, done, run

KERNEL = """
import sys
from pathlib import Path
from imgnb.config import Settings
from imgnb.workspace import Workspace

library, url = sys.argv[1:]
settings = Settings(library=Path(library), route="test", routes={"test": {"base_url": url}})
with Workspace(settings) as workspace:
    order = workspace.order(workspace.request("a red fox", size="1024x640", quality="low"))
    for event in workspace.run(order):
        print(type(event).__name__, getattr(event, "stage", ""), flush=True)
    print(event.generation.asset.sha256, flush=True)
"""


def test_two_threads_pay_once(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A second kernel that asks for what is being drawn waits and is given the first one's picture."""
    watched.real = True
    watched.gate.clear()
    first: list[object] = []
    drawing = threading.Thread(target=lambda: first.extend(run(open_workspace(watched.url))))
    drawing.start()
    assert watched.arrived.wait(PATIENCE)

    second = []
    workspace = open_workspace(watched.url)
    for event in workspace.run(workspace.order(workspace.request("a red fox", **SMALL))):
        second.append(event)
        if isinstance(event, Progress):
            watched.gate.set()
    drawing.join(PATIENCE)

    assert isinstance(first[-1], Finished)
    assert isinstance(second[-1], Replayed)
    assert second[-1].generation.assets == first[-1].generation.assets
    assert len(watched.requests) == 1


def test_two_processes_pay_once(tmp_path: Path, clean_environment: pytest.MonkeyPatch, watched: Watched) -> None:
    """What holds for threads holds for processes: the server is asked once."""
    watched.real = True
    watched.gate.clear()
    command = [sys.executable, "-c", KERNEL, str(tmp_path / "library"), watched.url]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as second,
    ):
        assert watched.arrived.wait(PATIENCE)
        said: dict[str, list[str]] = {}
        readers = [
            threading.Thread(target=_read, args=(process, said.setdefault(name, []), watched))
            for name, process in (("first", first), ("second", second))
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(PATIENCE)

    endings = sorted(lines[-2].strip() for lines in said.values())
    assert endings == ["Finished", "Replayed"]
    assert said["first"][-1] == said["second"][-1]
    assert len(watched.requests) == 1


def _read(process: subprocess.Popen[str], lines: list[str], watched: Watched) -> None:
    for line in process.stdout:
        lines.append(line.strip())
        if "another run" in line:
            watched.gate.set()


def test_asking_live_pays_again(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """In mode live each run is a call of its own and a take of its own."""
    watched.real = True
    workspace = open_workspace(watched.url)

    takes = [done(run(workspace, mode="live")).take for _ in range(2)]

    assert takes == [1, 2]
    assert len(watched.requests) == 2


def test_a_waiting_run_calls_when_the_other_fails(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Whoever waited for a run that failed makes the call itself."""
    watched.real = True
    watched.gate.clear()
    drawing = threading.Thread(target=lambda: run(open_workspace(watched.url, fault="unauthorized")))
    drawing.start()
    assert watched.arrived.wait(PATIENCE)

    workspace = open_workspace(watched.url)
    for event in workspace.run(workspace.order(workspace.request("a red fox", **SMALL))):
        if isinstance(event, Progress):
            watched.gate.set()
    drawing.join(PATIENCE)

    assert isinstance(event, Finished)
    assert len(watched.requests) == 2


def test_a_route_that_is_not_known_here_still_replays(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A colleague without the author's settings gets the author's picture, and only a miss says that it is unknown."""
    watched.real = True
    drawn = done(run(open_workspace(watched.url), route="test"))
    colleague = open_workspace()

    assert done(run(colleague, route="test")).asset == drawn.asset
    *_, last = run(colleague, "an owl", route="test")
    assert isinstance(last, Failed)
    assert "'test'" in str(last.error)
