"""When a failed call is made again, and how long is waited before it."""

from __future__ import annotations

import time
from contextlib import suppress
from email.utils import formatdate

import pytest

from imgnb.errors import ConnectionFailed, KeyRefused, ProviderError, RateLimited, ServerFailed
from imgnb.events import Cancel
from imgnb.generation.retries import Policy, calls
from imgnb.providers.refusals import refusal, retry_after


class NoWaiting(Cancel):
    """Keeps how long would have been waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.check()


def attempt(policy: Policy, *errors: ProviderError, may_retry: bool = True) -> tuple[int, list[float]]:
    """How many calls were made while these errors came, and the waits between them."""
    cancel, made = NoWaiting(), 0
    with suppress(*{type(error) for error in errors}):
        for one in calls(policy, cancel, lambda: may_retry):
            with one:
                made += 1
                if made <= len(errors):
                    raise errors[made - 1]
    return made, cancel.waits


SLOW_DOWN = ServerFailed("busy")


def test_waits_double_with_full_jitter() -> None:
    """The n-th wait lies anywhere between nothing and the first wait doubled n times, never above half a minute."""
    many = [attempt(Policy(attempts=9, first_wait=2.0), *[SLOW_DOWN] * 9)[1] for _ in range(200)]

    for number, waits in enumerate(zip(*many, strict=True)):
        most = min(2.0 * 2**number, 30.0)
        assert 0 <= min(waits) < most / 4
        assert most * 3 / 4 < max(waits) <= most


def test_the_provider_says_how_long_to_wait() -> None:
    """Retry-After goes before any backoff."""
    assert attempt(Policy(), RateLimited("slow", retry_after=7.5)) == (2, [7.5])
    assert attempt(Policy(), RateLimited("now", retry_after=0.0)) == (2, [0.0])


def test_no_wait_goes_beyond_the_total() -> None:
    """A call is not made again when the wait for it would end after the deadline."""
    assert attempt(Policy(total=60), RateLimited("slow", retry_after=61)) == (1, [])


@pytest.mark.parametrize("error", [KeyRefused("no"), ProviderError("odd")], ids=["refused", "unknown"])
def test_a_refusal_is_final(error: ProviderError) -> None:
    """What would be refused again is not sent again."""
    assert attempt(Policy(), error) == (1, [])


def test_nothing_is_repeated_once_something_came() -> None:
    """After a picture has come whole, even a failure that may pass is final."""
    assert attempt(Policy(), ConnectionFailed("broke"), may_retry=False) == (1, [])


def failing_calls(policy: Policy, error: ProviderError) -> None:
    for one in calls(policy, NoWaiting(), lambda: True):
        with one:
            raise error


def test_the_last_error_is_what_the_caller_sees() -> None:
    """When attempts are used up, the provider's own error comes out, not one of the retrying."""
    with pytest.raises(ServerFailed) as caught:
        failing_calls(Policy(attempts=2), SLOW_DOWN)

    assert caught.value is SLOW_DOWN


@pytest.mark.parametrize("attempts", [1, 3])
def test_attempts_are_counted(attempts: int) -> None:
    """No more calls are made than the policy says."""
    made, waits = attempt(Policy(attempts=attempts), *[SLOW_DOWN] * attempts)

    assert (made, len(waits)) == (attempts, attempts - 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None), ("", None), ("2", 2.0), ("0.5", 0.5), ("-3", 0.0), ("99999999", 3600.0), ("nan", None),
        ("inf", None), ("soon", None), (formatdate(time.time() - 60, usegmt=True), 0.0),
        (formatdate(time.time() + 86_400, usegmt=True), 3600.0), ("Wed, 99 Foo 2026", None),
    ],
    ids=["none", "empty", "seconds", "half", "negative", "years", "nan", "inf", "a word", "past", "tomorrow", "no date"],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_date(text: str | None, expected: float | None) -> None:
    """Seconds and HTTP dates are understood, the absurd is bounded, the unreadable says nothing."""
    assert retry_after(text) == expected


def test_a_date_is_counted_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A date says how long is left until then."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)

    assert refusal(429, {"retry-after": formatdate(1_800_000_042, usegmt=True)}, b"").retry_after == 42.0
