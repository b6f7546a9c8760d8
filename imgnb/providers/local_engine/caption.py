"""The line that says what the picture is: a sketch, made without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

TEXT = "imgnb offline sketch"
Box = tuple[int, int, int, int]


def caption_box(width: int, height: int, editable: Image | None = None) -> Box | None:
    """Where the caption stands: the lower right corner, or the lowest right place where all is editable.

    None when the editable area has no room for it.
    """
    wide, high = _pill(width, height)
    margin = min(round(min(width, height) * 0.018), max(0, width - wide), max(0, height - high))
    right, bottom = width - margin, height - margin
    if editable is None:
        return right - wide, bottom - high, right, bottom
    step = max(2, high // 2)
    for foot in range(bottom, high, -step):
        for edge in range(right, wide, -step):
            box = edge - wide, foot - high, edge, foot
            if editable.crop(box).getextrema()[0] == 255:
                return box
    return None


def write_caption(picture: Image, box: Box) -> None:
    """Write the caption on a quiet plate, into the picture itself."""
    from PIL import Image, ImageChops, ImageDraw

    size = box[2] - box[0], box[3] - box[1]
    large = size[0] * 4, size[1] * 4
    plate = Image.new("L", large, 0)
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, large[0] - 1, large[1] - 1), large[1] // 2, fill=255)
    plate = plate.resize(size, Image.Resampling.BOX)
    letters = Image.new("L", size, 0)
    font = _font(_font_size(*picture.size))
    ImageDraw.Draw(letters).text((size[0] / 2, size[1] / 2), TEXT, fill=255, font=font, anchor="mm")
    shade = Image.new("RGBA", size, (24, 26, 46, 0))
    shade.putalpha(plate.point([round(i * 0.52) for i in range(256)]))
    light = Image.new("RGBA", size, (255, 255, 255, 0))
    light.putalpha(ImageChops.multiply(letters, plate).point([round(i * 0.94) for i in range(256)]))
    area = picture.crop(box).convert("RGBA")
    area.alpha_composite(shade)
    area.alpha_composite(light)
    picture.paste(area.convert(picture.mode), box[:2])


def font_pixels(width: int, height: int) -> float:
    """The size of the caption's letters."""
    return _font_size(width, height)


def _font_size(width: int, height: int) -> float:
    wanted = max(11.0, min(width, height) * 0.0165)
    # A narrow picture still carries the whole line.
    return max(2.0, min(wanted, width / (len(TEXT) * 0.62)))


def _pill(width: int, height: int) -> tuple[int, int]:
    size = _font_size(width, height)
    left, _, right, _ = _font(size).getbbox(TEXT)
    return min(width, round(right - left + size * 1.5)), min(height, round(size * 1.85))


def _font(size: float) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
