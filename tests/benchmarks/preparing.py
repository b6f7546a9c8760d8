"""Pictures of a camera, made fit to be sent: what that costs beside what Pillow takes to read and write them at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from imgnb.pictures.conversion import Conversion, Takes, convert, needed

from .table import Line, Table, ratios

SIZE = (4000, 3000)
TAKES = Takes(("image/png", "image/jpeg", "image/webp"), 50_000_000)
_QUALITY = {"quality": 92, "subsampling": 0}


def preparing(quick: bool) -> Table:
    """Sixteen pictures of 12 megapixels; each is converted by us and re-encoded by Pillow, one after the other."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    with TemporaryDirectory() as folder:
        pictures = _written(Path(folder))
        rounds = [[_one(path) for path in pictures] for _ in range(1 if quick else 3)]
    told = [sample[0] for samples in rounds for sample in samples]
    ours = [sum(sample[1] for sample in samples) for samples in rounds]
    theirs = [sum(sample[2] for sample in samples) for samples in rounds]
    lines = [
        Line("needed, a picture", told, "ms"),
        Line("needed and convert, 16 pictures", ours, "s"),
        Line("Pillow decodes and encodes the same", theirs, "s"),
        Line("ratio", ratios(ours, theirs), "", 1.3),
    ]
    for number, path in enumerate(pictures):
        if number % 2 == 0:
            own = [samples[number][1] for samples in rounds]
            other = [samples[number][2] for samples in rounds]
            lines.append(Line(f"ratio, {path.stem}", ratios(own, other), ""))
    notes = (
        "Smooth gradients with noise of a sensor. Pillow alone writes the same formats and modes at the same settings, and "
        "turns nothing; each picture is converted first and re-encoded right after.",
    )
    return Table("preparing: pictures of a camera, to be sent", lines, notes)


def _one(path: Path) -> tuple[float, float, float]:
    """Milliseconds to tell, seconds to tell and convert, seconds of Pillow alone."""
    begun = time.perf_counter()
    conversion = needed(path, TAKES)
    told = time.perf_counter()
    assert conversion is not None
    convert(path, conversion)
    converted = time.perf_counter()
    _by_pillow(path, conversion)
    ended = time.perf_counter()
    return 1000 * (told - begun), converted - begun, ended - converted


def _by_pillow(path: Path, conversion: Conversion) -> None:
    image = Image.open(path)
    image.load()
    if conversion.media_type == "image/jpeg":
        image.convert("RGB").save(BytesIO(), "JPEG", **_QUALITY)
    elif image.mode.startswith("I;16"):
        image.point(lambda value: value / 256).convert("L").save(BytesIO(), "PNG")
    else:
        (image.convert("RGB") if image.mode == "CMYK" else image).save(BytesIO(), "PNG")


def _written(folder: Path) -> list[Path]:
    """Eight kinds of pictures, two of each."""
    paths = []
    for name, save in _KINDS.items():
        for number in (1, 2):
            path = folder / f"{name} {number}"
            save(_photograph(number), path)
            paths.append(path)
    return paths


def _photograph(number: int) -> Image.Image:
    """A sky over land: smooth, with the noise that a sensor adds."""
    ramp = Image.linear_gradient("L").resize(SIZE, Image.Resampling.BICUBIC)
    round_one = Image.radial_gradient("L").resize(SIZE, Image.Resampling.BICUBIC)
    channels = [ramp, round_one, Image.blend(ramp.transpose(Image.Transpose.ROTATE_180), round_one, 0.3 * number)]
    grain = Image.effect_noise(SIZE, 8)
    return Image.merge("RGB", [Image.blend(channel, grain, 0.25) for channel in channels])


def _turned(turn: int) -> Callable[[Image.Image, Path], None]:
    def save(image: Image.Image, path: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = turn
        image.save(path, "JPEG", quality=92, exif=exif.tobytes())

    return save


def _as(format: str, mode: str = "RGB", **options: Any) -> Callable[[Image.Image, Path], None]:
    return lambda image, path: image.convert(mode).save(path, format, **options)


def _deep(image: Image.Image, path: Path) -> None:
    image.convert("L").convert("I").point(lambda value: value * 257).convert("I;16").save(path, "PNG")


_KINDS: dict[str, Callable[[Image.Image, Path], None]] = {
    "JPEG turned right": _turned(6),
    "JPEG upside down": _turned(3),
    "CMYK JPEG": _as("JPEG", "CMYK", quality=92),
    "TIFF": _as("TIFF", compression="tiff_lzw"),
    "16-bit PNG": _deep,
    "HEIC": _as("HEIF", quality=60),
    "BMP": _as("BMP"),
    "GIF": _as("GIF", "P"),
}
