"""What a benchmark gives back: lines of samples, some with a bound, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Line:
    """One thing that was measured. The bound is an upper one."""

    what: str
    samples: Sequence[float]
    unit: str
    bound: float | None = None

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def met(self) -> bool | None:
        return None if self.bound is None else self.median <= self.bound

    def to_dict(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {
            "what": self.what, "unit": self.unit, "median": self.median, "smallest": min(self.samples),
            "largest": max(self.samples), "samples": list(self.samples), "bound": self.bound, "met": self.met,
        }  # fmt: skip


@dataclass(frozen=True)
class Table:
    """The lines of one benchmark, and what must be known to read them."""

    title: str
    lines: Sequence[Line]
    notes: Sequence[str] = field(default_factory=tuple)

    def __str__(self) -> str:
        head = ("", "median", "spread", "n", "bound", "")
        rows = [head, *(_cells(line) for line in self.lines)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        ruler = ["-" * width for width in widths]
        ruled = [rows[0], ruler, *rows[1:]]
        body = ["| " + " | ".join(_aligned(row, widths)) + " |" for row in ruled]
        return "\n".join([f"## {self.title}", "", *body, *(f"\n{note}" for note in self.notes), ""])

    def to_dict(self) -> dict[str, Any]:
        """The table as plain JSON values."""
        return {"title": self.title, "lines": [line.to_dict() for line in self.lines], "notes": list(self.notes)}


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The ratios of neighbours in time."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def differences(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The differences of neighbours in time."""
    return [one - other for one, other in zip(ours, theirs, strict=True)]


def _cells(line: Line) -> tuple[str, ...]:
    spread = f"{_number(min(line.samples))} – {_number(max(line.samples))}" if len(line.samples) > 1 else ""
    bound = "" if line.bound is None else f"≤ {_number(line.bound)} {line.unit}".rstrip()
    verdict = {None: "", True: "met", False: "missed"}[line.met]
    return line.what, f"{_number(line.median)} {line.unit}".rstrip(), spread, str(len(line.samples)), bound, verdict


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if 0 < column < 5 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
