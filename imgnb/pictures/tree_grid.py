"""A family tree whose cards stand in rows and columns; links run in the streets between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .card import CardShape
from .tree_layers import Pair
from .tree_plan import HIGHEST, LARGEST, MARGIN, WIDEST, Layout
from .tree_streets import STREET, Streets

_COLUMNS_AT_MOST = 9


class Grid:
    """What both kinds of rows share; how the cards are seated is theirs."""

    def __init__(self, layers: list[list[str]], pairs: Sequence[Pair], shape: CardShape, role: int) -> None:
        room = max(1, (WIDEST - 2 * MARGIN + STREET) // (shape.size[0] + STREET))
        cells = dict(self._seats(layers, min(room, _COLUMNS_AT_MOST)))
        columns = max(column for _, column in cells.values()) + 1
        self._shape = shape = _widened(shape, columns)
        self._streets = Streets(cells, pairs, shape, with_roles=role > 0)
        self._width = 2 * MARGIN + columns * (shape.size[0] + STREET) - STREET

    def _seats(self, layers: list[list[str]], room: int) -> Iterator[tuple[str, tuple[int, int]]]:
        raise NotImplementedError

    def fits(self) -> bool:
        """Whether it keeps to the size that a tree may have."""
        return self._width <= WIDEST and self._streets.height <= HIGHEST

    def layout(self) -> Layout:
        """Return where cards and links lie."""
        size = self._width, self._streets.height
        return Layout(size, self._shape, self._streets.corners, self._streets.ways(), False)


def _widened(shape: CardShape, columns: int) -> CardShape:
    """Return the card with what the columns leave of the picture's width: words make good use of it."""
    spare = WIDEST - 2 * MARGIN - columns * (shape.size[0] + STREET) + STREET
    widest = max(shape.frame[0], min(LARGEST, round(shape.frame[1] * 1.6)))
    return replace(shape, frame=(min(widest, shape.frame[0] + max(0, spare) // columns), shape.frame[1]))


class Rows(Grid):
    """A row for each layer, from top to bottom; a layer that is too wide takes several rows of equal length."""

    def _seats(self, layers: list[list[str]], room: int) -> Iterator[tuple[str, tuple[int, int]]]:
        row = 0
        lengths = [-(-len(layer) // -(-len(layer) // room)) for layer in layers]
        for layer, length in zip(layers, lengths, strict=True):
            for index, key in enumerate(layer):
                line, column = divmod(index, length)
                yield key, (row + line, (max(lengths) - length) // 2 + column)
            row += -(-len(layer) // length)


class Flow(Grid):
    """Layer after layer and row after row, like text."""

    def _seats(self, layers: list[list[str]], room: int) -> Iterator[tuple[str, tuple[int, int]]]:
        keys = [key for layer in layers for key in layer]
        columns = -(-len(keys) // -(-len(keys) // room))
        for index, key in enumerate(keys):
            yield key, divmod(index, columns)
