from __future__ import annotations

import pytest
from PIL import Image, ImageChops

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


LONG = "a lighthouse at dusk, long exposure, the sea as calm as glass and supercalifragilisticexpialidocious\n\0" * 40
SHAPES = [(512, 512), (768, 512), (512, 768)]


def plain_pictures(count: int) -> list[Image.Image]:
    return [Image.new("RGB", SHAPES[index % 3], COLOURS[index % 6]) for index in range(count)]


@pytest.mark.parametrize("count", [1, 2, 4, 12, 31, 50, 300])
@pytest.mark.parametrize("edge", [1024, 512, 100])
def test_a_sheet_with_captions_keeps_to_its_edge(count: int, edge: int):
    """However many pictures and however long the captions: no side is longer than asked for, no byte too many."""

    made = contact_sheet(plain_pictures(count), edge, [("@hero  3f2a9c", LONG)] * count)

    slack = 0 if count <= 50 and edge == 1024 else columns_for(count, 1) * 10
    assert max(made.width, made.height) <= edge + slack
    assert len(made.data) <= 150_000


@pytest.mark.parametrize("count", [1, 4, 12, 50])
def test_every_picture_is_seen_above_its_caption(count: int):
    """Each colour is found as often as it was given, over and over in rows and columns of equal cells."""

    pictures = [Image.new("RGB", (400, 400), COLOURS[index % 6]) for index in range(count)]

    sheet = opened(contact_sheet(pictures, captions=[("@name", LONG)] * count, numbered=False).data).convert("RGB")

    for colour in {COLOURS[index % 6] for index in range(count)}:
        share = sum(COLOURS[index % 6] == colour for index in range(count))
        seen = pixels_like(sheet, Image.new("RGB", (1, 1), colour).getpixel((0, 0)))
        assert seen >= share * 65**2, colour


def pixels_like(image: Image.Image, colour: tuple[int, ...]) -> int:
    """How many pixels differ by less than 20 in every channel."""
    near = [
        channel.point([255 * (abs(v - c) < 20) for v in range(256)])
        for channel, c in zip(image.split(), colour, strict=True)
    ]
    return ImageChops.darker(ImageChops.darker(near[0], near[1]), near[2]).histogram()[255]


def test_captions_are_strings_or_pairs():
    """A title and a subtitle may come as a pair or on two lines of a string; a title may stand alone."""

    pictures = plain_pictures(2)

    pairs = contact_sheet(pictures, captions=[("@one", "a cat"), ("@two", "")])
    strings = contact_sheet(pictures, captions=["@one\na cat", "@two"])

    assert pairs == strings
    assert pairs != contact_sheet(pictures, captions=["@one\na dog", "@two"])


def test_titles_alone_take_less_room():
    """Where no caption has a subtitle, no room is kept for one."""

    with_text = contact_sheet(plain_pictures(1), captions=["@one\na cat"])

    assert contact_sheet(plain_pictures(1), captions=["@one"]).height < with_text.height


@pytest.mark.parametrize(
    "text", ["", "\0\x1b[31m", "\ud800", "日本語の絵", "🦊" * 500, "<script>$x$</script>", "a" * 9000]
)
def test_hostile_captions_do_no_harm(text: str):
    """Whatever a prompt holds, there is a sheet."""

    assert contact_sheet([soft(), b"junk"], captions=[text, (text, text)]).media_type == "image/jpeg"


@pytest.mark.parametrize("captions", [None, ["@one"] * 2], ids=["plain", "captions"])
def test_numbers_may_be_left_out(captions: list[str] | None):
    """Without numbers the corners are the picture's own."""

    pictures = [Image.new("RGB", (512, 512), "white")] * 2

    sheet = opened(contact_sheet(pictures, captions=captions, numbered=False).data).convert("L")

    assert sheet.crop((40, 40, 90, 90)).getextrema()[0] > 240
    assert (
        contact_sheet(pictures, captions=captions).data
        != contact_sheet(pictures, captions=captions, numbered=False).data
    )


def test_captions_are_as_many_as_pictures():
    """A caption too many or too few is an error: it would stand under the wrong picture."""

    with pytest.raises(ValueError, match="1 captions for 2 pictures"):
        contact_sheet(plain_pictures(2), captions=["@one"])
