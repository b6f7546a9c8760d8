"""Work is done in order, on one thread of its own, and not after the end."""

from __future__ import annotations

import threading

from imgnb.widgets.desk import Desk

PATIENCE = 30


def test_jobs_are_done_in_order_on_one_thread():
    """Whatever thread brings them, one thread does them."""
    desk, done, threads = Desk(threaded=True), [], set()

    for number in range(100):
        desk.do(lambda number=number: (done.append(number), threads.add(threading.get_ident())))

    assert desk.settle(PATIENCE)
    assert done == list(range(100))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_can_wait_waits_and_is_done_once():
    """`later` comes after all that was asked for, and the newest of a name stands for those before it."""
    desk, done, begin = Desk(threaded=True), [], threading.Event()
    desk.do(lambda: begin.wait(PATIENCE))
    for number in range(5):
        desk.later("twin", lambda number=number: done.append(f"twin {number}"))
    desk.later("other", lambda: done.append("other"))
    desk.do(lambda: done.append("asked"))

    begin.set()

    assert desk.settle(PATIENCE)
    assert done == ["asked", "twin 4", "other"]


def test_what_is_to_come_later_waits_its_time_and_keeps_nobody():
    """With `after`, other work goes first however long it takes to come; whoever waits for the end has it at once."""
    desk, done, asked, begin = Desk(threaded=True), [], threading.Event(), threading.Event()
    desk.do(lambda: begin.wait(PATIENCE))
    desk.later("twin", lambda: done.append("twin"), after=PATIENCE * 100)
    desk.later("twin", lambda: done.append("newer twin"))
    desk.later("other", lambda: done.append("other"))
    desk.do(lambda: (done.append("asked"), asked.set()))
    begin.set()

    assert asked.wait(PATIENCE)
    assert desk.settle(PATIENCE)
    assert done == ["asked", "other", "newer twin"]


def test_nothing_is_done_after_the_end():
    """What waits is dropped, what comes is not taken, and the thread ends."""
    desk, done, begun, begin, running = Desk(threaded=True), [], threading.Event(), threading.Event(), []
    desk.do(lambda: (running.append(threading.current_thread()), begun.set(), begin.wait(PATIENCE)))
    assert begun.wait(PATIENCE)
    desk.do(lambda: done.append("waited"))
    desk.later("twin", lambda: done.append("twin"))

    desk.close()
    desk.do(lambda: done.append("late"))
    desk.later("twin", lambda: done.append("late twin"))
    begin.set()

    assert desk.settle(PATIENCE)
    running[0].join(PATIENCE)
    assert not running[0].is_alive()
    assert done == []


def test_without_a_thread_it_is_done_at_once():
    """Where nobody watches, whoever brings work does it."""
    desk, threads = Desk(threaded=False), []

    desk.do(lambda: threads.append(threading.get_ident()))
    desk.later("twin", lambda: threads.append(threading.get_ident()))

    assert threads == [threading.get_ident()] * 2


def test_work_goes_on_after_a_pause(monkeypatch):
    """The thread ends when there is nothing to do; the next job starts another."""
    monkeypatch.setattr("imgnb.widgets.desk.IDLE", 0.01)
    desk, threads = Desk(threaded=True), []
    desk.do(lambda: threads.append(threading.current_thread()))
    assert desk.settle(PATIENCE)
    threads[0].join(PATIENCE)
    assert not threads[0].is_alive()

    desk.do(lambda: threads.append(threading.current_thread()))

    assert desk.settle(PATIENCE)
    assert len(threads) == 2
    desk.close()


def test_a_job_that_fails_does_not_end_the_work(caplog):
    """It is logged, and the next is done."""
    desk, done = Desk(threaded=True), []

    desk.do(lambda: 1 // 0)
    desk.do(lambda: done.append("next"))

    assert desk.settle(PATIENCE)
    assert done == ["next"]
    assert "ZeroDivisionError" in caplog.text
    desk.close()
