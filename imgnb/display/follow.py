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
from typing import Protocol

from ..errors import Cancelled
from ..events import Cancel, Event, Failed, Finished, Partial, Replayed

TICK = 0.5
"Seconds between two updates of what is shown; more often is not seen and fills the message queue."

PATIENCE = 10.0
"Seconds that an interrupted run has to file what it has."


class Viewer(Protocol):
    """Shows events; called on the thread that displays."""

    def show(self, event: Event) -> None: ...

    def tick(self) -> None: ...


def follow(run: Callable[[Cancel], Iterator[Event]], viewer: Viewer) -> Event:
    """Show the events of `run` until it ends and return the last: Finished, Replayed or Failed.

    An interrupt cancels the run and is returned as Failed(Cancelled). Any other error of the run is raised here.
    """
    cancel = Cancel()
    events = _started(run, cancel)
    try:
        return _watch(events, viewer)
    except KeyboardInterrupt:
        cancel.cancel()
        last = _rest(events) or Failed(Cancelled())
        if isinstance(last, Finished | Replayed):
            viewer.show(last)  # it was stored in the moment of the interrupt: show it, and stop all the same
            error = Cancelled("cancelled as it was done", generation=last.generation)
            return Failed(error, last.generation)
        viewer.show(last)
        return last


def _started(run: Callable[[Cancel], Iterator[Event]], cancel: Cancel) -> queue.SimpleQueue[Event | BaseException]:
    events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            for event in run(cancel):
                events.put(event)
        except BaseException as exc:  # handed over: it is raised on the thread that waits
            events.put(exc)

    context = contextvars.copy_context()
    threading.Thread(target=lambda: context.run(work), name="imgnb-run", daemon=True).start()
    return events


def _watch(events: queue.SimpleQueue[Event | BaseException], viewer: Viewer) -> Event:
    painted = 0.0
    viewer.tick()
    while True:
        try:
            waiting = _drained(events, events.get(timeout=TICK))
        except queue.Empty:
            waiting = []
        for event in waiting:
            if isinstance(event, BaseException):
                raise event
            viewer.show(event)
            if isinstance(event, Finished | Replayed | Failed):
                return event
        if time.monotonic() - painted >= TICK:
            viewer.tick()
            painted = time.monotonic()


def _drained(
    events: queue.SimpleQueue[Event | BaseException], first: Event | BaseException
) -> list[Event | BaseException]:
    """All that waits; of several partials only the last, as the others would be painted over at once."""
    waiting = [first]
    while not events.empty():
        waiting.append(events.get())
    partials = [event for event in waiting if isinstance(event, Partial)]
    done = any(isinstance(event, Finished | Replayed | Failed) for event in waiting)
    kept = partials[-1:] if partials and not done else []
    return [event for event in waiting if not isinstance(event, Partial) or event in kept]


def _rest(events: queue.SimpleQueue[Event | BaseException]) -> Event | None:
    """What a cancelled run ends with, if it ends in time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            event = events.get(timeout=TICK)
        except queue.Empty:
            continue
        if isinstance(event, BaseException):
            return Failed(event)
        if isinstance(event, Finished | Replayed | Failed):
            return event
    return None
