"""Whatever is given as a mask becomes a finished one: the base's size, see-through where it may be edited."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image, ImageDraw

from imgnb.errors import AssetNotFound, ImgnbError, RequestInvalid
from imgnb.request import ImageRequest, Reference
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from .runs import done, run

SIZE = (120, 80)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def base(size: tuple[int, int] = SIZE) -> bytes:
    return png(Image.new("RGB", size, (90, 120, 60)))


def selection(mode: str = "L", size: tuple[int, int] = SIZE) -> Image.Image:
    """White in the left half."""
    image = Image.new("L", size, 0)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill=255)
    return image.convert(mode)


def see_through(size: tuple[int, int] = SIZE) -> bytes:
    """A proper mask: transparent in the left half."""
    image = Image.new("RGBA", size, (0, 0, 0, 255))
    image.putalpha(selection("L", size).point(lambda value: 255 - value))
    return png(image)


def editable(request: ImageRequest) -> numpy.ndarray[Any, Any]:
    """Where the mask lets the picture be edited."""
    mask = mask_of(request)
    image = Image.open(io.BytesIO(mask.path.read_bytes()))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (mask.width, mask.height))
    return numpy.asarray(image)[..., 3] == 0


def mask_of(request: ImageRequest) -> Reference:
    mask = request.reference("mask")
    assert mask is not None
    return mask


LEFT = numpy.arange(SIZE[0])[None, :].repeat(SIZE[1], 0) < SIZE[0] // 2


@pytest.fixture
def workspace(open_workspace: OpenWorkspace) -> Workspace:
    return open_workspace()


@pytest.mark.parametrize(
    "given",
    [
        "box:0,0,60,80", "box:0%,0%,50%,100%", "polygon:0,0,60,0,60,80,0,80", selection(), selection("1"), selection("RGB"),
        png(selection()), LEFT, numpy.asarray(selection()), see_through(), "$mask", "@m1",
    ],
    ids=[
        "box", "percent", "polygon", "L", "1-bit", "RGB", "file", "boolean array", "array", "alpha", "variable", "name",
    ],
)  # fmt: skip
def test_every_kind_of_mask_edits_the_same_half(workspace: Workspace, given: Any) -> None:
    """Shapes, black-and-white pictures (white is edited), selections and alpha mean the same, and so does a name."""
    workspace.library.name(workspace.library.add(see_through(), source="test"), "m1")

    request = workspace.request("x", images=base(), mask=given, names={"mask": LEFT})

    assert (editable(request) == LEFT).all()


def test_a_mask_can_be_turned_round(workspace: Workspace) -> None:
    """What was edited is protected, and it is another request."""
    there = [
        workspace.request("x", images=base(), mask=mask, mask_invert=invert)
        for mask in (selection(), see_through(), "box:0,0,60,80")
        for invert in (False, True)
    ]

    assert all(
        (editable(request) == (LEFT if number % 2 == 0 else ~LEFT)).all() for number, request in enumerate(there)
    )
    assert len({request.fingerprint() for request in there[:2]}) == 2


def test_a_finished_mask_goes_as_it_is(workspace: Workspace) -> None:
    """The bytes that were given are the reference, so that nothing that was asked before is asked again."""
    request = workspace.request("x", images=base(), mask=see_through())

    assert mask_of(request).path.read_bytes() == see_through()
    assert "transparent part is edited" in mask_of(request).note


def test_the_alpha_of_the_base_is_a_mask(workspace: Workspace) -> None:
    """Holes in a picture are what is to be filled."""
    request = workspace.request("x", images=see_through(), mask="alpha")

    assert (editable(request) == LEFT).all()


@pytest.mark.parametrize(
    ("mask", "said", "way"),
    [
        (selection(size=(60, 40)), "60x40", "--mask-fit"),
        (png(Image.new("RGBA", SIZE, (0, 0, 0, 255))), "nothing", "--force"),
        (png(Image.new("RGBA", SIZE, (0, 0, 0, 0))), "all of the picture", "--force"),
        (Image.new("L", SIZE, 0), "nothing", "--force"),
        ("box:200,0,260,80", "box", ""),
        ("box:1,2,3", "box", "box:"),
        (f"ellipse:-{'9' * 400},0,{'9' * 400},5", "not a number", ""),
        ("polygon:1,2,3,4", "polygon", ""),
        ("alpha", "transparen", ""),
    ],
    ids=[
        "size",
        "opaque",
        "see-through",
        "black",
        "outside",
        "three numbers",
        "endless numbers",
        "two points",
        "no alpha",
    ],
)
def test_a_mask_that_cannot_work_is_refused_before_sending(
    workspace: Workspace, mask: Any, said: str, way: str
) -> None:
    """The error says what is wrong with it and offers the way out."""
    with pytest.raises(ImgnbError) as caught:
        workspace.request("x", images=base(), mask=mask)

    assert isinstance(caught.value, RequestInvalid)
    assert caught.value.param == "mask"
    assert said in caught.value.message
    assert way in caught.value.hint


def test_the_ways_out_lead_out(workspace: Workspace) -> None:
    """--mask-fit scales, --force lets a mask of nothing pass."""
    fit = workspace.request("x", images=base(), mask=selection(size=(60, 40)), mask_fit=True)
    forced = workspace.request("x", images=base(), mask=png(Image.new("RGBA", SIZE)), force=True)

    assert (editable(fit) == LEFT).all()
    assert editable(forced).all()


def test_a_mask_without_a_picture_is_refused(workspace: Workspace) -> None:
    """There is nothing that it could lie on."""
    with pytest.raises(RequestInvalid, match="needs a picture"):
        workspace.request("x", mask="box:0,0,9,9")


def test_a_mask_is_made_once(workspace: Workspace) -> None:
    """What was finished before is looked up: neither the mask nor its pixels are read again."""
    first = workspace.request("x", images=base(), mask=png(selection()))
    given = workspace.library.add(png(selection()), source="again")
    given.path.write_bytes(b"no picture any more")

    again = workspace.request("x", images=base(), mask=given)

    assert again.fingerprint() == first.fingerprint()


def test_which_side_is_edited_is_said(workspace: Workspace) -> None:
    """The record says it of a mask that was made, and how much of the picture it is."""
    generation = done(run(workspace, images=base(), mask=selection()))
    described = done(run(workspace, images=base(), mask="box:0,0,60,80"))

    assert any("white" in note and "50 %" in note for note in generation.notes)
    assert any("50" in note for note in described.notes)


def test_each_request_says_how_its_own_mask_was_made(workspace: Workspace) -> None:
    """The same mask may come about in several ways; none is told of another."""
    white = workspace.request("x", images=base(), mask=LEFT)
    black = workspace.request("x", images=base(), mask=~LEFT, mask_invert=True)
    box = workspace.request("x", images=base(), mask="box:0,0,60,80")

    assert mask_of(white).sha256 == mask_of(black).sha256 == mask_of(box).sha256
    assert [mask_of(request).note.split()[1] for request in (white, black)] == ["white", "black"]
    assert mask_of(box).note.startswith("box:0,0,60,80")


@pytest.mark.parametrize("mode", ["LA", "P"])
def test_a_mask_goes_as_providers_take_it(workspace: Workspace, mode: str) -> None:
    """RGBA, upright, one frame, whatever its file was."""
    image = Image.open(io.BytesIO(see_through()))
    given = image.convert("LA") if mode == "LA" else image.quantize(4)

    assert (editable(workspace.request("x", images=base(), mask=given)) == LEFT).all()


def test_a_mask_that_is_turned_is_turned_as_its_base_is(workspace: Workspace, tmp_path: Path) -> None:
    """What EXIF turns for people is turned in what is sent."""
    image = Image.open(io.BytesIO(see_through())).transpose(Image.Transpose.ROTATE_90)
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "mask.png", exif=exif)

    assert (editable(workspace.request("x", images=base(), mask=tmp_path / "mask.png")) == LEFT).all()


@pytest.mark.parametrize("words", ["box:0,0,60,80", "alpha"])
def test_a_mask_in_words_may_stand_in_a_variable(workspace: Workspace, words: str) -> None:
    """A variable is what it holds."""
    request = workspace.request("x", images=see_through(), mask="$m", names={"m": words})

    assert (editable(request) == LEFT).all()


@pytest.mark.parametrize("name", ["mask_fit", "mask_invert", "force", "cutout"])
def test_a_yes_or_no_is_one(workspace: Workspace, name: str) -> None:
    """The word "no" is refused, not taken for yes."""
    with pytest.raises(RequestInvalid, match=name):
        workspace.request("x", images=base(), mask=LEFT, **{name: "no"})


def test_composite_is_a_yes_or_no(workspace: Workspace) -> None:
    """numpy's own truth values are some, too."""
    request = workspace.request("x", images=base(), mask=LEFT)

    with pytest.raises(RequestInvalid, match="composite"):
        workspace.order(request, composite="yes")
    assert workspace.order(request, composite=numpy.True_).composite is True


def test_a_mask_on_a_base_whose_bytes_are_gone_is_an_asset_not_found(workspace: Workspace) -> None:
    """As it is without a mask."""
    asset = workspace.library.add(base(), source="test")
    asset.path.unlink()

    with pytest.raises(AssetNotFound):
        workspace.request("x", images=asset, mask="box:0,0,9,9")


def test_a_turned_photograph_is_masked_as_it_is_seen(workspace: Workspace, tmp_path: Path) -> None:
    """EXIF turns the picture: the mask is as large as what a person sees."""
    image = Image.new("RGB", SIZE, (90, 120, 60))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "photo.jpg", exif=exif)

    request = workspace.request("x", images=tmp_path / "photo.jpg", mask="box:0,0,80,60")

    assert (mask_of(request).width, mask_of(request).height) == (80, 120)
    assert done(run(workspace, images=tmp_path / "photo.jpg", mask="box:0,0,80,60")).assets
