"""When a failed call is made again, and how long is waited before it.

Exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), by
tenacity; a provider's own Retry-After goes before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ..errors import ProviderError
from ..events import Cancel
from ..providers.refusals import MOST_ASKED

LONGEST_WAIT = 30.0
"Seconds; a provider's Retry-After may be longer, up to what nobody waits for."


@dataclass(frozen=True)
class Policy:
    """How often a call is made, and the seconds that the first wait is at most."""

    attempts: int = 4
    first_wait: float = 2.0
    total: float = 900.0
    "Seconds that all calls, and the waits between them, may take together."


def calls(policy: Policy, cancel: Cancel, may_retry: Callable[[], bool], *, until: float | None = None) -> Retrying:
    """An iterator of tenacity attempts; `may_retry` has the last word, waits end when `cancel` says so.

    `until` (time.monotonic) is when all must be over: after the policy's total, if it is not given.
    """
    return Retrying(
        stop=_stop(policy, time.monotonic() + policy.total if until is None else until),
        wait=_wait(policy),
        retry=retry_if_exception(lambda exc: isinstance(exc, ProviderError) and exc.retried and may_retry()),
        sleep=cancel.sleep,
        reraise=True,
    )


def _stop(policy: Policy, until: float) -> Callable[[RetryCallState], bool]:
    enough = stop_after_attempt(policy.attempts)

    def stop(state: RetryCallState) -> bool:
        over = time.monotonic() + state.upcoming_sleep >= until
        error = state.outcome.exception() if state.outcome else None
        too_long = (getattr(error, "retry_after", None) or 0.0) >= MOST_ASKED
        return enough(state) or too_long or over

    return stop


def _wait(policy: Policy) -> Callable[[RetryCallState], float]:
    backoff = wait_random_exponential(multiplier=policy.first_wait, max=max(LONGEST_WAIT, policy.first_wait))

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None)
        return asked if asked is not None else backoff(state)

    return wait
