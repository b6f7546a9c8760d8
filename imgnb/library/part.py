"""What the parts of the library's door have in common: the open store.

`Library` is one object to everybody outside; its acts stand in a class for each subject, so that each file has one idea.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import LibraryError
from ..records import Asset, Generation
from .opening import Store


class Part:
    """A part of `Library`."""

    path: Path
    _store: Store


def hash_of(item: Asset | Generation) -> str:
    """The hash of the asset that is meant: of a generation, its first picture. Raises LibraryError for anything else."""
    if isinstance(item, Generation):
        item = item.asset
    if not isinstance(item, Asset):
        raise LibraryError(f"{item!r:.80} is no picture of the library", hint="give an Asset: library.asset('@hero')")
    return item.sha256
