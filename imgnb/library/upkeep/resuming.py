"""Where a verification is, in a small file of the library, so that one that was stopped goes on."""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ...files.whole import whole_file
from ..clock import now as moment
from .report import Problem

EVERY = 1.0
"Seconds between two writes of it."

LONGEST = timedelta(days=1)
"What was read before may be damaged by now: an older bookmark is none."

_HASH = re.compile(r"[0-9a-f]{64}")
_KINDS = frozenset(("damaged", "missing", "unreadable", "size", "media type", "orphan", "emptied"))
"Problems of pictures, which are about a hash: nothing else is taken from a file that anybody may have written."


@dataclass
class Bookmark:
    """How far a verification has come, and what it has found till then."""

    path: Path
    after: str = ""
    "The last hash whose bytes were read."
    pictures: int = 0
    bytes: int = 0
    emptied: int = 0
    problems: list[Problem] = field(default_factory=list)
    begun: str = field(default_factory=moment)
    _written: float = field(default_factory=time.monotonic)

    @classmethod
    def find(cls, path: Path) -> Bookmark:
        """The one that lies there, else a new one. What cannot be read was cut by a crash: it begins anew."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            known: dict[str, Any] = json.loads(path.read_bytes())
            problems = [_problem(problem) for problem in known["problems"]]
            pictures, size, emptied = (int(known[name]) for name in ("pictures", "bytes", "emptied"))
            after, begun = known["after"], str(known["begun"])
            age = datetime.now(UTC) - datetime.fromisoformat(begun)
            if _HASH.fullmatch(after) and timedelta() <= age <= LONGEST and min(pictures, size, emptied) >= 0:
                return cls(path, after, pictures, size, emptied, problems, begun)
        return cls(path)

    def write(self, *, now: bool = False) -> None:
        """Write it, from time to time. A library that can only be read does without."""
        # A list of thousands takes a while to write.
        if not now and time.monotonic() - self._written < EVERY * (1 + len(self.problems) // 500):
            return
        self._written = time.monotonic()
        names = ("after", "pictures", "bytes", "emptied", "begun")
        document = {**{name: getattr(self, name) for name in names}, "problems": [asdict(one) for one in self.problems]}
        with contextlib.suppress(OSError), whole_file(self.path) as file:
            file.write_text(json.dumps(document), encoding="utf-8")

    def remove(self) -> None:
        """The verification is at its end."""
        with contextlib.suppress(OSError):
            self.path.unlink()


def _problem(known: dict[str, Any]) -> Problem:
    """A problem as it was written; ValueError for one that is about no picture."""
    if known["kind"] not in _KINDS or not _HASH.fullmatch(known["what"]):
        raise ValueError("it is about no picture")
    return Problem(known["kind"], known["what"], str(known["message"]))
