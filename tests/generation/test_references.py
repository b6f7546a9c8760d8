"""What a person may write for a picture, and what comes of it: an asset that lasts longer than the thing it was made of."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from imgnb.errors import AssetNotFound, ImgnbError, RequestInvalid
from imgnb.request import ImageRequest
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..providers.test_routes import picture
from .runs import done, run


def shades(request: ImageRequest) -> list[int]:
    """The green of each picture, by which the tests tell them apart."""
    found = [Image.open(io.BytesIO(reference.path.read_bytes())).convert("RGB") for reference in request.images]
    return [image.getpixel((0, 0))[1] for image in found]


@pytest.fixture
def figs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three pictures, in the working folder."""
    folder = tmp_path / "figs"
    folder.mkdir()
    for name, shade in (("c.png", 3), ("a.png", 1), ("b.png", 2)):
        (folder / name).write_bytes(picture(shade=shade))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def workspace(open_workspace: OpenWorkspace) -> Workspace:
    return open_workspace()


def refused(workspace: Workspace, *images: Any, **given: Any) -> ImgnbError:
    with pytest.raises(ImgnbError) as caught:
        workspace.request("by night", images=list(images), **given)
    return caught.value


def test_every_way_to_name_a_picture_keeps_its_place(workspace: Workspace, figs: Path) -> None:
    """Names, files, patterns, variables, bytes and values go in the order in which they stand, the first being the base."""
    hero = workspace.library.add(picture(shade=50), source="test")
    workspace.library.name(hero, "hero")
    fig = numpy.full((8, 8, 3), (200, 60, 60), "uint8")
    items = ["@hero", "figs/[ab].png", "$fig", Path("figs/c.png"), picture(shade=70), "$several", hero]

    request = workspace.request("by night", images=items, names={"fig": fig, "several": [picture(shade=80), "@hero"]})

    assert shades(request) == [50, 1, 2, 60, 3, 70, 80, 50, 50]
    assert [reference.source for reference in request.images[:5]] == [
        "@hero",
        "figs/a.png",
        "figs/b.png",
        "$fig",
        "figs/c.png",
    ]


def test_what_goes_in_outlives_what_it_was_made_of(workspace: Workspace, figs: Path) -> None:
    """An edit is repeated from its record when file and variable are gone."""
    names = {"fig": Image.new("RGB", (64, 64), (1, 2, 3))}
    first = done(run(workspace, "by night", images=["figs/a.png", "$fig"], names=names))
    (figs / "a.png").unlink()

    again = workspace.library.stored_request(first)

    assert again.fingerprint() == first.fingerprint
    assert all(reference.path.is_file() for reference in again.references)
    assert [item.source for item in first.inputs] == ["figs/a.png", "$fig"]


def test_the_same_pixels_are_the_same_asset(workspace: Workspace) -> None:
    """An array, a PIL image of it and the array once more are one asset, so that Run All is replayed."""
    array = numpy.arange(3 * 40 * 30, dtype="uint8").reshape(40, 30, 3)

    requests = [workspace.request("x", images=item) for item in (array, Image.fromarray(array), array.copy())]

    assert len({request.fingerprint() for request in requests}) == 1
    assert workspace.library.stats()["assets"] == 1


@pytest.mark.parametrize(
    ("item", "said", "way"),
    [
        ("@heor", "nothing in the library is called @heor", "@hero"),
        ("$figs", "there is no variable 'figs'", "$fig"),
        ("$none", "is None", "give it a picture"),
        ("$table", "a dict", "a PIL image"),
        ("figs/*.gif", "no file matches 'figs/*.gif'", "looked for in"),
        ("figs/d.png", "is not a file", "did you mean"),
        ("hero", "is not a file", "@hero"),
        ("figs", "a folder", "figs/*.png"),
        ("~nosuchuser/x.png", "cannot be used", ""),
        ("~nosuchuser/*.png", "cannot be used", ""),
        ("a" * 300 + "*", "cannot be used", ""),
        ("$fig[0]", "is not a variable", "$name"),
        ("@hero~1", "no earlier meaning", ""),
    ],
)
def test_what_names_no_picture_is_told_and_what_would(
    workspace: Workspace, figs: Path, item: str, said: str, way: str
) -> None:
    """The error names what was written, and the likeliest thing that was meant."""
    workspace.library.name(workspace.library.add(picture(shade=50), source="test"), "hero")

    error = refused(workspace, item, names={"fig": picture(), "none": None, "table": {"a": 1}})

    assert said in error.message
    assert way in f"{error.message} {error.hint}"


def test_seventeen_pictures_are_refused_before_one_is_read(workspace: Workspace, figs: Path) -> None:
    """At most sixteen go in; what is too much is not stored first."""
    for number in range(17):
        (figs / f"x{number:02}.png").write_bytes(picture(shade=number))

    error = refused(workspace, "figs/x*.png")

    assert "17 images" in error.message
    assert "at most 16" in error.hint
    assert workspace.library.stats()["assets"] == 0


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(picture(size=(300, 300))[:-30])


def _bomb(path: Path) -> None:
    data = bytearray(picture())
    data[16:24] = (90_000).to_bytes(4, "big") * 2
    path.write_bytes(data)


def _words(path: Path) -> None:
    path.write_text("<html>please log in")


@pytest.mark.parametrize(
    ("write", "said"),
    [(_empty, "nothing at all"), (_cut, "cut off"), (_bomb, "more than 100,000,000 pixels"), (_words, "HTML")],
    ids=["empty", "cut", "bomb", "web page"],
)  # fmt: skip
def test_a_file_that_is_no_usable_picture_is_refused(
    workspace: Workspace, tmp_path: Path, write: Callable[[Path], None], said: str
) -> None:
    """Nothing is stored of it, and the error says what it is."""
    write(tmp_path / "photo.png")

    error = refused(workspace, tmp_path / "photo.png")

    assert isinstance(error, RequestInvalid)
    assert said in error.message
    assert workspace.library.stats()["assets"] == 0


def test_a_pattern_follows_no_link_out_of_its_folder(workspace: Workspace, figs: Path, tmp_path: Path) -> None:
    """A link that a download brought along cannot send a picture from elsewhere; named by itself it is meant."""
    (tmp_path / "private.png").write_bytes(picture(shade=99))
    (figs / "z.png").symlink_to(tmp_path / "private.png")
    (figs / "y.png").symlink_to("a.png")

    error = refused(workspace, "figs/*.png")

    assert "outside of that folder" in error.message
    assert str(tmp_path / "private.png") in error.message
    assert shades(workspace.request("x", images=["figs/y*.png", "figs/z.png"])) == [1, 99]


def test_a_file_with_brackets_in_its_name_is_a_file(workspace: Workspace, figs: Path) -> None:
    """What exists is no pattern."""
    (figs / "a[1].png").write_bytes(picture(shade=41))

    assert shades(workspace.request("x", images=["figs/a[1].png"])) == [41]


def test_a_pipe_is_not_waited_for(workspace: Workspace, tmp_path: Path) -> None:
    """What is no regular file is refused at once."""
    os.mkfifo(tmp_path / "pipe.png")

    assert "cannot be used" in refused(workspace, tmp_path / "pipe.png").message


def test_a_reference_whose_bytes_are_gone_says_how_to_bring_them_back(workspace: Workspace) -> None:
    """The row alone cannot be sent."""
    asset = workspace.library.add(picture(), source="test")
    asset.path.unlink()

    events = run(workspace, "by night", images=[asset])

    assert isinstance(events[-1].error, AssetNotFound)  # type: ignore[attr-defined]
    assert "backup" in events[-1].error.hint  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "HSV", "I", "F", "I;16"])
def test_a_pil_image_of_any_mode_goes_in(workspace: Workspace, mode: str) -> None:
    """What a PNG does not have becomes what it has."""
    request = workspace.request(
        "x", images=Image.new("L", (8, 8), 1).convert(mode) if mode != "I;16" else Image.new(mode, (8, 8))
    )

    assert request.images[0].media_type == "image/png"
    assert request.images[0].width == 8


def test_what_can_be_read_is_one_picture(workspace: Workspace, tmp_path: Path) -> None:
    """A buffer, an open file and a view of bytes are not taken apart."""
    (tmp_path / "a.png").write_bytes(picture())
    with (tmp_path / "a.png").open("rb") as file:
        items = [io.BytesIO(picture()), file, memoryview(picture())]
        requests = [workspace.request("x", images=item) for item in items]

    assert [len(request.images) for request in requests] == [1, 1, 1]
    assert len({request.fingerprint() for request in requests}) == 1


def test_many_threads_may_give_the_same_picture(workspace: Workspace) -> None:
    """All get its asset, and none an error."""
    with ThreadPoolExecutor(6) as pool:
        found = [
            asset.sha256
            for shade in range(12)
            for asset in pool.map(
                lambda data: workspace.library.add(data, source="test"), [picture(shade=shade, size=(300, 300))] * 6
            )
        ]

    assert len(set(found)) == 12


def test_a_table_and_a_figure_go_in_as_pictures(workspace: Workspace) -> None:
    """A DataFrame and a matplotlib figure are drawn, the same each time."""
    from matplotlib.figure import Figure
    from pandas import DataFrame

    def drawn() -> ImageRequest:
        figure = Figure(figsize=(2, 2))
        figure.add_subplot().plot([1, 3, 2])
        return workspace.request("as a poster", images=[figure, DataFrame({"a": [1, 2]})])

    assert drawn().fingerprint() == drawn().fingerprint()
    assert [reference.source for reference in drawn().images] == ["matplotlib figure", "DataFrame 2x1"]
