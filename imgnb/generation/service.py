"""From an order to its events: a stored answer, or a claimed generation that `run.py` carries out.

The generator never raises what can be expected to happen; it ends with `Failed`, and whoever consumes it decides what
to do.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace

from .._version import __version__
from ..errors import Cancelled, ImgnbError, KeyMissing, ReplayMissed, RequestInvalid
from ..events import Cancel, Event, Failed, Progress, Replayed, Started
from ..library import Library, Origin
from ..providers import provider_for
from ..providers.http import Wire
from ..providers.provider import Provider
from ..providers.routes import Key, Route, pick_route
from ..records import Generation
from ..request.capabilities import Capabilities
from ..request.checks import check
from ..request.prices import FREE, UNKNOWN, Cost, estimate
from .outcome import failure
from .plan import Order, Plan, settle
from .retries import Policy
from .run import Run

LOOK_AGAIN = 60.0
"Seconds after which somebody who waits for another run of the same request looks whether it still lives."


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
        plan = self._settled(order)
        route, facts = plan.route, self._capabilities
        warnings = check(plan.request, plan.model, facts, refuses=route.refuses, any_model=route.any_model)
        return replace(plan, warnings=warnings, estimate=self._estimate(plan))

    def answer(self, order: Order) -> Generation | None:
        """The stored generation that answers this order, if there is one; nothing is sent."""
        if order.mode == "live":
            return None
        found = self._library.answer(
            order.request.fingerprint(), route=order.route, take=order.take, sketches=self._sketches(order)
        )
        return replace(found, replayed=True) if found else None

    def run(self, order: Order, cancel: Cancel | None = None) -> Iterator[Event]:
        """Meet the order; the last event is Finished, Replayed or Failed."""
        try:
            yield from self._run(order, cancel or Cancel())
        except (ImgnbError, Cancelled) as exc:
            yield Failed(exc, exc.generation)

    def _run(self, order: Order, cancel: Cancel) -> Iterator[Event]:
        _check_plain(order)
        if order.name:
            self._library.check_name(order.name)
        if found := self.answer(order):
            yield self._replayed(order, found)
            return
        if order.mode == "replay":
            raise self._missed(order)
        plan, key = self._accepted(order)
        generation_id = yield from self._claimed(plan, cancel)
        if generation_id is None:
            return
        yield Started(generation_id, plan.route.name, plan.request, plan.warnings)
        provider = self._provider(plan.route)
        run = Run(self._library, provider, self._policy, self._capabilities, plan, key, generation_id, cancel)
        yield from run.events()

    def _claimed(self, plan: Plan, cancel: Cancel) -> Generator[Event, None, str | None]:
        """The id under which to run, or None when another run's answer could be given instead."""
        order, replay = plan.order, plan.order.mode != "live"
        while True:
            claim = self._library.claim(
                order.request, self._origin(plan), replay=replay, any_route=order.route is None, take=order.take
            )
            if claim.answer is not None:
                yield self._replayed(order, replace(claim.answer, replayed=True))
                return None
            if claim.generation_id is not None:
                return claim.generation_id
            yield Progress("waiting for another run of the same request")
            self._library.wait(str(claim.busy), cancel, LOOK_AGAIN)

    def _replayed(self, order: Order, found: Generation) -> Replayed:
        if order.name:
            self._library.name(found.asset, order.name)
        return Replayed(found)

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
            origin = self._origin(self._settled(order))
            claim = self._library.claim(order.request, origin, replay=False, any_route=False, take=None)
            return self._library.finish(str(claim.generation_id), failure(error))
        except (ImgnbError, ValueError, TypeError):
            return None  # the request's own error says more than that it could not be recorded

    def _route(self, order: Order) -> Route:
        return pick_route(self._routes, order.route or self._default_route)

    def _sketches(self, order: Order) -> bool:
        """Whether the order would go to an engine that sketches. A route that is not known here may have answered before."""
        named = order.route or self._default_route
        route = self._routes.get(named) if named else pick_route(self._routes, None)
        return route is not None and route.sketch

    def _settled(self, order: Order) -> Plan:
        route = self._route(order)
        model = order.request.model or self._default_model or route.default_model or self._capabilities.default_model
        return settle(order, route, model, self._partial_images)

    def _estimate(self, plan: Plan) -> Cost:
        if plan.route.free:
            return FREE
        return estimate(plan.request, plan.model, self._capabilities) if plan.route.openai_prices else UNKNOWN

    def _provider(self, route: Route) -> Provider:
        return provider_for(route.dialect, self._wire)

    def _origin(self, plan: Plan) -> Origin:
        route, place = plan.route, plan.order.place
        return Origin(
            route=route.name,
            route_owner=route.owner,
            base_url=route.base_url,
            endpoint=self._provider(route).endpoint(plan.request),
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
        said, hint = "mode is 'replay' and the library holds no answer", "use --mode auto to ask for one"
        near = self._library.nearest(order.request)
        if near is None:
            return ReplayMissed(said, hint=hint)
        stored = self._library.stored_request(near)
        differing = [
            f"{name}: {_short(mine)}, stored {_short(theirs)}"
            for name, mine, theirs in order.request.differences(stored)
        ]
        how = "; ".join(differing) or f"its route, {near.route}, or take, {near.take}"
        return ReplayMissed(f"{said}; the nearest is {near.id}, which differs in {how}", hint=hint)


def _check_plain(order: Order) -> None:
    try:
        order.request.fingerprint()
    except (TypeError, ValueError) as exc:
        raise RequestInvalid(
            f"a parameter is neither text, number nor table: {exc}", hint="give plain JSON values"
        ) from exc


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
