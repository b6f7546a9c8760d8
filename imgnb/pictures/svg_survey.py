"""What refers to what in an SVG, and how much a browser would draw for it.

Forty lines of patterns that are filled with each other twice are more shapes than anybody can draw, and a copy costs what
it copies. One look over the whole file, before anything is written, tells the cleaner which references multiply: those
that lead from within such a part to another one, and those that are too much together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate

SVG = "http://www.w3.org/2000/svg"
DRAWN_AGAIN = ("pattern", "mask", "marker", "clipPath", "filter")
"Elements whose content is drawn once more wherever something points at them."

GRADIENTS = ("linearGradient", "radialGradient")
DEEPEST = 200
"Elements in each other; deeper ones are nothing that was drawn, and cost a browser dearly."

ELEMENT = 64
"Letters that an element counts for by itself."

MOST_STYLE = 64 * 1024
"Letters of style sheets that are read."

MOST_POINTERS = 8
"References in all that is said of one class."

_POINTER = re.compile(r"""url\(\s*(['"]?)#([\w.:-]{1,200})\1\s*\)""", re.IGNORECASE)
_ADDRESS = re.compile(r"url\s*\(", re.IGNORECASE)
_PROPERTY = re.compile(r"-?[a-z][a-z-]*", re.ASCII)
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")


class TooDeep(ValueError):
    """There are too many elements in each other."""


class Survey:
    """What is known of the file before it is cleaned; elements are numbered in their order."""

    def __init__(self) -> None:
        self._kinds: list[str] = []
        self._ends: list[int] = []
        self._letters: list[int] = []
        self._points: list[int] = []
        self._by_id: dict[str, list[int]] = defaultdict(list)
        self._uses: list[tuple[int, str]] = []
        self._pointers: list[tuple[int, str, str]] = []
        self._around: set[int] = set()
        self._open: list[int] = []
        self._sheet: list[str] = []
        self._classed: list[tuple[int, str]] = []
        self._gradient: dict[str, bool] = {}
        self.copied: frozenset[str] = frozenset()
        "The ids of what is copied elsewhere."
        self.classes: Mapping[str, str] = {}
        "What simple rules of its style sheets say of a class."

    def start(self, name: str, attributes: dict[str, str]) -> None:
        number, kind = len(self._kinds), local(name, SVG)
        if len(self._open) >= DEEPEST:
            raise TooDeep(f"more than {DEEPEST} elements in each other")
        if kind in DRAWN_AGAIN:
            self._mark_around()
        self._open.append(number)
        self._kinds.append(kind)
        self._ends.append(number + 1)
        self._letters.append(ELEMENT + sum(map(len, attributes.values())))
        self._points.append(1 + sum(len(attributes.get(shape, "")) // 2 for shape in ("d", "points")))
        if "id" in attributes:
            self._by_id[attributes["id"]].append(number)
        self._note(number, kind, attributes)

    def end(self, name: str) -> None:
        self._ends[self._open.pop()] = len(self._kinds)

    def text(self, text: str) -> None:
        if self._open:
            self._letters[self._open[-1]] += len(text)
            if self._kinds[self._open[-1]] == "style":
                self._sheet.append(text)

    def finish(self) -> None:
        """Work out what the questions below are answered from."""
        self.copied = frozenset(target for _, target in self._uses)
        self.classes = _rules("".join(self._sheet))
        self._note_classes()
        self._within = self._multiplying()
        self._raw = _Sums(self._letters), _Sums([1] * len(self._kinds)), _Sums(self._points)
        added = [list(part) for part in (self._letters, [1] * len(self._kinds), self._points)]
        for number, target in self._uses:
            for counts, raw in zip(added, self._raw, strict=True):
                counts[number] += self._of(raw, target)
        self._drawn, self._elements, self._corners = map(_Sums, added)
        pointed = [0] * len(self._kinds)
        for number, name, target in self._pointers:
            pointed[number] += self.cost_of_pointer(number, name, target)
        self._pointed = _Sums(pointed)

    def may_point(self, number: int, target: str) -> bool:
        """Whether that element may point there: from within what is drawn again, only to colours."""
        return not self._within[number] or self._is_gradient(target)

    def cost_of_pointer(self, number: int, name: str, target: str) -> int:
        """Letters of drawing that are drawn once more, for all that inherits it."""
        if not self.may_point(number, target):
            return 0
        times = self._times(number, name)
        return self._of(self._drawn, target) * times // (8 if self._is_gradient(target) else 1)

    def cost_of_use(self, target: str) -> int:
        """Letters of drawing that a copy of this is."""
        return self._of(self._drawn, target) + self._of(self._pointed, target)

    def _times(self, number: int, name: str) -> int:
        if name.startswith("marker"):
            return self._corners.between(number, self._ends[number])
        return self._elements.between(number, self._ends[number]) if name in ("fill", "stroke") else 1

    def _of(self, sums: _Sums, target: str) -> int:
        if target not in sums.by_id:
            # Where several have the same id, what a browser takes depends on what is left out of the others.
            sums.by_id[target] = sum(sums.between(each, self._ends[each]) for each in self._by_id.get(target, ()))
        return sums.by_id[target]

    def _is_gradient(self, target: str) -> bool:
        if target not in self._gradient:
            kinds = {self._kinds[each] for each in self._by_id.get(target, ())}
            self._gradient[target] = bool(kinds) and kinds.issubset(GRADIENTS)
        return self._gradient[target]

    def _note(self, number: int, kind: str, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if (kind == "use" or kind in DRAWN_AGAIN) and name.rpartition(" ")[2] == "href":
                self._uses.append((number, value.removeprefix("#")))
            said = declarations(value) if name == "style" else [(name, value)]
            self._pointers += [(number, *pointer) for pointer in _pointing(said)]
        if names := attributes.get("class"):
            self._classed.append((number, names))

    def _note_classes(self) -> None:
        pointing = {name: found for name, said in self.classes.items() if (found := _pointing(declarations(said)))}
        for number, names in self._classed if pointing else ():
            for name in pointing.keys() & names.split():
                self._pointers += [(number, *pointer) for pointer in pointing[name]]

    def _mark_around(self) -> None:
        """What is around takes part: its colours are inherited by what is within."""
        for number in reversed(self._open):
            if number in self._around:
                return
            self._around.add(number)

    def _multiplying(self) -> bytearray:
        """For each element whether it is in something that is drawn again, around it, or copied into it."""
        within = bytearray(len(self._kinds))
        for number, kind in enumerate(self._kinds):
            if kind in DRAWN_AGAIN:
                self._fill(within, number)
        for target in {target for number, target in self._uses if within[number]}:
            for number in self._by_id.get(target, ()):
                self._fill(within, number)
        for number in self._around:
            within[number] = 1
        return within

    def _fill(self, within: bytearray, number: int) -> None:
        within[number : self._ends[number]] = b"\1" * (self._ends[number] - number)


class _Sums:
    """Sums over any stretch of a list, each at once."""

    def __init__(self, counts: list[int]) -> None:
        self._until = list(accumulate(counts, initial=0))
        self.by_id: dict[str, int] = {}

    def between(self, start: int, end: int) -> int:
        return self._until[end] - self._until[start]


def local(name: str, namespace: str) -> str:
    """The name without its namespace; "" where it is of another one. SVGs without any are taken for SVG."""
    space, _, found = name.rpartition(" ")
    return found if space in ("", namespace) else ""


def pointers(value: str) -> list[str] | None:
    """The ids that a value points at; None where it points in a way that is not plain."""
    found = [match[2] for match in _POINTER.finditer(value)]
    return found if len(found) == len(_ADDRESS.findall(value)) else None


def declarations(style: str) -> list[tuple[str, str]]:
    """The properties of a style attribute and what it says of them."""
    parted = (part.partition(":") for part in style.split(";"))
    plain = ((name.strip().lower(), value.strip()) for name, _, value in parted)
    return [(name, value) for name, value in plain if value and _PROPERTY.fullmatch(name)]


def _pointing(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, target) for name, value in said for target in pointers(value) or ()]


def _rules(sheet: str) -> dict[str, str]:
    """What a style sheet says of classes, where it says it plainly; conditions and imports are another matter."""
    found: dict[str, str] = defaultdict(str)
    if len(sheet) <= MOST_STYLE and "@" not in sheet:
        first, *commented = sheet.split("/*")
        plain = first + "".join(part.partition("*/")[2] for part in commented)
        for rule in plain.split("}"):
            selectors, _, said = rule.partition("{")
            for selector in selectors.split(",") if "{" not in said else ():
                if match := _CLASS.fullmatch(selector.strip()):
                    found[match[1]] += said.strip().rstrip(";") + ";"
    return {name: said for name, said in found.items() if len(_ADDRESS.findall(said)) <= MOST_POINTERS}
