"""The ways of links through the streets of a grid of cards.

A link leaves its parent below and comes in at its child's upper edge; between cards of one row it comes in from
the left. In each street the links of different parents have lanes of their own, and a street is as wide as its
lanes need.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from .card import CardShape
from .tree_layers import Pair
from .tree_plan import MARGIN, Point

STREET = 34
"Pixels between two columns."
_LANE = 8.0
_KERB = 30
"What a street between rows needs beside its lanes: for dots, and for roles that reach into it."
_WIDEST_STREET = 110
_EXIT, _PORTS = 0.9, 0.82
"Where on its lower edge a card's links leave, and how much of the upper one is for those that come in."


class _Stretch(NamedTuple):
    street: Literal["row", "column"]
    "Below a row, or left of a column."
    number: int
    start: float
    end: float
    "From here to there along the street: pixels in one below a row, rows in one beside a column."


class Streets:
    """The grid with its streets: where the cards lie, how high it all is, and the way of each link."""

    def __init__(
        self, cells: dict[str, tuple[int, int]], pairs: Sequence[Pair], shape: CardShape, *, with_roles: bool
    ) -> None:
        self._cells, self._pairs = cells, pairs
        self._across, self._down = shape.size
        self._frame = shape.frame[1]
        self._ports, self._levels = self._ports_of(), self._levels_of()
        self._stretches = {pair: self._stretches_of(pair) for pair in pairs}
        self._lanes = self._lanes_of()
        self._tops, self.height = self._tops_of(46 if with_roles else STREET)
        self.corners = {key: (round(self._left(column)), self._tops[row]) for key, (row, column) in cells.items()}

    def ways(self) -> dict[Pair, list[Point]]:
        """Return the corner points of each link."""
        return {pair: self._way(pair) for pair in self._pairs}

    def _left(self, column: int) -> float:
        return MARGIN + column * (self._across + STREET)

    def _exit(self, key: str) -> float:
        return self._left(self._cells[key][1]) + self._across * _EXIT

    def _in_one_row(self, pair: Pair) -> bool:
        return self._cells[pair[0]][0] == self._cells[pair[1]][0]

    def _is_next(self, pair: Pair) -> bool:
        return self._in_one_row(pair) and self._cells[pair[1]][1] == self._cells[pair[0]][1] + 1

    def _arriving(self, chosen: Callable[[Pair], bool]) -> dict[str, list[Pair]]:
        arriving = defaultdict[str, list[Pair]](list)
        for pair in self._pairs:
            if chosen(pair):
                arriving[pair[1]].append(pair)
        return arriving

    def _ports_of(self) -> dict[Pair, float]:
        """Return where on its child's upper edge each link comes in: side by side, clear of where links leave."""
        ports = {}
        for child, links in self._arriving(lambda pair: not self._in_one_row(pair)).items():
            links.sort(key=lambda pair: self._exit(pair[0]))
            left = self._left(self._cells[child][1])
            for index, pair in enumerate(links):
                ports[pair] = left + self._across * _PORTS * (index + 0.5) / len(links)
            if len(links) == 1 and self._cells[links[0][0]][1] == self._cells[child][1]:
                ports[links[0]] = self._exit(child)
        return ports

    def _levels_of(self) -> dict[Pair, float]:
        """Return how far below its child's upper edge each link from the same row comes in, one below another."""
        levels = {}
        for links in self._arriving(self._in_one_row).values():
            links.sort(key=lambda pair: not self._is_next(pair))
            for index, pair in enumerate(links, 1):
                levels[pair] = self._frame * index / (len(links) + 2)
        return levels

    def _stretches_of(self, pair: Pair) -> list[_Stretch]:
        """Return the streets a link runs in, in order."""
        (row, _), (to_row, to_column) = self._cells[pair[0]], self._cells[pair[1]]
        start, end = self._exit(pair[0]), self._ports.get(pair, 0.0)
        if self._is_next(pair):
            return []
        if to_row == row + 1:
            return [_Stretch("row", row, start, end)]
        column = to_column if to_row == row or start <= end else to_column + 1
        beside = self._left(column) - STREET / 2
        first = _Stretch("row", row, start, beside)
        if to_row == row:
            return [first, _Stretch("column", column, row + 0.1, row + 0.9)]
        return [
            first,
            _Stretch("column", column, row + 0.9, to_row - 0.1),
            _Stretch("row", to_row - 1, beside, end),
        ]

    def _lanes_of(self) -> dict[tuple[str, int], dict[str, float]]:
        """Return for each street how far from its middle, in lanes, the lane of each parent lies."""
        used: dict[tuple[str, int], dict[str, tuple[float, float]]] = defaultdict(dict)
        for pair, stretches in self._stretches.items():
            for street, number, start, end in stretches:
                low, high = used[street, number].get(pair[0], (start, start))
                used[street, number][pair[0]] = min(low, start, end), max(high, start, end)
        return {street: _apart(spans) for street, spans in used.items()}

    def _tops_of(self, narrowest: int) -> tuple[list[int], int]:
        """Return where each row begins, and where all ends: the street below the last row may be needed as well."""
        tops, y = [], MARGIN
        rows = max(row for row, _ in self._cells.values()) + 1
        for row in range(rows):
            tops.append(y)
            lanes = self._lanes.get(("row", row), {})
            wide = min(_WIDEST_STREET, _KERB + round(_LANE * 2 * max(lanes.values(), default=0.0)))
            last = row == rows - 1
            y += self._down + (max(narrowest, wide) if not last else wide if lanes else MARGIN)
        return tops, y

    def _lane(self, street: str, number: int, parent: str) -> float:
        lanes = self._lanes[street, number]
        most = max(lanes.values())
        if street == "column":
            return self._left(number) - STREET / 2 + lanes[parent] * min(_LANE, (STREET - 14) / 2 / (most or 1))
        top = self._tops[number] + self._down
        below = self._tops[number + 1] if number + 1 < len(self._tops) else self.height
        return (top + below) / 2 + lanes[parent] * min(_LANE, (_WIDEST_STREET - _KERB) / 2 / (most or 1))

    def _way(self, pair: Pair) -> list[Point]:
        parent, child = pair
        (x, y), (to_x, to_y) = self.corners[parent], self.corners[child]
        if self._is_next(pair):
            return [(x + self._across, y + self._levels[pair]), (to_x, y + self._levels[pair])]
        points: list[Point] = [(self._exit(parent), y + self._down)]
        for street, number, _, _ in self._stretches[pair]:
            lane = self._lane(street, number, parent)
            points.append((points[-1][0], lane) if street == "row" else (lane, points[-1][1]))
        if self._in_one_row(pair):
            level = to_y + self._levels[pair]
            return [*points, (points[-1][0], level), (to_x, level)]
        port = self._ports[pair]
        return [*points, (port, points[-1][1]), (port, to_y)]


def _apart(spans: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Return a lane for each span, counted from the middle, so that none lies on another."""
    ends: list[float] = []
    lane = {}
    for key, (low, high) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        free = next((index for index, end in enumerate(ends) if end < low), len(ends))
        ends[free : free + 1] = [high]
        lane[key] = free
    return {key: index - (len(ends) - 1) / 2 for key, index in lane.items()}
