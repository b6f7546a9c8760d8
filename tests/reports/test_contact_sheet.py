"""Contact sheets of whatever has pictures."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import PIL.Image
import pytest

import imgnb
from imgnb.errors import AssetNotFound, RequestInvalid
from imgnb.records.found import Found


def hashes(sheet):
    return [asset.sha256 for asset in sheet.assets]


@pytest.fixture
def two(draw):
    return draw("a fox"), draw("an owl")


def test_without_a_word_it_is_of_this_notebook(two):
    """All pictures that this kernel was given, in order."""
    assert hashes(imgnb.contact_sheet()) == [one.asset.sha256 for one in two]


@pytest.mark.parametrize(
    "what",
    [
        lambda fox, owl: "fox",
        lambda fox, owl: f"@{fox.id}",
        lambda fox, owl: fox,
        lambda fox, owl: fox.asset,
        lambda fox, owl: [fox.asset],
        lambda fox, owl: [f"@{fox.asset.sha256}"],
        lambda fox, owl: Found([fox]),
    ],
    ids=["query", "address", "generation", "asset", "list", "addresses", "what was found"],
)
def test_whatever_has_pictures_makes_a_sheet(two, what):
    """Each way of naming a picture works."""
    assert hashes(imgnb.contact_sheet(what(*two))) == [two[0].asset.sha256]


def test_a_notebook_shows_one_picture_with_its_alternative_text(two):
    """The bundle has two keys, and the metadata says which pictures it shows."""
    data, metadata = imgnb.contact_sheet(columns=1)._repr_mimebundle_()

    assert set(data) == {"image/jpeg", "text/plain"}
    assert data["text/plain"] == "2 pictures: a fox; an owl"
    assert metadata["imgnb"]["assets"] == [one.asset.sha256 for one in two]


def test_columns_are_kept(two, tmp_path):
    """One column is higher than wide, two are wider than high."""

    def size(name, **how):
        with PIL.Image.open(imgnb.contact_sheet(**how).save(tmp_path / name)) as image:
            return image.size

    narrow, wide = size("one.png", columns=1), size("two.png", columns=2, captions=False)

    assert narrow[0] < narrow[1]
    assert wide[0] > 2 * wide[1]
    assert wide[0] > 1024


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.JPG", "JPEG"), ("a.webp", "WEBP")])
def test_the_ending_says_the_format(two, tmp_path, name, kind):
    """The file is what it is called."""
    with PIL.Image.open(imgnb.contact_sheet().save(tmp_path / name)) as image:
        assert image.format == kind


def test_what_makes_no_sheet_is_said(two, tmp_path):
    """Each error names what is wrong and the way out."""
    with pytest.raises(AssetNotFound):
        imgnb.contact_sheet("@nobody")
    with pytest.raises(RequestInvalid, match="a float has no pictures"):
        imgnb.contact_sheet(1.5)
    with pytest.raises(RequestInvalid, match="columns is 0"):
        imgnb.contact_sheet(columns=0)
    with pytest.raises(RequestInvalid, match="ends in none of"):
        imgnb.contact_sheet().save(tmp_path / "a.pdf")


@pytest.mark.parametrize("edge", [0, -1, 63, 10_001, "x", None, 3.5, True])
def test_an_edge_is_a_number_of_pixels(two, tmp_path, edge):
    """Anything else is said before anything is drawn."""
    with pytest.raises(RequestInvalid, match="edge is"):
        imgnb.contact_sheet().save(tmp_path / "a.png", edge=edge)


def test_a_list_that_holds_itself_is_refused(two):
    """As is one that is deeper than anybody means; the same list twice is none."""
    ring: list[object] = [two[0]]
    ring.append(ring)
    deep: list[object] = [two[0]]
    for _ in range(5000):
        deep = [deep]

    for wrong in (ring, deep):
        with pytest.raises(RequestInvalid, match="holds itself"):
            imgnb.contact_sheet(wrong)
    assert len(imgnb.contact_sheet([[two[0]]] * 2)) == 2


def test_one_sheet_is_saved_from_many_threads(two, tmp_path):
    """Each writes a whole file, and none is left over."""
    sheet, target = imgnb.contact_sheet(), tmp_path / ("x" * 250 + ".png")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: sheet.save(target, edge=100), range(24)))

    with PIL.Image.open(target) as image:
        image.load()
    assert not list(tmp_path.glob(".*part"))


@pytest.mark.parametrize(
    "name", ["note.png", "to-note.png", "fifo.png", "library/a.png", "~nobody-at-all/a.png", "a\0.png"]
)
def test_a_sheet_replaces_pictures_only(two, tmp_path, name, monkeypatch):
    """No lock, whatever it is called, no pipe, and nothing of the library."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.png").write_text('{"imgnb_lock": 1}', encoding="utf-8")
    (tmp_path / "to-note.png").symlink_to("note.png")
    os.mkfifo(tmp_path / "fifo.png")

    with pytest.raises(RequestInvalid):
        imgnb.contact_sheet().save(name)

    assert (tmp_path / "note.png").read_text(encoding="utf-8") == '{"imgnb_lock": 1}'


def test_an_empty_sheet_says_so(workspace):
    """A query that finds nothing is no error."""
    assert imgnb.contact_sheet("nothing")._repr_mimebundle_()[0]["text/plain"] == "no picture yet"
