from __future__ import annotations

import pytest
from PIL import Image

from imgnb.pictures import contact_sheet, preview
from imgnb.pictures.contact_sheet import columns_for

from .sample_pictures import encoded, noise, opened, soft

COLOURS = ["red", "lime", "blue", "yellow", "cyan", "magenta", "white", "black", "gray", "orange"]


@pytest.mark.parametrize("count", range(1, 11))
@pytest.mark.parametrize("shape", [(1024, 1024), (1536, 1024), (1024, 1536), (3000, 1000)], ids=str)
def test_a_sheet_holds_every_picture_in_order(count: int, shape: tuple[int, int]):
    """Pictures stand row by row in equal cells, on a sheet that is no larger than allowed."""

    pictures = [Image.new("RGB", shape, colour) for colour in COLOURS[:count]]

    made = contact_sheet(pictures)

    sheet = opened(made.data).convert("RGB")
    columns = columns_for(count, shape[0] / shape[1])
    rows = -(-count // columns)
    assert max(made.width, made.height) <= 1024 + columns
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        at = (int((column + 0.5) * made.width / columns), int((row + 0.5) * made.height / rows))
        shown, expected = sheet.getpixel(at), picture.getpixel((0, 0))
        assert all(abs(a - b) < 12 for a, b in zip(shown, expected, strict=True)), index


@pytest.mark.parametrize(
    ("count", "ratio", "columns"), [(2, 1, 2), (2, 3, 1), (4, 1.5, 2), (6, 1, 3), (1, 1, 1), (3, 0.5, 3)]
)
def test_columns_suit_the_shape(count: int, ratio: float, columns: int):
    """Wide pictures are stacked, tall ones stand side by side, and rows are full where that costs little."""

    assert columns == columns_for(count, ratio)


def test_small_pictures_are_not_enlarged():
    """Cells are as large as the largest picture and no larger."""

    made = contact_sheet([soft(size=(60, 40)), soft(size=(30, 30))])

    assert made.width <= 2 * 60 + 8
    assert made.height <= 2 * 40 + 8


def test_numbers_are_on_the_pictures():
    """The first corner of each cell differs from the plain picture."""

    sheet = opened(contact_sheet([Image.new("RGB", (512, 512), "white")] * 2).data).convert("L")

    assert sheet.crop((0, 0, 60, 60)).getextrema()[0] < 100
    assert sheet.crop((520, 0, 580, 60)).getextrema()[0] < 100
    assert sheet.crop((100, 100, 500, 500)).getextrema()[0] > 240


def test_one_bad_picture_does_not_spoil_the_sheet():
    """What cannot be decoded leaves a cell of its own, whatever kind the sources are."""

    made = contact_sheet([b"junk", encoded(soft("P"), "PNG"), preview(noise(size=(300, 300))), soft("L")])

    assert made.media_type == "image/jpeg"
    assert contact_sheet([b"", b""]).data


def test_transparency_makes_the_sheet_a_png():
    """One picture with alpha is enough; what is clear stays clear."""

    made = contact_sheet([soft("RGBA", (500, 500)), soft(size=(500, 500))])

    assert made.media_type == "image/png"
    assert opened(made.data).convert("RGBA").getpixel((120, 300))[3] == 0


def test_a_sheet_of_noise_fits_the_budget():
    """Ten restless pictures take no more bytes than one."""

    assert len(contact_sheet([noise(seed=seed) for seed in range(10)]).data) <= 150_000
