"""What failed, was cancelled or interrupted: the newest first, by its kind, with the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ... import errors
from ...records import Generation
from ..reading import ask
from .page import asked, page

if TYPE_CHECKING:
    from ...library import Library

PAGE = 50
MOST = 10_000
"The newest failures, whose kinds are counted."


@dataclass(frozen=True)
class Shown:
    """A page of failures."""

    failures: tuple[Generation, ...] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)
    among: int | None = None
    "The newest failures, whose kinds were counted; None where all were."
    older: str = ""


async def show(datasette: Any, request: Any) -> Any:
    """The page."""
    kind, before = asked(request, "kind"), asked(request, "before")
    shown = await ask(datasette, look, kind, before)
    return await page(datasette, request, "failures", shown=shown, kind=kind, before=before, meanings=_meanings())


def look(library: Library, kind: str, before: str) -> Shown:
    """The newest failures of a kind, by default of any. Raises AssetNotFound for a page that there cannot be."""
    kinds = library.failure_kinds(MOST)
    found = library.failures(kind, limit=PAGE + 1, before=before or None)
    among = MOST if sum(kinds.values()) == MOST else None
    return Shown(tuple(found[:PAGE]), kinds, among, found[PAGE - 1].id if len(found) > PAGE else "")


def _meanings() -> dict[str, str]:
    """What each kind of error means, in the words of its class."""
    classes = [value for value in vars(errors).values() if isinstance(value, type) and hasattr(value, "kind")]
    return {one.kind: re.sub(r"\s+", " ", one.__doc__ or "").split(". ")[0].rstrip(".") for one in classes}
