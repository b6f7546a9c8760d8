from __future__ import annotations

import math

import pytest
from PIL import ImageChops

from imgnb.errors import ProtocolBroken
from imgnb.pictures import caption, placeholder, preview, strip
from imgnb.pictures.lettering import fitted, font, readable
from imgnb.pictures.placeholder import elapsed

from .sample_pictures import encoded, noise, opened, soft

SHAPES = [(1024, 1024), (3072, 1024), (1024, 3072), (64, 64), (16, 16), (1, 1), (5000, 3), (3, 5000), (200, 60)]
TEXTS = [
    "",
    "drawing",
    "猫の写真",
    "נחמד",
    "😀👩‍👩‍👧",
    "a\nb\tc",
    "\x00\x1b[31m",
    "\ud800",
    "é" * 900,
    "x" * 5000,
    "\u202eabc",
]


def differs(a: bytes, b: bytes) -> bool:
    return ImageChops.difference(opened(a).convert("RGB"), opened(b).convert("RGB")).getbbox() is not None


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("alpha", [False, True], ids=["jpeg", "png"])
def test_a_placeholder_has_the_shape_of_what_comes(shape: tuple[int, int], alpha: bool):
    """In every shape it keeps the proportions, is never larger than what comes, and stays small."""

    made = placeholder(*shape, "drawing", 12.0, alpha=alpha)

    scale = min(1, 512 / max(shape))
    assert (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))) == (made.width, made.height)
    assert (made.width, made.height) == opened(made.data).size
    assert ("image/png" if alpha else "image/jpeg") == made.media_type
    assert len(made.data) < 20_000


@pytest.mark.parametrize("shape", [(1024, 1024), (3072, 1024), (1024, 3072), (64, 64)], ids=str)
def test_a_placeholder_tells_time_and_stage(shape: tuple[int, int]):
    """The second and the stage can be seen."""

    shown = placeholder(*shape, "drawing", 12).data

    assert differs(shown, placeholder(*shape, "drawing", 13).data)
    assert differs(shown, placeholder(*shape, "waiting", 12).data)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_any_text_can_be_painted(text: str):
    """No script, control character or length makes a picture fail."""

    placeholder(300, 200, text, 3)
    caption(soft(size=(300, 200)), text)
    strip(text)


@pytest.mark.parametrize("seconds", [-5, math.nan, math.inf, 1e300, 0, 59.99, 3600])
def test_any_time_can_be_painted(seconds: float):
    """No time makes a picture fail."""

    assert placeholder(300, 200, "drawing", seconds).data


def test_time_is_told_as_people_do():
    """Seconds up to a minute, then minutes and seconds."""

    assert [elapsed(s) for s in (0.9, 59.9, 60, 3665)] == ["0 s", "59 s", "1 min 00 s", "61 min 05 s"]


def test_letters_that_the_font_lacks_are_written_plainer():
    """Accents and dashes lose their marks; a run of what cannot be written is an ellipsis."""

    assert readable("café – 3×4 · a猫の写真\n b") == "cafe - 3x4 · a… b"


def test_long_text_is_cut_to_the_room():
    """Text never runs over; the ellipsis tells that there was more."""

    cut = fitted("a very long text " * 20, 14, 120)

    assert cut.endswith("…")
    assert font(14).getlength(cut) <= 120
    assert fitted("abc", 14, 3) == ""


@pytest.mark.parametrize("shape", [(1536, 1024), (100, 900), (900, 100), (20, 20), (1, 1)], ids=str)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("alpha", [False, True], ids=["jpeg", "png"])
def test_a_caption_goes_on_any_picture(shape: tuple[int, int], mode: str, alpha: bool):
    """In every shape and mode the picture is shrunk, captioned, and of the type asked for."""

    made = caption(encoded(soft(mode, shape), "PNG"), "partial 2 of 3 · 14 s", alpha=alpha)

    assert max(made.width, made.height) == min(512, max(shape))
    assert ("image/png" if alpha else "image/jpeg") == made.media_type
    assert len(made.data) <= 150_000


def test_a_caption_changes_the_corner_only():
    """The pill lies in the lower left corner; the user's own picture is not painted on."""

    image = soft(size=(400, 300))
    before = image.tobytes()

    painted = opened(caption(image, "partial 1 of 2 · 3 s", alpha=True).data).convert("RGB")

    box = ImageChops.difference(image, painted).getbbox()
    assert box is not None
    assert box[0] < 15
    assert box[1] > 250
    assert box[2] < 250
    assert before == image.tobytes()


def test_a_preview_can_be_captioned():
    """What was shrunk once can be captioned without the original."""

    assert caption(preview(noise()), "partial 1 of 3").media_type == "image/jpeg"


def test_a_caption_needs_a_picture():
    """What cannot be decoded is refused, so that the partial before it stays."""

    with pytest.raises(ProtocolBroken):
        caption(b"junk", "partial 1 of 3")


@pytest.mark.parametrize("kind", ["failed", "cancelled", "note"])
def test_a_strip_is_small(kind: str):
    """A strip takes 640 x 48 CSS pixels, painted twice as dense, and few bytes, as JPEG or PNG."""

    for alpha, media_type in ((False, "image/jpeg"), (True, "image/png")):
        made = strip("the provider refused the prompt " * 9, kind, alpha=alpha)
        assert (media_type, 1280, 96) == (made.media_type, made.width, made.height)
        assert len(made.data) < 20_000


def test_kinds_of_strips_can_be_told_apart():
    """Failed and cancelled do not look the same."""

    assert differs(strip("x", "failed").data, strip("x", "cancelled").data)


def test_same_input_same_bytes():
    """Nothing random goes into these pictures."""

    assert placeholder(640, 480, "drawing", 3.25) == placeholder(640, 480, "drawing", 3.25)
    assert strip("a") == strip("a")
    assert caption(soft(), "a") == caption(soft(), "a")
