"""Areas of a picture as pictures of their own, mode L: 255 inside, 0 outside, and what is in between at soft edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_STEP = 10
"How far one blur may grow an area: of 21 x 21 pixels a single one still counts, in 8 bits, as 1 of 255."


def at_least(image: Image, level: int) -> Image:
    """Return the area where the L picture is `level` or more."""
    return image.point([255 if value >= level else 0 for value in range(256)])


def inverted(area: Image) -> Image:
    """Return all that is outside of the area."""
    from PIL import ImageChops

    return ImageChops.invert(area)


def grown(area: Image, pixels: int) -> Image:
    """Return the hard area with all that lies within `pixels` of it, in each direction."""
    from PIL import ImageFilter

    while pixels > 0:
        step = min(pixels, _STEP)
        area = at_least(area.filter(ImageFilter.BoxBlur(step)), 1)
        pixels -= step
    return area


def shrunk(area: Image, pixels: int) -> Image:
    """Return the hard area without what lies within `pixels` of its edge; the picture's border is no edge."""
    return inverted(grown(inverted(area), pixels))


def share(area: Image) -> float:
    """Return how much of the picture the area is, 0 to 1; soft pixels count in part."""
    histogram = area.histogram()
    return sum(value * count for value, count in enumerate(histogram)) / (255 * max(1, area.width * area.height))


def percent(share: float) -> str:
    """Return the share as a person says it: "23 %", "4.2 %"; never 0 or 100 where it is not."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share * 100:.1f} %".replace(".0 %", " %") if share < 0.0995 else f"{share * 100:.0f} %"
