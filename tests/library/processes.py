"""Other kernels, as forked processes: nothing is imported again, so that hundreds can be killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, event

TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.link"}
KILLED = -signal.SIGKILL


class Child:
    """A process that runs `act(say)`; what it says arrives here line by line, even if it is killed afterwards."""

    def __init__(self, act: Callable[[Callable[[str], None]], None]) -> None:
        reading, writing = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            status = 1
            try:
                act(lambda line: os.write(writing, f"{line}\n".encode()) and None)
                status = 0
            except BaseException as error:
                os.write(writing, f"error: {type(error).__name__}: {error}".replace("\n", " ").encode())
            finally:
                os._exit(status)
        os.close(writing)
        self._lines = os.fdopen(reading)

    def hear(self) -> str:
        return self._lines.readline().strip()

    def end(self) -> tuple[int, list[str]]:
        """Wait for it; the exit status, or minus the signal, and the lines not yet heard."""
        with self._lines:
            lines = self._lines.read().splitlines()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), lines

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.end()


@contextmanager
def child(act: Callable[[Callable[[str], None]], None]) -> Iterator[Child]:
    """A child that is killed at the end of the block, wherever it is."""
    process = Child(act)
    try:
        yield process
    finally:
        process.kill()


def die_at(step: int, folder: Path) -> None:
    """Have this process killed just before it touches a file in the folder, or commits, for the step-th time."""
    inside, count = str(folder), 0

    def touch(*_: object) -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        if name in TOUCHES and any(inside in str(argument) for argument in arguments[:2]):
            touch()

    sys.addaudithook(hook)
    event.listen(Engine, "commit", touch)
