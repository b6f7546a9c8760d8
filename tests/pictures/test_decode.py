from __future__ import annotations

import random
import warnings
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from imgnb.errors import ProtocolBroken
from imgnb.pictures import decode

from .sample_pictures import encoded, matrix, noise, opened, png_that_claims, soft

MATRIX = matrix()


@pytest.mark.parametrize("data", MATRIX.values(), ids=MATRIX)
def test_decode_gives_the_pixels_pillow_gives(data: bytes, tmp_path: Path):
    """Bytes and file decode to the pixels that Image.open finds, and stay usable when the file is gone."""

    path = tmp_path / "picture"
    path.write_bytes(data)
    image, expected = decode(path), opened(data)
    path.unlink()

    assert expected.mode == image.mode
    assert not ImageChops.difference(image.convert("RGBA"), expected.convert("RGBA")).getbbox()
    assert image.tobytes() == decode(data).tobytes()


@pytest.mark.parametrize("name", ["png RGB", "jpeg RGB", "webp RGB", "gif L"])
def test_damage_is_told_in_our_own_words(name: str):
    """A picture cut in the middle or overwritten with junk decodes or raises ProtocolBroken, nothing else."""

    format = name.split()[0].upper()
    data = encoded(noise(size=(90, 70)), format)
    with pytest.raises(ProtocolBroken, match="cut"):
        decode(data[: len(data) // 2])
    dice = random.Random(3)
    for _ in range(60):
        at = dice.randrange(8, len(data) - 30)
        try:
            decode(data[:at] + dice.randbytes(20) + data[at + 20 :])
        except ProtocolBroken:
            continue


def test_too_many_pixels_are_never_decoded():
    """The cap holds before any pixel is made, and Pillow's own limit stays as it was."""

    before = Image.MAX_IMAGE_PIXELS

    with pytest.raises(ProtocolBroken, match="pixels"):
        decode(png_that_claims(100_000, 100_000))
    assert before == Image.MAX_IMAGE_PIXELS


def test_no_warning_between_pillows_limit_and_ours(monkeypatch: pytest.MonkeyPatch):
    """What imgnb allows, it decodes in silence, whatever limit Pillow has."""

    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert decode(encoded(soft(), "PNG")).size == (61, 37)


def test_svg_is_not_decoded():
    """An SVG is refused with the way out."""

    with pytest.raises(ProtocolBroken) as caught:
        decode(b'<svg width="4" height="3"></svg>')

    assert "convert" in caught.value.hint
