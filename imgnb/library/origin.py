"""Where a request goes and where it comes from, as its record says it."""

from __future__ import annotations

from dataclasses import dataclass

SKETCHES = "local"
"The route owner whose pictures are sketches: they never stand in for a real one."


@dataclass(frozen=True)
class Origin:
    """Where a request goes and where it comes from, as its record says it."""

    route: str
    route_owner: str
    base_url: str
    endpoint: str
    dialect: str
    model: str
    "The model that is asked for, defaults filled in."
    main_model: str | None = None
    partials_asked: int = 0
    cost_estimate: float | None = None
    currency: str = "USD"
    notebook: str | None = None
    cell_id: str | None = None
    kernel: str | None = None
    imgnb_version: str = ""
