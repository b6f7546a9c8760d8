"""One drawn picture, from which the final bytes and all partials are made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from . import scenes
from .caption import Box, caption_box, write_caption
from .edit import Edit, cut_out
from .encode import encode, encode_gif
from .flat_ground import laid, parted
from .raster import paint
from .sketch import Sketch

if TYPE_CHECKING:
    from PIL.Image import Image


class Rendering:
    """A sketch being drawn. References are decoded at once (ValueError when one is bad), the rest on demand and once."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self.size = sketch.width, sketch.height
        if min(self.size) < 1:
            raise ValueError(f"size {sketch.width}x{sketch.height} has no pixels")
        if not sketch.images and (sketch.mask is not None or sketch.markup is not None):
            raise ValueError("a mask or markup needs an image to lie on")
        self._figure, self._ground = parted(sketch)
        self._edit = Edit(self._figure) if sketch.images else None

    @cached_property
    def caption_box(self) -> Box | None:
        """Where the caption stands, in pixels; None when a mask leaves no room for it."""
        return caption_box(*self.size, self._edit.editable if self._edit else None)

    def final(self) -> bytes:
        """The finished picture, encoded; the same sketch always gives the same bytes."""
        kind = self.sketch.output_format
        if kind == "svg":
            return self._document().encode()
        if kind == "gif":
            count = self.sketch.frame_count
            frames = [self._captioned(self._draw(i / count)) for i in range(count)]
            return encode_gif(frames, self.sketch.frame_duration_ms)
        return encode(self._captioned(self._picture.copy()), kind, self.sketch.output_compression)

    def partials(self, count: int) -> Iterator[bytes]:
        """`count` pictures of the same format and size that sharpen, none of them the final one; none of gif and svg."""
        for index in range(count if self.sketch.sharpens else 0):
            yield self.partial(index, count)

    def partial(self, index: int, count: int) -> bytes:
        """The one with that number of `count` partials."""
        return encode(self._blurred(index, count), self.sketch.output_format, self.sketch.output_compression)

    @cached_property
    def _picture(self) -> Image:
        """The picture without caption."""
        return self._draw(0.0)

    def _draw(self, phase: float) -> Image:
        return laid(self._drawn(phase), self._ground)

    def _drawn(self, phase: float) -> Image:
        if self._edit:
            return self._edit.draw(phase)
        if self._figure.transparent:
            return cut_out(self._figure, self.size, phase)
        stage = scenes.compose(self.sketch, *self.size, phase)
        picture = paint(stage, stage.shapes, self.size)
        return _grained(picture, self.sketch.seed) if self.sketch.detail >= 2 else picture

    def _captioned(self, picture: Image) -> Image:
        if self.caption_box:
            write_caption(picture, self.caption_box)
        return picture

    def _blurred(self, index: int, count: int) -> Image:
        """The picture through frosted glass, which clears from partial to partial."""
        from PIL import Image

        # Long edges of 14 pixels at first and 112 at last, in equal ratios.
        edge = 14 * 8 ** (index / max(1, count - 1)) if count > 1 else 40
        share = min(0.5, edge / max(self.size))
        coarse = tuple(max(1, round(side * share)) for side in self.size)
        small = self._picture.resize((coarse[0], coarse[1]), Image.Resampling.BOX, reducing_gap=1.5)
        picture = small.resize(self.size, Image.Resampling.BICUBIC)
        return self._captioned(self._edit.protect(picture) if self._edit else picture)

    def _document(self) -> str:
        from .vector import document

        stage = scenes.compose(self._figure, *self.size)
        edited = self._picture if self._edit else None
        return document(stage, self.size, self.sketch.prompt, self.caption_box, edited, self._ground)


def _grained(picture: Image, seed: int) -> Image:
    """With the tooth of paper: faint noise, the same in all three colours."""
    from random import Random

    from PIL import Image, ImageChops

    side = 256
    noise = Image.frombytes("L", (side, side), Random(seed).randbytes(side * side))
    tile = noise.point([round((i - 128) / 25.6) + 128 for i in range(256)])
    grain = Image.new("L", picture.size)
    for top in range(0, picture.height, side):
        for left in range(0, picture.width, side):
            grain.paste(tile, (left, top))
    return ImageChops.add(picture, Image.merge("RGB", (grain, grain, grain)), 1, -128)
