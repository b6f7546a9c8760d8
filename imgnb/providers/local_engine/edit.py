"""Edits: the base restyled, further references pasted in, new elements where mask or markup ask for them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from . import scenes
from .palette import choose, darker
from .raster import outline_mask, paint
from .references import cover, decode, editable_area
from .shapes import oval
from .sketch import Sketch

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[int, int, int, int]


class Edit:
    """The decoded references of a sketch, and the picture that comes of them."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self.size = sketch.width, sketch.height
        self.base = cover(decode(sketch.images[0], "image 1"), self.size)
        self.others = [decode(data, f"image {i}") for i, data in enumerate(sketch.images[1:], 2)]
        self.editable = editable_area(decode(sketch.mask, "mask"), self.size) if sketch.mask is not None else None
        self.strokes = decode(sketch.markup, "markup").convert("RGBA") if sketch.markup is not None else None
        self.area = self._area()

    def _area(self) -> Box | None:
        """The box around what is masked or marked; None when all of the picture is meant."""
        if self.editable is not None:
            return self.editable.getbbox() or (0, 0, 0, 0)
        if self.strokes is not None:
            return cover(self.strokes, self.size).getchannel("A").point([0] * 32 + [255] * 224).getbbox()
        return None

    def draw(self, phase: float = 0.0) -> Image:
        """The edited picture, without caption."""
        if self.editable is not None:
            return self._masked(phase)
        picture = self._grounded(self._restyled(), phase)
        if self.area:
            _lay(picture, self._sticker(_square(self.area, self.size), phase))
        else:
            _lay(picture, (self._overlay(phase), (0, 0)))
        for i, other in enumerate(self.others):
            _lay(picture, self._print(other, i, self.size))
        return picture

    def protect(self, picture: Image) -> Image:
        """The picture with the base's own pixels wherever the mask is solid."""
        from PIL import Image

        if self.editable is None:
            return picture
        return Image.composite(picture.convert(self.base.mode), self.base, self.editable)

    def _masked(self, phase: float) -> Image:
        from PIL import Image, ImageChops, ImageFilter

        assert self.editable is not None
        assert self.area is not None
        picture = self.base.copy()
        left, top, right, bottom = self.area
        if left >= right:
            return picture
        size = right - left, bottom - top
        stage = scenes.compose(self.sketch, *size, phase)
        scene = paint(stage, stage.shapes, size)
        # A hint of what was there keeps the light of the photo.
        scene = Image.blend(scene, picture.crop(self.area).convert("RGB"), 0.12)
        for i, other in enumerate(self.others):
            _lay(scene, self._print(other, i, size))
        editable = self.editable.crop(self.area)
        soft = editable.filter(ImageFilter.GaussianBlur(max(1.0, min(size) / 90)))
        # Only ever less than the mask allows: the seam is inside of it.
        edge = ImageChops.darker(editable, soft.point([max(0, min(255, 2 * i - 255)) for i in range(256)]))
        picture.paste(scene.convert(picture.mode), (left, top), edge)
        return picture

    def _restyled(self) -> Image:
        """The base as a flat print in the palette's light: fewer tones, its own colours."""
        from PIL import Image, ImageFilter, ImageOps

        palette = choose(self.sketch)
        base = self.base.convert("RGB")
        calm = base.resize((max(1, base.width // 2), max(1, base.height // 2)), Image.Resampling.BOX)
        calm = calm.filter(ImageFilter.MedianFilter(5)).resize(base.size, Image.Resampling.BICUBIC)
        tint = ImageOps.colorize(
            calm.convert("L"), black=darker(palette.ink, 0.1), mid=palette.accents[0], white=palette.paper
        )
        styled = Image.blend(ImageOps.posterize(calm, 4), tint, 0.34)
        if self.base.mode == "RGBA":
            styled.putalpha(self.base.getchannel("A"))
        return styled

    def _grounded(self, picture: Image, phase: float) -> Image:
        """A cut-out gets the scene's backdrop behind it, or stays one when a transparent picture is asked for."""
        from PIL import ImageChops

        if self.sketch.transparent:
            picture = picture.convert("RGBA")
            if self.base.mode != "RGBA":
                frame = oval(500, 500, 490)
                mask = outline_mask(frame, (1000, 1000), 1.0).resize(self.size)
                picture.putalpha(ImageChops.darker(picture.getchannel("A"), mask))
            return picture
        if picture.mode != "RGBA":
            return picture
        stage = scenes.compose(self.sketch, *self.size, phase)
        ground = paint(stage, stage.backdrop, self.size).convert("RGBA")
        ground.alpha_composite(picture)
        return ground.convert("RGB")

    def _overlay(self, phase: float) -> Image:
        """New elements over all of the base: a figure at its foot, or the near layers of a scene."""
        width, height = self.size
        stage = scenes.compose(self.sketch, width, height, phase)
        if stage.medallion:
            return paint(stage, stage.subject, self.size, transparent=True)
        from PIL import Image

        side = round(min(width, height) * 0.62)
        small = scenes.compose(self.sketch, side, side, phase)
        figure = paint(small, small.subject, (side, side), transparent=True)
        layer = Image.new("RGBA", self.size, (0, 0, 0, 0))
        left = round((width - side) * Random(self.sketch.seed).choice((0.04, 0.96)))
        layer.paste(figure, (left, height - side))
        return layer

    def _sticker(self, box: Box, phase: float) -> tuple[Image, tuple[int, int]]:
        """A new element that fills a box: the figure alone, or a round view of the scene."""
        size = box[2] - box[0], box[3] - box[1]
        return cut_out(self.sketch, size, phase), (box[0], box[1])

    def _print(self, other: Image, index: int, room: tuple[int, int]) -> tuple[Image, tuple[int, int]]:
        """A further reference as a small photo print, or, where it has alpha, as a cut-out."""
        from PIL import Image, ImageDraw, ImageFilter

        width, height = room
        # Few prints are a third of the picture high; many share half of it, and never overlap much.
        cell = max(8, round(min(width * 0.3, height * 0.32, (width * height * 0.5 / len(self.others)) ** 0.5)))
        columns = max(1, int(width * 0.92 / (cell * 1.12)))
        motif = other.copy()
        motif.thumbnail((cell * 4 // 5, cell * 4 // 5), Image.Resampling.BICUBIC)
        pad = max(2, cell // 16)
        card = Image.new("RGBA", (motif.width + 4 * pad, motif.height + 4 * pad), (0, 0, 0, 0))
        if motif.mode == "RGB":
            frame = (pad, pad, card.width - pad, card.height - pad)
            shadow = Image.new("L", card.size, 0)
            ImageDraw.Draw(shadow).rectangle((frame[0] + pad // 3, frame[1] + pad // 2, frame[2], frame[3]), fill=110)
            card.putalpha(shadow.filter(ImageFilter.GaussianBlur(pad / 2)))
            card.paste((252, 250, 245, 255), frame)
        card.paste(motif, (2 * pad, 2 * pad), motif if motif.mode == "RGBA" else None)
        rng = Random(self.sketch.seed + index)
        card = card.rotate(rng.uniform(-7, 7), Image.Resampling.BICUBIC, expand=True)
        row, column = divmod(index, columns)
        left = round(width * 0.04 + column * cell * 1.12)
        top = round(height * 0.04 + row * cell * 1.12)
        return card, (left, top)


def cut_out(sketch: Sketch, size: tuple[int, int], phase: float = 0.0) -> Image:
    """The scene's figure on nothing; a scene without one in a round frame."""
    stage = scenes.compose(sketch, *size, phase)
    if not stage.medallion:
        return paint(stage, stage.subject, size, transparent=True)
    picture = paint(stage, stage.shapes, size)
    frame = oval(stage.width / 2, stage.height / 2, stage.width * 0.46, stage.height * 0.46)
    picture.putalpha(outline_mask(frame, size, size[0] / stage.width))
    return picture


def _lay(picture: Image, layer: tuple[Image, tuple[int, int]]) -> None:
    """Put a see-through layer over the picture, which may lie partly outside of it."""
    from PIL import Image

    top, place = layer
    whole = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    whole.paste(top, place)
    if picture.mode == "RGBA":
        picture.alpha_composite(whole)
    else:
        picture.paste(whole.convert("RGB"), (0, 0), whole)


def _square(box: Box, size: tuple[int, int]) -> Box:
    """A box of at least a tenth of the picture around the same middle, neither flat nor thin, inside the picture."""
    least = max(48, min(size) // 10)
    width, height = max(least, box[2] - box[0]), max(least, box[3] - box[1])
    width, height = max(width, height // 2), max(height, width // 2)
    width, height = min(width, size[0]), min(height, size[1])
    left = min(max(0, (box[0] + box[2] - width) // 2), size[0] - width)
    top = min(max(0, (box[1] + box[3] - height) // 2), size[1] - height)
    return left, top, left + width, top + height
