"""A run in a terminal: one line on stderr that follows it, so that stdout stays for results."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TextIO

from ..events import Attempt, Event, Failed, Finished, Partial, Progress, Replayed, Started
from ..pictures.placeholder import elapsed


class TerminalLine:
    """Shows events as one line that is written over; on anything but a terminal it says nothing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self.active = self._stream.isatty()
        self._started = time.monotonic()
        self._stage = "starting"

    def show(self, event: Event) -> None:
        """Take note of an event; the last one wipes the line."""
        if isinstance(event, Started):
            self._stage = f"{event.route} is asked"
        elif isinstance(event, Attempt):
            self._stage = stage_of(event)
        elif isinstance(event, Progress):
            self._stage = event.stage
        elif isinstance(event, Partial):
            self._stage = f"preview {event.index + 1}"
        elif isinstance(event, Finished | Replayed | Failed):
            self._write("")
            return
        self.tick()

    def tick(self) -> None:
        """Write the line with the time as it is now."""
        self._write(f"imgnb: {self._stage} · {elapsed(time.monotonic() - self._started)}")

    def clear(self) -> None:
        """Wipe the line, so that something else can be printed."""
        self._write("")

    def _write(self, text: str) -> None:
        if self.active:
            self._stream.write(f"\r\x1b[2K{text[: self._width()]}")
            self._stream.flush()

    def _width(self) -> int | None:
        """What fits on one line: a longer text would wrap, and could not be written over."""
        with suppress(OSError, ValueError):
            return (os.get_terminal_size(self._stream.fileno()).columns or 80) - 1
        return None


def stage_of(attempt: Attempt) -> str:
    """What to say of a call that is about to be made."""
    if attempt.retry_reason:
        return f"attempt {attempt.number} after {attempt.retry_reason.replace('_', ' ')}"
    return f"{attempt.route} is asked"
