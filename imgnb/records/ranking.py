"""Choices between two pictures, and the ranking that follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .asset import Asset


@dataclass(frozen=True)
class Choice:
    """Of two pictures, named by their hashes, the one that was liked better; a tie has them in any order."""

    id: int
    better: str
    worse: str
    tie: bool
    asked_by: str
    "The query that brought them together."
    created_at: str


@dataclass(frozen=True)
class Standing:
    """Where a picture stands."""

    place: int
    "From 1; equally strong ones share it."
    asset: Asset
    strength: float
    "Of two, one is preferred with the probability strength / (sum of both strengths). Their geometric mean is 1."
    error: float
    "The standard error of the strength's natural logarithm."
    wins: int
    losses: int
    ties: int

    @property
    def choices(self) -> int:
        """How often it was compared."""
        return self.wins + self.losses + self.ties

    def to_dict(self) -> dict[str, Any]:
        """The standing as plain JSON values."""
        numbers = {name: getattr(self, name) for name in ("place", "strength", "error", "wins", "losses", "ties")}
        return {**numbers, "asset": self.asset.sha256}


class Ranking(Sequence[Standing]):
    """Standings, the strongest first."""

    def __init__(
        self, rows: Sequence[Standing] = (), choices: int = 0, nothing: str = "nothing was compared yet"
    ) -> None:
        self._rows = tuple(rows)
        self._nothing = nothing
        self.choices = choices
        "How many choices there are between them."

    def __getitem__(self, key: Any) -> Any:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Standing]:
        return iter(self._rows)

    @property
    def assets(self) -> tuple[Asset, ...]:
        """The pictures, the strongest first."""
        return tuple(row.asset for row in self._rows)

    def to_dict(self) -> dict[str, Any]:
        """The ranking as plain JSON values."""
        return {"choices": self.choices, "ranking": [row.to_dict() for row in self._rows]}

    def __repr__(self) -> str:
        if not self._rows:
            return self._nothing
        lines = [
            f"{row.place:>3}  {row.asset.sha256[:12]}  {row.strength:>8.2f}  {row.wins} won, {row.losses} lost"
            + (f", {row.ties} tied" if row.ties else "")
            + (f"  {' '.join(row.asset.alt.split())[:60]}" if row.asset.alt else "")
            for row in self._rows
        ]
        return "\n".join([*lines, f"from {self.choices} choice{'' if self.choices == 1 else 's'}"])
