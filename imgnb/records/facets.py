"""How many of what was found there are of each model, route, day and so on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FACETS = ("model", "route", "status", "tag", "rating", "notebook", "day")
"What is counted by; each is a field of a search, too."


@dataclass(frozen=True)
class Facets:
    """Counts by facet and value: the newest days first, everything else the most frequent first."""

    counts: Mapping[str, Mapping[str, int]]
    among: int | None = None
    "None where everything was counted, else how many of the newest matches were."

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain JSON values."""
        return {"counts": {facet: dict(values) for facet, values in self.counts.items()}, "among": self.among}

    def __repr__(self) -> str:
        rows = [
            f"{facet:<9} " + ", ".join(f"{value} {count}" for value, count in values.items())
            for facet, values in self.counts.items()
            if values
        ]
        told = [] if self.among is None else [f"counted among the newest {self.among} matches"]
        return "\n".join([*rows, *told]) or "nothing was found"
