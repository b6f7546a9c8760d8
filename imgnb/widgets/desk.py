"""One thread that does a panel's work, a piece at a time, so that no callback of the front end ever blocks.

Which thread a comm message arrives on is not fixed; whatever it asks for is put here. What only has to be done once when
there is time, such as painting the static twin anew, waits until nothing else does.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[], object]

IDLE = 5.0
"Seconds without work after which the thread ends; the next piece of work starts another."


class Desk:
    """Does jobs in the order in which they come. Not `threaded`, it does each at once, on the thread that brings it."""

    def __init__(self, *, threaded: bool) -> None:
        self._threaded = threaded
        self._jobs: deque[Job] = deque()
        self._later: dict[str, Job] = {}
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

    def later(self, what: str, job: Job) -> None:
        """Have this done when nothing else waits, in the place of another of the same name that was not done yet."""
        if not self._threaded:
            job()
            return
        with self._changed:
            if not self._closed:
                self._later[what] = job
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
            return self._changed.wait_for(lambda: not (self._jobs or self._later or self._busy), timeout)

    _busy = False

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
            self._changed.wait_for(lambda: self._jobs or self._later or self._closed, IDLE)
            if self._jobs:
                job = self._jobs.popleft()
            elif self._later:
                job = self._later.pop(next(iter(self._later)))
            else:
                self._running = False
                return None
            self._busy = True
            return job
