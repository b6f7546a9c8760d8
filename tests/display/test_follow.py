"""Following a run: what is shown, on which thread, and how it is stopped."""

from __future__ import annotations

import contextvars
import signal
import threading

import pytest

from imgnb.display.follow import follow
from imgnb.errors import Cancelled
from imgnb.events import Failed, Finished, Partial, Progress

DONE = Finished("a generation")


class Witness:
    """Writes down what it is shown, and on which threads."""

    def __init__(self):
        self.events, self.threads = [], set()

    def show(self, event):
        self.events.append(event)
        self.threads.add(threading.get_ident())

    def tick(self):
        self.threads.add(threading.get_ident())


def interrupt():
    """What a kernel's interrupt does: SIGINT for the main thread."""
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_events_are_shown_in_order_on_the_thread_that_waits(capfd):
    """The run has a thread of its own; whatever is shown is shown here, and nothing is printed."""
    witness, ran = Witness(), []

    def run(cancel):
        ran.append(threading.get_ident())
        yield Progress("waiting")
        yield Progress("drawing")
        yield DONE

    assert follow(run, witness) is DONE
    assert witness.events == [Progress("waiting"), Progress("drawing"), DONE]
    assert witness.threads == {threading.get_ident()}
    assert ran != [threading.get_ident()]
    assert capfd.readouterr() == ("", "")


def test_the_run_sees_the_callers_context():
    """Context variables reach the thread, so that a kernel knows which cell it works for."""
    cell = contextvars.ContextVar("cell")
    cell.set("seventh")

    def run(cancel):
        yield Finished(cell.get())

    assert follow(run, Witness()) == Finished("seventh")


def test_a_failure_is_returned_and_an_error_is_raised(capfd):
    """What a run announces is an event; what it did not expect arrives as the exception it is, once shown."""
    announced = Failed(ValueError("announced"))

    def failing(cancel):
        yield announced

    def broken(cancel):
        yield Progress("waiting")
        raise ValueError("unexpected")

    witness = Witness()
    assert follow(failing, Witness()) is announced
    with pytest.raises(ValueError, match="unexpected"):
        follow(broken, witness)
    assert isinstance(witness.events[-1], Failed)
    assert capfd.readouterr() == ("", "")


def test_a_run_without_an_end_is_an_error():
    """Nobody waits forever for a last event that does not come."""

    def run(cancel):
        yield Progress("waiting")

    with pytest.raises(RuntimeError, match="did not say how"):
        follow(run, Witness())


def test_an_interrupt_cancels_the_run():
    """The run is asked to stop, and what it says then is shown and returned."""
    stopped = Failed(Cancelled("cancelled after 1.0 s"))

    def run(cancel):
        yield Progress("waiting")
        interrupt()
        try:
            cancel.sleep(600)
        except Cancelled:
            yield stopped

    witness = Witness()
    assert follow(run, witness) is stopped
    assert witness.events[-1] is stopped


def test_a_picture_stored_at_the_moment_of_the_interrupt_is_shown():
    """It was paid for: it is shown, and the cell stops all the same."""

    def run(cancel):
        interrupt()
        yield DONE

    witness = Witness()
    last = follow(run, witness)

    assert isinstance(last, Failed)
    assert isinstance(last.error, Cancelled)
    assert last.generation == DONE.generation
    assert witness.events[-1] is DONE


def test_an_interrupt_while_the_end_is_shown_keeps_it():
    """The end has come already: it is shown whole, and nobody waits for another."""

    class Interrupted(Witness):
        def show(self, event):
            super().show(event)
            if len(self.events) == 1:
                raise KeyboardInterrupt

    def run(cancel):
        yield DONE

    witness = Interrupted()
    assert isinstance(follow(run, witness), Failed)
    assert witness.events == [DONE, DONE]


def test_a_second_interrupt_does_not_wait():
    """A run that does not stop is left to itself."""
    go_on = threading.Event()

    def run(cancel):
        interrupt()
        try:
            cancel.sleep(600)
        except Cancelled:
            interrupt()
        go_on.wait(600)
        yield DONE

    last = follow(run, Witness())
    go_on.set()

    assert isinstance(last, Failed)
    assert isinstance(last.error, Cancelled)


def test_of_waiting_partials_only_the_last_is_shown():
    """The others would be painted over at once."""
    all_sent, seen = threading.Event(), threading.Event()

    class Slow(Witness):
        def show(self, event):
            super().show(event)
            if isinstance(event, Progress):
                all_sent.wait(600)
            else:
                seen.set()

    def run(cancel):
        yield Progress("drawing")
        yield from (Partial(index, b"") for index in range(5))
        all_sent.set()
        seen.wait(600)
        yield DONE

    witness = Slow()
    follow(run, witness)

    assert [event.index for event in witness.events if isinstance(event, Partial)] == [4]
