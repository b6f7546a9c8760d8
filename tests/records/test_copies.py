"""Copies of stored pictures: what they say of themselves, and that they come home by an import."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest

from imgnb.errors import AssetNotFound, ImgnbWarning, LibraryError, RequestInvalid
from imgnb.library import Library
from imgnb.pictures.metadata_texts import source_type, texts
from imgnb.records import Asset
from imgnb.request import ImageRequest
from imgnb.request.references import Reference

from ..library.conftest import FOX, ORIGIN, draw, png
from ..pictures import told_pictures

TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SKETCH = replace(ORIGIN, route="local", route_owner="local")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library") as library:
        yield library


def edit_of(library: Library, asset: Asset, prompt: str = "at night"):
    """A drawn edit of this picture."""
    reference = Reference(
        asset.sha256, asset.media_type, asset.path, "image", asset.width, asset.height, asset.has_alpha, asset.byte_count
    )  # fmt: skip
    return draw(library, ImageRequest(prompt, operation="edit", references=(reference,)), png(len(prompt)))


def said(path: Path) -> str | None:
    found = source_type(texts(path))
    return found.removeprefix(TYPES) if found else None


def jpeg(colour: str = "red") -> bytes:
    file = BytesIO()
    PIL.Image.new("RGB", (8, 6), colour).save(file, "JPEG")
    return file.getvalue()


def test_without_a_word_the_copy_is_exact(library: Library, tmp_path: Path) -> None:
    """As ever: the bytes that the provider sent."""
    asset = draw(library).asset

    assert asset.save(tmp_path / "copy.png").read_bytes() == asset.bytes


def test_a_full_copy_says_how_it_was_made(library: Library, tmp_path: Path) -> None:
    """Prompt, parameters, model, route, hash of the original and ids; the library's own bytes stay as they are."""
    made = draw(library)
    before = made.asset.bytes

    copy = made.asset.save(tmp_path / "copy.png", metadata="full")

    record = json.loads(texts(copy)["imgnb"])
    assert record["prompt"] == FOX.prompt
    assert record["params"] == {"size": "1024x1024"}
    assert (record["model"], record["route"]) == ("gpt-image-2-2026-04-21", "openai")
    assert (record["sha256"], record["generation"], record["take"]) == (made.asset.sha256, made.id, 1)
    assert made.asset.bytes == before != copy.read_bytes()
    assert PIL.Image.open(copy).tobytes() == made.asset.image.tobytes()


def test_nothing_of_this_machine_is_told(library: Library, tmp_path: Path) -> None:
    """No address of a server, no path, no notebook, no kernel."""
    secret = replace(
        ORIGIN, base_url="https://secret.example.org/v1", notebook="/home/secret/report.ipynb", kernel="secret-kernel",
        cell_id="secret-cell", provenance={"packages": {"secret": "1"}},
    )  # fmt: skip
    copy = draw(library, origin=secret).asset.save(tmp_path / "copy.png", metadata="full").read_bytes()

    assert b"secret" not in copy
    assert str(tmp_path).encode() not in copy


@pytest.mark.parametrize(
    "path",
    ["/home/secret/fox.safetensors", "C:\\secret\\fox.safetensors", "~/secret/fox.safetensors", "file:///secret/fox.safetensors"],
    ids=["root", "drive", "home", "address"],
)  # fmt: skip
def test_nothing_of_another_machine_is_told(library: Library, tmp_path: Path, path: str) -> None:
    """Of a ComfyUI picture the workflow, with the paths in it, is left out; of the model's path its name stays."""
    graph = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": path}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a blue whale"}},
        "3": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "positive": ["2", 0], "seed": 7, "steps": 20}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "path": "/home/secret/out"}},
    }
    workflow = json.dumps({"nodes": [], "path": "/home/secret"})
    told_pictures.png(tmp_path / "theirs.png", prompt=json.dumps(graph), workflow=workflow)
    library.import_(tmp_path / "theirs.png")
    (made,) = library
    assert made.model == path

    copy = made.asset.save(tmp_path / "copy.png", metadata="full")

    assert b"secret" not in copy.read_bytes()
    record = json.loads(texts(copy)["imgnb"])
    assert (record["prompt"], record["model"], record["params"]["seed"]) == ("a blue whale", "fox.safetensors", 7)


def test_a_bare_copy_says_nothing(library: Library, tmp_path: Path) -> None:
    """Also of a picture that no generation made."""
    given = library.add(png(3), source="given.png")

    assert texts(given.path)
    assert texts(given.save(tmp_path / "bare.png", metadata="none")) == {}


def test_a_copy_comes_home_by_an_import(library: Library, tmp_path: Path) -> None:
    """What `full` writes, another library reads: prompt, model and parameters."""
    for number, data in enumerate((png(), jpeg())):
        made = draw(library, ImageRequest(f"a fox, number {number}", size="1024x1024"), data)
        made.asset.save(tmp_path / f"copy-{number}", metadata="full").rename(
            tmp_path / f"copy-{number}.{'jpg' if number else 'png'}"
        )

    with Library(tmp_path / "other") as other:
        other.import_([tmp_path / "copy-0.png", tmp_path / "copy-1.jpg"])

        found = {generation.prompt: generation for generation in other}
    assert set(found) == {"a fox, number 0", "a fox, number 1"}
    for generation in found.values():
        assert generation.model == "gpt-image-2-2026-04-21"
        assert generation.params == {"size": "1024x1024"}
        assert generation.route_owner == "imgnb"


def test_what_a_model_drew_is_trained_algorithmic_media(library: Library, tmp_path: Path) -> None:
    """The IPTC's word for it; an edit of such a picture is no less so."""
    made = draw(library)
    again = edit_of(library, made.asset)

    assert said(made.asset.save(tmp_path / "made.png", "full")) == "trainedAlgorithmicMedia"
    assert said(again.asset.save(tmp_path / "again.png", "full")) == "trainedAlgorithmicMedia"


def test_an_edit_of_a_given_picture_is_a_composite(library: Library, tmp_path: Path) -> None:
    """Also the edit of that edit: a photograph is in it still."""
    photo = library.add(jpeg(), source="photo.jpg")
    first = edit_of(library, photo, "at night")
    second = edit_of(library, first.asset, "with stars")

    for made in (first, second):
        assert said(made.asset.save(tmp_path / "copy.png", "full")) == "compositeWithTrainedAlgorithmicMedia"


def test_an_edit_of_an_imported_picture_is_a_composite(library: Library, tmp_path: Path) -> None:
    """What came from elsewhere may be a photograph, whatever its file says."""
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    library.import_(tmp_path / "photo.jpg")
    (photo,) = library

    edited = edit_of(library, photo.asset)

    assert said(edited.asset.save(tmp_path / "copy.png", "full")) == "compositeWithTrainedAlgorithmicMedia"


def test_a_sketch_is_algorithmic_media(library: Library, tmp_path: Path) -> None:
    """The embedded engine has learnt from nothing: to call it trained would be untrue."""
    made = draw(library, origin=SKETCH)

    copy = made.asset.save(tmp_path / "copy.png", "full")

    assert said(copy) == "algorithmicMedia"
    assert 'AISystemUsed="embedded engine of imgnb"' in texts(copy)["xmp"]


def test_an_import_keeps_what_its_file_says(library: Library, tmp_path: Path) -> None:
    """Nothing is claimed of a picture whose making nobody saw; what the file itself said stays."""
    full = draw(library).asset.save(tmp_path / "full.png", "full")
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    with Library(tmp_path / "other") as other:
        other.import_([full, tmp_path / "photo.jpg"])
        by_format = {generation.asset.media_type: generation.asset for generation in other}

        again = by_format["image/png"].save(tmp_path / "again.png", "full")
        photo = by_format["image/jpeg"].save(tmp_path / "again.jpg", "full")

    assert said(again) == "trainedAlgorithmicMedia"
    assert said(photo) is None


def test_of_a_picture_that_no_generation_made_there_is_nothing_to_say(library: Library, tmp_path: Path) -> None:
    """It is refused, with the way out, and no file is left."""
    given = library.add(png(3), source="given.png")

    with pytest.raises(AssetNotFound) as caught:
        given.save(tmp_path / "copy.png", metadata="full")

    assert "exact copy" in caught.value.hint
    assert not list(tmp_path.glob("*.p*"))


def test_another_word_is_refused(library: Library, tmp_path: Path) -> None:
    """With those that there are."""
    with pytest.raises(RequestInvalid) as caught:
        draw(library).asset.save(tmp_path / "copy.png", metadata="some")

    assert "full, none" in caught.value.hint


@pytest.fixture
def places(library: Library, tmp_path: Path) -> dict[str, Path]:
    """Targets that all lie in the library's folder, by one way or another; `library` is open there."""
    asset = draw(library).asset
    (tmp_path / "link").symlink_to(tmp_path / "library")
    (tmp_path / "blob.png").symlink_to(asset.path)
    return {
        "the blob itself": asset.path,
        "a new name": tmp_path / "library" / "new.png",
        "the folder": tmp_path / "library",
        "a linked folder": tmp_path / "link" / "new.png",
        "a link to the blob": tmp_path / "blob.png",
        "a way around": tmp_path / "elsewhere" / ".." / "library" / "new.png",
    }


@pytest.mark.parametrize("metadata", [None, "full", "none"])
@pytest.mark.parametrize(
    "which",
    ["the blob itself", "a new name", "the folder", "a linked folder", "a link to the blob", "a way around"],
)
def test_the_librarys_own_files_are_not_written_over(library: Library, places, which: str, metadata) -> None:
    """A file named by its hash would have other bytes: refused with the way out, and all is as it was."""
    (made,) = library
    before, files = made.asset.bytes, sorted(made.asset.root.rglob("*"))

    with pytest.raises(LibraryError, match="in the library") as caught:
        made.asset.save(places[which], metadata)

    assert "outside" in caught.value.hint
    assert (made.asset.bytes, sorted(made.asset.root.rglob("*"))) == (before, files)


def test_many_save_to_one_name_at_once(library: Library, tmp_path: Path) -> None:
    """None of them fails, the file is whole, and nothing lies beside it; the longest names work, too."""
    asset, target = draw(library).asset, tmp_path / "out" / f"{'x' * 245}.png"
    target.parent.mkdir()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: asset.save(target, (None, "none")[number % 2]), range(64)))

    assert PIL.Image.open(target).tobytes() == asset.image.tobytes()
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="there, a file has no mode")
def test_a_copy_may_be_read_by_whom_a_new_file_may(library: Library, tmp_path: Path) -> None:
    """As the process's mask says, not as temporary files are made."""
    (tmp_path / "new").touch()

    assert draw(library).asset.save(tmp_path / "copy.png").stat().st_mode == (tmp_path / "new").stat().st_mode


def test_a_slash_at_the_end_means_a_folder(library: Library, tmp_path: Path) -> None:
    """One that is there gets the copy under its hash; one that is not is no file's name."""
    asset = draw(library).asset

    assert asset.save(f"{tmp_path}/") == tmp_path / f"{asset.sha256[:12]}.png"
    with pytest.raises(RequestInvalid, match="no folder"):
        asset.save(f"{tmp_path}/ü b/")
    assert not (tmp_path / "ü b").exists()


@pytest.mark.parametrize(
    ("name", "warned"),
    [("a.jpg", True), ("a.WebP", True), ("a.PNG", False), ("a", False), ("a.backup", False)],
)
def test_a_name_that_says_another_format_is_told(library: Library, tmp_path: Path, name: str, warned: bool) -> None:
    """Bytes stay what they are: an ending that programs take for another format is no secret."""
    asset = draw(library).asset

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        copy = asset.save(tmp_path / name)

    assert copy.read_bytes() == asset.bytes
    assert [(one.category, "image/png" in str(one.message)) for one in said] == [(ImgnbWarning, True)] * warned
