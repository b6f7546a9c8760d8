"""What is asked of the library when a stored answer is looked for, as a plain value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Accepted:
    """Which stored answers will do."""

    routes: tuple[str, ...] | None = None
    "Only those of these routes; None: any real one's."
    dialect: str | None = None
    take: int | None = None
    sketches: bool = False
    "Whether a sketch will do, where there is no real answer."
