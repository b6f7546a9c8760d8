"""What a route does not take is converted before it is sent, once, and the record says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from imgnb.errors import RequestInvalid
from imgnb.pictures import probe
from imgnb.request.capabilities import Capabilities

from ..conftest import OpenWorkspace
from ..servers import Watched
from .runs import done, failed, run


def scene(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A picture whose corners tell which way up it is."""
    image = Image.new("RGB", size, (40, 80, 160))
    image.paste((220, 40, 40), (0, 0, size[0] // 2, size[1] // 2))
    return image


def _turned(path: Path) -> None:
    image = scene()
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(path.with_suffix(".jpg"), exif=exif, quality=95)


def _cmyk(path: Path) -> None:
    scene().convert("CMYK").save(path.with_suffix(".jpg"), quality=95)


def _deep(path: Path) -> None:
    Image.new("I;16", (96, 64), 40_000).save(path.with_suffix(".png"))


def _bits(path: Path) -> None:
    scene().convert("1").save(path.with_suffix(".png"))


def _tiff(path: Path) -> None:
    scene().save(path.with_suffix(".tif"))


def _bmp(path: Path) -> None:
    scene().save(path.with_suffix(".bmp"))


def _gif(path: Path) -> None:
    frames = [scene(), Image.new("RGB", (96, 64), "black")]
    frames[0].save(path.with_suffix(".gif"), save_all=True, append_images=frames[1:])


def _heic(path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(scene()).save(path.with_suffix(".heic"))


KINDS = [_turned, _cmyk, _deep, _bits, _tiff, _bmp, _gif, _heic]


@pytest.mark.parametrize("write", KINDS, ids=[kind.__name__.strip("_") for kind in KINDS])
def test_what_a_route_does_not_take_is_converted(
    open_workspace: OpenWorkspace, watched: Watched, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    """A usual picture is sent, the given one is the reference, and its conversion is on record and in the notes."""
    write(tmp_path / "given")
    (path,) = tmp_path.glob("given.*")
    workspace = open_workspace(watched.url)

    generation = done(run(workspace, images=path))

    sent = generation.inputs[0].sent
    assert sent is not None
    converted = workspace.library.asset(f"@{sent}")
    assert generation.references[0].bytes == path.read_bytes()
    assert converted.media_type in Capabilities.load().limits["image_types"]
    assert converted.bytes in watched.requests[0].body
    assert path.read_bytes() not in watched.requests[0].body
    assert any(path.name in note for note in generation.notes)
    assert sent == generation.to_dict()["references"][0]["sent"]


def test_a_file_name_is_a_strangers_text(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """A note about it drives no terminal and has one line."""
    _gif(tmp_path / "given")
    path = (tmp_path / "given.gif").rename(tmp_path / "a\x1b[2J\nb.gif")

    generation = done(run(open_workspace(), images=path))

    assert generation.notes
    assert not any("\x1b" in note or "\n" in note for note in generation.notes)


def test_a_photograph_is_sent_upright(open_workspace: OpenWorkspace, watched: Watched, tmp_path: Path) -> None:
    """What EXIF turns for people is turned for the model."""
    _turned(tmp_path / "photo")
    workspace = open_workspace(watched.url)

    generation = done(run(workspace, images=tmp_path / "photo.jpg"))

    image = workspace.library.asset(f"@{generation.inputs[0].sent}").image
    red = image.getpixel((image.width - 4, 4))
    assert image.size == (64, 96)
    assert isinstance(red, tuple)
    assert red[0] > 180 > red[2]


def garbled(data: bytes) -> bytes:
    """A PNG with the same header and as many bytes, that does not decode."""
    return data[:41] + bytes(len(data) - 41 - 16) + data[-16:]


def test_a_conversion_is_made_once(open_workspace: OpenWorkspace, watched: Watched, tmp_path: Path) -> None:
    """The second edit finds it in the library: the picture is not decoded again, which would fail here."""
    _deep(tmp_path / "given")
    workspace = open_workspace(watched.url)
    first = done(run(workspace, images=tmp_path / "given.png"))
    stored = first.references[0]
    stored.path.write_bytes(garbled(stored.bytes))

    again = done(run(workspace, "by day", images=stored))

    assert again.inputs[0].sent == first.inputs[0].sent
    assert workspace.library.stats()["assets"] == 4  # the picture, its conversion and two answers


def test_a_replay_converts_nothing(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """The request is known by what was given, so that another Pillow or another route asks nothing anew."""
    _gif(tmp_path / "given")
    workspace = open_workspace()
    first = done(run(workspace, images=tmp_path / "given.gif"))
    workspace.library.asset(f"@{first.inputs[0].sent}").path.unlink()

    again = done(run(workspace, images=tmp_path / "given.gif"))

    assert again.replayed
    assert again.id == first.id


def test_a_dry_run_says_what_would_be_converted_and_converts_nothing(
    open_workspace: OpenWorkspace, tmp_path: Path
) -> None:
    """It is told from the header."""
    _tiff(tmp_path / "given")
    workspace = open_workspace()
    order = workspace.order(workspace.request("x", images=tmp_path / "given.tif"))

    outlook = workspace.service.outlook(order)

    assert any("PNG" in warning for warning in outlook.plan.warnings)
    assert workspace.library.stats()["assets"] == 1


def test_a_picture_that_does_not_decode_is_refused_unsent(
    open_workspace: OpenWorkspace, watched: Watched, tmp_path: Path
) -> None:
    """The run fails with what is wrong, and nothing was asked for."""
    _deep(tmp_path / "given")
    (tmp_path / "broken.png").write_bytes(garbled((tmp_path / "given.png").read_bytes()))

    error, generation = failed(run(open_workspace(watched.url), images=tmp_path / "broken.png"))

    assert isinstance(error, RequestInvalid)
    assert "broken.png" in error.message
    assert generation.status == "failed"
    assert watched.requests == []


def test_a_picture_over_the_limit_is_shrunk_with_its_mask(
    open_workspace: OpenWorkspace, watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent has fewer bytes than the limit, and mask and picture still have one size."""
    noise = Image.effect_noise((700, 500), 90).convert("RGB")
    noise.save(tmp_path / "large.png")
    workspace = open_workspace(watched.url)
    facts = workspace.capabilities
    limits = {**facts.limits, "image_bytes": 120_000}
    monkeypatch.setitem(workspace.__dict__, "capabilities", Capabilities({**facts.facts, "limits": limits}))

    generation = done(run(workspace, images=tmp_path / "large.png", mask="box:0,0,350,500"))

    sent = [workspace.library.asset(f"@{item.sent}") if item.sent else item.asset for item in generation.inputs]
    assert sent[0].byte_count < 120_000
    assert {(asset.width, asset.height) for asset in sent} == {(sent[0].width, sent[0].height)}
    assert all(asset.bytes in watched.requests[0].body for asset in sent)
    assert probe(sent[1].path).has_alpha
