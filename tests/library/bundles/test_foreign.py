"""Pictures of other programs are in the library as those it made, and answer nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from imgnb.library import Accepted, Library
from imgnb.request import ImageRequest, Reference

from ...pictures import told_pictures as made
from ..conftest import draw
from ..conftest import png as plain_png


@pytest.fixture
def fox(tmp_path: Path) -> Path:
    """A picture as A1111 leaves it."""
    return made.png(tmp_path / "00012-fox.png", parameters=made.A1111)


def test_a_picture_becomes_a_generation(library: Library, fox: Path) -> None:
    """With prompt, model and parameters; found by its words; its bytes untouched."""
    imported = library.import_(fox)

    (found,) = library.find("morning fox")
    assert (imported.generations, imported.assets) == (1, 1)
    assert (found.status, found.operation, found.route, found.route_owner) == (
        "succeeded",
        "import",
        "imported",
        "a1111",
    )
    assert found.model == "sd_xl_base_1.0"
    assert found.params["negative_prompt"] == "blurry, low quality"
    assert found.effective == {"size": "8x6"}
    assert found.cost is None
    assert found.asset.bytes == fox.read_bytes()
    assert found.asset.source == "00012-fox.png"


def test_it_answers_no_request(library: Library, fox: Path) -> None:
    """Nobody knows what exactly was asked: not the same words, parameters or route are answered by it."""
    library.import_(fox)
    found = library.find()[0]

    for request in (
        ImageRequest(found.prompt),
        ImageRequest(found.prompt, model=found.model, size="512x768", extras=dict(found.params)),
        ImageRequest(found.prompt, operation="import"),  # type: ignore[arg-type]
        library.stored_request(found),
    ):
        for accepted in (Accepted(), Accepted(routes=("imported",)), Accepted(sketches=True)):
            assert library.answer(request.fingerprint(), accepted) is None


def test_it_goes_into_edits_and_has_children(library: Library, fox: Path) -> None:
    """It is a picture like any other: named, edited, traced, and asked for anew."""
    library.import_(fox)
    asset = library.asset("@last")
    reference = Reference(asset.sha256, asset.media_type, asset.path)

    edit = draw(library, ImageRequest("winter", operation="edit", references=(reference,)), plain_png(2))

    assert [child.sha256 for child in asset.children] == [edit.asset.sha256]
    assert "imported" not in asset.recipe()
    assert "a red fox" in asset.recipe()
    assert [row["without_price"] for row in library.costs(frame=False) if row["generations"]] == [0]


def test_the_same_picture_is_there_once(library: Library, fox: Path, tmp_path: Path) -> None:
    """Under whatever name it comes, and also where a provider drew it."""
    library.import_(fox)
    copy = tmp_path / "copy.png"
    copy.write_bytes(fox.read_bytes())
    drawn = draw(library, ImageRequest("drawn"), plain_png(5))

    again = library.import_([fox, copy, drawn.asset.path])

    assert not again.changed
    assert again.already == 3
    assert len(library) == 2


def test_a_picture_that_was_only_a_reference_is_found_now(library: Library, fox: Path) -> None:
    """What was added without a generation gets one when it is imported."""
    library.add(fox, source="photo")

    imported = library.import_(fox)

    assert (imported.generations, imported.assets) == (1, 0)
    assert library.find("fox")


def test_without_a_prompt_the_name_is_found(library: Library, tmp_path: Path) -> None:
    """The file's name stands for a prompt, and the record says so."""
    Image.new("RGB", (4, 4), "green").save(tmp_path / "holiday beach.jpg")

    library.import_(tmp_path / "holiday beach.jpg")

    (found,) = library.find("beach")
    assert found.prompt == "holiday beach"
    assert found.route_owner == "unknown"
    assert "no" in found.notes[0] or "nothing" in found.notes[0]


def test_a_folder_is_read_with_what_lies_beside(library: Library, tmp_path: Path) -> None:
    """Pictures below it, each with its .json or .txt; links, hidden files and others are passed over."""
    below = tmp_path / "in" / "below"
    below.mkdir(parents=True)
    made.png(below / "a.png", colour="red")
    (below / "a.json").write_text(json.dumps({"prompt": "an owl", "seed": 3}), encoding="utf-8")
    made.png(below / "b.png", colour="blue", parameters=made.A1111)
    (below / "b.txt").write_text("a caption of my own", encoding="utf-8")
    (below / "notes.md").write_text("no picture", encoding="utf-8")
    (below / ".hidden.png").write_bytes(b"x")
    (below / "link.png").symlink_to(below / "a.png")

    imported = library.import_(tmp_path / "in")

    assert {generation.prompt for generation in library.find()} == {"an owl", "a caption of my own"}
    assert not imported.refused


def test_a_folder_for_people_comes_back(library: Library, tmp_path: Path) -> None:
    """What was exported for people is imported with prompt, model and parameters."""
    drawn = draw(library, ImageRequest("a red fox", size="1024x1024"), plain_png(1))
    library.export("", tmp_path / "people")

    with Library(tmp_path / "other") as other:
        other.import_(tmp_path / "people")

        (found,) = other.find("fox")
        assert (found.prompt, found.route_owner) == ("a red fox", "imgnb")
        assert found.model == drawn.model_answered
        assert found.params == {"size": "1024x1024"}


def test_what_is_no_picture_is_named_and_the_rest_comes_in(library: Library, fox: Path, tmp_path: Path) -> None:
    """A broken file among many is refused with the reason; nothing of it is left."""
    broken = tmp_path / "broken\n.png"
    broken.write_bytes(fox.read_bytes()[:60])
    text = tmp_path / "page.png"
    text.write_text("<html>", encoding="utf-8")

    imported = library.import_([broken, fox, text])

    assert imported.generations == 1
    assert len(imported.refused) == 2
    assert all(path.isprintable() for path, _ in imported.refused)
    assert len([path for path in (library.path / "blobs").rglob("*") if path.is_file()]) == 1


def test_imported_pictures_travel_on(library: Library, fox: Path, tmp_path: Path) -> None:
    """A bundle holds them as it does others."""
    library.import_(fox)

    with Library(tmp_path / "other") as other:
        other.import_(library.export("", tmp_path / "b.zip").path)

        assert other.find("fox")[0].operation == "import"
        assert other.import_(fox).already == 1


@pytest.mark.parametrize(
    "prompt", ["x" * 200_000, "\u202eשלום 🦊", "a\0b fox", "</script>", "\ud800 fox"],
    ids=["long", "rtl", "nul", "markup", "surrogate"],
)  # fmt: skip
def test_odd_prompts_are_stored(library: Library, tmp_path: Path, prompt: str) -> None:
    """Whatever stands in the file is text when it is in the library."""
    path = made.png(tmp_path / "odd.png")
    (tmp_path / "odd.json").write_text(json.dumps({"prompt": prompt}), encoding="utf-8")

    library.import_(path)

    stored = library.find()[0].prompt
    assert stored == prompt.encode("utf-8", "replace").decode()[:100_000]
