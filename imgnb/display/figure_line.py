"""The line below a figure: one line of plain text, the same whenever the notebook runs from its beginning."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ..pictures.bundle import plain_line
from ..records.figures import FIGURES, Figures, Presentation, figure_line, no_figure, with_refs
from .cell import message_id, place, running_shell


def tell_figure(presentation: Presentation, generation: str) -> None:
    """Print "Figure 2: a caption" below what this run of the cell has shown; a figure that is not known is said."""
    shell = running_shell()
    cell, run = (place(shell)["cell_id"], message_id(shell)) if shell is not None else (None, generation)
    for name, line in figure_told(FIGURES, presentation, generation, cell=cell, run=run):
        print(line, file=getattr(sys, name))


def figure_told(
    figures: Figures, presentation: Presentation, generation: str, *, cell: object, run: object
) -> Iterator[tuple[str, str]]:
    """The figure, added to those that were shown, as streams and their lines."""
    figure = figures.add(presentation, generation, cell=cell, run=run)
    numbers = figures.numbers()
    unknown: list[str] = []
    caption = plain_line(with_refs(presentation.caption, numbers, unknown.append))
    yield "stdout", figure_line(figure.number, caption)
    for name in dict.fromkeys(unknown):
        yield "stderr", f"imgnb: {plain_line(no_figure(name, numbers))} so far"
