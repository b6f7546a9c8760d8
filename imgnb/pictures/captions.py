"""A sheet whose pictures stand on cards, each with a title and what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from .card import CardShape, framed, paint_card
from .encode import MAX_BYTES, SHOWN_HEIGHT, SHOWN_WIDTH, Preview, encode
from .lettering import readable, wrapped
from .paint import pill, plain_ground

if TYPE_CHECKING:
    from PIL.Image import Image

Caption = str | tuple[str, str]
"Title and subtitle: a pair, or one string with a line break between them."

_GAP = 10
_LETTERS = (22, 20, 18, 17, 16, 15, 14)
"From what is read with ease to what can still be read; the smaller ones only where there are many pictures."
_NARROWEST = 240
"A card is at least this wide, however small its picture: a caption needs room."


def sheet_with_captions(
    pictures: Sequence[Image | None],
    captions: Sequence[Caption],
    edge: int,
    numbered: bool,
    columns: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> Preview | None:
    """Return the pictures on cards in equal cells, at most `edge` pixels a side; None where captions find no room."""
    said = [_parts(caption) for caption in captions]
    arrangement = _arranged(pictures, said, edge, columns)
    if arrangement is None:
        return None
    columns, shape = arrangement
    width, height = shape.size
    sheet = plain_ground(_sheet_size(columns, -(-len(pictures) // columns), shape))
    for index, (picture, (title, text)) in enumerate(zip(pictures, said, strict=True)):
        row, column = divmod(index, columns)
        view = framed(picture, shape.frame)
        if numbered:
            _number(view, index + 1)
        at = (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP))
        paint_card(sheet, at, shape, view, title, wrapped(text, shape.letters, shape.frame[0], shape.lines))
    return encode(sheet, alpha=False, max_bytes=max_bytes)


def _parts(caption: Caption) -> tuple[str, str]:
    title, _, text = caption.strip().partition("\n") if isinstance(caption, str) else (caption[0], "", caption[1])
    return readable(title), readable(text)


def _arranged(
    pictures: Sequence[Image | None], said: Sequence[tuple[str, str]], edge: int, columns: int | None
) -> tuple[int, CardShape] | None:
    """Return columns and card: of the largest letters that leave the picture more room than its caption takes."""
    sizes = [picture.size for picture in pictures if picture] or [(256, 256)]
    largest = max(width for width, _ in sizes), max(height for _, height in sizes)
    for letters, lines in _wordings(any(text for _, text in said)):
        tried = range(1, len(pictures) + 1) if columns is None else (columns,)
        arranged = _best_columns(len(pictures), largest, CardShape((1, 1), letters, lines), edge, tried)
        if arranged is not None:
            across, shape = arranged
            taken = max(len(wrapped(text, letters, shape.frame[0], lines)) for _, text in said)
            return across, CardShape(shape.frame, letters, taken)
    return None


def _wordings(with_text: bool) -> Iterator[tuple[int, int]]:
    for letters in _LETTERS:
        yield letters, 2 if with_text else 0
    if with_text:
        yield _LETTERS[-1], 1
        yield _LETTERS[-1], 0


def _best_columns(
    count: int, largest: tuple[int, int], words: CardShape, edge: int, tried: Iterable[int]
) -> tuple[int, CardShape] | None:
    """Return the arrangement whose pictures are shown largest, None where each leaves them too little room."""
    best, found = 0.0, None
    for columns in tried:
        rows = -(-count // columns)
        shape = _card(largest, columns, rows, words, edge)
        if shape is None:
            continue
        width, height = _sheet_size(columns, rows, shape)
        scale = min(shape.frame[0] / largest[0], shape.frame[1] / largest[1])
        shown = scale * min(1.0, SHOWN_WIDTH / width, SHOWN_HEIGHT / height)
        if shown > best:
            best, found = shown, (columns, shape)
    return found


def _card(largest: tuple[int, int], columns: int, rows: int, words: CardShape, edge: int) -> CardShape | None:
    across = (edge - _GAP) // columns - _GAP - 2 * words.padding
    down = (edge - _GAP) // rows - _GAP - 2 * words.padding - words.words_height
    # Narrower, and hardly a title would be read to its end.
    if across < 7 * words.letters or down < 1:
        return None
    scale = min(1.0, across / largest[0], down / largest[1])
    frame = min(across, max(_NARROWEST, round(largest[0] * scale))), max(1, round(largest[1] * scale))
    if scale < 1 and frame[1] < 1.2 * words.words_height:
        return None
    return CardShape(frame, words.letters, words.lines)


def _sheet_size(columns: int, rows: int, shape: CardShape) -> tuple[int, int]:
    width, height = shape.size
    return columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP


def _number(view: Image, number: int) -> None:
    size = max(13, min(26, round(min(view.size) * 0.1)))
    if min(view.size) >= 2.4 * size:
        pill(view, str(number), size, corner="top", margin=max(3, size // 3), room=view.width)
