"""A run that is stopped ends at once, wherever it waits, and says so in the library."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import imgnb
from imgnb.errors import Cancelled
from imgnb.events import Cancel, Event, Failed, Image, Progress
from imgnb.workspace import Workspace, current

from ..conftest import OpenWorkspace
from ..servers import PATIENCE, Watched
from .runs import SMALL, leftovers


class Background:
    """A run on a thread of its own."""

    def __init__(
        self,
        workspace: Workspace,
        watch: Callable[[Event], None] = lambda event: None,
        cancel: Cancel | None = None,
        n: int = 1,
    ) -> None:
        self.cancel = cancel or Cancel()
        self.events: list[Event] = []
        self._watch = watch
        order = workspace.order(workspace.request("a red fox", **SMALL, n=n, stream=True, partial_images=1))
        self._thread = threading.Thread(target=lambda: self._follow(workspace.run(order, self.cancel)))
        self._thread.start()

    def _follow(self, events: object) -> None:
        for event in events:
            self.events.append(event)
            self._watch(event)

    def stop(self) -> Failed:
        self.cancel.cancel()
        return self.end()

    def end(self) -> Failed:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert isinstance(self.events[-1], Failed)
        return self.events[-1]


@pytest.mark.parametrize("fault", ["silent=60", "slow=60"], ids=["before the headers", "before the first event"])
@pytest.mark.parametrize("way", ["process", "http"])
def test_a_waiting_run_is_stopped_from_another_thread(
    open_workspace: OpenWorkspace, watched: Watched, fault: str, way: str
) -> None:
    """Cancelling wakes a run that waits for the provider; its record says so, and the provider sees it go."""
    workspace = open_workspace(*([watched.url] if way == "http" else []), fault=fault)
    waits, stage = threading.Event(), "waiting" if fault.startswith("silent") else "drawing"
    running = Background(workspace, lambda event: waits.set() if event == Progress(stage) else None)
    assert waits.wait(PATIENCE)
    if way == "http":
        assert watched.arrived.wait(PATIENCE)

    failed = running.stop()

    assert isinstance(failed.error, Cancelled)
    assert (failed.generation.status, failed.generation.error_kind) == ("cancelled", "cancelled")
    assert [item.error_kind for item in failed.generation.attempts] == ["cancelled"]
    assert leftovers(workspace.library.path) == []
    if way == "http":
        assert watched.left.wait(PATIENCE)


def test_a_stopped_run_keeps_what_had_come(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Of two pictures the first has come when the run is stopped: it stays, linked to the cancelled generation."""
    workspace = open_workspace(watched.url)
    cancel = Cancel()
    running = Background(workspace, lambda event: cancel.cancel() if isinstance(event, Image) else None, cancel, n=2)

    generation = running.end().generation

    assert (generation.status, len(generation.assets)) == ("cancelled", 1)
    assert "1 of its pictures kept" in generation.error_message
    assert leftovers(workspace.library.path) == []


def test_a_run_is_not_begun_when_it_was_stopped_before(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A run whose cancel handle is set sends nothing."""
    workspace = open_workspace(watched.url)
    cancel = Cancel()
    cancel.cancel()

    last = list(workspace.run(workspace.order(workspace.request("a red fox", **SMALL)), cancel))[-1]

    assert isinstance(last.error, Cancelled)
    assert watched.requests == []


def test_waiting_between_calls_ends_when_stopped(open_workspace: OpenWorkspace) -> None:
    """The wait that a provider asks for ends at once when the run is stopped, and no further call is made."""
    asleep = threading.Event()

    class Watching(Cancel):
        def sleep(self, seconds: float) -> None:
            asleep.set()
            super().sleep(seconds)

    running = Background(open_workspace(fault="rate_limit=60"), cancel=Watching())
    assert asleep.wait(PATIENCE)

    generation = running.stop().generation

    assert generation.status == "cancelled"
    assert [item.error_kind for item in generation.attempts] == ["rate_limit"]


def test_closing_the_stream_stops_the_run(
    clean_environment: pytest.MonkeyPatch, watched: Watched, tmp_path: object
) -> None:
    """Who stops reading `imgnb.stream` stops the run: it is recorded as cancelled and the connection is closed."""
    config = tmp_path / "mine.toml"
    config.write_text(f'[routes.mine]\nbase_url = "{watched.url}"\nheaders = {{ x-imgnb-fault = "slow=60" }}\n')
    clean_environment.setenv("IMGNB_CONFIG", str(config))
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    try:
        events = imgnb.stream("a red fox", route="mine", partial_images=1, **SMALL)
        while next(events) != Progress("drawing"):
            pass

        events.close()

        assert watched.left.wait(PATIENCE)
        (generation,) = current().library
        assert generation.status == "cancelled"
    finally:
        current().close()


@pytest.mark.parametrize("stop", ["timeout", "cancel"])
def test_an_awaited_run_is_cancelled_as_a_task_is(
    clean_environment: pytest.MonkeyPatch, watched: Watched, tmp_path: Path, stop: str
) -> None:
    """A timeout or cancel around `agenerate` ends it as it ends any task; no interrupt gets into the event loop."""
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    (tmp_path / "config.toml").write_text(f'[routes.mine]\nbase_url = "{watched.url}"\n', encoding="utf-8")
    watched.gate.clear()

    async def main() -> str:
        task = asyncio.ensure_future(imgnb.agenerate("a red fox", route="mine", **SMALL))
        await asyncio.to_thread(watched.arrived.wait, PATIENCE)
        try:
            if stop == "timeout":
                await asyncio.wait_for(task, 0.01)
            task.cancel()
            await task
        except TimeoutError:
            return "timeout"
        except asyncio.CancelledError:
            return "cancel"
        return "done"

    try:
        assert asyncio.run(main()) == stop
        (generation,) = current().library
        assert generation.status == "cancelled"
    finally:
        current().close()
