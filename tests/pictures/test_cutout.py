"""Keying: what is cut out of a flat colour is what was laid on it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from imgnb.pictures.cutout import cut_out, instruction, key_for
from imgnb.providers.local_engine import Sketch, draw

from .sample_pictures import encoded, opened

SCENES = ("a red fox", "portrait of a woman", "planet in space", "sailing boat", "vase of flowers", "a cat")
KEYS = ("#00FF00", "#FF00FF", "#0000FF")


@cache
def figure(prompt: str) -> Image.Image:
    return opened(draw(Sketch(prompt, 384, 384, background="transparent")))


def laid(truth: Image.Image, ground: str | Image.Image) -> Image.Image:
    picture = Image.new("RGB", truth.size, ground) if isinstance(ground, str) else ground.copy()
    picture.paste(truth, mask=truth.getchannel("A"))
    return picture


def disc(fill: str = "orange", size: int = 256, radius: int = 80) -> Image.Image:
    large = Image.new("RGBA", (4 * size, 4 * size))
    middle, reach = 2 * size, 4 * radius
    ImageDraw.Draw(large).ellipse((middle - reach, middle - reach, middle + reach, middle + reach), fill)
    return large.resize((size, size), Image.Resampling.BOX)


def alpha_error(found: Image.Image, truth: Image.Image) -> float:
    return float(np.abs(np.asarray(found.getchannel("A")).astype(int) - np.asarray(truth.getchannel("A"))).mean())


def fringe(found: Image.Image, truth: Image.Image, key: str) -> float:
    """How much nearer to the key than it should be a visible edge is, in levels, when laid on grey.

    Not of the caption in the corner: its letters are a pixel wide and have no colour of their own beside an edge.
    """
    grey = Image.new("RGB", truth.size, "grey")
    shown, wanted = (np.asarray(laid(image, grey)).astype(float) for image in (found, truth))
    colour = np.array(ImageColor.getrgb(key))
    towards = (colour - colour.mean()) / np.linalg.norm(colour - colour.mean())
    alpha = np.asarray(truth.getchannel("A"))
    edge = (alpha > 0) & (alpha < 255)
    edge[-40:, -200:] = False
    return float(((shown - wanted)[edge] @ towards).mean())


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prompt", SCENES)
def test_the_subject_comes_back(prompt, key):
    """Alpha is that of the figure, softness included, and no edge has the key's colour."""
    truth = figure(prompt)

    found = cut_out(laid(truth, key), key).image

    assert (found.mode, found.size) == ("RGBA", truth.size)
    assert alpha_error(found, truth) < 3
    assert fringe(found, truth, key) < 8


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prompt", SCENES)
def test_jpeg_does_not_spoil_it(prompt, key):
    """Compressed by the provider, the subject comes back nearly as well."""
    truth = figure(prompt)

    found = cut_out(opened(encoded(laid(truth, key), "JPEG", quality=90)), key).image

    assert alpha_error(found, truth) < 4
    assert fringe(found, truth, key) < 12
    assert found.getpixel((1, 1))[3] == 0


def test_solid_colours_are_not_touched():
    """Inside, away from the edge, the picture is as it was."""
    picture = laid(disc(), "#00FF00")

    found = cut_out(picture, "#00FF00").image

    inner = np.s_[80:176, 80:176]
    assert (np.asarray(found)[inner][..., :3] == np.asarray(picture)[inner]).all()
    assert (np.asarray(found)[inner][..., 3] == 255).all()


def test_the_measured_colour_counts():
    """Providers do not hit the asked colour; what is at the border is keyed."""
    off = cut_out(laid(disc(), "#21E832"), "#00FF00")

    assert alpha_error(off.image, disc()) < 1
    assert off.faults == ()


def test_a_good_cut_out_has_no_faults():
    """Its shares are told."""
    found = cut_out(laid(disc(), "#00FF00"), "#00FF00")

    assert found.faults == ()
    assert found.border_clean
    assert found.holes == 0
    assert found.transparent == pytest.approx(1 - np.pi * 80**2 / 256**2, abs=0.01)


def test_holes_are_a_fault():
    """A key-coloured region inside of the subject is told, with its share."""
    ring = disc()
    ring.paste((0, 0, 0, 0), (108, 108, 148, 148))

    found = cut_out(laid(ring, "#00FF00"), "#00FF00")

    assert found.holes == pytest.approx(1600 / (np.pi * 80**2 - 1600), abs=0.01)
    assert "holes" in found.faults[0]


def test_a_subject_that_is_cut_is_a_fault():
    """More than a quarter of the border covered means that the subject leaves the picture."""
    truth = Image.new("RGBA", (256, 256))
    truth.paste((200, 60, 30, 255), (0, 100, 256, 256))
    truth.paste((0, 0, 0, 0), (40, 190, 216, 256))

    found = cut_out(laid(truth, "#00FF00"), "#00FF00")

    assert not found.border_clean
    assert "border" in found.faults[0]


@pytest.mark.parametrize("radius", [8, 0], ids=["speck", "nothing"])
def test_an_empty_cut_out_is_a_fault(radius):
    """Hardly anything left is not a subject."""
    truth = disc(radius=radius) if radius else Image.new("RGBA", (256, 256))

    (fault,) = cut_out(laid(truth, "#00FF00"), "#00FF00").faults

    assert "of the picture is transparent" in fault


@pytest.mark.parametrize(
    "ground",
    ["white", "#FF00FF", Image.linear_gradient("L").convert("RGB"), Image.effect_noise((256, 256), 90).convert("RGB")],
    ids=["white", "another key", "gradient", "noise"],
)
def test_a_border_of_other_colours_is_refused(ground):
    """Nothing is cut out of a picture that is not on the colour asked for."""
    with pytest.raises(ValueError, match="the picture's border is not"):
        cut_out(laid(disc(), ground), "#00FF00")


def test_a_green_gradient_is_refused():
    """From bright to dark green is not one flat colour."""
    ramp = Image.linear_gradient("L").resize((256, 256))
    ground = Image.merge("RGB", [ramp.point([0] * 256), ramp, ramp.point([0] * 256)])

    with pytest.raises(ValueError, match="not one flat colour"):
        cut_out(laid(disc(), ground), "#00FF00")


def test_a_transparent_picture_keeps_its_alpha():
    """What came cut out is only looked over."""
    truth = figure("a red fox")

    assert cut_out(truth, "#00FF00").image.tobytes() == truth.tobytes()


def test_soft_shadows_stay_soft():
    """A shadow on the flat colour becomes a shadow on nothing: dark, and as dense as it was."""
    shadow = Image.new("L", (256, 256))
    ImageDraw.Draw(shadow).ellipse((60, 90, 200, 170), fill=110)
    truth = Image.new("RGBA", (256, 256))
    truth.putalpha(shadow.filter(ImageFilter.GaussianBlur(12)))

    found = cut_out(laid(truth, "#00FF00"), "#00FF00").image

    assert alpha_error(found, truth) < 3
    assert max(found.getpixel((128, 128))[:3]) < 12


@pytest.mark.parametrize("prompt", ["a red fox", "a coffee cup", "a cat"])
@pytest.mark.parametrize("output_format", ["png", "jpeg"])
def test_the_engine_s_flat_background_is_cut_out(prompt, output_format):
    """Asked for with the instruction, the picture of the local engine can be cut out, its caption as part of it."""
    key = key_for(prompt)
    sketch = Sketch(f"{prompt}\n\n{instruction(key)}", 512, 512, output_format=output_format)

    found = cut_out(opened(draw(sketch)), key)

    truth = opened(draw(Sketch(prompt, 512, 512, background="transparent")))
    assert found.border_clean
    assert alpha_error(found.image, truth) < 3


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("a red fox", "#00FF00"),
        ("Frogs on leaves", "#FF00FF"),
        ("a greenish bottle", "#FF00FF"),
        ("ein grüner Frosch, grün", "#FF00FF"),
        ("绿色的杯子", "#FF00FF"),
        ("a purple cactus", "#0000FF"),
        ("a rose", "#0000FF"),
        ("a pearl earring", "#00FF00"),
    ],
)
def test_the_key_is_not_the_subject_s_colour(prompt, key):
    """Green unless something green is spoken of, then magenta, then blue; words are whole words."""
    assert key_for(prompt) == key


@pytest.mark.parametrize("key", KEYS)
def test_the_instruction_is_one_sentence(key):
    """It names the colour in the words that engines look for."""
    assert f"flat {key} background" in instruction(key)
    assert instruction(key).count(".") == 1


@pytest.mark.parametrize("key", ["green", "#0F0", "#GGGGGG", ""])
def test_a_key_is_a_hex_colour(key):
    """Another notation is refused with its value."""
    with pytest.raises(ValueError, match="not of the form #RRGGBB"):
        cut_out(disc(), key)
