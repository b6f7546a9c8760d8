"""Masks: what people bring becomes alpha, and what cannot be meant is refused with the way out."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from imgnb.errors import RequestInvalid
from imgnb.pictures import masks
from imgnb.pictures.areas import percent
from imgnb.providers.local_engine import Sketch, draw

from .sample_pictures import encoded, opened

SIZE = (200, 100)


def alpha(mask: Image.Image) -> np.ndarray:
    return np.asarray(mask.getchannel("A"))


def scene(prompt: str = "a red fox", size: tuple[int, int] = (256, 256)) -> Image.Image:
    return Image.open(BytesIO(draw(Sketch(prompt, *size)))).convert("RGB")


def black_and_white(size: tuple[int, int] = SIZE) -> Image.Image:
    """White on its left quarter, else black."""
    image = Image.new("L", size, 0)
    image.paste(255, (0, 0, size[0] // 4, size[1]))
    return image


@pytest.mark.parametrize("text", ["box:20,10,100,60", "box:10%,10%,50%,60%", " BOX: 20 , 10,100.0,60% "])
def test_a_box_opens_its_inside(text):
    """Left and top belong to the box, right and bottom do not, in pixels and in percent; the edge is hard."""
    mask = masks.drawn(text, SIZE)

    expected = np.full((100, 200), 255)
    expected[10:60, 20:100] = 0
    assert mask.mode == "RGBA"
    assert (alpha(mask) == expected).all()
    assert mask.convert("RGB").getextrema() == ((0, 0), (0, 0), (0, 0))


def test_a_polygon_around_a_box_is_that_box():
    """Both count a pixel where its middle is inside, so the same corners open the same pixels."""
    polygon = masks.drawn("polygon:20,10,100,10,100,60,20,60", SIZE)

    assert (alpha(polygon) == alpha(masks.drawn("box:20,10,100,60", SIZE))).all()


@pytest.mark.parametrize("box", [(20, 10, 100, 60), (-50, -20, 80, 400), (0, 0, 200, 100)], ids=str)
def test_an_ellipse_opens_what_is_inside(box):
    """Each pixel whose middle is inside the ellipse is open, and no other, also where it lies partly outside."""
    left, top, right, bottom = box
    y, x = np.mgrid[0:100, 0:200] + 0.5
    inside = ((x - (left + right) / 2) / ((right - left) / 2)) ** 2 + (
        (y - (top + bottom) / 2) / ((bottom - top) / 2)
    ) ** 2 <= 1

    assert (alpha(masks.drawn(f"ellipse:{left},{top},{right},{bottom}", SIZE)) == np.where(inside, 0, 255)).all()


def test_shapes_are_joined():
    """What one of the shapes opens is open."""
    both = masks.drawn("box:0,0,50,50+ellipse:50%,0,100%,100%", SIZE)
    single = [alpha(masks.drawn(text, SIZE)) for text in ("box:0,0,50,50", "ellipse:50%,0,100%,100%")]

    assert (alpha(both) == np.minimum(*single)).all()


def test_a_triangle_is_half_of_its_box():
    """A polygon opens the area that its corners enclose, far outside of the picture too."""
    triangle = masks.drawn("polygon:0,0,200,0,0,100", SIZE)
    huge = masks.drawn("polygon:-1000000,-1000000,1000000,-1000000,0,3000000", SIZE)

    assert masks.coverage(triangle) == pytest.approx(0.5, abs=0.005)
    assert masks.coverage(huge) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("circle:1,2,3,4", "is not a shape"),
        ("box:1,2,3", "has 3 numbers"),
        ("box:1,2,3,x", "'x' in 'box:1,2,3,x' is not a number"),
        ("box:1,2,nan,4", "'nan'"),
        ("box:", "'' in 'box:'"),
        ("box:50,10,20,60", "has no area"),
        ("ellipse:5,5,5,50", "has no area"),
        ("box:300,10,400,60", "covers no pixel"),
        ("box:0,0,0.2,0.2", "covers no pixel"),
        ("polygon:0,0,10,10", "2 different points"),
        ("polygon:0,0,10,10,20", "the last x has no y"),
        ("polygon:0,0,10,10,20,20", "covers no pixel"),
        ("box:0,0,9,9+", "'' is not a shape"),
    ],
)
def test_what_is_no_shape_is_refused(text, said):
    """Each refusal says what is wrong, names the mask and how a mask is written."""
    with pytest.raises(RequestInvalid) as refused:
        masks.drawn(text, SIZE)

    assert said in refused.value.message
    assert refused.value.param == "mask"
    assert "box:left,top,right,bottom" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [("box:1,2,3,4", True), (" Polygon :1", True), ("mask.png", False), ("boxes/box.png", False), ("@box", False)],
)
def test_words_are_told_from_file_names(text, words):
    """A shape's name and a colon make words; anything else is a file or a name."""
    assert masks.is_drawn(text) is words


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "CMYK"])
def test_white_is_edited(mode):
    """Black and white means the same in every mode: white opens, black protects."""
    image = black_and_white().convert("L" if mode.startswith("I") else "RGB")
    if mode.startswith("I"):
        image = Image.fromarray(np.asarray(image).astype("uint16") * 257).convert(mode)
    else:
        image = image.convert(mode)

    mask, said = masks.from_picture(image)

    assert (alpha(mask)[:, :50] == 0).all()
    assert (alpha(mask)[:, 50:] == 255).all()
    assert said == "the white part is edited, 25 % of the picture; --mask-invert turns it round"


def test_inverting_turns_it_round():
    """`invert` opens the black part, or the opaque one, and the sentence says so."""
    cut_out = Image.new("RGBA", SIZE, (255, 0, 0, 255))
    cut_out.paste((0, 0, 0, 0), (0, 0, 50, 100))
    black, said_black = masks.from_picture(black_and_white(), invert=True)
    opaque, said_opaque = masks.from_picture(cut_out, invert=True)

    assert (alpha(black)[:, :50] == 255).all()
    assert masks.coverage(black) == masks.coverage(opaque) == 0.75
    assert said_black == "the black part is edited, 75 % of the picture"
    assert said_opaque == "the opaque part is edited, 75 % of the picture"


def test_alpha_that_is_used_decides():
    """Transparent means edited, softly where it is soft, whatever the colours are."""
    image = scene()
    image.putalpha(Image.linear_gradient("L"))

    mask, said = masks.from_picture(image)

    assert (alpha(mask) == np.asarray(Image.linear_gradient("L"))).all()
    assert said == "the transparent part is edited, 50 % of the picture"
    assert (alpha(masks.of_alpha(image)) == alpha(mask)).all()


def test_a_lossy_mask_stays_black_and_white():
    """What JPEG makes of black still protects, away from the edge all of it."""
    image = Image.new("L", (256, 256))
    ImageDraw.Draw(image).rectangle((64, 64, 191, 191), fill=255)

    mask, _ = masks.from_picture(opened(encoded(image, "JPEG", quality=40)))

    assert (alpha(mask)[:48] == 255).all()
    assert (alpha(mask)[80:176, 80:176] == 0).all()


@pytest.mark.parametrize(
    "image",
    [
        Image.linear_gradient("L"),
        Image.radial_gradient("L"),
        black_and_white((256, 256)).filter(ImageFilter.GaussianBlur(40)),
        black_and_white((256, 256)).convert("1"),
        Image.new("L", (64, 64), 255),
    ],
    ids=["ramp", "radial", "blurred", "bits", "white"],
)
def test_a_soft_mask_is_a_mask(image):
    """Grey opens in part: gradients are masks and come through level by level."""
    mask, _ = masks.from_picture(image)

    assert np.abs(alpha(mask).astype(int) - (255 - np.asarray(image.convert("L")).astype(int))).max() <= 8


@pytest.mark.parametrize(
    "prompt", ["a red fox", "mountain lake at night", "portrait of a woman", "paper waves", "tiles"]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_photo_is_no_mask(prompt, mode):
    """A picture with colours or with greys all over is refused, in colour and in grey."""
    with pytest.raises(RequestInvalid, match="looks like a photo") as refused:
        masks.from_picture(scene(prompt).convert(mode))

    assert refused.value.param == "mask"


def test_an_opaque_base_has_no_mask_of_its_own():
    """Where nothing is transparent, there is no mask to make of it."""
    with pytest.raises(RequestInvalid, match="no transparent part"):
        masks.of_alpha(scene().convert("RGBA"))


def test_fitting_keeps_hard_masks_hard():
    """A hard mask has no soft pixel after scaling, a soft one stays soft, one that fits is left alone."""
    hard, soft = masks.drawn("ellipse:10%,10%,90%,90%", SIZE), masks.of_alpha(opened(encoded(ramp(), "PNG")))

    assert set(np.unique(alpha(masks.fitted_to(hard, (333, 77))))) == {0, 255}
    assert len(np.unique(alpha(masks.fitted_to(soft, (333, 77))))) > 50
    assert masks.fitted_to(hard, SIZE) is hard


def ramp() -> Image.Image:
    image = Image.new("RGBA", (256, 256))
    image.putalpha(Image.linear_gradient("L"))
    return image


def test_coverage_is_the_mean_of_what_is_open():
    """Soft pixels count in part."""
    assert masks.coverage(ramp()) == pytest.approx(1 - np.asarray(Image.linear_gradient("L")).mean() / 255)
    assert masks.coverage(masks.drawn("box:0,0,25%,100%", SIZE)) == 0.25


def test_check_refuses_what_cannot_be_meant():
    """Another size, nothing to edit and nothing protected are refused; the latter two can be let through."""
    nothing, everything = Image.new("RGBA", SIZE, (0, 0, 0, 255)), Image.new("RGBA", SIZE)
    with pytest.raises(RequestInvalid, match="the mask is 200x100, the picture 1024x1024") as other:
        masks.check(nothing, (1024, 1024))
    assert other.value.hint == "--mask-fit scales it"
    for mask in (nothing, everything):
        with pytest.raises(RequestInvalid) as refused:
            masks.check(mask, SIZE)
        assert "--force" in refused.value.hint
        assert refused.value.param == "mask"
    masks.check(nothing, SIZE, allow_nothing=True)
    masks.check(everything, SIZE, allow_everything=True)
    masks.check(masks.drawn("box:0,0,1,1", SIZE), SIZE)


@pytest.mark.parametrize("colour", ["white", "black", (255, 64, 180)], ids=["white", "black", "the line's own"])
def test_the_shown_mask_has_a_line_on_any_picture(colour):
    """The open part keeps its colours, the protected part changes, and the line between them stands out."""
    base = Image.new("RGB", (400, 400), colour)
    shown = np.asarray(masks.over(base, masks.drawn("box:100,100,300,300", base.size))).astype(int)

    assert (shown[110:290, 110:290] == np.asarray(base)[0, 0]).all()
    assert np.abs(shown[:90] - np.asarray(base)[0, 0]).max(axis=2).min() > 30
    line = shown[200, 90:110]
    assert np.abs(np.diff(line, axis=0)).max() > 90


def test_the_shown_mask_fits_the_picture():
    """A mask of another size and a base with alpha are shown too."""
    shown = masks.over(ramp(), masks.drawn("box:0,0,50%,50%", (64, 64)))

    assert (shown.mode, shown.size) == ("RGB", (256, 256))


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (0.0001, "under 0.1 %"), (0.042, "4.2 %"), (0.04, "4 %"), (0.234, "23 %"), (0.999, "over 99 %"), (1, "100 %")],
)  # fmt: skip
def test_a_share_is_said_as_people_say_it(share, said):
    """Nothing and everything are said only where it is so."""
    assert percent(share) == said
