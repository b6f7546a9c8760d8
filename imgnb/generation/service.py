"""A request's way: replay or call, store, record. A synchronous generator of events, written once.

Nothing the user paid for is lost: bytes first, row second, display last. The generator never raises what can be
expected to happen; it ends with `Failed`, and whoever consumes it decides what to do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._version import __version__
from ..errors import Cancelled, ImgnbError, KeyMissing, LibraryError, PromptInvalid, ReplayMissed, RequestInvalid
from ..events import (
    Answered,
    Attempt,
    Cancel,
    Event,
    Failed,
    Finished,
    Image,
    Partial,
    Progress,
    Replayed,
    Started,
)
from ..library import Library, Origin, Outcome
from ..providers import provider_for
from ..providers.http import Wire
from ..providers.provider import Call, Provider
from ..providers.refusals import StreamingRefused
from ..providers.routes import Key, Route, pick_route
from ..records import Asset, AttemptRecord, Generation
from ..request import ImageRequest
from ..request.capabilities import Capabilities
from ..request.checks import check
from ..request.prices import FREE, Cost, estimate, price_usage
from .outcome import effective, flaw, mismatches
from .retries import Policy, calls


@dataclass(frozen=True)
class Order:
    """A request and how it is to be met; nothing here is part of its identity."""

    request: ImageRequest
    route: str | None = None
    "The route that was named for this very request; None leaves the choice open."
    mode: str = "auto"
    take: int | None = None
    name: str | None = None
    previews: bool = False
    place: Mapping[str, str | None] = field(default_factory=dict)
    "notebook, cell_id and kernel, as far as known."


@dataclass(frozen=True)
class Plan:
    """What will happen to an order: where it goes, as which model, what it may cost, and what is odd about it."""

    order: Order
    route: Route
    model: str
    request: ImageRequest
    "The order's request with partial_images settled."
    stream: bool
    estimate: Cost
    warnings: tuple[str, ...] = ()


class Service:
    """Runs orders against one library and one wire."""

    def __init__(
        self,
        library: Library,
        wire: Wire,
        routes: Mapping[str, Route],
        capabilities: Capabilities,
        *,
        default_route: str | None = None,
        default_model: str | None = None,
        partial_images: int = 2,
        policy: Policy | None = None,
    ) -> None:
        self._library = library
        self._wire = wire
        self._routes = routes
        self._capabilities = capabilities
        self._default_route = default_route
        self._default_model = default_model
        self._partial_images = partial_images
        self._policy = policy or Policy()

    def plan(self, order: Order) -> Plan:
        """Where this order would go and what it would cost; ImgnbError for one that may not be sent. Sends nothing."""
        planned = self._planned(order)
        warnings = check(
            planned.request,
            planned.model,
            self._capabilities,
            refuses=planned.route.refuses,
            any_model=planned.route.any_model,
        )
        return replace(planned, warnings=warnings)

    def answer(self, order: Order) -> Generation | None:
        """The stored generation that answers this order, if there is one; nothing is sent."""
        if order.mode == "live":
            return None
        found = self._library.answer(
            order.request.fingerprint(), route=order.route, take=order.take, sketches=self._route(order).sketch
        )
        return replace(found, replayed=True) if found else None

    def run(self, order: Order, cancel: Cancel | None = None) -> Iterator[Event]:
        """Meet the order; the last event is Finished, Replayed or Failed."""
        cancel = cancel or Cancel()
        try:
            yield from self._run(order, cancel)
        except (ImgnbError, Cancelled) as exc:
            yield Failed(exc, exc.generation)

    def _run(self, order: Order, cancel: Cancel) -> Iterator[Event]:
        if not order.request.prompt.strip():
            raise PromptInvalid("the prompt is empty", hint="say what to draw", param="prompt")
        if found := self.answer(order):
            yield from self._replayed(order, found)
            return
        if order.mode == "replay":
            raise self._missed(order)
        plan, key = self._accepted(order)
        while True:
            claim = self._library.claim(
                plan.request,
                self._origin(plan),
                replay=order.mode != "live",
                any_route=order.route is None,
                take=order.take,
            )
            if claim.answer is not None:
                yield from self._replayed(order, replace(claim.answer, replayed=True))
                return
            if claim.generation_id is not None:
                break
            yield Progress("waiting for another run of the same request")
            self._library.wait(str(claim.busy), cancel, 60.0)
        yield Started(claim.generation_id, plan.route.name, plan.request, plan.warnings)
        yield from _Run(
            self._library,
            self._provider(plan.route),
            self._policy,
            plan,
            key,
            claim.generation_id,
            cancel,
            self._capabilities,
        ).events()

    def _replayed(self, order: Order, found: Generation) -> Iterator[Event]:
        if order.name:
            self._library.name(found.asset, order.name)
        yield Replayed(found)

    def _accepted(self, order: Order) -> tuple[Plan, Key | None]:
        """The plan and the key, or the error, recorded where that is possible."""
        try:
            plan = self.plan(order)
            return plan, plan.route.key()
        except (RequestInvalid, KeyMissing) as exc:
            exc.generation = self._refused(order, exc)
            raise

    def _refused(self, order: Order, error: ImgnbError) -> Generation | None:
        try:
            claim = self._library.claim(
                order.request, self._origin(self._planned(order)), replay=False, any_route=False, take=None
            )
            return self._library.finish(str(claim.generation_id), _failure(error))
        except (LibraryError, ValueError, TypeError):
            return None  # the request's own error says more than that it could not be recorded

    def _route(self, order: Order) -> Route:
        return pick_route(self._routes, order.route or self._default_route)

    def _planned(self, order: Order) -> Plan:
        route = self._route(order)
        request = order.request
        model = request.model or self._default_model or route.default_model or self._capabilities.default_model
        wanted = self._partial_images if order.previews and request.stream is not False else 0
        streams = route.streaming and request.output_format not in ("gif", "svg")
        asked = request.partial_images if request.partial_images is not None else wanted if streams else 0
        stream = streams and (asked > 0 if request.stream is None else request.stream)
        if stream and isinstance(asked, int):
            asked = max(asked, route.min_partial_images)
        request = replace(request, partial_images=asked or None)
        cost = FREE if route.free else estimate(request, model, self._capabilities)
        return Plan(order, route, model, request, bool(stream), cost)

    def _provider(self, route: Route) -> Provider:
        return provider_for(route.dialect, self._wire)

    def _origin(self, plan: Plan) -> Origin:
        route = plan.route
        endpoint = self._provider(route).endpoint(plan.request)
        place = plan.order.place
        return Origin(
            route=route.name,
            route_owner=route.owner,
            base_url=route.base_url,
            endpoint=endpoint,
            dialect=route.dialect,
            model=plan.model,
            partials_asked=plan.request.partial_images or 0 if plan.stream else 0,
            cost_estimate=plan.estimate.amount,
            currency=plan.estimate.currency,
            notebook=place.get("notebook"),
            cell_id=place.get("cell_id"),
            kernel=place.get("kernel"),
            imgnb_version=__version__,
        )

    def _missed(self, order: Order) -> ReplayMissed:
        near = self._library.nearest(order.request)
        if near is None:
            return ReplayMissed(
                "mode is 'replay' and the library holds no answer", hint="use --mode auto to ask for one"
            )
        stored = self._library.stored_request(near)
        differing = [
            f"{name}: {_short(mine)}, stored {_short(theirs)}"
            for name, mine, theirs in order.request.differences(stored)
        ]
        said = "; ".join(differing) or f"its route, {near.route}, or take, {near.take}"
        return ReplayMissed(
            f"mode is 'replay' and the library holds no answer; the nearest is {near.id}, which differs in {said}",
            hint="use --mode auto to ask for one",
        )


class _Run:
    """One claimed generation on its way to being stored."""

    def __init__(
        self,
        library: Library,
        provider: Provider,
        policy: Policy,
        plan: Plan,
        key: Key | None,
        generation_id: str,
        cancel: Cancel,
        capabilities: Capabilities,
    ) -> None:
        self._library, self._provider, self._policy = library, provider, policy
        self._plan, self._key, self._id, self._cancel = plan, key, generation_id, cancel
        self._capabilities = capabilities
        self._assets: dict[int, tuple[Asset, Mapping[str, Any]]] = {}
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
            yield Progress("storing")
            generation = self._file()
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
        yield Finished(generation)

    def _calls(self) -> Iterator[Event]:
        reason, before = None, time.monotonic()
        for attempt in calls(self._policy, self._cancel, self._may_retry):
            wait = round(time.monotonic() - before, 3) if reason else 0.0
            with attempt:
                try:
                    yield from self._attempt(reason, wait)
                except StreamingRefused as exc:
                    self._stream = False
                    self._notes.append(f"streaming was turned down ({exc.message}); asked again without it")
                    yield from self._attempt("streaming", 0.0)
            outcome = attempt.retry_state.outcome
            error = outcome.exception() if outcome else None
            reason, before = getattr(error, "kind", None), time.monotonic()
            if error is not None and self._partials:
                self._notes.append("asked again after previews had come: the first call may be billed too")

    def _may_retry(self) -> bool:
        return not self._assets

    def _attempt(self, reason: str | None, wait: float) -> Iterator[Event]:
        plan = self._plan
        self._attempts += 1
        number = self._attempts
        endpoint = self._provider.endpoint(plan.request)
        record = AttemptRecord(
            number, plan.route.name, endpoint, _now(), retry_reason=reason, wait=wait, streamed=self._stream
        )
        self._library.record_attempt(self._id, record)
        yield Attempt(number, plan.route.name, endpoint, reason, wait)
        started = time.monotonic()
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
        answers = self._provider.answer(call)
        try:
            for event in answers:
                yield from self._received(event)
            answered = self._answered or Answered()
            done = replace(record, status=answered.status, request_id=answered.request_id)
        except (ImgnbError, KeyboardInterrupt, GeneratorExit) as exc:
            done = replace(
                record,
                status=getattr(exc, "status", None),
                request_id=getattr(exc, "request_id", None),
                error_kind=getattr(exc, "kind", "cancelled"),
                error_message=str(getattr(exc, "message", "")) or None,
            )
            raise
        finally:
            answers.close()  # type: ignore[attr-defined]
            self._library.record_attempt(self._id, replace(done, seconds=round(time.monotonic() - started, 4)))

    def _received(self, event: Event) -> Iterator[Event]:
        if isinstance(event, Image):
            self._assets[event.index] = (self._library.keep(self._id, event), event.meta)
        elif isinstance(event, Answered):
            self._answered = event
            return
        elif isinstance(event, Partial):
            self._partials += 1
        yield event

    def _file(self) -> Generation:
        assets = [asset for _, (asset, _) in sorted(self._assets.items())]
        if error := flaw(assets):
            raise error
        came = effective(self._answered, assets)
        outcome = replace(
            self._outcome("succeeded"), effective=came, mismatches=mismatches(self._plan.order.request, came, assets)
        )
        generation = self._library.finish(self._id, outcome)
        if self._plan.order.name:
            self._library.name(generation.asset, self._plan.order.name)
        return generation

    def _lost(self, error: ImgnbError | Cancelled) -> Generation | None:
        """File what came although the run failed; where even that fails, the next open of the library finishes it."""
        status = "cancelled" if isinstance(error, Cancelled) else "failed"
        assets = [asset for _, (asset, _) in sorted(self._assets.items())]
        outcome = replace(self._outcome(status), effective=effective(self._answered, assets) if assets else {})
        try:
            return self._library.finish(self._id, replace(outcome, **_error_fields(error)))
        except LibraryError:
            return None

    def _outcome(self, status: str) -> Outcome:
        answered = self._answered
        route = self._plan.route
        cost = FREE if route.free else Cost(None, None)
        if not route.free and (answered or self._assets):
            cost = price_usage(answered.usage if answered else None, self._plan.model, self._capabilities)
            cost = cost if cost.amount is not None else self._plan.estimate
        return Outcome(
            status=status,
            answered=answered if answered or not self._partials else Answered(partials_received=self._partials),
            notes=tuple(dict.fromkeys(self._notes)),
            cost=cost.amount,
            cost_basis=cost.basis,
            currency=cost.currency,
            seconds=round(time.monotonic() - self._started, 4),
        )

    def _stopped(self) -> str:
        came = f", {len(self._assets)} of its pictures kept" if self._assets else ""
        return f"cancelled after {time.monotonic() - self._started:.1f} s{came}"


def _failure(error: ImgnbError) -> Outcome:
    return replace(Outcome(status="failed"), **_error_fields(error))


def _error_fields(error: ImgnbError | Cancelled) -> dict[str, Any]:
    return {
        "error_kind": error.kind,
        "error_code": getattr(error, "code", None),
        "error_param": getattr(error, "param", None),
        "error_message": error.message,
    }


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
