"""What a server remembers between requests: links it handed out, uploaded files, responses. The oldest go first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from .conversations import Stored

T = TypeVar("T")


@dataclass(frozen=True)
class Link:
    """A picture that was answered as a link, and the fault that lies on it."""

    media_type: str
    data: bytes
    fault: str | None = None


@dataclass(frozen=True)
class File:
    """An uploaded file."""

    name: str
    purpose: str
    created_at: int
    data: bytes


class Shelf(Generic[T]):
    """Keeps the newest things by name: never more than `most`, nor more than `most_bytes` beside the newest one."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self._things: dict[str, tuple[T, int]] = {}
        self._lock = threading.Lock()

    def put(self, name: str, thing: T, weight: int) -> None:
        with self._lock:
            self._things.pop(name, None)
            self._things[name] = (thing, weight)
            while len(self._things) > self.most or (len(self._things) > 1 and self._weight > self.most_bytes):
                del self._things[next(iter(self._things))]

    def get(self, name: str) -> T | None:
        with self._lock:
            found = self._things.get(name)
        return found[0] if found else None

    def drop(self, name: str) -> bool:
        """Forget it; False when it is not there."""
        with self._lock:
            return self._things.pop(name, None) is not None

    def __iter__(self) -> Iterator[T]:
        with self._lock:
            return iter([thing for thing, _ in self._things.values()])

    @property
    def _weight(self) -> int:
        return sum(weight for _, weight in self._things.values())


@dataclass(frozen=True)
class Memory:
    """The shelves of one server. Links are known by path, the others by id."""

    links: Shelf[Link] = field(default_factory=lambda: Shelf(64, 500_000_000))
    files: Shelf[File] = field(default_factory=lambda: Shelf(64, 500_000_000))
    responses: Shelf[Stored] = field(default_factory=lambda: Shelf(256, 500_000_000))
