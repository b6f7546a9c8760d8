"""The painters without a page: what they take, what they keep, and what they refuse."""

from __future__ import annotations

import threading
from io import BytesIO

import PIL.Image
import pytest

import imgnb
from imgnb.errors import RequestInvalid
from imgnb.pictures.headers import MAX_PIXELS
from imgnb.widgets.markup_painter import markup_painter
from imgnb.widgets.mask_painter import mask_painter
from imgnb.widgets.painter import PAGES

SIZE = (320, 240)
BOX = (32, 24, 160, 120)


def encoded(image: PIL.Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def painted(size: tuple[int, int] = SIZE, box: tuple[int, int, int, int] = BOX, colour: str = "#ff40b4") -> bytes:
    """What a page sends: something drawn on transparency."""
    image = PIL.Image.new("RGBA", size)
    image.paste(colour, box)
    return encoded(image)


def drawn(painter, data: bytes, **given: object) -> dict:
    return painter.on_drawn({"part": 0, "parts": 1, "by": "page", "buffers": [data], **given})


@pytest.fixture
def workspace(open_workspace):
    return open_workspace()


@pytest.fixture
def base(workspace):
    return workspace.library.add(encoded(PIL.Image.new("RGB", SIZE, "teal")), source="base")


@pytest.fixture
def painter(workspace, base):
    with mask_painter(base, workspace=workspace) as painter:
        yield painter


@pytest.fixture
def markup(workspace, base):
    with markup_painter(base, workspace=workspace) as painter:
        yield painter


def test_what_the_page_has_painted_is_the_mask(painter):
    """The stored mask has the base's size, is transparent where it was painted, opaque elsewhere, and hard between."""
    answer = drawn(painter, painted())

    alpha = painter.mask.image.getchannel("A")
    assert answer["version"] == 1
    assert painter.mask.image.mode == "RGBA"
    assert alpha.size == SIZE
    assert alpha.point([255 if not value else 0 for value in range(256)]).getbbox() == BOX
    assert sum(alpha.histogram()[1:255]) == 0
    assert painter.coverage == pytest.approx(128 * 96 / (320 * 240))


def test_the_same_painting_is_stored_once(painter, workspace, base):
    """Asked for or kept again, by another painter too, it is the same asset, and it comes from its base."""
    drawn(painter, painted())
    drawn(painter, painted(box=(0, 0, 9, 9)))
    drawn(painter, painted(colour="#00ff00"))

    first = painter.mask
    kept = painter.on_keep({})

    with mask_painter(base, workspace=workspace) as other:
        drawn(other, painted())
        assert kept["sha256"] == first.sha256 == painter.mask.sha256 == other.mask.sha256
    assert [asset.sha256 for asset in workspace.library.children(base)] == [first.sha256]
    assert [asset.sha256 for asset in workspace.library.parents(first)] == [base.sha256]


def test_a_black_and_white_mask_is_white_where_it_may_be_edited(workspace, base):
    """The other kind has the same area, one channel, and is taken by an edit as a mask as well."""
    with mask_painter(base, kind="black-and-white", workspace=workspace) as painter:
        drawn(painter, painted())
        assert painter.mask.image.mode == "L"
        assert painter.mask.image.getbbox() == BOX
        finished = workspace.request("a boat", images=base, mask=painter.mask).reference("mask")

    assert workspace.library.asset(f"@{finished.sha256}").image.getchannel("A").getpixel((40, 40)) == 0


def test_feather_softens_the_edge_and_is_undone_by_none(painter):
    """Soft pixels lie at the edge alone, and without feather the mask is what it was."""
    drawn(painter, painted())
    hard = painter.mask

    painter.feather = 16

    alpha = painter.mask.image.getchannel("A")
    assert alpha.getpixel((96, 72)) == 0
    assert alpha.getpixel((300, 200)) == 255
    assert 90 < alpha.getpixel((32, 72)) < 165
    painter.on_feather({"feather": 0})
    assert painter.mask == hard
    for wrong in (-1, 201, True, "3", float("nan")):
        with pytest.raises(RequestInvalid, match="feather"):
            painter.on_feather({"feather": wrong})


@pytest.mark.parametrize(
    "given", ["box:10%,10%,50%,50%", "alpha picture", "black and white"], ids=["words", "alpha", "black-and-white"]
)
def test_it_begins_with_any_mask(workspace, base, given):
    """Words, a transparent picture and a black-and-white one are the same start, and the page gets it."""
    masks = {
        "alpha picture": PIL.Image.new("RGBA", SIZE, (0, 0, 0, 255)),
        "black and white": PIL.Image.new("L", SIZE, 0),
    }
    for image, ink in zip(masks.values(), ((0, 0, 0, 0), 255), strict=True):
        image.paste(ink, BOX)

    with mask_painter(base, masks.get(given, given), workspace=workspace) as painter:
        (sent,) = painter.on_drawing({}).buffers
        assert PIL.Image.open(BytesIO(sent)).getchannel("A").getbbox() == BOX
        assert painter.image.getchannel("A").getpixel((33, 25)) == 0


def test_python_paints_and_the_page_is_told(painter):
    """`set`, `invert` and `clear` change the drawing, and its version says so."""
    versions = [painter.state()["version"]]
    shares = []
    for act in (
        lambda: painter.set("box:0,0,50%,100%"),
        painter.invert,
        lambda: painter.set("box:0,0,100%,100%"),
        painter.clear,
    ):
        act()
        versions.append(painter.state()["version"])
        shares.append(round(painter.coverage, 2))

    assert versions == [0, 1, 2, 3, 4]
    assert shares == [0.5, 0.5, 1.0, 0.0]
    assert painter.on_drawing({}).buffers == []


def test_an_empty_mask_says_the_way_out(painter, markup):
    """Nothing painted is no mask: neither by Python nor by the button."""
    with pytest.raises(RequestInvalid, match="nothing is painted") as raised:
        _ = painter.mask
    assert "painter.set" in raised.value.hint
    with pytest.raises(RequestInvalid, match="nothing is painted"):
        painter.on_keep({})
    with pytest.raises(RequestInvalid, match="nothing is drawn"):
        _ = markup.markup


def bomb() -> bytes:
    """A PNG whose header claims more pixels than are decoded."""
    from struct import pack
    from zlib import crc32

    side = int(MAX_PIXELS**0.5) + 1
    header = b"IHDR" + pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + pack(">I", 13) + header + pack(">I", crc32(header)) + painted()[33:]


HOSTILE = {
    "nothing": b"",
    "no picture": b"<svg onload=alert(1)>" * 40,
    "cut": painted()[:-30],
    "damaged": painted()[:60] + b"\0" * 40 + painted()[100:],
    "another size": painted((240, 320), (1, 1, 9, 9)),
    "JPEG": encoded(PIL.Image.new("RGB", SIZE), "JPEG"),
    "bomb": bomb(),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused_and_change_nothing(painter, markup, data):
    """What is no whole PNG of the right size is refused with a sentence; what was painted before stays."""
    for one in (painter, markup):
        drawn(one, painted())
        before = one.image.tobytes()
        with pytest.raises(RequestInvalid, match="cannot be used"):
            drawn(one, data)
        assert one.image.tobytes() == before
        assert one.state()["version"] == 1


def test_a_large_drawing_comes_in_parts(painter):
    """It counts when the last part is there; a part that is missing or too much refuses it all."""
    data = painted()
    pieces = [data[:100], data[100:200], data[200:]]

    for number, piece in enumerate(pieces):
        assert painter.coverage == 0
        painter.on_drawn({"part": number, "parts": 3, "by": "page", "buffers": [piece]})
    assert painter.coverage > 0
    for part, parts, buffers in ((1, 3, [b"x"]), (0, "3", [b"x"]), (0, 1, []), (0, 1, [b"x", b"y"]), ("0", 1, [b"x"])):
        with pytest.raises(RequestInvalid, match="part of it is missing"):
            painter.on_drawn({"part": part, "parts": parts, "buffers": buffers})
    painter.on_drawn({"part": 0, "parts": 99, "buffers": [bytes(40_000_000)]})
    with pytest.raises(RequestInvalid, match="more than 64 MB"):
        painter.on_drawn({"part": 1, "parts": 99, "buffers": [bytes(40_000_000)]})


def test_a_turned_photo_is_painted_as_it_is_seen(workspace):
    """EXIF turns the base: the mask has the size that people see, and the edit takes it."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    photo = workspace.library.add(encoded(PIL.Image.new("RGB", SIZE, "olive"), "JPEG", exif=exif), source="photo")

    with mask_painter(photo, "box:0,0,50%,100%", workspace=workspace) as painter:
        assert painter.size == (240, 320)
        assert painter.mask.image.size == (240, 320)
        assert workspace.request("a boat", images=photo, mask=painter.mask).reference("mask").width == 240


def test_a_painter_is_a_picture(painter, markup, base, workspace):
    """It is taken as it is where a mask or markup is asked for, also by the name of its variable."""
    drawn(painter, painted())
    drawn(markup, painted())

    masked = workspace.request("a boat", images=base, mask=painter)
    named = workspace.request("a boat", images=base, mask="$p", names={"p": painter})
    marked = workspace.request("a boat", images=base, markup=markup)

    assert masked.reference("mask").sha256 == named.reference("mask").sha256 == painter.mask.sha256
    assert marked.reference("markup").sha256 == markup.markup.sha256


def test_markup_keeps_its_colours(markup, workspace, base):
    """The stored drawing is RGBA of the base's size with the colours that were drawn, and can be gone on from."""
    drawn(markup, painted(colour="#1769e0"))

    stored = markup.markup

    assert stored.image.mode == "RGBA"
    assert stored.image.size == SIZE
    assert stored.image.getpixel((40, 40)) == (0x17, 0x69, 0xE0, 255)
    assert stored.image.getpixel((0, 0))[3] == 0
    with markup_painter(base, stored, workspace=workspace) as other:
        assert other.markup.sha256 == stored.sha256
    for wrong in (PIL.Image.new("RGBA", (9, 9)), PIL.Image.new("RGB", SIZE)):
        with pytest.raises(RequestInvalid, match="the markup is"):
            markup.set(wrong)


def test_one_picture_is_painted_on(workspace, base):
    """Several pictures, none, and a kind that does not exist are refused before anything is shown."""
    for given in ([base, base], []):
        with pytest.raises(RequestInvalid, match="pictures are given"):
            mask_painter(given, workspace=workspace)
    with pytest.raises(RequestInvalid, match="kind is 'grey'"):
        imgnb.mask_painter(base, kind="grey", workspace=workspace)


def test_state_has_no_bytes_and_the_twin_is_small(painter, markup):
    """What the notebook keeps of a painter is a few numbers and a picture of at most 150 kB."""
    for one in (painter, markup):
        empty = one.picture()[0].data
        drawn(one, painted())
        picture, facts = one.picture()
        assert picture.data != empty
        assert len(picture.data) <= 150_000
        assert facts["assets"] == [one.base.sha256]
        assert len(repr(one.state())) < 200
        (sent,) = one.on_base({}).buffers
        assert len(sent) <= 1_500_000


def test_two_pages_that_send_at_once_do_not_mix(painter):
    """The parts of a page are its own; a page that never ends leaves nothing behind for long."""
    first, second = painted(), painted(box=(0, 0, 320, 120))
    for by, data in (("one", first), ("two", second)):
        painter.on_drawn({"part": 0, "parts": 2, "by": by, "buffers": [data[:90]]})
    painter.on_drawn({"part": 1, "parts": 2, "by": "one", "buffers": [first[90:]]})
    assert painter.coverage == pytest.approx(128 * 96 / (320 * 240))
    painter.on_drawn({"part": 1, "parts": 2, "by": "two", "buffers": [second[90:]]})
    assert painter.coverage == 0.5
    for number in range(30):
        painter.on_drawn({"part": 0, "parts": 2, "by": str(number), "buffers": [b"x"]})
    assert len(painter._parts) == PAGES


def test_python_waits_for_a_drawing_that_is_on_its_way(painter):
    """Once a page has said that it was touched, the mask is the one with that stroke; an older one does not count."""
    painter.on_touched({"by": "page", "touch": 2})

    def send() -> None:
        drawn(painter, painted(box=(0, 0, 9, 9)), touch=1)
        drawn(painter, painted(), touch=2)

    hand = threading.Thread(target=send)
    hand.start()
    coverage = painter.coverage
    hand.join()

    assert coverage == pytest.approx(128 * 96 / (320 * 240))


def test_a_drawing_that_cannot_come_is_said(painter):
    """Where messages come on the thread that asks, waiting is useless: it warns, once."""
    painter._heard({"id": "1", "ask": "touched", "given": {"by": "page", "touch": 1}}, [])

    with pytest.warns(UserWarning, match="the last stroke is not here yet"):
        assert painter.coverage == 0
    assert painter.coverage == 0
    painter.on_touched({"by": "page", "touch": 1})
    painter.on_touched({"by": "page", "touch": 0})
    with pytest.raises(RequestInvalid):
        drawn(painter, b"", touch=1)
    assert painter.coverage == 0


@pytest.mark.parametrize("turned", [False, True], ids=["as it was", "inverted by the page"])
def test_a_soft_mask_stays_soft_where_no_stroke_was(workspace, base, turned):
    """The page's stroke is hard, the given mask's soft edge is not touched by it, and undo brings all of it back."""
    soft = PIL.Image.linear_gradient("L").resize(SIZE)
    with mask_painter(base, soft.point([*range(256)]), workspace=workspace) as painter:
        before = painter._drawing
        (sent,) = painter.on_drawing({}).buffers
        page = PIL.Image.open(BytesIO(sent)).convert("RGBA")
        if turned:
            page.putalpha(page.getchannel("A").point([255 - value for value in range(256)]))
        stroked = page.copy()
        stroked.paste("#ff40b4", BOX)
        drawn(painter, encoded(stroked))
        after = painter._drawing
        drawn(painter, encoded(page))

        wanted = page.getchannel("A")
        assert len(before.getcolors()) > 100
        assert painter._drawing.tobytes() == wanted.tobytes()
        wanted.paste(255, BOX)
        assert after.tobytes() == wanted.tobytes()


def test_a_dot_that_its_feather_blurs_away_is_no_mask(painter):
    """Coverage, words and the stored mask say the same: where nothing is left, there is no mask."""
    drawn(painter, painted(box=(30, 30, 33, 33)))
    painter.feather = 200

    assert painter.coverage == 0
    assert painter.state()["said"] == "0 % of the picture may be edited"
    with pytest.raises(RequestInvalid, match="feather of 200 pixels leaves nothing"):
        _ = painter.mask


def test_a_mask_of_another_size_is_fitted_when_asked(painter, workspace, base):
    """The hint is one for Python, and what it names works at the start and later."""
    small = PIL.Image.new("L", (160, 120))
    small.paste(255, (0, 0, 80, 120))
    with pytest.raises(RequestInvalid, match="160x120") as raised:
        painter.set(small)
    assert raised.value.hint == "mask_fit=True scales it"

    painter.set(small, mask_fit=True)

    assert painter.coverage == 0.5
    with mask_painter(base, small, mask_fit=True, workspace=workspace) as other:
        assert other.coverage == 0.5


def test_an_edit_with_an_empty_painter_says_what_is_missing(painter, workspace, base):
    """The painter's own words reach the one who edits."""
    with pytest.raises(RequestInvalid, match=r"^nothing is painted: the mask is empty"):
        workspace.request("a boat", images=base, mask=painter)


def test_a_picture_that_python_got_is_its_own(workspace, base):
    """What is done to it does not change what is painted."""
    with mask_painter(base, "box:0,0,50%,100%", kind="black-and-white", workspace=workspace) as painter:
        painter.image.paste(0, (0, 0, *SIZE))
        assert painter.coverage == 0.5
