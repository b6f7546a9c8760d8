"""From an order to its events: a stored answer, or a claimed generation that `run.py` carries out.

The generator never raises what can be expected to happen; it ends with `Failed`, and whoever consumes it decides what
to do.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import BudgetExceeded, Cancelled, ImgnbError, KeyMissing, RequestInvalid
from ..events import Cancel, Event, Failed, Finished, Progress, Replayed, Started
from ..library import Accepted
from ..providers import DIALECTS
from ..providers.keys import Key
from ..providers.routes import Route, pick_route
from ..records import Generation
from ..records.lock import Pin
from ..request.checks import check
from .compositing import check_composite
from .cutouts import keyed
from .estimates import allowance, estimated, uncountable
from .finishing import Finishing
from .fitting import foreseen
from .misses import MISSED, missed, pin_missed
from .outcome import failure
from .plan import Order, Outlook, Plan, settle
from .run import Run, named
from .tools import Tools

if TYPE_CHECKING:
    from ..library import Budget

LOOK_AGAIN = 60.0
"Seconds after which somebody who waits for another run of the same request looks whether it still lives."


class Service:
    """Runs orders with one set of tools. `budgets` may be changed; `last_turn` is what a conversation goes on from."""

    def __init__(
        self,
        tools: Tools,
        *,
        default_route: str | None = None,
        default_model: str | None = None,
        default_main_model: str | None = None,
        partial_images: int = 2,
        fallback: Sequence[str] = (),
        budgets: Sequence[Budget] = (),
    ) -> None:
        self.tools = tools
        self._library = tools.library
        self._default_route = default_route
        self._default_model = default_model
        self._default_main_model = default_main_model
        self._partial_images = partial_images
        self._fallback = tuple(fallback)
        self.budgets = tuple(budgets)
        self.last_turn: str | None = None
        "The id of the newest answer of a conversation that this service gave."

    def plan(self, order: Order) -> Plan:
        """Where this order would go and what it would cost; ImgnbError for one that may not be sent. Sends nothing."""
        return self._checked(self._settled(order, self._route(order)))

    def outlook(self, order: Order) -> Outlook:
        """What would come of this order; ImgnbError for one that may not be sent. Sends nothing and records no request.

        The pictures that it names are in the library already: they are what says which request it is.
        """
        plan, found = self.plan(order), self.answer(order)
        balances = tuple(self._library.balances(self.budgets, order.place.get("notebook")))
        allowed = allowance(plan, self.budgets)
        refusals = [] if found else [refusal for balance in balances if (refusal := allowed.refusal(balance))]
        if not found and order.pin is not None:
            refusals.append(pin_missed(self._library, order.pin).message)
        elif not found and order.mode == "replay":
            refusals.append(MISSED)
        return Outlook(plan, self.tools.origin(plan).endpoint, found, balances, tuple(refusals))

    def answer(self, order: Order) -> Generation | None:
        """The stored generation that answers this order, if there is one; nothing is sent. What is pinned alone will do."""
        if order.mode == "live":
            return None
        if (pin := order.pin) is not None:
            pinned = self._library.pinned(order.request.fingerprint(), pin.hashes, pin.generation)
            return replace(pinned, replayed=True, pinned=True) if pinned else None
        found = self._library.answer(order.request.fingerprint(), self._accepted(order))
        return replace(found, replayed=True) if found else None

    def run(self, order: Order, cancel: Cancel | None = None) -> Generator[Event, None, None]:
        """Meet the order; the last event is Finished, Replayed or Failed."""
        try:
            for event in self._run(order, cancel or Cancel()):
                if isinstance(event, Finished | Replayed) and event.generation.dialect == "responses":
                    self.last_turn = event.generation.id
                yield event
        except (ImgnbError, Cancelled) as exc:
            yield Failed(exc, exc.generation)
        finally:
            # Whoever shows what came is not kept waiting for it.
            self._library.tidy()

    def _run(self, order: Order, cancel: Cancel) -> Iterator[Event]:
        _check_plain(order)
        if order.name:
            self._library.check_name(order.name)
        if found := self.answer(order):
            yield self._replayed(order, found)
            return
        if order.pin is not None:
            raise pin_missed(self._library, order.pin)
        if order.mode == "replay":
            raise missed(self._library, order.request, self._trashed(order))
        plans, keys = self._sendable(order)
        if order.mode != "live" and (gone := self._trashed(order)):
            plans[0] = replace(plans[0], warnings=(*plans[0].warnings, f"the stored answer @{gone.id} is in the trash"))
        generation_id = yield from self._claimed(plans, cancel)
        if generation_id is None:
            return
        yield Started(generation_id, plans[0].route.name, plans[0].request, plans[0].warnings)
        yield from Run(self.tools, plans, keys, generation_id, cancel, self.budgets).events()

    def _claimed(self, plans: Sequence[Plan], cancel: Cancel) -> Generator[Event, None, str | None]:
        """The id under which to run, or None when another run's answer could be given instead."""
        plan, order = plans[0], plans[0].order
        while True:
            try:
                claim = self._library.claim(
                    order.request,
                    self.tools.origin(plan),
                    self._accepted(order),
                    replay=order.mode != "live",
                    allowance=allowance(plan, self.budgets),
                )
            except BudgetExceeded as exc:
                exc.generation = self._refused(order, exc)
                raise
            if claim.answer is not None:
                yield self._replayed(order, replace(claim.answer, replayed=True))
                return None
            if claim.generation_id is not None:
                return claim.generation_id
            yield Progress("waiting for another run of the same request")
            self._library.wait(str(claim.busy), cancel, LOOK_AGAIN)

    def _replayed(self, order: Order, found: Generation) -> Replayed:
        given = Finishing(self._library, found, order.finish).replayed()
        if order.pin is not None and (apart := _apart(given, order.pin)):
            given = replace(given, notes=(*given.notes, apart))
        if order.unpinned:
            given = replace(given, notes=(*given.notes, order.unpinned))
        return Replayed(named(self._library, given, order.name))

    def _sendable(self, order: Order) -> tuple[list[Plan], dict[str, Key | None]]:
        """The plans, first the one to begin with, and the keys; or the error, recorded where that is possible."""
        try:
            plans = [self.plan(order)]
            keys = {plans[0].route.name: plans[0].route.key()}
        except (RequestInvalid, KeyMissing) as exc:
            exc.generation = self._refused(order, exc)
            raise
        for name in order.fallback or self._fallback:
            route = pick_route(self.tools.routes, name)
            if route.name not in keys:
                self._add_fallback(order, route, plans, keys)
        return plans, keys

    def _add_fallback(self, order: Order, route: Route, plans: list[Plan], keys: dict[str, Key | None]) -> None:
        """Add a plan for another route; one that cannot take the request, or has no key, is left out, and that is noted."""
        try:
            plan = self._checked(self._settled(order, route))
            keys[route.name] = route.key()
            plans.append(plan)
        except ImgnbError as exc:
            note = f"route {route.name} cannot stand in: {exc.message}"
            plans[0] = replace(plans[0], warnings=(*plans[0].warnings, note))

    def _refused(self, order: Order, error: ImgnbError) -> Generation | None:
        try:
            origin = self.tools.origin(self._settled(order, self._route(order)))
            claim = self._library.claim(order.request, origin, replay=False)
            return self._library.finish(str(claim.generation_id), failure(error))
        except (ImgnbError, ValueError, TypeError):
            return None  # the request's own error says more than that it could not be recorded

    def _route(self, order: Order) -> Route:
        return pick_route(self.tools.routes, self._named(order))

    def _named(self, order: Order) -> str | None:
        """The route to go: the one that was named, else the one that the conversation was with, else the settings'."""
        turn = order.request.continues
        there = self.tools.routes.get(turn.route) if turn and turn.response_id else None
        usable = there is not None and there.has_key() and any(DIALECTS[name].converses for name in there.dialects)
        return order.route or (there.name if there and usable else None) or self._default_route

    def _accepted(self, order: Order) -> Accepted:
        """The stored answers that will do: where a route is named, those of it and of its fallbacks."""
        routes = (order.route, *(order.fallback or self._fallback)) if order.route else None
        return Accepted(routes, order.via, order.take, self._sketches(order))

    def _sketches(self, order: Order) -> bool:
        """Whether the order would go to an engine that sketches. A route that is not known here may have answered before."""
        named = self._named(order)
        route = self.tools.routes.get(named) if named else pick_route(self.tools.routes, None)
        return route is not None and route.sketch

    def _settled(self, order: Order, route: Route) -> Plan:
        facts = self.tools.capabilities
        model = order.request.model or self._default_model or route.default_model or facts.default_model
        main_model = self._default_main_model or route.main_model or facts.default_main_model
        return settle(order, route, model, main_model, self._partial_images)

    def _checked(self, plan: Plan) -> Plan:
        facts = self.tools.facts(plan.route)
        plan = keyed(plan, facts)
        if plan.order.composite:
            check_composite(plan)
        sent, said = foreseen(plan.request, facts)
        checked = check(sent, plan.model, facts, rules=plan.rules, any_model=plan.route.any_model)
        warnings = (*plan.warnings, *said, *checked, *filter(None, [plan.order.unpinned]))
        plan = estimated(plan, self.tools)
        turn = plan.request.continues
        if turn is not None and turn.route not in ("", plan.route.name):
            warnings = (*warnings, f"the turn was of route {turn.route}: {plan.route.name} gets its text and pictures")
        if self.budgets and (note := uncountable(plan)):
            warnings = (*warnings, note)
        return replace(plan, warnings=warnings)

    def _trashed(self, order: Order) -> Generation | None:
        """The stored answer that would be given if it were not in the trash."""
        return self._library.trashed_answer(order.request.fingerprint(), self._accepted(order))


def _apart(given: Generation, pin: Pin) -> str:
    """A sentence where what is given is finished otherwise than what was pinned; "" where it is the very same."""
    hashes = tuple(asset.sha256 for asset in given.assets)
    if hashes == pin.hashes:
        return ""
    pinned, here = (" ".join(f"@{sha256[:12]}" for sha256 in some) for some in (pin.hashes, hashes))
    return f"the lock pins {pinned}, and this gives {here}: ask with the same --composite as before, or lock again"


def _check_plain(order: Order) -> None:
    try:
        order.request.fingerprint()
    except (TypeError, ValueError) as exc:
        raise RequestInvalid(
            f"a parameter is neither text, number nor table: {exc}", hint="give plain JSON values"
        ) from exc
