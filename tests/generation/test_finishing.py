"""An answer is held against what it was made from: what was kept, what was not, and what can be put back."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from imgnb.errors import LibraryReadOnly
from imgnb.providers.local_engine import Sketch, draw
from imgnb.records import Asset, Generation
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..servers import Canned, Watched
from .runs import done, failed, run

MASK = "box:0,0,512,640"


def base(prompt: str = "a lighthouse by the sea", **given: Any) -> bytes:
    return draw(Sketch(prompt, width=1024, height=640, quality="low", **given))


def pixels(asset: Asset) -> numpy.ndarray[Any, Any]:
    return numpy.asarray(asset.image.convert("RGB")).astype(int)


def edited(open_workspace: OpenWorkspace, fault: str = "", **given: Any) -> Generation:
    return done(run(open_workspace(fault=fault), **{"prompt": "a red fox", "images": base(), **given}))


def test_a_masked_edit_says_how_much_of_the_protected_area_changed(open_workspace: OpenWorkspace) -> None:
    """Shares between 0 and 1 are on record; an engine that keeps to the mask changes next to nothing."""
    generation = edited(open_workspace, mask=MASK)

    assert generation.asset.drift is not None
    assert generation.asset.changed is not None
    assert generation.asset.drift < 0.02 < generation.asset.changed
    assert generation.mismatches == ()
    assert generation.to_dict()["assets"][0]["drift"] == generation.asset.drift


def test_a_route_that_ignores_the_mask_is_told_on(open_workspace: OpenWorkspace) -> None:
    """Above the threshold there is a sentence with the number and the way out."""
    generation = edited(open_workspace, "ignore_mask", mask=MASK)

    assert generation.asset.drift is not None
    assert generation.asset.drift > 0.3
    assert any("% of what the mask protects" in said and "--composite" in said for said in generation.mismatches)


def test_an_edit_that_changes_nothing_is_told(open_workspace: OpenWorkspace) -> None:
    """The very base came back."""
    generation = edited(open_workspace, "unchanged")

    assert generation.asset.changed == 0
    assert any("nothing was edited" in said for said in generation.mismatches)


@pytest.mark.parametrize("fault", ["ignore_images", "ignore_images,no_usage"], ids=["by its count", "by the picture"])
def test_a_route_that_ignores_the_pictures_is_told_on(open_workspace: OpenWorkspace, fault: str) -> None:
    """Its own count says so, and else the picture that has nothing of the base."""
    generation = edited(open_workspace, fault)

    assert any("ignored" in said for said in generation.mismatches)


@pytest.mark.parametrize("prompt", ["in the style of a woodcut", "add a red fox", "by night", "make it blue"])
def test_an_honest_edit_is_not_suspected(open_workspace: OpenWorkspace, prompt: str) -> None:
    """Restyled and added to, it still has its base in it."""
    assert edited(open_workspace, "no_usage", prompt=prompt).mismatches == ()


def test_a_composite_has_the_protected_pixels_of_its_base(open_workspace: OpenWorkspace) -> None:
    """They are equal bit by bit; what the provider sent is kept, linked, and given by `originals`."""
    workspace = open_workspace(fault="ignore_mask")
    request = workspace.request("a red fox", images=base(), mask=MASK, size="1024x640", quality="low")

    generation = list(workspace.run(workspace.order(request, composite=True, name="hero")))[-1].generation  # type: ignore[attr-defined]

    before = numpy.asarray(Image.open(io.BytesIO(base())).convert("RGB")).astype(int)
    assert (pixels(generation.asset)[:, 512:] == before[:, 512:]).all()
    assert (pixels(generation.asset)[:, :500] != before[:, :500]).any()
    assert generation.originals[0] != generation.asset
    assert workspace.library.asset("@hero") == generation.asset
    assert workspace.library.asset(f"@{generation.id}") == generation.asset
    assert generation.originals[0] in generation.asset.parents


def test_a_composite_is_not_paid_for_again(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """With and without it, the same answer serves; each gets what it asked for."""
    watched.real = True
    workspace = open_workspace(watched.url, fault="ignore_mask")

    plain = ordered(workspace, composite=False)
    whole = ordered(workspace, composite=True)
    again = ordered(workspace, composite=False)

    assert len(watched.requests) == 1
    assert whole.id == plain.id == again.id
    assert plain.asset == again.asset == whole.originals[0] != whole.asset


def ordered(workspace: Workspace, **options: Any) -> Generation:
    request = workspace.request("a red fox", images=base(), mask=MASK, size="1024x640", quality="low")
    return done(list(workspace.run(workspace.order(request, **options))))


def test_a_composite_keeps_the_pixels_that_were_given(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Also where something else was sent in their stead: the photograph as it is, not its turned and re-encoded copy."""
    photo = Image.open(io.BytesIO(base())).convert("RGB").transpose(Image.Transpose.ROTATE_90)
    exif = photo.getexif()
    exif[0x0112] = 6
    photo.save(tmp_path / "photo.jpg", exif=exif, quality=80)
    workspace = open_workspace(fault="ignore_mask")
    request = workspace.request("a red fox", images=tmp_path / "photo.jpg", mask=MASK, size="1024x640", quality="low")

    generation = done(list(workspace.run(workspace.order(request, composite=True))))

    given = numpy.asarray(generation.references[0].upright.convert("RGB")).astype(int)
    assert generation.inputs[0].sent is not None
    assert (pixels(generation.asset)[:, 512:] == given[:, 512:]).all()
    assert generation.asset.changed is not None
    assert any("it is put back" in said for said in generation.mismatches)


def test_an_edit_that_was_never_looked_at_is_when_it_is_replayed(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """The process may end between filing an answer and judging it."""
    workspace = open_workspace(fault="ignore_mask")
    ordered(workspace)
    with sqlite3.connect(tmp_path / "library" / "library.db") as connection:
        connection.execute("update output set drift = null, changed = null")
        connection.execute("update generation set mismatches_json = '[]'")
    connection.close()

    again = ordered(workspace)

    assert again.replayed
    assert again.asset.drift is not None
    assert any("mask protects" in said for said in again.mismatches)
    assert workspace.library.generation("@last").asset.drift == again.asset.drift


@pytest.mark.parametrize(
    "given",
    [{"size": "1536x1024"}, {"background": "transparent", "cutout": True}],
    ids=["other proportions", "a cutout as well"],
)
def test_a_composite_that_could_not_be_is_refused(open_workspace: OpenWorkspace, given: dict[str, Any]) -> None:
    """Before it is paid for."""
    workspace = open_workspace()
    request = workspace.request("x", images=base(), mask=MASK, **given)

    error, _ = failed(list(workspace.run(workspace.order(request, composite=True))))

    assert "composite" in str(error)
    assert workspace.library.stats()["generations"] == {"failed": 1}


def test_a_conversation_goes_on_from_the_composite(open_workspace: OpenWorkspace) -> None:
    """What its user sees is what is gone on from: it is sent, as no server has it."""
    workspace = open_workspace(fault="ignore_mask")
    request = workspace.request("a red fox", images=base(), mask=MASK, size="1024x640", quality="low")
    first = done(list(workspace.run(workspace.order(request, composite=True, via="responses"))))

    second = done(run(workspace, "by night", continues=first, via="responses"))

    assert first.asset != first.originals[0]
    assert second.references == (first.asset,)


def test_a_composite_of_another_shape_is_said_and_not_made(open_workspace: OpenWorkspace) -> None:
    """What cannot be laid over the base stays what the provider sent, and nothing is lost."""
    workspace = open_workspace(fault="other_size")

    generation = ordered(workspace, composite=True)

    assert generation.asset == generation.originals[0]
    assert any("there is no composite" in said for said in generation.mismatches)


def test_a_composite_needs_a_mask(open_workspace: OpenWorkspace) -> None:
    """It is refused before anything is sent."""
    workspace = open_workspace()
    order = workspace.order(workspace.request("x", images=base()), composite=True)

    error, _ = failed(list(workspace.run(order)))

    assert "mask" in str(error)


def test_a_name_that_moves_says_so(open_workspace: OpenWorkspace) -> None:
    """What it meant before stays in reach as ~1."""
    workspace = open_workspace()
    first = done(run(workspace, "a fox", name="hero"))

    second = done(run(workspace, "a bear", name="hero"))
    again = done(run(workspace, "a bear", name="hero"))

    assert any("@hero~1" in note for note in second.notes)
    assert not any("@hero~1" in note for note in again.notes)
    assert workspace.library.asset("@hero~1") == first.asset


def test_a_cutout_is_transparent_where_the_model_cannot(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """It is drawn on a flat colour, which is removed; the original stays, and a replay gives the cutout again."""
    watched.real = True
    workspace = open_workspace(watched.url)
    asked = {"model": "gpt-image-2", "background": "transparent", "cutout": True, "size": "1024x1024"}

    generation = done(run(workspace, "a red fox", **asked))
    again = done(run(workspace, "a red fox", **asked))

    alpha = numpy.asarray(generation.asset.image.convert("RGBA"))[..., 3]
    assert 0.02 < (alpha == 0).mean() < 0.98
    assert alpha[0].max() == alpha[:, 0].max() == 0
    assert generation.originals[0].has_alpha is False
    assert "flat #" in watched.requests[0].body.decode()
    assert '"background"' not in watched.requests[0].body.decode()
    assert '"cutout"' not in watched.requests[0].body.decode()
    assert generation.prompt == "a red fox"
    assert not any("opaque" in said for said in generation.mismatches)
    assert again.replayed
    assert again.asset == generation.asset
    assert generation.originals[0] in generation.asset.parents


def test_where_the_model_has_transparency_nothing_is_cut_out(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """It is asked for as such."""
    asked = {"model": "gpt-image-1.5", "background": "transparent", "cutout": True, "size": "1024x1024"}

    generation = done(run(open_workspace(watched.url), "a red fox", **asked))

    assert generation.originals == generation.assets
    assert '"transparent"' in watched.requests[0].body.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, "transparent"), ({"background": "transparent", "output_format": "jpeg"}, "jpeg")],
    ids=["opaque", "jpeg"],
)
def test_a_cutout_that_could_not_be_is_refused(open_workspace: OpenWorkspace, given: dict[str, Any], said: str) -> None:
    """Nothing is sent where nothing can become transparent."""
    error, _ = failed(run(open_workspace(), cutout=True, **given))

    assert said in str(error)


def test_a_recipe_and_a_remix_take_a_forced_mask(open_workspace: OpenWorkspace) -> None:
    """A mask that was let pass once is taken as it is."""
    workspace = open_workspace()
    everything = "box:0,0,1024,640"
    forced = done(run(workspace, images=base(), mask=everything, force=True))

    assert forced.remix().replayed
    assert workspace.request("x", images=base(), mask=f"@{forced.references[1].sha256[:12]}").references[1:]


def test_a_remix_without_its_mask_is_not_composited(open_workspace: OpenWorkspace) -> None:
    """There is nothing to put back."""
    workspace = open_workspace(fault="ignore_mask")
    whole = ordered(workspace, composite=True)

    assert whole.remix("by night").assets != whole.remix("by night").originals
    plain = whole.remix("by night", mask=None)
    assert plain.assets == plain.originals


def test_a_composite_is_replayed_without_writing(open_workspace: OpenWorkspace) -> None:
    """So a colleague who can only read the library sees it, too."""
    workspace = open_workspace(fault="ignore_mask")
    whole = ordered(workspace, composite=True)
    workspace.library._store.refusal = LibraryReadOnly("it can only be read")

    again = ordered(workspace, composite=True, mode="replay")

    assert again.asset == whole.asset != whole.originals[0]
    assert again.mismatches == whole.mismatches


def test_replay_says_that_the_answer_is_in_the_trash(open_workspace: OpenWorkspace) -> None:
    """And how it is brought back."""
    workspace = open_workspace()
    thrown = done(run(workspace))
    workspace.library.trash(thrown)

    events = run(workspace, mode="replay")

    assert "in the trash" in str(events[-1].error)  # type: ignore[attr-defined]
    assert f"restore @{thrown.id}" in events[-1].error.hint  # type: ignore[attr-defined]


def test_an_answer_that_no_model_draws_is_not_unfolded(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A server may send a picture of few bytes and many pixels: it is kept, and nothing is made of it."""
    huge = io.BytesIO()
    Image.new("L", (5000, 5000), 9).save(huge, "PNG")
    document = {"data": [{"b64_json": base64.b64encode(huge.getvalue()).decode()}]}
    canned.answers["/v1/images/edits"] = (200, {"content-type": "application/json"}, json.dumps(document).encode())

    generation = ordered(open_workspace(f"{canned.url}/v1"), composite=True)

    assert generation.asset.bytes == huge.getvalue()
    assert generation.asset.drift is None
    assert any("there is no composite" in said and "25,000,000 pixels" in said for said in generation.mismatches)


def test_a_replay_is_given_though_it_cannot_be_looked_at(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """What is stored is not kept back because its base no longer decodes."""
    workspace = open_workspace()
    first = ordered(workspace)
    with sqlite3.connect(tmp_path / "library" / "library.db") as connection:
        connection.execute("update output set drift = null, changed = null")
    connection.close()
    mask = next(item.asset for item in first.inputs if item.role == "mask")
    mask.path.write_bytes(b"no picture any more")

    assert ordered(workspace).replayed
