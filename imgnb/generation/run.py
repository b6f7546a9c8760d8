"""One claimed generation on its way to being stored: call, keep what comes, file how it ended.

Nothing the user paid for is lost: bytes first, row second, display last.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from ..errors import BudgetExceeded, Cancelled, ImgnbError, LibraryError, PolicyRefused, ProviderError, RequestRefused
from ..events import Answered, Attempt, Cancel, Event, Failed, Finished, Image, Partial, Progress
from ..library import BILLED, Outcome
from ..providers.keys import Key
from ..providers.provider import Call, Provider
from ..providers.routes import LOCAL
from ..records import Asset, AttemptRecord, Generation
from ..request.prices import FREE, Cost
from .approach import Approach, conceded, first_approach
from .estimates import allowance, paid, unpriced
from .finishing import Finishing
from .fitting import fitted
from .outcome import effective, error_fields, flaw, maybe_billed, mismatches
from .plan import Plan
from .retries import calls
from .surroundings import Surroundings
from .tools import Tools

if TYPE_CHECKING:
    from ..library import Budget, Library

SAME_EVERYWHERE = (PolicyRefused, RequestRefused)
"Refusals of what is asked, which another route is not to be asked for in their stead."

WENT = ("route", "route_owner", "base_url", "endpoint", "dialect", "model", "main_model", "partials_asked")
"What a record says of the way that was taken, which may be another than the one that was to be."


class Run:
    """Carries out a plan under the id of its generation, or one of its other plans where the first route fails."""

    def __init__(
        self,
        tools: Tools,
        plans: Sequence[Plan],
        keys: Mapping[str, Key | None],
        id: str,
        cancel: Cancel,
        budgets: Sequence[Budget] = (),
    ) -> None:
        self._tools, self._library = tools, tools.library
        self._plans, self._keys, self._id, self._cancel = plans, keys, id, cancel
        self._plan, self._budgets = plans[0], budgets
        self._kept: dict[int, Asset] = {}
        self._answered: Answered | None = None
        self._notes: list[str] = list(self._plan.warnings)
        self._approach = self._first_approach()
        self._attempts = 0
        self._partials = 0
        self._surroundings = Surroundings(self._plan.order.place)
        self._started = time.monotonic()
        self._end = self._until = self._started + tools.policy.total

    def events(self) -> Iterator[Event]:
        """Call, keep what comes, and file the outcome, whatever it is."""
        try:
            yield from self._fitted()
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

    def _fitted(self) -> Iterator[Event]:
        """Make the pictures that go in fit for the plan's route; what was sent in their stead is on record."""
        if not self._plan.request.references and self._plan.request.continues is None:
            return
        yield Progress("preparing pictures")
        request = fitted(self._plan.request, self._library, self._tools.facts(self._plan.route))
        self._plan = replace(self._plan, request=request)
        sent = [reference.sent for reference in request.references]
        if any(sent) or self._attempts:  # after a first route, what is on record is what that one got
            with suppress(LibraryError):  # which bytes went is worth knowing, not worth a failure
                self._library.record_sent(self._id, sent)

    def _calls(self) -> Iterator[Event]:
        """The calls to the first route; where it fails for a reason that may be its own, those to the next."""
        failed: ProviderError | None = None
        for number, plan in enumerate(self._plans):
            if failed is not None and not self._stands_in(plan, failed):
                continue
            # Those that stand in get their share of the time: a silent server would leave them none.
            now = time.monotonic()
            self._until = now + (self._end - now) / (len(self._plans) - number)
            try:
                if failed is not None:
                    yield from self._fitted()
                yield from self._retried()
                return
            except ProviderError as exc:
                if self._kept or isinstance(exc, SAME_EVERYWHERE):
                    raise
                failed = exc
        if failed is not None:
            raise failed

    def _stands_in(self, plan: Plan, failed: ProviderError) -> bool:
        """Go on with another plan; False where what it may cost is more than is left."""
        before, name = self._plan.route.name, plan.route.name
        try:
            with suppress(LibraryError):
                self._library.redirect(self._id, self._tools.origin(plan), allowance(plan, self._budgets))
        except BudgetExceeded as exc:
            self._notes.append(f"route {name} cannot stand in: {exc.message}")
            return False
        billed = "; the first may have billed it all the same" if self._maybe_billed(failed) else ""
        self._notes.append(f"route {before} failed ({failed.kind}); went to {name}{billed}")
        self._plan, self._answered = plan, None
        self._approach = self._first_approach()
        self._notes += [warning for warning in plan.warnings if warning not in self._notes]
        return True

    def _retried(self) -> Iterator[Event]:
        failed: ImgnbError | None = None
        before = time.monotonic()
        for attempt in calls(self._tools.policy, self._cancel, lambda: not self._kept, until=self._until):
            self._approach = replace(self._approach, unreached=(), files_again=False)
            if failed is not None and self._maybe_billed(failed):
                self._notes.append(f"asked again after a failure ({failed.kind}): the first call may be billed too")
            reason, wait = (failed.kind, round(time.monotonic() - before, 3)) if failed else (None, 0.0)
            with attempt:
                yield from self._adapted(reason, wait)
            outcome = attempt.retry_state.outcome
            failed, before = cast(ImgnbError | None, outcome.exception() if outcome else None), time.monotonic()

    def _adapted(self, reason: str | None, wait: float) -> Iterator[Event]:
        """One call, and others in its place for as long as a server turns it down in a way that leaves one."""
        while True:
            try:
                yield from self._attempt(reason, wait)
                return
            except ProviderError as exc:
                turn = self._plan.request.continues
                found = None if self._kept else conceded(self._approach, exc, self._plan.route, turn)
                if found is None:
                    raise
                self._approach, reason, note = found
                self._notes.append(f"{note}; the first may be billed too" if self._maybe_billed(exc) else note)
                wait = 0.0

    def _attempt(self, reason: str | None, wait: float) -> Iterator[Event]:
        """One HTTP call, on record from before it is made."""
        route, endpoint = self._plan.route.name, self._endpoint
        self._attempts += 1
        record = AttemptRecord(
            self._attempts, route, endpoint, _now(), self._approach.base_url, retry_reason=reason, wait=wait,
            streamed=self._approach.stream,
        )  # fmt: skip
        self._library.record_attempt(self._id, record)
        yield Attempt(self._attempts, route, endpoint, reason, wait)
        started = time.monotonic()
        try:
            yield from self._answers()
        except BaseException as exc:
            record = replace(
                record,
                endpoint=getattr(exc, "endpoint", None) or endpoint,
                status=getattr(exc, "status", None),
                request_id=getattr(exc, "request_id", None),
                error_kind=getattr(exc, "kind", "error" if isinstance(exc, Exception) else "cancelled"),
                error_message=getattr(exc, "message", None),
            )
            raise
        finally:
            if said := self._answered:
                record = replace(record, status=said.status, request_id=said.request_id, streamed=said.streamed)
            # The call was made and what it brought is kept: that its row cannot be written now is no failure.
            with suppress(LibraryError):
                self._library.record_attempt(self._id, replace(record, seconds=round(time.monotonic() - started, 4)))

    def _answers(self) -> Iterator[Event]:
        plan, approach, self._answered = self._plan, self._approach, None
        call = Call(
            request=plan.request if approach.stream else replace(plan.request, stream=None, partial_images=None),
            route=plan.route,
            base_url=approach.base_url,
            model=plan.model,
            key=self._keys[plan.route.name],
            open_sink=self._library.open_sink(self._id),
            cancel=self._cancel,
            stream=approach.stream,
            previews=plan.order.previews,
            hear=self._hear,
            deadline=self._until,
            main_model=plan.main_model,
            way=approach.way,
            image_input=plan.order.image_input or "data",
            uploads=self._library,
            files_again=approach.files_again,
        )
        answers = cast(Generator[Event, None, None], self._provider.answer(call))
        try:
            for event in answers:
                if isinstance(event, Image):
                    self._kept[event.index] = self._library.keep(self._id, event)
                self._partials += isinstance(event, Partial)
                yield event
        finally:
            answers.close()  # the connection, too

    def _hear(self, answered: Answered) -> None:
        self._answered = answered
        self._notes += answered.notes

    def _filed(self) -> Finished | Failed:
        came = effective(self._answered, self._assets)
        asked = self._plan.order.request
        asked = replace(asked, background=None) if self._plan.keyed else asked  # it is transparent once it is cut out
        differing = mismatches(asked, came, self._assets)
        outcome = replace(self._outcome("succeeded"), effective=came, mismatches=differing)
        self._tools.reached[self._plan.route.name] = self._approach.base_url
        generation = None
        try:
            generation = self._library.finish(self._id, outcome)
            generation = named(self._library, self._finished(generation), self._plan.order.name)
        except LibraryError as exc:
            exc.generation = generation
            return Failed(exc, generation)
        return Finished(generation)

    def _finished(self, generation: Generation) -> Generation:
        """The filed answer, held against its base and finished as that was asked."""
        try:
            return Finishing(self._library, generation, self._plan.order.finish).new()
        except Exception as exc:  # it is paid for and filed: whatever a strange picture does here must not lose it
            return replace(generation, notes=(*generation.notes, f"it could not be looked at: {exc}"))

    def _lost(self, error: ImgnbError | Cancelled) -> Generation | None:
        """File what came although the run failed; where even that fails, the next open of the library finishes it."""
        if self._answered is None:
            status = getattr(error, "status", None)
            self._answered = Answered(
                status=status,
                request_id=getattr(error, "request_id", None),
                partials_received=self._partials,
                streamed=self._approach.stream and status == 200,
            )
        outcome = self._outcome("cancelled" if isinstance(error, Cancelled) else "failed")
        came = effective(self._answered, self._assets) if self._kept else {}
        billing = BILLED if self._maybe_billed(error) else None
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
        if cost.lacks:
            self._notes.append(unpriced(self._plan, self._answered))
        origin = self._tools.origin(self._plan, self._approach.base_url)
        went = {name: getattr(origin, name) for name in WENT}
        went |= {"continued_by": self._approach.way, "cost_estimate": self._plan.expected}
        went |= {"route_owner": LOCAL} if self._answered and self._answered.sketch else {}
        return Outcome(
            status=status,
            answered=self._answered,
            notes=tuple(dict.fromkeys(self._notes)),
            cost=cost.amount,
            cost_basis=cost.basis,
            currency=cost.currency,
            seconds=round(time.monotonic() - self._started, 4),
            went=went,
            provenance=self._surroundings.told(),
        )

    def _cost(self) -> Cost:
        return paid(self._plan, self._tools, self._answered, len(self._kept))

    def _maybe_billed(self, error: BaseException) -> bool:
        return not self._plan.route.free and self._cost() is not FREE and maybe_billed(error, self._answered)

    @property
    def _provider(self) -> Provider:
        return self._tools.provider(self._plan.dialect)

    @property
    def _endpoint(self) -> str:
        return self._provider.endpoint(self._plan.request, self._plan.route)

    def _first_approach(self) -> Approach:
        plan = self._plan
        base_url = self._tools.reached.get(plan.route.name, plan.route.base_url)
        base_url = base_url if base_url in plan.route.base_urls else plan.route.base_url
        files = plan.order.image_input == "file"
        return first_approach(plan.route, base_url, plan.stream, plan.request.continues, files=files)

    def _stopped(self) -> str:
        came = f", {len(self._kept)} of its pictures kept" if self._kept else ""
        return f"cancelled after {time.monotonic() - self._started:.1f} s{came}"


def named(library: Library, generation: Generation, name: str | None) -> Generation:
    """The generation, its first picture having that name from now on; what else had the name is said."""
    if name is None or not generation.assets:
        return generation
    before = library.name(generation.asset, name)
    if before is None:
        return generation
    name = name.removeprefix("@")
    said = f"@{name} was @{before.sha256[:12]} until now, which is @{name}~1 from here on"
    return replace(generation, notes=(*generation.notes, said))


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="milliseconds")
