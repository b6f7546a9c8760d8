"""Tables as pictures: what of them is seen, where, in which colour, and what is only text."""

from __future__ import annotations

import pandas as pd
import pytest
from PIL import Image, ImageChops

from imgnb.errors import RequestInvalid
from imgnb.pictures.drawn import drawn
from imgnb.pictures.table import colour, table_picture
from imgnb.pictures.table_html import parsed


def picture(frame: object) -> Image.Image:
    image, _ = drawn(frame)
    assert isinstance(image, Image.Image)
    return image


def frame(**changed: object) -> pd.DataFrame:
    return pd.DataFrame({"city": ["Oslo", "Rome"], "people": [709037, 2748109]} | changed)


def changed_box(first: Image.Image, second: Image.Image) -> tuple[int, int, int, int] | None:
    assert first.size == second.size
    return ImageChops.difference(first, second).getbbox()


def test_a_cell_is_seen_where_it_stands():
    """A changed value changes the picture in its own cell only: the second row, the right half."""

    first, second = picture(frame()), picture(frame(people=[709037, 2748108]))

    left, top, _, bottom = changed_box(first, second)
    assert left > first.width / 2
    assert top > first.height / 2
    assert bottom - top < 26


def test_the_same_table_gives_the_same_pixels():
    """Also a Styler, whose ids are drawn by lot each time."""

    for value in (frame(), frame().style.highlight_max(subset=["people"])):
        assert picture(value).tobytes() == picture(value).tobytes()


@pytest.mark.parametrize(("values", "side"), [([1, 1_000_000], "right"), (["x", "x" * 20], "left")], ids=["int", "str"])
def test_numbers_stand_right_and_words_left(values: list[object], side: str):
    """Each column by what is in it, so that digits stand under each other."""

    image = picture(pd.DataFrame({"a": values})).convert("L")

    cell = image.crop((70, 72, image.width - 26, 112)).point(lambda value: 255 if value < 120 else 0)
    left, _, right, _ = cell.getbbox()
    assert side == ("right" if left > cell.width - right else "left")


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame(index=[1, 2]),
        pd.Series([1, 2]),
        pd.Series([], dtype=float, name="x"),
        pd.Series([1], index=pd.MultiIndex.from_tuples([("a", 1)])),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
        pd.DataFrame({"t": pd.to_datetime(["2024-01-01"]), "c": pd.Categorical(["k"]), "o": [{"d": [1]}]}),
    ],
    ids=["nothing", "no rows", "no columns", "series", "empty series", "multi-index", "same names", "dtypes"],
)
def test_every_shape_of_frame_is_drawn(value: object):
    """What pandas can write has a picture, also where there is nothing in it."""

    image = picture(value)

    assert image.mode == "RGB"
    assert image.getextrema() != ((255, 255),) * 3


def test_a_multi_index_spans():
    """Its levels are headings that span rows and columns, written once."""

    index = pd.MultiIndex.from_product([["north", "south"], [1, 2]])
    table = parsed(pd.DataFrame(1, index=index, columns=pd.MultiIndex.from_product([["x"], ["a", "b"]])).to_html())

    spans = {cell.text: (cell.across, cell.down) for row in table.rows for cell in row if cell.is_heading}
    assert spans["x"] == (2, 1)
    assert spans["north"] == spans["south"] == (1, 2)


@pytest.mark.parametrize("styled", [False, True], ids=["frame", "styler"])
def test_big_frames_are_cut_and_say_so(styled: bool):
    """Sixty rows and twenty columns are drawn; what else there is makes no difference but in the last line."""

    value = pd.DataFrame({f"c{n}": range(1000) for n in range(23)})
    shown, more = (v.style if styled else v for v in (value, pd.concat([value, value], ignore_index=True)))

    first, second = picture(shown), picture(more)

    assert first.width <= 2400
    assert drawn(shown)[1] == f"{'Styler' if styled else 'DataFrame'} 1000x23"
    assert changed_box(first, second)[1] > first.height - 60
    exact = value.iloc[:60, :20]
    assert picture(exact.style if styled else exact).height < first.height


def test_long_cells_and_wide_tables_are_cut():
    """A cell has forty letters, a table 2400 pixels; nothing is too long."""

    long, longer = picture(frame(city=["x" * 100, "b"])), picture(frame(city=["x" * 100_000, "b"]))
    wide = picture(pd.DataFrame({f"column {n}": ["y" * 100] for n in range(20)}))

    assert long.tobytes() == longer.tobytes()
    assert wide.width <= 2400


@pytest.mark.parametrize(
    "text",
    [
        "</td></tr></table><script>",
        "<!-- ",
        "😀" * 50,
        "a\nb\r\0\x1b[31m",
        "&lt;&#0;&bogus;",
        "\u202e\ud800 x",
        "<style>td{}",
    ],
    ids=["tags", "comment", "emoji", "control", "entities", "bidi", "style"],
)
def test_hostile_text_is_only_text(text: str):
    """A frame's cell is drawn as it is written and takes no other cell away; a Styler's tags at least do no harm."""

    image, calm = picture(frame(city=[text, "Rome"])), picture(frame(city=["Oslo", "Rome"]))

    assert image.height == calm.height
    assert picture(frame(city=[text, "Rome"]).style)


def test_a_script_in_a_styler_takes_no_rows_away():
    """Styler does not escape: an open <script> is a tag like another."""

    table = parsed(frame(city=["<script>x", "Rome"]).style.to_html())

    assert [cell.text for cell in table.rows[1]] == ["0", "x", "709037"]
    assert len(table.rows) == 3


def test_a_stylers_colours_are_at_their_cells():
    """The largest value has its background, and no other cell has."""

    image = picture(frame().style.highlight_max(subset=["people"], color="#ff00ff"))

    box = ImageChops.invert(ImageChops.difference(image, Image.new("RGB", image.size, "#ff00ff")).convert("L"))
    left, top, right, bottom = box.point(lambda value: 255 if value == 255 else 0).getbbox()
    assert left > image.width / 2
    assert top > image.height / 2
    assert (right - left, bottom - top) > (80, 40)


def test_a_stylers_letters_are_coloured_and_bold():
    """Colour and weight of a rule are those of the text."""

    plain = picture(frame().style)
    red = picture(frame().style.set_properties(subset=["city"], color="red", **{"font-weight": "bold"}))

    assert (255, 0, 0) not in {pixel for _, pixel in plain.getcolors(1 << 20)}
    assert (255, 0, 0) in {pixel for _, pixel in red.getcolors(1 << 20)}


def test_a_gradient_has_many_colours():
    """background_gradient's rules, one for several cells or one for each, are all heard."""

    pytest.importorskip("matplotlib")
    value = pd.DataFrame({"a": range(10), "b": range(10)})

    colours = {pixel for count, pixel in picture(value.style.background_gradient()).getcolors(1 << 20) if count > 400}
    assert len(colours) >= 10


def test_captions_and_hidden_indexes_are_as_styled():
    """A caption makes the picture taller, a hidden index narrower."""

    plain = picture(frame().style)

    assert picture(frame().style.set_caption("Cities")).height > plain.height
    assert picture(frame().style.hide(axis="index")).width < plain.width


def test_the_styler_and_the_frame_stay_as_they_are():
    """Drawing leaves nothing behind in what was drawn, nor in pandas' options."""

    value, styler = frame(), frame().style.highlight_max(subset=["people"])
    before = styler.to_html(table_uuid="x")

    picture(value), picture(styler)

    assert value.equals(frame())
    assert before == styler.to_html(table_uuid="x")
    assert pd.get_option("styler.render.max_rows") is None


def test_a_styler_whose_function_fails_says_so():
    """The user's error is in the message."""

    def broken(_: object) -> str:
        raise KeyError("no such thing")

    with pytest.raises(RequestInvalid, match=r"Styler 2x2.*no such thing") as caught:
        drawn(frame().style.map(broken))
    assert caught.value.param == "image"


class Foreign:
    """A table of another library, as Polars' and PyArrow's are."""

    shape = (2, 2)

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def __arrow_c_stream__(self) -> object:
        raise NotImplementedError

    def __array__(self, dtype: object = None, copy: object = None) -> object:
        return frame().to_numpy()

    def to_pandas(self) -> pd.DataFrame:
        if self.error:
            raise self.error
        return frame()


def test_tables_of_other_libraries_are_drawn_by_pandas():
    """They become pandas' first, though they would turn into arrays, too; where they cannot, the way out is said."""

    image, word = drawn(Foreign())

    assert image.tobytes() == picture(frame()).tobytes()
    assert word == "tests Foreign 2x2"
    with pytest.raises(RequestInvalid, match="pip install pandas pyarrow"):
        drawn(Foreign(ModuleNotFoundError("pyarrow is required")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("red", (255, 0, 0)), ("#00ff0000", (255, 255, 255)), ("rgb(1,2,3)", (1, 2, 3)), ("var(--x)", None), ("", None)],
    ids=str,
)
def test_colours_are_read_or_left(text: str, expected: tuple[int, int, int] | None):
    """Named, hex and rgb() colours as they look on white; others are as if not there."""

    assert expected == colour(text)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<table>",
        "no table",
        "<table><tr><td colspan=999999999 rowspan=-1>x",
        "<td>x",
        "<table><tr>" + "<td>x" * 5000,
        "<style>" + "#a," * 300_000 + "{}<table><tr><td>x",
        "<style>" + "{" * 300_000 + "<table><tr><td>x",
    ],
    ids=["empty", "open", "text", "spans", "stray", "cells", "selectors", "braces"],
)
def test_any_html_is_a_picture(html: str):
    """What is no table is a small picture; one that claims much is still of a bounded size."""

    assert max(table_picture(html).size) <= 2400
