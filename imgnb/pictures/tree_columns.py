"""A family tree whose layers stand side by side, from left to right, joined by curves."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from .card import CardShape
from .tree_layers import Pair, through
from .tree_plan import HIGHEST, MARGIN, WIDEST, Layout, Point

_BETWEEN = 30
_WAYPOINT = 22.0
"Height of the lane that a link takes through a layer of cards."


class Columns:
    """Layers as columns, from left to right."""

    def __init__(self, layers: list[list[str]], pairs: Sequence[Pair], shape: CardShape, role: int) -> None:
        self._cards = {key for layer in layers for key in layer}
        self._shape = shape
        self._gap = max(72, role + 64)
        self._width = len(layers) * shape.size[0] + (len(layers) - 1) * self._gap + 2 * MARGIN
        self._given = layers, pairs

    def fits(self) -> bool:
        """Whether it keeps to the size that a tree may have."""
        return self._width <= WIDEST and self._height <= HIGHEST

    # Reckoned when first asked for: too many layers to fit may have a hundred thousand waypoints between them.
    @cached_property
    def _filled(self) -> tuple[list[list[str]], dict[Pair, list[str]]]:
        return through(*self._given)

    @property
    def _layers(self) -> list[list[str]]:
        return self._filled[0]

    @property
    def _ways(self) -> dict[Pair, list[str]]:
        return self._filled[1]

    @cached_property
    def _height(self) -> float:
        return max(self._stack(layer) for layer in self._layers) + 2 * MARGIN

    def layout(self) -> Layout:
        """Return where cards and links lie."""
        middles = self._middles()
        down = self._shape.size[1]
        corners = {
            key: (self._left(level), round(middles[key] - down / 2))
            for level, layer in enumerate(self._layers)
            for key in layer
            if key in self._cards
        }
        size, ways = (self._width, round(self._height)), self._lines(middles, corners)
        return Layout(size, self._shape, corners, ways, True, self._gap - 50)

    def _left(self, level: int) -> int:
        return MARGIN + level * (self._shape.size[0] + self._gap)

    def _tall(self, key: str) -> float:
        return float(self._shape.size[1]) if key in self._cards else _WAYPOINT

    def _stack(self, layer: list[str]) -> float:
        return sum(self._tall(key) for key in layer) + (len(layer) - 1) * _BETWEEN

    def _middles(self) -> dict[str, float]:
        """Return the height of each card's middle: near the middle of its parents, where the layer leaves room."""
        parents = defaultdict[str, list[str]](list)
        for way in self._ways.values():
            for parent, child in itertools.pairwise(way):
                parents[child].append(parent)
        middles: dict[str, float] = {}
        for layer in self._layers:
            y = (self._height - self._stack(layer)) / 2
            for key in layer:
                middles[key] = y + self._tall(key) / 2
                y += self._tall(key) + _BETWEEN
            self._shift(layer, parents, middles)
        return middles

    def _shift(self, layer: list[str], parents: dict[str, list[str]], middles: dict[str, float]) -> None:
        wished = [sum(middles[p] for p in parents[key]) / len(parents[key]) for key in layer if parents[key]]
        if not wished:
            return
        room = (self._height - self._stack(layer)) / 2 - MARGIN
        move = sum(wished) / len(wished) - sum(middles[key] for key in layer) / len(layer)
        move = max(-room, min(room, move))
        for key in layer:
            middles[key] += move

    def _lines(self, middles: dict[str, float], corners: dict[str, tuple[int, int]]) -> dict[Pair, list[Point]]:
        across = self._shape.size[0]
        level = {key: index for index, layer in enumerate(self._layers) for key in layer}
        ports = self._ports(middles)
        made = {}
        for (parent, child), way in self._ways.items():
            points: list[Point] = [(corners[parent][0] + across, middles[parent])]
            for key in way[1:-1]:
                points += [(self._left(level[key]), middles[key]), (self._left(level[key]) + across, middles[key])]
            made[parent, child] = [*points, (corners[child][0], ports[parent, child])]
        return made

    def _ports(self, middles: dict[str, float]) -> dict[Pair, float]:
        """Return the height at which each link comes in: those of one child one below another, in their order."""
        arriving = defaultdict[str, list[Pair]](list)
        for pair in self._ways:
            arriving[pair[1]].append(pair)
        ports = {}
        for child, links in arriving.items():
            links.sort(key=lambda pair: middles[self._ways[pair][-2]])
            step = min(30.0, (self._shape.size[1] - 24) / len(links))
            for index, pair in enumerate(links):
                ports[pair] = middles[child] + (index - (len(links) - 1) / 2) * step
        return ports
