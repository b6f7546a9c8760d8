"""What the parts of the library's door have in common: the open store.

`Library` is one object to everybody outside; its acts stand in a class for each subject, so that each file has one idea.
"""

from __future__ import annotations

from pathlib import Path

from .opening import Store


class Part:
    """A part of `Library`."""

    path: Path
    _store: Store
