"""One thread that does a panel's work, a piece at a time, so that no callback of the front end ever blocks.

Which thread a comm message arrives on is not fixed; whatever it asks for is put here. What only has to be done once when
there is time, such as painting the static twin anew, waits until nothing else does.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

Job = Callable[[], object]

IDLE = 5.0
"Seconds without work after which the thread ends; the next piece of work starts another."


class _Later(NamedTuple):
    job: Job
    due: float


class Desk:
    """Does jobs in the order in which they come. Not `threaded`, it does each at once, on the thread that brings it."""

    def __init__(self, *, threaded: bool) -> None:
        self._threaded = threaded
        self._jobs: deque[Job] = deque()
        self._later: dict[str, _Later] = {}
        self._changed = threading.Condition()
        self._running = False
        self._closed = False

    def do(self, job: Job) -> None:
        """Have this done; what a job raises is only logged. After `close` nothing is done any more."""
        if not self._threaded:
            job()
            return
        with self._changed:
            if not self._closed:
                self._jobs.append(job)
                self._wake()

    def later(self, what: str, job: Job, after: float = 0.0) -> None:
        """Have this done when nothing else waits, and not before so many seconds have passed.

        It takes the place of another of the same name that was not done yet, and its time.
        """
        if not self._threaded:
            job()
            return
        with self._changed:
            if not self._closed:
                due = self._later[what].due if what in self._later else monotonic() + after
                self._later[what] = _Later(job, due)
                self._wake()

    def close(self) -> None:
        """Do nothing more; what is being done is finished."""
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._later.clear()
            self._changed.notify_all()

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until there is nothing left to do; False where that took longer. Not to be called from a job."""
        with self._changed:
            self._hurried += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: not (self._jobs or self._later or self._busy), timeout)
            finally:
                self._hurried -= 1

    _busy = False
    _hurried = 0
    "How many wait until all is done: what could be done later is done now."

    def _wake(self) -> None:
        if not self._running:
            self._running = True
            threading.Thread(target=self._work, name="imgnb-desk", daemon=True).start()
        self._changed.notify_all()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:  # one that fails must not keep all that come after it from being done
                logging.getLogger(__name__).exception("what a widget was to do failed")
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> Job | None:
        with self._changed:
            while self._changed.wait_for(lambda: self._jobs or self._later or self._closed, IDLE):
                if self._jobs:
                    self._busy = True
                    return self._jobs.popleft()
                if not self._later:
                    break
                what = min(self._later, key=lambda name: self._later[name].due)
                early = self._later[what].due - monotonic()
                if early <= 0 or self._hurried:
                    self._busy = True
                    return self._later.pop(what).job
                self._changed.wait(early)
            self._running = False
            return None
