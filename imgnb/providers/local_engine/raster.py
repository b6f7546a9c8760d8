"""Painted outlines -> pixels.

Everything is drawn larger than wanted and reduced, which smooths the edges. The canvas of a transparent picture
holds premultiplied colours: pasting through a mask is then the exact "over" operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor
from typing import TYPE_CHECKING

from .palette import Color
from .shapes import Fade, Outline, Shape
from .stage import Stage

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[int, int, int, int]


def paint(stage: Stage, shapes: Iterable[Shape], size: tuple[int, int], *, transparent: bool = False) -> Image:
    """The shapes as an RGB picture of that size, or as RGBA on nothing."""
    from PIL import Image

    factor = _oversampling(size, stage.detail >= 2)
    large = round(size[0] * factor), round(size[1] * factor)
    canvas = Image.new("RGBA", large, (0, 0, 0, 0)) if transparent else Image.new("RGB", large, (255, 255, 255))
    for shape in shapes:
        _lay(canvas, shape, large[0] / stage.width)
    if factor == int(factor):
        canvas = canvas.reduce(int(factor)) if factor > 1 else canvas
    else:
        canvas = canvas.resize(size, Image.Resampling.BOX)
    if transparent:
        return Image.frombytes("RGBa", size, canvas.tobytes()).convert("RGBA")
    return canvas


def _oversampling(size: tuple[int, int], fine: bool) -> float:
    """How much larger a picture is drawn; a large one shows its edges less."""
    pixels = size[0] * size[1]
    if pixels <= 500_000:
        return 4
    if pixels <= 1_700_000:
        return 3 if fine else 2
    return 2 if pixels <= 4_000_000 else 1.5


def _lay(canvas: Image, shape: Shape, scale: float) -> None:
    from PIL import ImageDraw

    points = [(x * scale, y * scale) for x, y in shape.outline]
    plain = shape.alpha >= 1 and not shape.soft and shape.clip is None
    if plain and not isinstance(shape.paint, Fade):
        ImageDraw.Draw(canvas).polygon(points, fill=_opaque(canvas, shape.paint))
        return
    whole = _bounds(points, shape.soft * scale * 3)
    box = _meet(whole, (0, 0, *canvas.size))
    if box is None:
        return
    mask = _soft_mask(points, box, shape.soft * scale) if shape.soft else _mask(points, box)
    if shape.clip is not None:
        from PIL import ImageChops

        mask = ImageChops.multiply(mask, _mask([(x * scale, y * scale) for x, y in shape.clip], box))
    if shape.alpha < 1:
        mask = mask.point([round(i * shape.alpha) for i in range(256)])
    if isinstance(shape.paint, Fade):
        canvas.paste(_gradient(shape.paint, whole, box, canvas.mode), box, mask)
    else:
        canvas.paste(_opaque(canvas, shape.paint), box, mask)


def _opaque(canvas: Image, color: Color) -> tuple[int, ...]:
    return (*color, 255) if canvas.mode == "RGBA" else color


def _bounds(points: list[tuple[float, float]], margin: float) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (
        floor(min(xs) - margin),
        floor(min(ys) - margin),
        ceil(max(xs) + margin) + 1,
        ceil(max(ys) + margin) + 1,
    )


def _meet(one: Box, other: Box) -> Box | None:
    left, top, right, bottom = (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )
    return (left, top, right, bottom) if left < right and top < bottom else None


def _mask(points: list[tuple[float, float]], box: Box) -> Image:
    from PIL import Image, ImageDraw

    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
    ImageDraw.Draw(mask).polygon([(x - box[0], y - box[1]) for x, y in points], fill=255)
    return mask


def _soft_mask(points: list[tuple[float, float]], box: Box, radius: float) -> Image:
    """A blurred mask, drawn small: blur hides the difference and costs a fraction."""
    from PIL import Image, ImageDraw, ImageFilter

    shrink = max(1.0, radius / 4)
    size = max(1, ceil((box[2] - box[0]) / shrink)), max(1, ceil((box[3] - box[1]) / shrink))
    # A margin around the box, because blurring repeats the pixels at the border.
    margin = ceil(radius / shrink * 3)
    mask = Image.new("L", (size[0] + 2 * margin, size[1] + 2 * margin), 0)
    moved = [((x - box[0]) / shrink + margin, (y - box[1]) / shrink + margin) for x, y in points]
    ImageDraw.Draw(mask).polygon(moved, fill=255)
    blurred = mask.filter(ImageFilter.GaussianBlur(radius / shrink))
    inner = blurred.crop((margin, margin, margin + size[0], margin + size[1]))
    return inner.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BICUBIC)


def _gradient(paint: Fade, whole: Box, box: Box, mode: str) -> Image:
    """The part of a gradient over `whole` that lies in `box`."""
    from PIL import Image

    length = whole[2] - whole[0] if paint.across else whole[3] - whole[1]
    start = box[0] - whole[0] if paint.across else box[1] - whole[1]
    end = box[2] - whole[0] if paint.across else box[3] - whole[1]
    stops = (len(paint.colors), 1) if paint.across else (1, len(paint.colors))
    strip = Image.frombytes("RGB", stops, bytes(value for color in paint.colors for value in color))
    # Stretch from the centre of the first colour to the centre of the last.
    span = len(paint.colors) - 1
    near, far = 0.5 + span * start / length, 0.5 + span * end / length
    part = (near, 0.0, far, 1.0) if paint.across else (0.0, near, 1.0, far)
    size = box[2] - box[0], box[3] - box[1]
    line = (size[0], 1) if paint.across else (1, size[1])
    gradient = strip.resize(line, Image.Resampling.BILINEAR, box=part).resize(size, Image.Resampling.NEAREST)
    return gradient.convert(mode) if mode != "RGB" else gradient


def outline_mask(outline: Outline, size: tuple[int, int], scale: float) -> Image:
    """The inside of an outline as a smooth mask of that size."""
    from PIL import Image

    factor = 2
    points = [(x * scale * factor, y * scale * factor) for x, y in outline]
    large = size[0] * factor, size[1] * factor
    return _mask(points, (0, 0, *large)).resize(size, Image.Resampling.BOX)
