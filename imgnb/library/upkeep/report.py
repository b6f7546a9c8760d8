"""What upkeep finds, as values: problems with their way out, and a report of what was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

REPAIR = "imgnb verify --repair"
BACKUP = "imgnb rebuild --from BACKUP.db, where there is one"

WAYS_OUT: Mapping[str, str] = MappingProxyType(
    {
        "damaged": f"{REPAIR} moves it to quarantine/ and looks for another copy; else bring the file back from a backup",
        "missing": f"{REPAIR} looks for it in the whole library; else bring blobs back from a backup, or draw it again",
        "unreadable": "look at the disk and at the rights of the file",
        "size": f"{REPAIR} corrects the row: the bytes are right",
        "media type": f"{REPAIR} corrects the row and the file's ending: the bytes are right",
        "emptied": f"{REPAIR} lets it lie in the trash again, from which it can be brought back",
        "orphan": f"{REPAIR} adopts it as a picture of the library",
        "misnamed": f"{REPAIR} gives it its right name, or moves it to quarantine/",
        "leftover": f"{REPAIR} takes a picture home, and moves anything else to quarantine/",
        "prompt": "the prompt is not what was asked: restore the row from a backup",
        "prompt hash": f"{REPAIR} writes it anew: the prompt is right",
        "fingerprint": f"it answers no replay: restore the row from a backup ({BACKUP})",
        "labels": f"{REPAIR} derives it anew",
        "trashed": f"{REPAIR} derives it anew",
        "counts": f"{REPAIR} counts anew",
        "full text": f"{REPAIR} builds it anew",
        "reference": f"{REPAIR} helps where the picture's bytes are there; else {BACKUP}",
        "database": f"{REPAIR} builds the indexes anew; where that does not help, imgnb rebuild",
    }
)
"What kinds of problems there are, and the way out of each."


@dataclass(frozen=True)
class Problem:
    """Something that is not as it should be."""

    kind: str
    what: str
    "The hash, id, table or path that it is about."
    message: str
    repaired: str | None = None
    "What was done about it; None while nothing was, or could be."

    @property
    def way_out(self) -> str:
        """What to do about it."""
        return WAYS_OUT.get(self.kind, "")

    def done(self, what: str) -> Problem:
        """The problem with what was done about it."""
        return replace(self, repaired=what)

    def to_dict(self) -> dict[str, Any]:
        """The problem as plain JSON values."""
        return {**asdict(self), "way_out": None if self.repaired else self.way_out}


@dataclass(frozen=True)
class Report:
    """What was looked at, and what is wrong."""

    problems: tuple[Problem, ...]
    pictures: int
    bytes: int
    generations: int
    seconds: float
    read: int = 0
    "Bytes that were read now; those of a run that was stopped are not in it."
    emptied: int = 0
    "Pictures whose bytes were deleted on purpose."
    sample: str | None = None
    seed: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def open(self) -> tuple[Problem, ...]:
        """The problems that are left."""
        return tuple(problem for problem in self.problems if problem.repaired is None)

    def __bool__(self) -> bool:
        """Whether all is well now."""
        return not self.open

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {**asdict(self), "well": bool(self), "problems": [problem.to_dict() for problem in self.problems]}


@dataclass(frozen=True)
class Step:
    """How far upkeep has come: `done` of `total`, in bytes for pictures and else in rows."""

    stage: str
    done: int = 0
    total: int = 0
    in_bytes: bool = False


Follow = Callable[[Step], None]
"Is told how far it has come."


def nobody(_: Step) -> None:
    """Follow nothing."""
