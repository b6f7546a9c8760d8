"""A card: a picture in a frame, a title and a few lines under it, as sheets with captions and trees show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ProtocolBroken
from .encode import Preview, flat
from .lettering import fitted
from .paint import INK, SLATE, WHITE, Colour, mixed, rounded, rounded_mask, words
from .preview import small

if TYPE_CHECKING:
    from PIL.Image import Image

PAPER = mixed(SLATE, INK, 0.62)
WELL = mixed(SLATE, INK, 0.38)
"What lies behind a picture that does not fill its frame, and stands for one that is missing."
TITLE, TEXT = WHITE, mixed(SLATE, WHITE, 0.74)

_RADIUS = 8


@dataclass(frozen=True)
class CardShape:
    """The measures, in pixels, that all cards of one picture share."""

    frame: tuple[int, int]
    "Room for the picture."
    letters: int
    "Size of title and text."
    lines: int
    "Lines of text under the title."
    titled: bool = True

    @property
    def padding(self) -> int:
        return max(5, round(self.letters * 0.4))

    @property
    def line_height(self) -> int:
        return round(self.letters * 1.26)

    @property
    def words_height(self) -> int:
        """What title and text take, with the room between them and the picture."""
        lines = self.lines + self.titled
        return lines * self.line_height + (round(self.letters * 0.4) if lines else 0)

    @property
    def size(self) -> tuple[int, int]:
        return self.frame[0] + 2 * self.padding, self.frame[1] + 2 * self.padding + self.words_height


def readable_picture(source: Preview | Path | bytes | Image | None, edge: int) -> Image | None:
    """Return the picture at most `edge` pixels a side; None where there is none or it cannot be decoded."""
    if source is None:
        return None
    try:
        return small(source.data if isinstance(source, Preview) else source, edge)
    except (ProtocolBroken, OSError):
        return None


def framed(picture: Image | None, frame: tuple[int, int], note: str = "no preview", level: float = 0.5) -> Image:
    """Return the picture in the middle of a frame, opaque and never enlarged.

    Where there is none stands the note, at this part of the frame's height.
    """
    import PIL.Image

    made = PIL.Image.new("RGB", frame, WELL)
    if picture is None:
        size = max(12, min(20, frame[0] // 9))
        words(made, (frame[0] / 2, frame[1] * level), fitted(note, size, frame[0] - 8), size, TEXT, "middle")
        return made
    scale = min(1.0, frame[0] / picture.width, frame[1] / picture.height)
    size_of = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    if size_of != picture.size:
        picture = picture.resize(size_of, PIL.Image.Resampling.BICUBIC, reducing_gap=1.5)
    made.paste(flat(picture).convert("RGB"), ((frame[0] - size_of[0]) // 2, (frame[1] - size_of[1]) // 2))
    return made


def paint_card(
    image: Image,
    at: tuple[int, int],
    shape: CardShape,
    picture: Image,
    title: str,
    lines: Sequence[str],
    outline: Colour | None = None,
) -> None:
    """Paint a card whose corner is `at`: the picture (of the frame's size), the title, the lines of text."""
    x, y = at
    width, height = shape.size
    if outline:
        rounded(image, (x - 4, y - 4, x + width + 4, y + height + 4), _RADIUS + 8, outline)
    rounded(image, (x, y, x + width, y + height), _RADIUS + 4, PAPER)
    pad, (across, down) = shape.padding, shape.frame
    image.paste(
        picture, (x + pad, y + pad), rounded_mask((0, 0, across * 4, down * 4), _RADIUS * 4).crop((0, 0, across, down))
    )
    middle = y + pad + down + round(shape.letters * 0.4) + shape.line_height / 2
    if shape.titled:
        _bold(image, (x + pad, middle), fitted(title, shape.letters, across), shape.letters, outline or TITLE)
        middle += shape.line_height
    for line in lines[: shape.lines]:
        words(image, (x + pad, middle), line, shape.letters, TEXT)
        middle += shape.line_height


def _bold(image: Image, at: tuple[float, float], text: str, size: int, colour: Colour) -> None:
    """Write the text twice, a pixel apart: the font has one weight only."""
    words(image, at, text, size, colour)
    if size >= 14:
        words(image, (at[0] + 1, at[1]), text, size, colour)
