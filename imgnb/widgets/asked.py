"""What was asked for of two pictures, where it differs: rows of a table, with the words of the prompts that differ marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ImgnbError
from ..records import Asset, Generation
from ..records.marking import Runs, marked, unmarked

if TYPE_CHECKING:
    from ..library import Library


@dataclass(frozen=True)
class Row:
    """One thing that differs."""

    name: str
    first: Runs
    second: Runs

    def texts(self) -> tuple[str, str]:
        """Both sides as plain texts."""
        return "".join(text for _, text in self.first), "".join(text for _, text in self.second)


def maker(library: Library, asset: Asset) -> Generation | None:
    """The newest generation that made it; None of a picture from elsewhere."""
    try:
        return library.generation(f"@{asset.sha256}")
    except ImgnbError:
        return None


def differing(library: Library, one: Asset, other: Asset) -> list[Row]:
    """Everything that was asked for and differs, then what came of it: pixels, cost and seconds."""
    return [
        Row(name, *(marked(mine, theirs) if name == "prompt" else (unmarked(mine), unmarked(theirs))))
        for name, mine, theirs in _pairs(library, one, other)
        if mine != theirs
    ]


def _pairs(library: Library, one: Asset, other: Asset) -> Iterator[tuple[str, str, str]]:
    first, second = maker(library, one), maker(library, other)
    yield "made by", "imgnb" if first else "elsewhere", "imgnb" if second else "elsewhere"
    if first and second:
        yield "route", first.route, second.route
        yield "model", first.model, second.model
        for name, mine, theirs in _requests(library, first, second):
            if name != "model":
                yield name, _said(name, mine), _said(name, theirs)
        yield "take", _said("take", first.take), _said("take", second.take)
    yield "pixels", f"{one.width} x {one.height}", f"{other.width} x {other.height}"
    if first and second:
        yield "cost", _cost(first), _cost(second)
        yield "seconds", _seconds(first), _seconds(second)


def _requests(library: Library, first: Generation, second: Generation) -> Iterator[tuple[str, Any, Any]]:
    try:
        yield from library.stored_request(first).differences(library.stored_request(second))
    except ImgnbError:  # a reference is lost: what was written down beside the request is still there
        yield "prompt", first.prompt, second.prompt
        for name in dict.fromkeys((*first.params, *second.params)):
            yield name, first.params.get(name), second.params.get(name)


def _said(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name == "references":
        return ", ".join(f"{role} {sha256[:12]}" for role, sha256 in value) or "none"
    return str(value)


def _cost(generation: Generation) -> str:
    return "–" if generation.cost is None else f"{generation.cost:.4g} {generation.currency}"


def _seconds(generation: Generation) -> str:
    return "–" if generation.seconds is None else f"{generation.seconds:.1f}"
