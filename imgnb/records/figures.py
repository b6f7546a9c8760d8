"""Figures: how a picture is presented (caption, alternative text, name), and which number it has.

A kernel numbers figures in the order in which it first showed them, a report in the order of the document. Nothing here
is part of a request's identity.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import RequestInvalid

LONGEST = 2000
"Characters of a caption: what is longer belongs into the text."

_NAME = re.compile(r"[^\W\d][\w.:-]{0,63}")
REFERENCE = re.compile(r"""\{\{\s*ref\(\s*(?:"([^"{}]*)"|'([^'{}]*)')\s*\)\s*\}\}""")
"How a text refers to a figure; `name_of` tells to which."


@dataclass(frozen=True)
class Presentation:
    """How a picture is shown: caption and figure's name make a figure of it; without `alt`, the prompt stands in."""

    caption: str = ""
    alt: str = ""
    figure: str = ""

    def __post_init__(self) -> None:
        for name in ("caption", "alt", "figure"):
            if not isinstance(getattr(self, name), str):
                raise RequestInvalid(f"{name} is {getattr(self, name)!r}", hint="give text, in quotes", param=name)
        if self.figure and not _NAME.fullmatch(self.figure):
            raise RequestInvalid(
                f"figure is {self.figure!r}",
                hint="a figure's name is a letter, then letters, digits, - . : and _, 64 at most",
                param="figure",
            )
        if len(self.caption) > LONGEST:
            raise RequestInvalid(
                f"the caption has {len(self.caption):,} characters, more than {LONGEST:,}",
                hint="write the rest into the text",
                param="caption",
            )

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Presentation:
        """What an output's metadata says, which may be anybody's: what is no such text is passed over."""
        told = {name: facts[name] for name in ("caption", "alt", "figure") if isinstance(facts.get(name), str)}
        if "figure" in told and not _NAME.fullmatch(told["figure"]):
            del told["figure"]
        return cls(**{name: text[:LONGEST] for name, text in told.items()})

    @property
    def numbered(self) -> bool:
        """Whether it is a figure, which has a number."""
        return bool(self.caption or self.figure)

    @property
    def facts(self) -> dict[str, str]:
        """What the output's metadata says of it."""
        found = {"caption": self.caption, "alt": self.alt, "figure": self.figure}
        return {name: text for name, text in found.items() if text}


PLAIN = Presentation()


@dataclass(frozen=True)
class Numbered:
    """A figure that a kernel has shown."""

    number: int
    presentation: Presentation
    generation: str
    "The id of the generation that it shows."


class Figures:
    """The figures of a process, by name, or by the cell and the place in it; may be asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[tuple[object, ...], Numbered] = {}
        self._running: dict[object, tuple[object, int]] = {}

    def add(self, presentation: Presentation, generation: str, *, cell: object, run: object) -> Numbered:
        """The figure with its number: that of the same name, or of the same place in this cell, where it had one.

        `cell` is the cell's id, or None; `run` tells this run of it from any other.
        """
        cell = run if cell is None else cell
        with self._lock:
            before, count = self._running.get(cell, (None, 0))
            place = count + 1 if before == run else 1
            key: tuple[object, ...] = (presentation.figure,)
            if not presentation.figure:
                self._running[cell] = (run, place)
                key = (cell, place)
            number = self._shown[key].number if key in self._shown else len(self._shown) + 1
            self._shown[key] = Numbered(number, presentation, generation)
            return self._shown[key]

    def numbers(self) -> dict[str, int]:
        """The number of each figure that has a name."""
        with self._lock:
            found = [(one.presentation.figure, one.number) for one in self._shown.values()]
        return {name: number for name, number in found if name}

    def __iter__(self) -> Iterator[Numbered]:
        """Each figure, in the order of the numbers."""
        with self._lock:
            return iter(sorted(self._shown.values(), key=lambda one: one.number))

    def clear(self) -> None:
        """Forget everything, as in a new process."""
        with self._lock:
            self._shown.clear()
            self._running.clear()


FIGURES = Figures()
"Those of this process."


def with_refs(text: str, numbers: Mapping[str, int], unknown: Callable[[str], object]) -> str:
    """The text with `{{ ref('name') }}` made "Figure 2"; of a name that no figure has, `unknown` is told."""

    def said(match: re.Match[str]) -> str:
        name = name_of(match)
        if name in numbers:
            return f"Figure {numbers[name]}"
        unknown(name)
        return f"[no figure {name}]"

    return REFERENCE.sub(said, text)


def refs_in(text: str) -> Iterator[re.Match[str]]:
    """Each `{{ ref('name') }}` of the text; `name_of` tells which."""
    return REFERENCE.finditer(text)


def name_of(match: re.Match[str]) -> str:
    """The name that a reference asks for."""
    return match[1] if match[1] is not None else match[2]


def no_figure(name: str, numbers: Mapping[str, int]) -> str:
    """The sentence for a reference to a name that no figure has, with those that there are."""
    there = ", ".join(numbers) or "none with a name"
    return f"no figure is named {name!r}; there is {there}"


def figure_line(number: int, caption: str) -> str:
    """What stands below a figure: "Figure 2: a caption"."""
    return f"Figure {number}: {caption}" if caption else f"Figure {number}"
