"""The appendix of a printed report: what the records say of the pictures, or, without records, the notebook itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..pictures.bundle import alt_text
from ..records.wording import one_line
from .appendix import Entry, small_copy
from .appendix_html import SHOWN
from .blocks import Drawn, of_preview
from .figures import Shown


@dataclass(frozen=True)
class Row:
    """An entry, and its thumbnails as the template takes them, of which some may be missing."""

    entry: Entry
    thumbs: tuple[Drawn, ...] = field(repr=False)
    linked: bool
    "Whether the figure can be linked to."


def entries_of(shown: Iterable[Shown]) -> list[Entry]:
    """An entry for each generation or picture that is shown, in order, each once."""
    entries: dict[object, Entry] = {}
    for one in shown:
        if one.is_sheet or (one.hashes in entries and entries[one.hashes].number):
            continue
        if one.hashes in entries and not one.number:
            continue
        made = Entry.of(one.generation, one.number, one.presentation) if one.generation else _from_facts(one)
        entries[one.hashes] = made
    return list(entries.values())


def rows(entries: Sequence[Entry]) -> list[Row]:
    """The entries as the template takes them."""
    return [Row(entry, tuple(_thumbs(entry)), entry.number is not None) for entry in entries]


def _thumbs(entry: Entry) -> Iterable[Drawn]:
    for thumb in entry.thumbs:
        if thumb is not None:
            drawn = of_preview(thumb, alt_text(entry.alt))
            scale = min(1.0, SHOWN / max(drawn.width, drawn.height))
            size = (max(1, round(side * scale)) for side in (drawn.width, drawn.height))
            yield Drawn(drawn.url, drawn.alt, *size)


def _from_facts(shown: Shown) -> Entry:
    """What the notebook says of pictures of which the library has no record."""
    facts = shown.facts
    cost = facts.get("cost")
    cost = float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < 1e9 else None
    size = _text(facts, "size")
    return Entry(
        prompt=one_line(shown.alt, 2_000),
        model=_text(facts, "model"),
        route=_text(facts, "route"),
        params=(("size", size),) if size else (),
        cost=cost,
        currency=(_text(facts, "currency") or "USD") if cost is not None else "",
        hashes=shown.hashes,
        thumbs=tuple(small_copy(asset) if asset else None for asset in shown.assets),
        number=shown.number,
        presentation=shown.presentation,
    )


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return one_line(value) if isinstance(value, str) else ""
