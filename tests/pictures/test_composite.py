"""An edit laid into its base: the protected pixels are the base's, the others the edit's."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFilter

from imgnb.pictures import masks
from imgnb.pictures.composite import composited
from imgnb.providers.local_engine import Sketch, draw

from .sample_pictures import noise

SIZE = (256, 192)


def scene(prompt: str, size: tuple[int, int] = SIZE, **fields: object) -> Image.Image:
    image = Image.open(BytesIO(draw(Sketch(prompt, *size, **fields))))
    image.load()
    return image


def soft_mask() -> Image.Image:
    mask = masks.drawn("ellipse:20%,20%,80%,80%", SIZE)
    mask.putalpha(mask.getchannel("A").filter(ImageFilter.GaussianBlur(6)))
    return mask


def every_colour_under_alpha() -> Image.Image:
    """Colours that no premultiplying keeps: they stand under alpha of every strength, zero too."""
    return noise("RGBA", SIZE)


@pytest.mark.parametrize("edited", [SIZE, (128, 96), (512, 384)], ids=["same size", "smaller", "larger"])
@pytest.mark.parametrize("mask", ["box:10%,10%,60%,60%", "ellipse:30%,30%,110%,110%+box:0,0,9,9", "soft"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_protected_pixels_are_the_base_s(mode, mask, edited):
    """Wherever the mask's alpha is 255 no bit of the base changes, in its own mode and size."""
    base = noise("RGB", SIZE) if mode == "RGB" else every_colour_under_alpha()
    mask = soft_mask() if mask == "soft" else masks.drawn(mask, SIZE)

    picture = composited(base, scene("a red fox", edited), mask)

    protected = np.asarray(mask.getchannel("A")) == 255
    assert protected.any()
    assert (picture.mode, picture.size) == (mode, SIZE)
    assert (np.asarray(picture)[protected] == np.asarray(base)[protected]).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_open_part_is_the_edit_s(mode):
    """Away from the seam the edited picture shows as it is."""
    base, edited = scene("mountain lake").convert(mode), scene("a red fox")

    picture = composited(base, edited, masks.drawn("box:25%,25%,75%,75%", SIZE))

    inner = np.s_[60:132, 76:180]
    assert (np.asarray(picture.convert("RGB"))[inner] == np.asarray(edited.convert("RGB"))[inner]).all()


def test_the_seam_is_soft():
    """Black meets white in steps, which begin on the open side of the edge."""
    base, edited = Image.new("RGB", (400, 400), "black"), Image.new("RGB", (400, 400), "white")

    row = np.asarray(composited(base, edited, masks.drawn("box:100,100,300,300", base.size)))[200, :, 0].astype(int)

    assert (row[:100] == 0).all()
    assert (np.diff(row[100:110]) >= 0).all()
    assert 0 < row[101] < 255
    assert (row[112:280] == 255).all()


def test_partial_alpha_blends():
    """A half open mask shows half of the edit."""
    mask = Image.new("RGBA", (64, 64), (0, 0, 0, 128))

    picture = composited(Image.new("RGB", (64, 64), "black"), Image.new("RGB", (64, 64), "white"), mask)

    assert np.asarray(picture).min() == np.asarray(picture).max() == 127


def test_what_is_transparent_lends_no_colour():
    """An edit that is clear beyond its figure brings no fringe of the colour under its alpha."""
    base = Image.new("RGBA", (64, 64), (255, 0, 0, 255))
    edited = Image.new("RGBA", (64, 64), (0, 255, 0, 0))

    picture = np.asarray(composited(base, edited, masks.drawn("box:16,16,48,48", (64, 64)))).astype(int)

    visible = picture[..., 3] > 8
    assert picture[32, 32, 3] == 0
    assert picture[visible][:, 1].max() <= 2
    assert picture[visible][:, 0].min() >= 253


@pytest.mark.parametrize("mode", ["L", "P", "1", "I;16"])
def test_other_modes_come_out_in_colour(mode):
    """A grey or indexed base becomes RGB before anything is laid into it."""
    base = Image.radial_gradient("L").resize(SIZE).convert(mode)

    picture = composited(base, scene("a red fox"), masks.drawn("box:0,0,50%,50%", SIZE))

    assert (picture.mode, picture.size) == ("RGB", SIZE)


@pytest.mark.parametrize(("size", "fits"), [((1024, 768), True), ((1023, 768), True), ((1024, 1024), False)], ids=str)
def test_other_proportions_are_refused(size, fits):
    """What shows another part of the scene cannot be aligned; a rounded pixel does not matter."""
    mask = masks.drawn("box:0,0,50%,50%", SIZE)
    if fits:
        composited(scene("a cat"), Image.new("RGB", size), mask)
    else:
        with pytest.raises(ValueError, match=r"1024x1024, the base 256x192.*cannot be aligned"):
            composited(scene("a cat"), Image.new("RGB", size), mask)


def test_neither_picture_is_changed():
    """Base and edit are read only."""
    base, edited = scene("a cat"), scene("a red fox")
    before = base.tobytes(), edited.tobytes()

    composited(base, edited, soft_mask())

    assert (base.tobytes(), edited.tobytes()) == before
