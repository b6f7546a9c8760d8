"""What stands in a cell while there is no picture yet: a calm ground with the time and the stage painted in.

Elapsed time is painted, not printed, so that the output's text never changes. A partial gets a caption; a run
that ended without a picture leaves a strip.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .encode import Preview, encode, flat
from .lettering import fitted, readable
from .paint import INK, SLATE, WHITE, Colour, ground, mixed, pill, plain_ground, rounded, words
from .preview import small

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE = 512
"The longer side of what is shown while it runs."

_SOFT = mixed(SLATE, WHITE, 0.86)
_DENSE = 2
"A strip is painted with twice as many pixels as it takes on the page, so that its words are crisp."

STRIP = (640 * _DENSE, 48 * _DENSE)
"The pixels of a strip of the usual width."

_ACCENTS: dict[str, Colour] = {"failed": (248, 113, 113), "cancelled": (251, 191, 36), "note": (147, 197, 253)}


def placeholder(width: int, height: int, stage: str, seconds: float, edge: int = EDGE, alpha: bool = False) -> Preview:
    """Return the picture shown until there is one: in the shape of `width` x `height`, at most `edge` a side.

    JPEG; PNG with `alpha`, for where the finished picture will be one.
    """
    scale = min(1.0, edge / max(width, height, 1))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = plain_ground(size) if alpha else ground(size, _sane(seconds))
    _write_progress(image, elapsed(seconds), readable(stage), _sane(seconds))
    return encode(image, alpha=alpha)


def caption(source: Preview | Path | bytes | Image, text: str, edge: int = EDGE, alpha: bool = False) -> Preview:
    """Return the picture, at most `edge` pixels a side, with the text on a pill in its lower left corner.

    JPEG; PNG with `alpha`. Raises ProtocolBroken where the source cannot be decoded.
    """
    image = small(source.data if isinstance(source, Preview) else source, edge)
    # Painted on a copy, as `small` may give back the very picture it was given.
    image = image.copy() if alpha and image.mode == "RGBA" else flat(image).convert("RGB")
    size = _clamped(min(image.size) * 0.032, 12, 16)
    if image.height >= 2.6 * size:
        margin = min(10, max(3, round(min(image.size) * 0.03)))
        pill(image, readable(text), size, corner="bottom", margin=margin, room=image.width)
    return encode(image, alpha=alpha)


def strip(
    text: str,
    kind: Literal["failed", "cancelled", "note"] = "failed",
    width: int = 640,
    alpha: bool = False,
) -> Preview:
    """Return a strip of `width` CSS pixels, painted twice as dense, that says in one line why there is no picture."""
    import PIL.Image

    size = (max(48, width) * _DENSE, 48 * _DENSE)
    image = PIL.Image.new("RGB", size, mixed(SLATE, INK, 0.35))
    middle, accent = size[1] / 2, _ACCENTS.get(kind, _ACCENTS["note"])
    _mark(image, (middle, middle), accent, kind)
    left = size[1]
    words(image, (left, middle), fitted(readable(text) or kind, 30, size[0] - left - 32), 30)
    return encode(image, alpha=alpha)


def elapsed(seconds: float) -> str:
    """Return the time as a person says it: "12 s", "2 min 05 s"."""
    whole = int(_sane(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"


def _sane(seconds: float) -> float:
    return min(max(0.0, seconds), 359_999.0) if math.isfinite(seconds) else 0.0


def _clamped(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))


def _write_progress(image: Image, time: str, stage: str, seconds: float) -> None:
    width, height = image.size
    shorter, room = min(image.size), width * 0.86
    big = _clamped(min(shorter * 0.12, room / 4), 12, 40)
    little = _clamped(shorter * 0.05, 11, 18)
    if height < 2.2 * big or width < 32:
        _bar(image, (width * 0.07, height / 2), room, seconds)
    elif height < 2.2 * big + 2.4 * little or width < 56:
        words(image, (width / 2, height / 2 - 4), fitted(time, big, room), big, align="middle")
        _bar(image, (width * 0.07, height / 2 + big * 0.75), room, seconds)
    else:
        middle = height / 2 - little * 0.4
        bar = min(room, max(48.0, width * 0.3))
        words(image, (width / 2, middle - big * 0.62), fitted(time, big, room), big, align="middle")
        words(image, (width / 2, middle + little * 0.75), fitted(stage, little, room), little, _SOFT, "middle")
        _bar(image, ((width - bar) / 2, middle + little * 2.3), bar, seconds)


def _bar(image: Image, at: tuple[float, float], length: float, seconds: float) -> None:
    """Draw a thin bar in which a piece goes to and fro, once in nine seconds: it shows life, it promises nothing."""
    x, y = at
    if length < 12:
        return
    thick = 4.0 if min(image.size) > 120 else 3.0
    piece = length * 0.28
    start = x + (length - piece) * (0.5 - 0.5 * math.cos(seconds * math.tau / 9))
    top = max(0.0, y - thick / 2)
    rounded(image, (x, top, x + length, top + thick), thick / 2, WHITE, 0.22)
    rounded(image, (start, top, start + piece, top + thick), thick / 2, WHITE, 0.9)


def _mark(image: Image, middle: tuple[float, float], colour: Colour, kind: str) -> None:
    """Draw a disc with a cross (failed), a square (cancelled) or an i (note)."""
    import PIL.Image
    from PIL import ImageDraw

    x, y = middle
    rounded(image, (x - 20, y - 20, x + 20, y + 20), 20, colour)
    sign = PIL.Image.new("L", (160, 160), 0)
    draw = ImageDraw.Draw(sign)
    if kind == "failed":
        draw.line((54, 54, 106, 106), 255, 15)
        draw.line((54, 106, 106, 54), 255, 15)
    elif kind == "cancelled":
        draw.rounded_rectangle((56, 56, 103, 103), 6, fill=255)
    else:
        draw.ellipse((71, 44, 89, 62), fill=255)
        draw.rounded_rectangle((72, 72, 88, 116), 6, fill=255)
    image.paste(INK, (round(x - 20), round(y - 20)), sign.reduce(4))
