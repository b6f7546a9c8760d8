"""An HTML table as a picture: dark letters on white, thin rules, numbers to the right, as a notebook shows it.

Everything is drawn twice as large as on a page, so that a model can read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lettering import fitted, font, readable
from .paint import INK, SLATE, WHITE, Colour
from .table_html import Cell, Rules, Table, parsed

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

MOST_ROWS, MOST_COLUMNS = 60, 20
"What of a table is drawn, without its headings."

MOST_LETTERS = 40
"A longer cell is cut."

_MOST_WIDTH = 2400
_SIZES = (26, 22, 18)
"Letters in pixels: the largest with which the table is narrow enough."

_HEAD: Colour = (243, 245, 248)
_RULE: Colour = (223, 227, 233)
_NUMBER = re.compile(r"[-+]?[$]?[\d,.' ]*\d[\d,.' ]*(e[-+]?\d+)?\s?%?|nan|none|nat|<na>|[-+]?inf|", re.IGNORECASE)


@dataclass(frozen=True)
class _Placed:
    """A cell at its place: its first row and column, and the first beyond it."""

    cell: Cell
    text: str
    top: int
    left: int
    bottom: int
    right: int


def table_picture(html: str, note: str = "") -> Image:
    """Return the first table of the HTML as an RGB picture of at most 2400 pixels in width.

    The note stands below it: what was left out. Columns that have no room are cut, with an ellipsis.
    """
    table = parsed(html)
    placed = _placed(table)
    count = max((cell.right for cell in placed), default=0)
    for size in _SIZES:
        widths = _widths(placed, count, size)
        if sum(widths) <= _MOST_WIDTH - 2 * size:
            break
    else:
        widths = _narrowed(widths, _MOST_WIDTH - 2 * size)
    return _painted(table, placed, widths, size, readable(note))


def _placed(table: Table) -> list[_Placed]:
    """Every cell in the first column that is free in its row, within what is drawn."""
    taken: set[tuple[int, int]] = set()
    placed = []
    rows, columns = len(table.rows), MOST_COLUMNS + 20  # levels of an index stand in front
    for top, row in enumerate(table.rows):
        left = 0
        for cell in row:
            while (top, left) in taken:
                left += 1
            if left >= columns:
                break
            bottom, right = min(rows, top + max(1, cell.down)), min(columns, left + max(1, cell.across))
            taken |= {(y, x) for y in range(top, bottom) for x in range(left, right)}
            placed.append(_Placed(cell, _shown(cell.text), top, left, bottom, right))
    return placed


def _shown(text: str) -> str:
    text = readable(text)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1].rstrip() + "…"


def _widths(placed: list[_Placed], count: int, size: int) -> list[int]:
    """Each column as wide as its widest cell; what spans several shares out what it needs more."""
    widths = [2 * size] * count
    for cell in sorted(placed, key=lambda cell: cell.right - cell.left):
        span = cell.right - cell.left
        missing = round(font(size).getlength(cell.text)) + 2 * _padding(size) - sum(widths[cell.left : cell.right])
        for column in range(cell.left, cell.right):
            widths[column] += max(0, -(-missing // span))
    return widths


def _narrowed(widths: list[int], room: int) -> list[int]:
    """The widths with all above one limit cut to it, so that narrow columns stay whole."""
    low, high = 1, max(widths)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(width, middle) for width in widths) <= room:
            low = middle
        else:
            high = middle - 1
    return [min(width, low) for width in widths]


def _painted(table: Table, placed: list[_Placed], widths: list[int], size: int, note: str) -> Image:
    import PIL.Image
    from PIL import ImageDraw

    caption, row_height = readable(table.caption), round(size * 1.7)
    lines = max(font(size).getlength(text) for text in (caption, note, " "))
    width = min(_MOST_WIDTH, max(sum(widths), round(lines) + 2 * _padding(size)) + 2 * size)
    top = size + (row_height if caption else 0)
    bottom = top + len(table.rows) * row_height
    image = PIL.Image.new("RGB", (width, bottom + size + (row_height if note else 0)), WHITE)
    drawing = ImageDraw.Draw(image)
    lefts = [size + sum(widths[:index]) for index in range(len(widths) + 1)]
    rights = _right_aligned(placed)
    for cell in placed:
        box = (lefts[cell.left], top + cell.top * row_height, lefts[cell.right], top + cell.bottom * row_height)
        _draw_cell(drawing, cell, box, size, row_height, "right" if cell.left in rights else "left")
    room = width - 2 * size - 2 * _padding(size)
    for text, y, ink in ((caption, size, INK), (note, bottom, SLATE)):
        _write(drawing, (size + _padding(size), y + row_height / 2), fitted(text, size, room), size, ink)
    return image


def _right_aligned(placed: list[_Placed]) -> set[int]:
    """The columns whose data are all numbers."""
    data = [cell for cell in placed if not cell.cell.is_heading]
    words = {cell.left for cell in data if not _NUMBER.fullmatch(cell.text)}
    return {cell.left for cell in data} - words


def _draw_cell(
    drawing: ImageDraw, placed: _Placed, box: tuple[int, int, int, int], size: int, row_height: int, align: str
) -> None:
    rules, cell = placed.cell.rules, placed.cell
    drawing.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), _background(cell))
    if "background-color" not in rules or cell.in_head:
        drawing.line((box[0], box[3] - 1, box[2] - 1, box[3] - 1), _RULE)
    align = {"start": "left", "end": "right"}.get(rules.get("text-align", ""), rules.get("text-align", align))
    # A heading over several columns, or beside several rows, begins where they begin.
    align = "left" if placed.right - placed.left > 1 else align
    room = box[2] - box[0] - 2 * _padding(size)
    text = fitted(placed.text, size, room)
    spare = room - font(size).getlength(text)
    x = box[0] + _padding(size) + spare * {"right": 1.0, "center": 0.5}.get(align, 0.0)
    ink = colour(rules.get("color", "")) or (SLATE if cell.is_heading and not cell.in_head else INK)
    _write(drawing, (x, box[1] + row_height / 2), text, size, ink, bold=_is_bold(cell))


def _background(cell: Cell) -> Colour:
    return colour(cell.rules.get("background-color", "")) or (_HEAD if cell.in_head else WHITE)


def _is_bold(cell: Cell) -> bool:
    weight = cell.rules.get("font-weight", "bold" if cell.in_head else "normal")
    return weight in ("bold", "bolder") or (weight.isdigit() and len(weight) < 5 and int(weight) >= 600)


def colour(text: str) -> Colour | None:
    """Return the CSS colour as it looks on white, as far as Pillow knows it; None for any other text."""
    from PIL import ImageColor

    try:
        red, green, blue, *alpha = ImageColor.getrgb(text[:100])
    except ValueError:
        return None
    share = (alpha[0] if alpha else 255) / 255
    red, green, blue = (round(255 + (part - 255) * share) for part in (red, green, blue))
    return red, green, blue


def _write(
    drawing: ImageDraw, at: tuple[float, float], text: str, size: int, ink: Colour, *, bold: bool = False
) -> None:
    """Write from the left, with the capitals' middle at `at`; our font is of one weight, so bold is written twice."""
    _, top, _, bottom = font(size).getbbox("H")
    x, y = round(at[0]), round(at[1] - (top + bottom) / 2)
    for shift in (0, 1) if bold else (0,):
        drawing.text((x + shift, y), text, fill=ink, font=font(size))


def _padding(size: int) -> int:
    return round(size * 0.6)


__all__ = ["MOST_COLUMNS", "MOST_LETTERS", "MOST_ROWS", "Rules", "colour", "table_picture"]
