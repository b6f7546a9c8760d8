"""Sheets of thumbnails, and the foot under a twin."""

from __future__ import annotations

from io import BytesIO

import PIL.Image
import pytest

from imgnb.pictures import encode, probe
from imgnb.pictures.encode import MAX_BYTES
from imgnb.widgets.sheets import MOST, thumb_sheet, with_foot

from .drawing import drawn


def picture(mode="RGB", size=(640, 200)):
    return encode.encode(PIL.Image.new(mode, size, (200, 30, 30) if mode == "RGB" else (200, 30, 30, 128)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_foot_is_under_the_picture(mode):
    """What was there stays as it is, and the words stand below it."""
    before = picture(mode)

    after = with_foot(before, "imgnb gallery · run this cell in a live notebook to use it")

    assert (after.width, after.media_type) == (before.width, before.media_type)
    assert before.height < after.height <= before.height + 44
    image = PIL.Image.open(BytesIO(after.data)).convert("RGB")
    foot = image.crop((0, before.height + 2, image.width, image.height))
    assert len(foot.getcolors(maxcolors=100_000)) > 2


def test_on_a_narrow_picture_the_foot_is_not_cut():
    """It takes more lines, and each has words."""
    before = picture(size=(180, 180))

    after = with_foot(before, "imgnb gallery · run this cell in a live notebook to use it")

    image = PIL.Image.open(BytesIO(after.data)).convert("RGB")
    last = image.crop((0, image.height - 18, image.width, image.height))
    assert image.height > before.height + 36
    assert len(last.getcolors(maxcolors=100_000)) > 2


@pytest.mark.parametrize("text", ["", "\0\ud800", "مرحبا", "<b>x</b>" * 5000], ids=["no", "broken", "arabic", "long"])
def test_any_text_can_stand_there(text):
    """Nothing that anybody writes makes a twin fail."""
    assert probe(with_foot(picture(), text).data).width == 640


def test_a_sheet_has_the_first_24_and_is_small(open_workspace):
    """However many are given, one sheet stays within what a notebook may keep."""
    workspace = open_workspace()
    made = list(drawn(workspace, n=2).assets)

    sheet = thumb_sheet(made * 20, [("@fox", "a fox in the snow")] * 40)

    assert len(sheet.data) <= MAX_BYTES
    assert max(sheet.width, sheet.height) <= 1024
    assert len(made * 20) > MOST


def test_a_missing_picture_leaves_its_cell(open_workspace):
    """Bytes that are gone take nothing from the others."""
    workspace = open_workspace()
    there, gone = drawn(workspace, n=2).assets
    gone.path.chmod(0o644)
    gone.path.unlink()

    assert thumb_sheet([there, gone]).width >= thumb_sheet([there]).width
