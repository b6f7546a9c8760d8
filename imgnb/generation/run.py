"""One claimed generation on its way to being stored: call, keep what comes, file how it ended.

Nothing the user paid for is lost: bytes first, row second, display last.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal, cast

from ..errors import Cancelled, ImgnbError, LibraryError
from ..events import Answered, Attempt, Cancel, Event, Failed, Finished, Image, Partial
from ..library import Library, Outcome
from ..providers.provider import Call, Provider
from ..providers.refusals import StreamingRefused
from ..providers.routes import LOCAL, Key
from ..records import Asset, AttemptRecord, Generation
from ..request.capabilities import Capabilities
from ..request.prices import FREE, UNKNOWN, Cost, price_usage
from .outcome import effective, error_fields, flaw, maybe_billed, mismatches
from .plan import Plan
from .retries import Policy, calls


class Run:
    """Carries out a plan under the id of its generation."""

    def __init__(
        self,
        library: Library,
        provider: Provider,
        policy: Policy,
        capabilities: Capabilities,
        plan: Plan,
        key: Key | None,
        generation_id: str,
        cancel: Cancel,
    ) -> None:
        self._library, self._provider, self._policy, self._capabilities = library, provider, policy, capabilities
        self._plan, self._key, self._id, self._cancel = plan, key, generation_id, cancel
        self._kept: dict[int, Asset] = {}
        self._answered: Answered | None = None
        self._notes: list[str] = list(plan.warnings)
        self._stream = plan.stream
        self._attempts = 0
        self._partials = 0
        self._started = time.monotonic()

    def events(self) -> Iterator[Event]:
        """Call, keep what comes, and file the outcome, whatever it is."""
        try:
            yield from self._calls()
            if flawed := flaw(self._assets):
                raise flawed
        except (ImgnbError, KeyboardInterrupt, GeneratorExit) as exc:
            self._cancel.cancel()  # whoever still reads for this run may stop
            error = exc if isinstance(exc, ImgnbError) else Cancelled(self._stopped())
            error.generation = self._lost(error)
            if isinstance(exc, GeneratorExit):
                raise
            yield Failed(error, error.generation)
            return
        except Exception as exc:
            self._lost(ImgnbError(f"{type(exc).__name__}: {exc}"))
            raise
        # From here on the run has succeeded: should filing fail, what is written down is a success that the library
        # completes when it can, and nothing may turn it into a failure.
        yield self._filed()

    def _calls(self) -> Iterator[Event]:
        failed: ImgnbError | None = None
        before = time.monotonic()
        for attempt in calls(self._policy, self._cancel, lambda: not self._kept):
            if failed is not None and maybe_billed(failed) and not self._plan.route.free:
                self._notes.append(f"asked again after a failure ({failed.kind}): the first call may be billed too")
            reason, wait = (failed.kind, round(time.monotonic() - before, 3)) if failed else (None, 0.0)
            with attempt:
                yield from self._streamed_or_not(reason, wait)
            outcome = attempt.retry_state.outcome
            failed, before = cast(ImgnbError | None, outcome.exception() if outcome else None), time.monotonic()

    def _streamed_or_not(self, reason: str | None, wait: float) -> Iterator[Event]:
        try:
            yield from self._attempt(reason, wait)
        except StreamingRefused as exc:
            if not self._stream:
                raise
            self._stream = False
            self._notes.append(f"streaming was turned down ({exc.message}); asked again without it")
            yield from self._attempt("streaming", 0.0)

    def _attempt(self, reason: str | None, wait: float) -> Iterator[Event]:
        """One HTTP call, on record from before it is made."""
        route, endpoint = self._plan.route.name, self._provider.endpoint(self._plan.request)
        self._attempts += 1
        record = AttemptRecord(
            self._attempts, route, endpoint, _now(), retry_reason=reason, wait=wait, streamed=self._stream
        )
        self._library.record_attempt(self._id, record)
        yield Attempt(self._attempts, route, endpoint, reason, wait)
        started = time.monotonic()
        try:
            yield from self._answers()
            answered = self._answered or Answered()
            record = replace(record, status=answered.status, request_id=answered.request_id, streamed=answered.streamed)
        except BaseException as exc:
            record = replace(
                record,
                status=getattr(exc, "status", None),
                request_id=getattr(exc, "request_id", None),
                error_kind=getattr(exc, "kind", "error" if isinstance(exc, Exception) else "cancelled"),
                error_message=getattr(exc, "message", None),
            )
            raise
        finally:
            # The call was made and what it brought is kept: that its row cannot be written now is no failure.
            with suppress(LibraryError):
                self._library.record_attempt(self._id, replace(record, seconds=round(time.monotonic() - started, 4)))

    def _answers(self) -> Iterator[Event]:
        plan = self._plan
        call = Call(
            request=plan.request if self._stream else replace(plan.request, stream=None, partial_images=None),
            route=plan.route,
            model=plan.model,
            key=self._key,
            open_sink=self._library.open_sink(self._id),
            cancel=self._cancel,
            stream=self._stream,
            previews=plan.order.previews,
        )
        answers = cast(Generator[Event, None, None], self._provider.answer(call))
        try:
            for event in answers:
                if isinstance(event, Answered):
                    self._answered = event
                    continue
                if isinstance(event, Image):
                    self._kept[event.index] = self._library.keep(self._id, event)
                self._partials += isinstance(event, Partial)
                yield event
        finally:
            answers.close()  # the connection, too

    def _filed(self) -> Finished | Failed:
        came = effective(self._answered, self._assets)
        differing = mismatches(self._plan.order.request, came, self._assets)
        outcome = replace(self._outcome("succeeded"), effective=came, mismatches=differing)
        generation = None
        try:
            generation = self._library.finish(self._id, outcome)
            if self._plan.order.name:
                self._library.name(generation.asset, self._plan.order.name)
        except LibraryError as exc:
            exc.generation = generation
            return Failed(exc, generation)
        return Finished(generation)

    def _lost(self, error: ImgnbError | Cancelled) -> Generation | None:
        """File what came although the run failed; where even that fails, the next open of the library finishes it."""
        if self._answered is None:
            status = getattr(error, "status", None)
            self._answered = Answered(
                status=status,
                request_id=getattr(error, "request_id", None),
                partials_received=self._partials,
                streamed=self._stream and status == 200,
            )
        outcome = self._outcome("cancelled" if isinstance(error, Cancelled) else "failed")
        came = effective(self._answered, self._assets) if self._kept else {}
        billing = None if self._cost() is FREE or not maybe_billed(error) else "the provider may have billed this call"
        try:
            return self._library.finish(
                self._id, replace(outcome, effective=came, billing_note=billing, **error_fields(error))
            )
        except LibraryError:
            return None

    @property
    def _assets(self) -> list[Asset]:
        return [asset for _, asset in sorted(self._kept.items())]

    def _outcome(self, status: Literal["succeeded", "failed", "cancelled"]) -> Outcome:
        cost = self._cost()
        facts: Mapping[str, Any] = {"route_owner": LOCAL} if self._answered and self._answered.sketch else {}
        return Outcome(
            status=status,
            answered=self._answered,
            notes=tuple(dict.fromkeys(self._notes)),
            cost=cost.amount,
            cost_basis=cost.basis,
            currency=cost.currency,
            seconds=round(time.monotonic() - self._started, 4),
            **facts,
        )

    def _cost(self) -> Cost:
        """What the call cost: as the provider counted it, else as it was estimated where a picture came."""
        answered, route = self._answered, self._plan.route
        if route.free or (answered and answered.sketch):
            return FREE
        if not route.openai_prices:
            return UNKNOWN
        cost = price_usage(answered.usage if answered else None, self._plan.model, self._capabilities)
        return cost if cost.amount is not None or not self._kept else self._plan.estimate

    def _stopped(self) -> str:
        came = f", {len(self._kept)} of its pictures kept" if self._kept else ""
        return f"cancelled after {time.monotonic() - self._started:.1f} s{came}"


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="milliseconds")
