"""Where a request goes and where it comes from, as its record says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .columns import to_json

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
    provenance: Mapping[str, Any] = field(default_factory=dict)
    "front_end, execution_count, packages, as far as known."

    def columns(self) -> dict[str, Any]:
        """As columns of `generation`."""
        plain = {name: value for name, value in vars(self).items() if name != "provenance"}
        return {**plain, "provenance_json": to_json(self.provenance) if self.provenance else None}
