"""The appendix: every picture of a notebook with what it was made of, by whom, and what it cost.

In a kernel it lists what this process was answered; in a printed report, what the notebook's outputs show. It names no
times, so that the same pictures give the same appendix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..display.cell import has_kernel, place, running_shell
from ..errors import ProtocolBroken
from ..pictures import Preview, preview, thumbnail
from ..records import Asset, Generation
from ..records.figures import FIGURES, PLAIN, Presentation
from ..records.session import SESSION
from ..records.wording import one_line
from .appendix_html import appendix_html

EDGE, BYTES = 160, 8_000
"Pixels and bytes of a thumbnail: of a hundred, a notebook takes a megabyte."

_TOLD = ("size", "quality")
"Parameters whose effective values are told; of others, what was asked for."
_PROMPT = 2_000


@dataclass(frozen=True)
class Entry:
    """A generation as an appendix tells of it: `thumbs` has a small copy of each picture, None where there is none."""

    prompt: str
    model: str = ""
    route: str = ""
    take: int | None = None
    params: tuple[tuple[str, str], ...] = ()
    cost: float | None = None
    currency: str = ""
    generation: str = ""
    hashes: tuple[str, ...] = ()
    thumbs: tuple[Preview | None, ...] = ()
    number: int | None = None
    "Of the figure, where it is one."
    presentation: Presentation = PLAIN

    @classmethod
    def of(cls, generation: Generation, number: int | None = None, presentation: Presentation = PLAIN) -> Entry:
        """What is told of this generation, which this figure shows."""
        return cls(
            prompt=one_line(generation.prompt, _PROMPT),
            model=generation.model_answered or generation.model,
            route=generation.route,
            take=generation.take,
            params=params_of(generation),
            cost=generation.cost,
            currency=generation.currency if generation.cost is not None else "",
            generation=generation.id,
            hashes=tuple(asset.sha256 for asset in generation.assets),
            thumbs=tuple(small_copy(asset) for asset in generation.assets),
            number=number,
            presentation=presentation,
        )

    @property
    def alt(self) -> str:
        """What to say of its pictures where they cannot be seen."""
        return self.presentation.alt or self.prompt

    @property
    def cost_told(self) -> str:
        """What it cost, for people."""
        return "no price" if self.cost is None else money(self.cost, self.currency)

    def to_dict(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return {
            "number": self.number,
            "figure": self.presentation.figure or None,
            "caption": self.presentation.caption or None,
            "alt": self.alt,
            "prompt": self.prompt,
            "model": self.model,
            "route": self.route,
            "take": self.take,
            "params": dict(self.params),
            "cost": self.cost,
            "currency": self.currency or None,
            "generation": self.generation or None,
            "assets": list(self.hashes),
        }


class Appendix(Sequence[Entry]):
    """The entries of a notebook in order; a notebook shows it as a table, a terminal as lines."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = tuple(entries)

    def __getitem__(self, key: Any) -> Any:
        return Appendix(self._entries[key]) if isinstance(key, slice) else self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def totals(self) -> dict[str, float]:
        """What all of them cost, by currency."""
        found: dict[str, float] = {}
        for entry in self._entries:
            if entry.cost is not None:
                found[entry.currency] = round(found.get(entry.currency, 0.0) + entry.cost, 6)
        return dict(sorted(found.items()))

    @property
    def total_told(self) -> str:
        """The last line: how many pictures, and what they cost."""
        count = sum(len(entry.hashes) for entry in self._entries)
        without = sum(entry.cost is None for entry in self._entries)
        costs = [money(amount, currency) for currency, amount in self.totals.items()] or ["no price is known"]
        pictures = "1 picture" if count == 1 else f"{count:,} pictures"
        return f"{pictures}, {' and '.join(costs)}" + (
            f"; {without} without a price" if without and self.totals else ""
        )

    def to_dict(self) -> dict[str, Any]:
        """The entries and totals as plain JSON values."""
        return {"pictures": [entry.to_dict() for entry in self._entries], "totals": self.totals}

    def __repr__(self) -> str:
        lines = [_line(entry) for entry in self._entries]
        return "\n".join([*lines, self.total_told] if lines else ["no picture yet"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"text/html": appendix_html(self), "text/plain": repr(self)}, {"imgnb": {"v": 1, "appendix": len(self)}}


def appendix() -> Appendix:
    """Every picture that this kernel was given for this notebook, in order, each generation once."""
    shell = running_shell()
    here = place(shell)["notebook"] if shell is not None and has_kernel(shell) else None
    figures = {figure.generation: figure for figure in reversed(list(FIGURES))}
    found: dict[str, Generation] = {}
    for answered in SESSION.answered:
        elsewhere = answered.place.get("notebook")
        if answered.generation.assets and (here is None or elsewhere in (None, here)):
            found.setdefault(answered.generation.id, answered.generation)
    entries = []
    for generation in found.values():
        figure = figures.get(generation.id)
        entries.append(Entry.of(generation, figure.number, figure.presentation) if figure else Entry.of(generation))
    return Appendix(entries)


def small_copy(asset: Asset) -> Preview | None:
    """A small copy of a stored picture; None where its bytes are gone, or are none that can be shown."""
    with suppress(ProtocolBroken, OSError):
        return preview(thumbnail(asset).data, EDGE, BYTES)
    return None


def params_of(generation: Generation) -> tuple[tuple[str, str], ...]:
    """The parameters that shaped the pictures, for people: as they came, else as they were asked for."""
    effective: Mapping[str, Any] = {name: generation.effective.get(name) for name in _TOLD}
    asked = {name: value for name, value in generation.params.items() if name != "partial_images"}
    told = {**asked, **{name: value for name, value in effective.items() if value is not None}}
    return tuple((name.replace("_", " "), one_line(str(value))) for name, value in sorted(told.items()))


def money(amount: float, currency: str) -> str:
    """An amount for people: "0.0421 USD", "free"."""
    return "free" if not amount else f"{amount:,.4f} {currency}" if currency == "USD" else f"{amount:,g} {currency}"


def _line(entry: Entry) -> str:
    figure = f"Figure {entry.number}: " if entry.number else ""
    hashes = " ".join(f"@{sha256[:12]}" for sha256 in entry.hashes)
    told = [entry.model, *(f"{name} {value}" for name, value in entry.params), entry.cost_told, hashes]
    return f"{figure}{one_line(entry.prompt)}\n    {' · '.join(filter(None, told))}"
