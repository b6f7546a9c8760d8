"""Running a generator of events on a thread while this one shows them, and stopping it when it is interrupted.

The thread that displays only waits on a queue and never joins: in a kernel, a thread that was joined while interrupted
is taken for dead and its output pipe is closed.
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..errors import Cancelled
from ..events import Cancel, Event, Failed, Finished, Partial, Replayed

TICK = 0.5
"Seconds between two updates of what is shown; more often is not seen and fills the message queue."

PATIENCE = 10.0
"Seconds that an interrupted run has to file what it has."

LAST = (Finished, Replayed, Failed)


class Viewer(Protocol):
    """Shows events; called on the thread that displays."""

    def show(self, event: Event) -> None: ...

    def tick(self) -> None: ...


def follow(run: Callable[[Cancel], Iterator[Event]], viewer: Viewer) -> Event:
    """Show the events of `run` until it ends and return the last: Finished, Replayed or Failed.

    An interrupt cancels the run and is returned as Failed(Cancelled). Any other error of the run is raised here.
    """
    running = _Running(run)
    try:
        last = running.watch(viewer)
    except KeyboardInterrupt:
        last = running.stop()
        viewer.show(last)
        if isinstance(last, Finished | Replayed):  # it was stored in the moment of the interrupt: stop all the same
            error = Cancelled("cancelled as it was done", generation=last.generation)
            return Failed(error, last.generation)
        return last
    if isinstance(last, _Raised):
        raise last.error
    return last


@dataclass(frozen=True)
class _Raised(Failed):
    """The run ended in an error that it did not announce."""


class _Running:
    """A run on a thread of its own, and what has come of it."""

    def __init__(self, run: Callable[[Cancel], Iterator[Event]]) -> None:
        self._run = run
        self._cancel = Cancel()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._last: Event | None = None

    def watch(self, viewer: Viewer) -> Event:
        """Show what comes until the last event. What is answered at once is never announced."""
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work,), name="imgnb-run", daemon=True).start()
        painted: float | None = None
        previewed = 0.0
        while True:
            due = painted is None
            for event in self._come(TICK if painted is None else painted + TICK - time.monotonic()):
                viewer.show(event)
                if isinstance(event, LAST):
                    return event
                # A preview is what people wait for: it is painted as it comes, unless another one was just now.
                due |= isinstance(event, Partial) and time.monotonic() - previewed >= TICK
                previewed = time.monotonic() if due and isinstance(event, Partial) else previewed
            if due or painted is None or time.monotonic() - painted >= TICK:
                viewer.tick()
                painted = time.monotonic()

    def stop(self) -> Event:
        """Cancel the run and return what it ends with; patience at its end, or a second interrupt, waits no longer."""
        try:
            self._cancel.cancel()
            until = time.monotonic() + PATIENCE
            while self._last is None and time.monotonic() < until:
                self._come(TICK)
        except KeyboardInterrupt:
            pass
        return self._last or Failed(Cancelled())

    def _work(self) -> None:
        try:
            for event in self._run(self._cancel):
                self._put(event)
            if self._last is None:
                raise RuntimeError("the run ended and did not say how")
        except BaseException as exc:  # handed over: it is raised on the thread that waits
            self._put(_Raised(exc))

    def _put(self, event: Event) -> None:
        # Kept here too: an interrupt can strike between taking it from the queue and showing it.
        if isinstance(event, LAST):
            self._last = event
        self._events.put(event)

    def _come(self, timeout: float) -> list[Event]:
        """All that has come; of several partials only the last, as the others would be painted over at once."""
        try:
            come = [self._events.get(timeout=max(0.0, timeout))]
        except queue.Empty:
            return []
        while not self._events.empty():
            come.append(self._events.get())
        partials = [event for event in come if isinstance(event, Partial)]
        kept = partials[-1] if partials and self._last is None else None
        return [event for event in come if not isinstance(event, Partial) or event is kept]
