"""What the sketch would have been billed as: token counts in the shape and size of the real ones."""

from __future__ import annotations

from io import BytesIO
from math import ceil

from .sketch import Sketch

PARTIAL_TOKENS = 100

# Image output tokens for 1024x1024, 1024x1536 and 1536x1024, from the OpenAI image generation guide. For gpt-image-2
# and newer only prices are known; they are divided by 30 USD per million. xhigh and max are assumed at twice and four
# times high.
NEWER = {"low": (200, 167, 167), "medium": (1767, 1367, 1367), "high": (7033, 5500, 5500)}
OLDER = {"low": (272, 408, 400), "medium": (1056, 1584, 1568), "high": (4160, 6240, 6208)}
ABOVE_HIGH = {"xhigh": 2, "max": 4}


def usage(sketch: Sketch, partial_count: int = 0) -> dict[str, object]:
    """The answer's `usage` object."""
    text, images = text_tokens(sketch.prompt), sum(_reference_tokens(data) for data in _inputs(sketch))
    output = _output_tokens(sketch) + PARTIAL_TOKENS * partial_count
    return {
        "input_tokens": text + images,
        "output_tokens": output,
        "total_tokens": text + images + output,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
    }


def _inputs(sketch: Sketch) -> tuple[bytes, ...]:
    return (*sketch.images, *(data for data in (sketch.mask, sketch.markup) if data is not None))


def text_tokens(prompt: str) -> int:
    """About four bytes to a token."""
    return 4 + ceil(len(prompt.encode("utf-8", "replace")) / 4)


def _output_tokens(sketch: Sketch) -> int:
    """The figure for the nearest of the three known shapes, scaled with the area."""
    table = OLDER if sketch.model.startswith(("gpt-image-1.5", "gpt-image-1-mini")) else NEWER
    quality = "high" if sketch.quality in ABOVE_HIGH else sketch.quality
    square, tall, wide = table.get(quality, table["medium"])
    ratio = sketch.width / sketch.height
    if ratio > 1.2:
        tokens, area = wide, 1536 * 1024
    elif ratio < 1 / 1.2:
        tokens, area = tall, 1024 * 1536
    else:
        tokens, area = square, 1024 * 1024
    return round(tokens * ABOVE_HIGH.get(sketch.quality, 1) * sketch.width * sketch.height / area)


def _reference_tokens(data: bytes) -> int:
    """65 and 129 for each tile of 512 pixels, after the short edge was brought to 512."""
    from PIL import Image

    try:
        with Image.open(BytesIO(data)) as picture:
            width, height = picture.size
    except Exception:
        # Drawing has refused such bytes already; a count must not fail a second time.
        return 0
    return 65 + 129 * ceil(max(width, height) / min(width, height))
