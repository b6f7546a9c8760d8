"""The line in a terminal, written to a real one."""

from __future__ import annotations

import io
import os
import pty
import termios

import pytest

from imgnb.display.terminal import TerminalLine
from imgnb.events import Attempt, Finished, Partial, Progress, Started


@pytest.fixture
def terminal():
    """A terminal of 80 columns: what is written to, and a function that reads what arrived."""
    reading, writing = pty.openpty()
    termios.tcsetwinsize(writing, (24, 80))
    with open(writing, "w", encoding="utf-8") as stream:

        def arrived() -> str:
            """All that was written so far: a terminal hands over one write at a time, or several."""
            stream.write("<END>")
            stream.flush()
            taken = b""
            while not taken.endswith(b"<END>"):
                taken += os.read(reading, 65536)
            return taken.decode().removesuffix("<END>")

        yield stream, arrived
    os.close(reading)


def test_the_line_is_written_over(terminal):
    """Each stage takes the place of the one before, and nothing is left at the end."""
    stream, arrived = terminal
    line = TerminalLine(stream)
    for event in (
        Started("01", "openai", None),
        Attempt(2, "openai", "x", retry_reason="rate_limit"),
        Progress("drawing"),
        Partial(0, b""),
        Finished(None),
    ):
        line.show(event)

    _, *lines = arrived().split("\r\x1b[2K")
    assert [text.partition(" · ")[0] for text in lines] == [
        "imgnb: openai is asked",
        "imgnb: attempt 2 after rate limit",
        "imgnb: drawing",
        "imgnb: preview 1",
        "",
    ]


def test_a_long_line_is_cut(terminal):
    """One that wrapped could not be written over."""
    stream, arrived = terminal

    TerminalLine(stream).show(Progress("waiting " * 40))

    assert len(arrived().removeprefix("\r\x1b[2K")) == 79


def test_a_file_gets_nothing():
    """Where nobody watches there is no progress."""
    stream = io.StringIO()
    line = TerminalLine(stream)

    line.show(Progress("drawing"))
    line.tick()

    assert stream.getvalue() == ""
