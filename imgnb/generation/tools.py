"""What every run works with: the library, the wire and the facts, as the workspace has built them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._version import __version__
from ..library import Origin
from ..providers import provider_for
from ..providers.provider import Provider
from ..providers.routes import Route
from ..request.capabilities import Capabilities
from .plan import Plan
from .retries import Policy
from .surroundings import surroundings

if TYPE_CHECKING:
    from ..library import Library
    from ..providers.http import Wire


@dataclass(frozen=True)
class Tools:
    """The parts that a run needs. `reached` remembers which address of a route answered last."""

    library: Library
    wire: Wire
    routes: Mapping[str, Route]
    capabilities: Capabilities
    policy: Policy
    reached: dict[str, str] = field(default_factory=dict)

    def provider(self, dialect: str) -> Provider:
        """Who speaks this dialect."""
        return provider_for(dialect, self.wire)

    def facts(self, route: Route) -> Capabilities:
        """What models can do on this route."""
        return self.capabilities.on(route.capabilities, route.offers)

    def origin(self, plan: Plan, base_url: str | None = None) -> Origin:
        """Where a plan goes, as its record says it."""
        route, place = plan.route, plan.order.place
        return Origin(
            route=route.name,
            route_owner=route.owner,
            base_url=base_url or route.base_url,
            endpoint=self.provider(plan.dialect).endpoint(plan.request, route),
            dialect=plan.dialect,
            model=plan.model,
            main_model=plan.main_model,
            partials_asked=plan.request.partial_images or 0 if plan.stream else 0,
            # The most, so that budgets count it while it runs; its record says what was expected.
            cost_estimate=plan.ceiling.amount,
            currency=plan.ceiling.currency or "USD",
            notebook=place.get("notebook"),
            cell_id=place.get("cell_id"),
            kernel=place.get("kernel"),
            imgnb_version=__version__,
            provenance=surroundings(place),
        )
