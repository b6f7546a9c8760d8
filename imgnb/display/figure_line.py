"""The line below a figure: one line of plain text, the same whenever the notebook runs from its beginning.

A Jupyter cell prints it. marimo shows what is a cell's value, and prints elsewhere: there the generation carries it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ..pictures.bundle import plain_line
from ..records.figures import FIGURES, Figures, Presentation, figure_line, no_figure, with_refs
from .cell import marimo_cell, message_id, place, running_shell


def tell_figure(presentation: Presentation, generation: str) -> None:
    """Print "Figure 2: a caption" below what this run of the cell has shown; a figure that is not known is said."""
    cell, run = _here(generation)
    for name, line in figure_told(FIGURES, presentation, generation, cell=cell, run=run):
        print(line, file=getattr(sys, name))


def carried_line(presentation: Presentation, generation: str) -> str:
    """The line for whoever shows the generation later; a figure that is not known is said now."""
    cell, run = _here(generation)
    (_, line), *complaints = figure_told(FIGURES, presentation, generation, cell=cell, run=run)
    for name, said in complaints:
        print(said, file=getattr(sys, name))
    return line


def _here(generation: str) -> tuple[object, object]:
    """The cell that runs, and what tells this run of it from others; elsewhere, a generation is its own place."""
    if (shell := running_shell()) is not None:
        return place(shell)["cell_id"], message_id(shell)
    return marimo_cell() or (None, generation)


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
