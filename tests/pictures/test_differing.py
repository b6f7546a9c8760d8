"""How an edit differs from its base, and when it has nothing of it."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps

from imgnb.pictures import masks
from imgnb.pictures.differing import MARGIN, TOLERANCE, difference, heat_map, unrelated
from imgnb.providers.local_engine import Sketch, draw

from .sample_pictures import encoded, opened

SIZE = (256, 256)
SCENES = ("a red fox", "mountain lake at night", "city skyline", "coffee cup", "portrait of a woman", "planet in space",
          "bar chart", "tiles", "lighthouse at dusk")  # fmt: skip


@cache
def scene(prompt: str, background: str = "opaque") -> Image.Image:
    return opened(draw(Sketch(prompt, *SIZE, background=background)))


def edited(base: Image.Image, prompt: str, mask: Image.Image | None = None) -> Image.Image:
    mask_bytes = encoded(mask, "PNG") if mask else None
    return opened(draw(Sketch(prompt, *SIZE, images=(encoded(base, "PNG"),), mask=mask_bytes)))


def painted(base: Image.Image, box: tuple[int, int, int, int], levels: int) -> Image.Image:
    """The base, lighter by so many levels in its blue inside the box."""
    changed = np.asarray(base).copy()
    left, top, right, bottom = box
    blue = changed[top:bottom, left:right, 2].astype(int)
    changed[top:bottom, left:right, 2] = np.where(blue + levels > 255, blue - levels, blue + levels)
    return Image.fromarray(changed)


def test_the_same_does_not_differ():
    """A picture differs from itself nowhere, in whatever mode it comes."""
    base = scene("a red fox")

    for mode in ("RGB", "RGBA", "L", "P"):
        same = difference(base.convert(mode), base.convert(mode), masks.drawn("box:0,0,50%,50%", SIZE))
        assert (same.changed, same.drift, same.mean) == (0, 0, 0)


@pytest.mark.parametrize(("levels", "share"), [(TOLERANCE, 0.0), (TOLERANCE + 1, 0.25)], ids=["below", "above"])
def test_one_channel_beyond_the_tolerance_counts(levels, share):
    """A pixel has changed where its farthest channel is more than TOLERANCE away."""
    base = scene("city skyline")

    found = difference(base, painted(base, (0, 0, 128, 128), levels))

    assert found.changed == share
    assert found.drift is None
    assert found.mean == pytest.approx(levels / 255 / 4)


def test_drift_is_the_protected_part_s():
    """What changes in the open part, and within the margin along the mask's edge, is no drift."""
    base, mask = scene("city skyline"), masks.drawn("box:0,0,50%,100%", SIZE)
    margin = max(2, round(256 / MARGIN))

    inside = difference(base, painted(base, (0, 0, 128 + margin, 256), 200), mask)
    outside = difference(base, painted(base, (128, 0, 256, 128), 200), mask)

    assert inside.drift == 0
    assert inside.changed > 0.5
    assert outside.drift == 0.5
    assert outside.changed == 0.25


@pytest.mark.parametrize("alpha", [0, 128], ids=["open", "half"])
def test_without_protected_pixels_there_is_no_drift(alpha):
    """None, not 0: nothing was protected that could have drifted."""
    base = scene("a red fox")

    assert difference(base, base, Image.new("RGBA", SIZE, (0, 0, 0, alpha))).drift is None


def test_transparency_counts_and_its_colour_does_not():
    """The colour under alpha 0 is no difference, alpha itself is."""
    red, blue = Image.new("RGBA", (64, 64), (255, 0, 0, 0)), Image.new("RGBA", (64, 64), (0, 0, 255, 0))
    white, solid = Image.new("RGBA", (64, 64), (0, 0, 0, 0)), Image.new("RGB", (64, 64))

    assert difference(red, blue).changed == 0
    assert difference(white, solid).changed == 1


@pytest.mark.parametrize(
    ("format", "options"),
    [("JPEG", {"quality": 75}), ("JPEG", {"quality": 90}), ("WEBP", {"quality": 75})],
    ids=["jpeg 75", "jpeg 90", "webp 75"],
)
def test_lossy_formats_stay_below_the_tolerance(format, options):
    """Storing a picture lossily changes hardly one pixel in a hundred beyond the tolerance."""
    base = opened(draw(Sketch("city skyline", 640, 640)))

    assert difference(base, opened(encoded(base, format, **options))).changed < 0.015


def test_another_size_is_scaled_first():
    """A base of another size is compared with what the edit has of it: edges differ a little, the rest does not."""
    base = opened(draw(Sketch("a red fox", 512, 512)))
    mask = masks.drawn("box:0,0,50%,50%", (512, 512))

    found = difference(base, base.resize(SIZE, Image.Resampling.BICUBIC), mask)

    assert found.changed < 0.02
    assert found.drift is not None
    assert found.drift < 0.02


def line_drawing(base: Image.Image) -> Image.Image:
    lines = base.convert("L").filter(ImageFilter.FIND_EDGES)
    return lines.point([255 - min(255, value * 5) for value in range(256)]).convert("RGB")


def shifted(base: Image.Image, across: int, down: int) -> Image.Image:
    picture = Image.new("RGB", SIZE, "white")
    picture.paste(base, (across, down))
    return picture


def on(ground: Image.Image, prompt: str) -> Image.Image:
    figure = scene(prompt, "transparent")
    picture = ground.copy()
    picture.paste(figure, mask=figure.getchannel("A"))
    return picture


EDITS = {
    "restyle": lambda prompt: edited(scene(prompt), "as an oil painting"),
    "element": lambda prompt: edited(scene(prompt), "make it night with a boat"),
    "line drawing": lambda prompt: line_drawing(scene(prompt)),
    "other hues": lambda prompt: Image.merge("RGB", scene(prompt).split()[::-1]),
    "negative": lambda prompt: ImageChops.invert(scene(prompt)),
    "sepia": lambda prompt: ImageOps.colorize(scene(prompt).convert("L"), "#201008", "#ffe0b0"),
    "posterized": lambda prompt: ImageOps.posterize(scene(prompt), 1),
    "crop": lambda prompt: scene(prompt).crop((51, 51, 256, 256)).resize(SIZE),
    "shift": lambda prompt: shifted(scene(prompt), 51, 51),
    "shift left": lambda prompt: shifted(scene(prompt), -51, 0),
    "cut out on white": lambda prompt: on(Image.new("RGB", SIZE, "white"), prompt),
    "cut out on green": lambda prompt: on(Image.new("RGB", SIZE, "#00FF00"), prompt),
    "cut out elsewhere": lambda prompt: on(scene("snow"), prompt),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("words", [None, "box:25%,25%,75%,75%"], ids=["whole", "masked"])
def test_an_edit_is_related_to_its_base(edit, words):
    """Whatever is done to a picture, it is not said to have nothing of it."""
    mask = masks.drawn(words, SIZE) if words else None

    assert not [prompt for prompt in SCENES if unrelated(scene(prompt), EDITS[edit](prompt), mask)]


@pytest.mark.parametrize("mask", [None, "box:25%,25%,75%,75%"], ids=["whole", "masked"])
def test_different_scenes_are_unrelated(mask):
    """Pictures of different scenes are told apart in most cases, both ways round."""
    drawn = masks.drawn(mask, SIZE) if mask else None
    pairs = list(combinations(SCENES, 2))

    found = [pair for pair in pairs if unrelated(*map(scene, pair), drawn)]
    turned = [pair for pair in pairs if unrelated(*map(scene, reversed(pair)), drawn)]

    assert len(pairs) == 36
    assert len(found) >= (30 if mask is None else 27)
    assert found == turned


def test_a_masked_edit_is_related():
    """The protected part alone tells whose edit it is."""
    mask = masks.drawn("box:10%,10%,85%,85%", SIZE)

    assert not unrelated(scene("a red fox"), edited(scene("a red fox"), "a boat at night", mask), mask)


def test_doubt_is_no_verdict():
    """A flat base, or one of which nothing was protected, is not said to be unrelated to anything."""
    flat, other = Image.new("RGB", SIZE, "navy"), scene("a red fox")

    assert not unrelated(flat, other)
    assert not unrelated(scene("tiles"), other, Image.new("RGBA", SIZE))


def colourful(picture: Image.Image) -> np.ndarray:
    pixels = np.asarray(picture).astype(int)
    return pixels.max(axis=2) - pixels.min(axis=2) > 40


def test_the_heat_map_glows_where_it_drifted():
    """Only differences in the protected part glow, more where they are larger; the open part is hatched."""
    base, mask = scene("a red fox"), masks.drawn("box:0,0,50%,100%", SIZE)
    other = painted(painted(base, (0, 0, 256, 40), 30), (0, 60, 256, 100), 200)

    shown = heat_map(base, other, mask)
    pixels, glowing = np.asarray(shown).astype(int), colourful(shown)

    assert (shown.mode, shown.size) == ("RGB", SIZE)
    assert glowing[0:40, 132:].all()
    assert glowing[60:100, 132:].all()
    assert not glowing[105:220].any()
    assert not glowing[:, :126][:220].any()
    assert pixels[61:99, 132:, 0].mean() > pixels[1:39, 132:, 0].mean() + 100
    assert np.abs(np.diff(pixels[150, 0:126, 0])).max() > 20


@pytest.mark.parametrize("size", [(1024, 1024), (1536, 640), (96, 96), (24, 200)], ids=str)
@pytest.mark.parametrize("masked", [True, False])
def test_the_heat_map_has_a_legend_in_every_size(size, masked):
    """White words stand on a dark plate at the foot, as far as there is room; no size fails."""
    base = Image.new("RGB", size, "grey")

    shown = heat_map(base, base, masks.drawn("box:0,0,50%,50%", size) if masked else None)

    foot = np.asarray(shown.crop((0, size[1] * 3 // 4, size[0], size[1])).convert("L"))
    assert shown.size == size
    if min(size) > 50:
        assert foot.max() > 200
        assert foot.min() < 60
