"""Which libraries are open in this process, by folder, so that records can ask theirs.

Records are plain values that can be pickled and know no SQL. What takes a library to answer, they ask of the one that
is open on their folder; a value that came from another process works wherever that folder is open.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import LibraryError

if TYPE_CHECKING:
    from .asset import Asset
    from .generation import Generation
    from .labels import Labels
    from .lineage import Lineage


class Door(Protocol):
    """What records ask of an open library."""

    path: Path
    remixer: Any

    def generation(self, ref: str) -> Generation: ...

    def labels(self, asset: Asset) -> Labels: ...

    def parents(self, asset: Asset) -> list[Asset]: ...

    def children(self, asset: Asset) -> list[Asset]: ...

    def ancestors(self, asset: Asset) -> list[Asset]: ...

    def descendants(self, asset: Asset) -> list[Asset]: ...

    def lineage(self, item: Asset | Generation, *, limit: int = 60) -> Lineage: ...

    def made_as(self, asset: Asset) -> tuple[str, ...]: ...

    def remix(self, generation: Generation, prompt: str | None, changes: Mapping[str, Any]) -> Generation: ...


_open: dict[Path, list[weakref.ref[Door]]] = {}
_lock = Lock()


def enter(library: Door) -> None:
    """From now on this library answers for its folder; of several on one folder, the one that was opened last."""
    with _lock:
        _open.setdefault(library.path, []).append(weakref.ref(library))


def leave(library: Door) -> None:
    """This library answers no more."""
    with _lock:
        others = [other for other in _open.pop(library.path, []) if other() not in (None, library)]
        if others:
            _open[library.path] = others


def door(root: Path) -> Door:
    """The open library of this folder. Raises LibraryError where none is."""
    with _lock:
        there = [library for entry in reversed(_open.get(root, [])) if (library := entry()) is not None]
    if there:  # one that can also draw, where there is one
        return next((library for library in there if library.remixer is not None), there[0])
    raise LibraryError(f"the library {root} is not open here", hint=f"open it: imgnb.library({str(root)!r})")
