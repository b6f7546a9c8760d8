"""A perceptual hash stays nearly the same where people see the same."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageEnhance
import pytest

from imgnb.errors import ProtocolBroken
from imgnb.pictures.perceptual import distance, perceptual_hash


def scene(seed: int, size: int = 256) -> PIL.Image.Image:
    """Some ellipses on a slope of grey, as photographs have large shapes."""
    image = PIL.Image.linear_gradient("L").rotate(90 * (seed % 4)).resize((size, size)).convert("RGB")
    drawing = PIL.ImageDraw.Draw(image)
    for n in range(5):
        x, y = (seed * 53 + n * 97) % 200, (seed * 31 + n * 61) % 200
        box = [v * size // 256 for v in (x, y, x + 30 + 9 * n, y + 60 - 7 * n)]
        drawing.ellipse(box, fill=((seed * 40 + n * 50) % 256, n * 60 % 256, (seed + n) * 80 % 256))
    return image


def jpeg(image: PIL.Image.Image, quality: int = 40) -> bytes:
    data = BytesIO()
    image.save(data, "JPEG", quality=quality)
    return data.getvalue()


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: image.resize((97, 97)),
        lambda image: image.resize((700, 500)),
        jpeg,
        lambda image: PIL.ImageEnhance.Color(image).enhance(0.6),
        lambda image: PIL.ImageEnhance.Brightness(image).enhance(1.08),
        lambda image: image.convert("RGBA"),
    ],
    ids=["small", "large", "jpeg", "paler", "brighter", "alpha"],
)
def test_what_looks_the_same_is_near(changed) -> None:
    """Scaled, encoded anew or coloured a little: within 10 bits, and far nearer than any other picture."""
    for seed in range(4):
        hashed = perceptual_hash(scene(seed))

        assert distance(hashed, perceptual_hash(changed(scene(seed)))) <= 10
        assert all(distance(hashed, perceptual_hash(scene(other))) > 14 for other in range(8) if other != seed)


def test_a_picture_is_hashed_as_it_is_seen() -> None:
    """Upright, and on white: what is transparent has no colour."""
    turned, straight = BytesIO(), scene(1)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    straight.rotate(90, expand=True).save(turned, "JPEG", exif=exif, quality=90)
    clear, white = PIL.Image.new("RGBA", (64, 64), (9, 200, 9, 0)), PIL.Image.new("RGB", (64, 64), "white")
    for image in (clear, white):
        PIL.ImageDraw.Draw(image).rectangle((10, 20, 30, 60), fill="black")

    assert distance(perceptual_hash(turned.getvalue()), perceptual_hash(straight)) <= 6
    assert perceptual_hash(clear) == perceptual_hash(white)


def test_a_hash_is_64_bits_and_of_nothing_is_refused(tmp_path: Path) -> None:
    """16 digits, also of a picture with nothing on it; what is no picture raises ProtocolBroken."""
    for image in (PIL.Image.new("L", (1, 1)), PIL.Image.new("RGB", (50, 9), "red"), scene(3)):
        assert len(perceptual_hash(image)) == 16
    assert perceptual_hash(PIL.Image.new("L", (40, 40), 90)) == perceptual_hash(PIL.Image.new("L", (99, 40), 91))
    with pytest.raises(ProtocolBroken):
        perceptual_hash(b"no picture")
