"""Long work in a terminal: one line on stderr with a bar, the speed and what remains, redrawn a few times a second."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TextIO

REDRAWS = 0.1
"Seconds between two redraws."
WIDTH = 24


class ProgressBar:
    """Shows how far work has come; on anything but a terminal it says nothing. Use it as a context manager."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._active = self._stream.isatty()
        self._stage = ""
        self._begun = self._drawn = 0.0
        self._first = 0

    def show(self, stage: str, done: int = 0, total: int = 0, in_bytes: bool = False) -> None:
        """Draw the line, if it is time to."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._begun, self._first, self._drawn = stage, now, done, 0.0
        if self._active and now - self._drawn >= REDRAWS:
            self._drawn = now
            self._write(line(stage, done, total, in_bytes, now - self._begun, self._first))

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._active:
            self._write("")

    def _write(self, text: str) -> None:
        width = 79
        with suppress(OSError, ValueError):
            width = (os.get_terminal_size(self._stream.fileno()).columns or 80) - 1
        self._stream.write(f"\r\x1b[2K{text[:width]}")
        self._stream.flush()


def line(stage: str, done: int, total: int, in_bytes: bool, seconds: float, first: int = 0) -> str:
    """The text of the line. What was done before (`first`) says nothing of the speed."""
    speed = (done - first) / seconds if seconds > 0.5 else 0.0
    said = [f"{stage}:", amount(done, in_bytes)]
    if total:
        share = min(done / total, 1.0)
        filled = round(share * WIDTH)
        said = [f"{stage}", f"[{'#' * filled}{'.' * (WIDTH - filled)}]", f"{share:4.0%}", f"{amount(done, in_bytes)} of {amount(total, in_bytes)}"]  # fmt: skip
    if speed:
        said.append(f"{amount(round(speed), in_bytes)}/s")
        if total > done:
            said.append(f"{duration((total - done) / speed)} left")
    return "imgnb: " + " ".join(said)


def amount(number: int, in_bytes: bool) -> str:
    """A number of things, or bytes in a unit that can be read."""
    if not in_bytes:
        return f"{number:,}"
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def duration(seconds: float) -> str:
    """How long something takes, as it is said."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
