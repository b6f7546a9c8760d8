"""A perceptual hash: 64 bits that stay nearly the same when a picture is scaled, encoded anew or coloured a little.

It is the pHash: the signs of the lowest frequencies of the picture in grey, against their median. `imagehash` computes the
same, but brings numpy, scipy and PyWavelets along for ten thousand multiplications; here Pillow scales and Python does the
rest in about a millisecond. Colour says nothing in it: a red and a blue car in one place are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import thumbs
from .foreign_headers import FOREIGN
from .preview import EDGE, small

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 32
_WAVES = 11
# So many frequencies each way are enough for the 64 lowest.


def perceptual_hash(source: Path | bytes | Image, foreign: bool = False) -> str:
    """The hash of the picture, upright and on white, as 16 hexadecimal digits.

    Raises ProtocolBroken where the bytes cannot be decoded.
    """
    grey = _on_white(small(source, 4 * _SIDE, foreign))
    lowest = _frequencies(grey)
    middle = sorted(lowest)[len(lowest) // 2]
    # What is even has no frequencies, only what is left of rounding: that is to be no sign.
    bits = "".join("1" if value > middle + 1e-6 else "0" for value in lowest)
    return f"{int(bits, 2):016x}"


def stored_hash(asset: Any) -> str:
    """The hash of a stored asset, of its cached preview where there is one.

    Raises ProtocolBroken where it cannot be decoded, OSError where its bytes are gone.
    """
    for edge in (256, EDGE):
        if (cached := thumbs.find(asset.root, asset.sha256, edge)) is not None:
            return perceptual_hash(cached.data)
    return perceptual_hash(asset.path, foreign=asset.media_type in FOREIGN)


def distance(one: str, other: str) -> int:
    """In how many of the 64 bits two hashes differ: up to about 10 the pictures look alike, from 25 they do not."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _on_white(image: Image) -> list[list[int]]:
    """The picture as rows of grey, 32 each way."""
    import PIL.Image

    if "A" in image.getbands():
        ground = PIL.Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    grey = image.convert("L").resize((_SIDE, _SIDE), PIL.Image.Resampling.BOX)
    pixels = grey.tobytes()
    return [list(pixels[row * _SIDE : (row + 1) * _SIDE]) for row in range(_SIDE)]


def _frequencies(rows: Sequence[Sequence[int]]) -> list[float]:
    """The 64 lowest frequencies but the mean, by the discrete cosine transform."""
    waves = _waves()
    across = [[_dot(wave, row) for wave in waves] for row in rows]
    columns = list(zip(*across, strict=True))
    return [_dot(waves[down], columns[right]) for down, right in _lowest()]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return float(sum(map(mul, one, other)))


@cache
def _waves() -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(math.cos(math.pi * wave * (2 * place + 1) / (2 * _SIDE)) for place in range(_SIDE))
        for wave in range(_WAVES)
    )


@cache
def _lowest() -> tuple[tuple[int, int], ...]:
    both = [(down, right) for down in range(_WAVES) for right in range(_WAVES) if down + right]
    return tuple(sorted(both, key=lambda pair: (sum(pair), pair))[:64])
