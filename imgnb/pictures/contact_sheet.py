"""Several pictures of one generation on one sheet, numbered as `@last[2]` names them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .captions import Caption, sheet_with_captions
from .card import readable_picture
from .encode import MAX_BYTES, SHOWN_HEIGHT, SHOWN_WIDTH, Preview, encode
from .paint import SLATE, pill, plain_ground, words
from .preview import EDGE

if TYPE_CHECKING:
    from PIL.Image import Image

_GAP = 8
_SPARED_FOR_FULL_ROWS = 1.2
"An arrangement without empty cells is taken though its cells could be this much larger otherwise."


def contact_sheet(
    sources: Sequence[Preview | Path | bytes | Image],
    edge: int = EDGE,
    captions: Sequence[Caption] | None = None,
    *,
    numbered: bool = True,
    columns: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> Preview:
    """Return the pictures on one sheet of at most `edge` pixels a side, in equal cells, numbered from 1.

    `captions` has for each picture a title and a subtitle, as a pair or on two lines of a string; the subtitle is
    wrapped to two lines. Such a sheet is a JPEG; where there are too many pictures for words, it goes without them.
    `columns` is how many stand beside one another, by default as many as show them largest.

    No picture is enlarged. One that cannot be decoded leaves a cell that says so. Raises ValueError where captions
    and pictures are not equally many.
    """
    if captions is not None and len(captions) != len(sources):
        raise ValueError(f"{len(captions)} captions for {len(sources)} pictures")
    pictures = [readable_picture(source, edge) for source in sources]
    if captions and (sheet := sheet_with_captions(pictures, captions, edge, numbered, columns, max_bytes)):
        return sheet
    return _plain_sheet(pictures, edge, numbered, columns, max_bytes)


def _plain_sheet(
    pictures: Sequence[Image | None], edge: int, numbered: bool, columns: int | None, max_bytes: int
) -> Preview:
    import PIL.Image

    sizes = [picture.size for picture in pictures if picture] or [(256, 256)]
    shape = (max(width for width, _ in sizes), max(height for _, height in sizes))
    columns = columns or columns_for(max(1, len(pictures)), shape[0] / shape[1])
    rows = -(-max(1, len(pictures)) // columns)
    cell = _cell(shape, columns, rows, edge)
    size = (columns * cell[0] + (columns - 1) * _GAP, rows * cell[1] + (rows - 1) * _GAP)
    see_through = any(picture is not None and picture.mode == "RGBA" for picture in pictures)
    sheet = PIL.Image.new("RGBA", size, (0, 0, 0, 0)) if see_through else PIL.Image.new("RGB", size, SLATE)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        number = index + 1 if numbered else None
        _place(sheet, picture, number, (column * (cell[0] + _GAP), row * (cell[1] + _GAP)), cell)
    return encode(sheet, alpha=see_through, max_bytes=max_bytes)


def columns_for(count: int, ratio: float) -> int:
    """Return how many columns make the cells of this ratio (width to height) largest where the page shows them."""
    page = SHOWN_WIDTH / SHOWN_HEIGHT
    largest = {columns: min(page / columns, ratio / -(-count // columns)) for columns in range(1, count + 1)}
    best = max(largest.values())
    full = [n for n in largest if count % n == 0 and largest[n] * _SPARED_FOR_FULL_ROWS >= best]
    return max(full or largest, key=lambda columns: largest[columns])


def _cell(shape: tuple[int, int], columns: int, rows: int, edge: int) -> tuple[int, int]:
    across, down = (edge - (columns - 1) * _GAP) / columns, (edge - (rows - 1) * _GAP) / rows
    scale = min(1.0, across / shape[0], down / shape[1])
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _place(sheet: Image, picture: Image | None, number: int | None, at: tuple[int, int], cell: tuple[int, int]) -> None:
    import PIL.Image

    if picture is None:
        framed = plain_ground(cell).convert(sheet.mode)
        if cell[0] >= 160:
            words(framed, (cell[0] / 2, cell[1] / 2), "no preview", 22, align="middle")
    else:
        scale = min(1.0, cell[0] / picture.width, cell[1] / picture.height)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, PIL.Image.Resampling.BICUBIC, reducing_gap=1.5) if scale < 1 else picture
        framed = PIL.Image.new(sheet.mode, cell, 0 if sheet.mode == "RGBA" else SLATE)
        framed.paste(picture.convert(sheet.mode), ((cell[0] - size[0]) // 2, (cell[1] - size[1]) // 2))
    text_size = max(20, min(32, round(min(cell) * 0.07)))
    if number is not None and min(cell) >= 2 * text_size:
        pill(framed, str(number), text_size, corner="top", margin=max(4, text_size // 2), room=cell[0])
    sheet.paste(framed, at)
