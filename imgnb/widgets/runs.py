"""A studio's runs: one after another on a thread of their own, so that the kernel stays free for cells.

What comes of a run is told to a listener, on that thread. Not threaded, a run is done at once on the caller's.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..errors import Cancelled, ImgnbError
from ..events import Attempt, Cancel, Event, Failed, Finished, Partial, Progress, Replayed, Started
from ..generation import Order
from ..pictures import Preview, preview
from ..records import Generation
from .wording import in_words

Status = Literal["waiting", "running", "done", "failed", "stopped"]

EDGE = 768
"Pixels of an unfinished picture on the page."

KEPT = 8
"Runs that have ended and are still listed."

SHORT = 200
"Characters of a prompt in the list."

_TICK = 0.2


@dataclass
class Run:
    """One order on its way. `seen` is the newest unfinished picture, `shown` how many there were."""

    id: str
    order: Order
    status: Status = "waiting"
    stage: str = "waiting"
    began: float | None = None
    ended: float | None = None
    seen: Preview | None = field(default=None, repr=False)
    shown: int = 0
    result: Generation | None = None
    error: str = ""
    hint: str = ""
    failure: BaseException | None = field(default=None, repr=False)
    replayed: bool = False
    cancel: Cancel = field(default_factory=Cancel, repr=False)

    @property
    def over(self) -> bool:
        return self.status in ("done", "failed", "stopped")

    def to_dict(self) -> dict[str, Any]:
        """The run as plain JSON values, without pictures."""
        prompt = " ".join(self.order.request.prompt[: 2 * SHORT].split())
        until = self.ended or time.monotonic()
        return {
            "id": self.id,
            "prompt": prompt[:SHORT] + ("…" if len(prompt) > SHORT else ""),
            "edit": bool(self.order.request.images),
            "status": self.status,
            "stage": self.stage,
            "elapsed": round(until - self.began, 1) if self.began else 0.0,
            "shown": self.shown,
            "assets": [asset.sha256 for asset in self.result.assets] if self.result else [],
            "error": self.error[:2000],
            "hint": in_words(self.hint)[:1000],
            "replayed": self.replayed,
        }


class Listener(Protocol):
    """Who is told what comes of the runs."""

    def run_changed(self, run: Run) -> None: ...

    def run_seen(self, run: Run) -> None: ...

    def run_over(self, run: Run) -> None: ...


class Runs:
    """The queue. `meet` gives the events of an order, as a workspace does."""

    def __init__(self, meet: Callable[[Order, Cancel], Iterator[Event]], listener: Listener, *, threaded: bool) -> None:
        self._meet, self._listener, self._threaded = meet, listener, threaded
        self._queue: deque[Run] = deque()
        self._all: list[Run] = []
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._working = False

    def add(self, order: Order) -> Run:
        """Put an order at the end of the queue."""
        run = Run(f"run-{next(self._numbers)}", order)
        if not self._threaded:
            self._all.append(run)
            self._go(run)
            return run
        with self._changed:
            self._queue.append(run)
            self._all.append(run)
            start, self._working = not self._working, True
        if start:
            threading.Thread(target=self._work, name="imgnb-studio", daemon=True).start()
        self._listener.run_changed(run)
        return run

    @property
    def listed(self) -> tuple[Run, ...]:
        """What runs, waits, and has ended lately."""
        with self._changed:
            ended = [run for run in self._all if run.over]
            for run in ended[:-KEPT]:
                self._all.remove(run)
            return tuple(self._all)

    @property
    def busy(self) -> bool:
        with self._changed:
            return self._working

    def find(self, run_id: object) -> Run | None:
        return next((run for run in self.listed if run.id == run_id), None)

    def stop(self, *, now: bool) -> None:
        """Let none of those that wait begin; with `now`, end the one that runs as well."""
        # Under one lock: a run that begins between two looks would be seen by neither.
        with self._changed:
            running = [run for run in self._all if run.status == "running"]
            dropped = self._drop(lambda run: True)
        for run in dropped:
            self._listener.run_changed(run)
        for run in running if now else ():
            run.cancel.cancel()

    def take_out(self, run_id: object) -> None:
        """Let this one, which waits, not begin."""
        for run in self._drop(lambda run: run.id == run_id):
            self._listener.run_changed(run)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs or waits; False where that took longer. An interrupt ends the waiting, not the run."""
        until = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while self._working:
                if until is not None and time.monotonic() >= until:
                    return False
                self._changed.wait(_TICK)
        return True

    def forget(self, run_id: object) -> None:
        """List one that has ended no more."""
        with self._changed:
            self._all = [run for run in self._all if not (run.id == run_id and run.over)]

    def _drop(self, which: Callable[[Run], bool]) -> list[Run]:
        with self._changed:
            dropped = [run for run in self._queue if which(run)]
            for run in dropped:
                self._queue.remove(run)
                run.status, run.stage = "stopped", "not begun"
        return dropped

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._queue:
                    self._working = False
                    self._changed.notify_all()
                    break
                run = self._queue.popleft()
                run.status, run.stage = "running", "asking"
            self._go(run)
        self._listener.run_changed(run)

    def _go(self, run: Run) -> None:
        run.status, run.stage, run.began = "running", "asking", time.monotonic()
        self._listener.run_changed(run)
        try:
            run.cancel.check()
            for event in self._meet(run.order, run.cancel):
                self._take(run, event)
            if not run.over:
                _fail(run, RuntimeError("the run ended and did not say how"))
        except BaseException as exc:  # on a thread nobody would see it: the page says it
            _fail(run, exc)
        run.ended, run.seen = time.monotonic(), None
        self._listener.run_over(run)

    def _take(self, run: Run, event: Event) -> None:
        if isinstance(event, Partial):
            self._see(run, event)
        elif isinstance(event, Finished | Replayed):
            run.result, run.replayed = event.generation, isinstance(event, Replayed)
            run.status, run.stage = "done", "from the library" if run.replayed else "done"
        elif isinstance(event, Failed):
            _fail(run, event.error)
        elif stage := _stage(event):
            run.stage = stage
            self._listener.run_changed(run)

    def _see(self, run: Run, partial: Partial) -> None:
        try:
            run.seen = preview(partial.data, EDGE)
        except (ImgnbError, OSError):
            return  # an unfinished picture that cannot be shown is no loss
        run.shown += 1
        run.stage = f"preview {run.shown}"
        self._listener.run_seen(run)


def _stage(event: Event) -> str:
    if isinstance(event, Started):
        return f"sent to {event.route}"
    if isinstance(event, Attempt):
        again = f": once more, {event.retry_reason}" if event.retry_reason else ""
        return f"waiting for {event.route}{again}"
    return event.stage if isinstance(event, Progress) else ""


def _fail(run: Run, error: BaseException) -> None:
    run.failure = error
    if isinstance(error, Cancelled):
        run.status, run.stage = "stopped", "stopped"
        return
    run.status, run.stage = "failed", "failed"
    run.error = error.message if isinstance(error, ImgnbError) else f"{type(error).__name__}: {error}"
    run.hint = (error.hint or "") if isinstance(error, ImgnbError) else ""
