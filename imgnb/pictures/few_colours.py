"""256 colours and transparencies out of millions, so that a preview with alpha fits into a notebook.

Pillow's octree is the only one of its own quantizers that keeps transparency; it neither dithers nor leaves clear
and opaque quite as they were, so a shadow would come in four steps. An ordered pattern added before, and ends
set straight after, make it smooth; the pattern is fixed, so the same picture always gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_BAYER = (0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5)
_COLOUR_STEP, _ALPHA_STEP = 10, 24
"About half the distance between neighbours in the octree's palette."

_CLEAR, _OPAQUE = 8, 247


def few_colours(image: Image) -> Image:
    """Return the RGB, L or RGBA picture with a palette of at most 256 entries."""
    import PIL.Image

    if image.mode == "RGBA":
        return _straight(_dithered(image).quantize(256, method=PIL.Image.Quantize.FASTOCTREE))
    if image.mode == "L":
        return image
    palette = image.quantize(256, method=PIL.Image.Quantize.MEDIANCUT)
    return image.quantize(palette=palette, dither=PIL.Image.Dither.FLOYDSTEINBERG)


def _dithered(image: Image) -> Image:
    import PIL.Image
    from PIL import ImageChops

    *colours, alpha = image.split()
    shift = _pattern(image.size, _COLOUR_STEP)
    colours = [ImageChops.add(channel, shift, 1, -128) for channel in colours]
    # Only where it is in between: what is clear stays clear.
    between = alpha.point([255 if _CLEAR < value < _OPAQUE else 0 for value in range(256)])
    alpha.paste(ImageChops.add(alpha, _pattern(image.size, _ALPHA_STEP), 1, -128), mask=between)
    dithered = PIL.Image.merge("RGBA", [*colours, alpha])
    dithered.info = image.info
    return dithered


def _pattern(size: tuple[int, int], step: int) -> Image:
    import PIL.Image

    tile = PIL.Image.frombytes("L", (4, 4), bytes(round(128 + ((value + 0.5) / 8 - 1) * step) for value in _BAYER))
    pattern = PIL.Image.new("L", size)
    pattern.paste(tile)
    reach = 4
    while reach < size[0]:
        pattern.paste(pattern.crop((0, 0, min(reach, size[0] - reach), 4)), (reach, 0))
        reach *= 2
    reach = 4
    while reach < size[1]:
        pattern.paste(pattern.crop((0, 0, size[0], min(reach, size[1] - reach))), (0, reach))
        reach *= 2
    return pattern


def _straight(image: Image) -> Image:
    entries = bytearray(image.getpalette("RGBA") or b"")
    for index in range(3, len(entries), 4):
        if entries[index] <= _CLEAR:
            entries[index] = 0
        elif entries[index] >= _OPAQUE:
            entries[index] = 255
    image.putpalette(bytes(entries), "RGBA")
    return image
