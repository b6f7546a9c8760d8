"""The pictures that the canned server sends: made once, in `build/benchmarks/pictures`.

Like photographs to a PNG encoder: soft gradients with the noise of a sensor, about 12 MB at 3840x2160. The noise
differs from machine to machine, the size hardly.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .places import BUILD

if TYPE_CHECKING:
    from PIL.Image import Image

FOLDER = BUILD / "pictures"
SENSOR = 2.4
"Standard deviation of the noise: chosen for 12 MB at 3840x2160."


def pictures() -> Path:
    """The folder with all pictures, those that are missing made now."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in _RECIPES.items():
        path = FOLDER / f"{name}.png"
        if not path.exists():
            temporary = path.with_suffix(".tmp")
            make().save(temporary, "PNG")
            temporary.replace(path)
    return FOLDER


def _photo(width: int, height: int, turn: int = 0) -> Image:
    import PIL.Image
    from PIL import ImageChops

    size = (width, height)
    grounds = (
        PIL.Image.linear_gradient("L").rotate(90 * turn),
        PIL.Image.radial_gradient("L"),
        PIL.Image.linear_gradient("L").rotate(90 * turn + 90),
    )
    noise = (PIL.Image.effect_noise(size, SENSOR) for _ in grounds)
    bands = [
        ImageChops.add(ground.resize(size, PIL.Image.Resampling.BICUBIC), grain, 1, -128)
        for ground, grain in zip(grounds, noise, strict=True)
    ]
    return PIL.Image.merge("RGB", bands)


def _noise(width: int, height: int) -> Image:
    import PIL.Image

    return PIL.Image.merge("RGB", [PIL.Image.effect_noise((width, height), 90) for _ in range(3)])


def _cut_out(width: int, height: int) -> Image:
    import PIL.Image

    picture = _photo(width, height)
    picture.putalpha(PIL.Image.radial_gradient("L").resize((width, height)).point(lambda level: 255 - level))
    return picture


_RECIPES: dict[str, Callable[[], Image]] = {
    "1024x1024": lambda: _photo(1024, 1024),
    "1024x1024-partial0": lambda: _photo(1024, 1024, 1),
    "1024x1024-partial1": lambda: _photo(1024, 1024, 2),
    "1024x1024-transparent": lambda: _cut_out(1024, 1024),
    "3840x2160": lambda: _photo(3840, 2160),
    "3840x2160-partial0": lambda: _photo(3840, 2160, 1),
    "3840x2160-partial1": lambda: _photo(3840, 2160, 2),
    "3840x2160-noise": lambda: _noise(3840, 2160),
}
