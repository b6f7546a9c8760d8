"""What this process was answered: the generations of its cells, in the order in which they came.

An appendix lists them, and a lock is kept by them, where nobody tells in which notebook the process runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .generation import Generation


@dataclass(frozen=True)
class Answered:
    """A generation, and the place (notebook, cell_id, kernel) that asked for it."""

    generation: Generation
    place: Mapping[str, str | None]


class Session:
    """The answers of a process; may be asked and told from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: list[Answered] = []
        self._told: list[Callable[[Answered], None]] = []

    def add(self, generation: Generation, place: Mapping[str, str | None]) -> None:
        """Remember it, and tell those who want to know; what they raise is the caller's."""
        answered = Answered(generation, dict(place))
        with self._lock:
            self._answered.append(answered)
            told = list(self._told)
        for tell in told:
            tell(answered)

    @property
    def answered(self) -> tuple[Answered, ...]:
        """All that came, the same generation as often as it came."""
        with self._lock:
            return tuple(self._answered)

    def clear(self) -> None:
        """Forget everything, as in a new process."""
        with self._lock:
            self._answered.clear()

    def watch(self, tell: Callable[[Answered], None]) -> Callable[[], None]:
        """Tell of each that comes from now on; the answer ends that."""
        with self._lock:
            self._told.append(tell)

        def end() -> None:
            with self._lock:
                if tell in self._told:
                    self._told.remove(tell)

        return end


SESSION = Session()
"That of this process."
