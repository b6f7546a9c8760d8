"""What is made here of a picture is made once, and may stand for it."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from imgnb.errors import AssetNotFound, LibraryError, ProtocolBroken
from imgnb.library import Library
from imgnb.records import Asset

from .conftest import FOX, draw, png


def never() -> bytes:
    raise AssertionError("made twice")


def test_a_recipe_is_followed_once(library: Library, reopen) -> None:
    """The same recipe gives the asset that it made before, whoever asks; another kind or recipe makes another."""
    parent = draw(library).asset
    made = library.derive(parent, "mask", {"size": [4, 4], "grow": 1}, lambda: png(5))

    assert reopen().derive(parent, "mask", {"grow": 1, "size": [4, 4]}, never) == made
    assert library.derived(parent, "mask", {"grow": 1, "size": [4, 4]}) == made
    assert library.derived(parent, "mask", {"grow": 2, "size": [4, 4]}) is None
    assert made.bytes == png(5)
    assert made.alt == FOX.prompt
    assert library.made_as(made) == ("mask",)
    library._store.refusal = LibraryError("read only")
    assert library.derive(parent, "mask", {"size": [4, 4], "grow": 1}, never) == made


def test_what_was_lost_is_made_again(library: Library) -> None:
    """Where the bytes of a derived asset are gone the recipe is followed anew, whatever comes of it."""
    parent = draw(library).asset
    for seed in (5, 5, 6):
        made = library.derive(parent, "mask", {}, lambda seed=seed: png(seed))
        assert made.bytes == png(seed)
        assert library.derived(parent, "mask", {}) == made
        made.path.unlink()
    assert library.derived(parent, "mask", {}) is None


def test_of_two_at_once_the_first_counts(library: Library, reopen) -> None:
    """Two that follow one recipe at once both get the same asset."""
    parent, both = draw(library).asset, Barrier(2)
    found: list[Asset] = []

    def make(seed: int) -> bytes:
        both.wait(10)
        return png(seed)

    threads = [
        Thread(target=lambda one=one, seed=seed: found.append(one.derive(parent, "mask", {}, lambda: make(seed))))
        for seed, one in ((5, library), (6, reopen()))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert found[0] == found[1]


def test_what_is_no_picture_is_not_kept(library: Library) -> None:
    """A recipe that makes no picture fails, and leaves no row."""
    parent = draw(library).asset

    with pytest.raises(ProtocolBroken):
        library.derive(parent, "mask", {}, lambda: b"no picture")
    assert library.derived(parent, "mask", {}) is None


def test_a_stand_in_is_what_is_shown(library: Library) -> None:
    """It is the generation's picture in every address, it leads back to the generation, and stays once it is set."""
    drawn = draw(library, FOX, png(1), png(2))
    cut, other = (library.derive(drawn.assets[1], "cutout", {"n": n}, lambda n=n: png(5 + n)) for n in (1, 2))
    library.stand_in(drawn.id, 1, cut)
    library.stand_in(drawn.id, 1, other)

    found = library.generation("@last")
    assert found.assets == (drawn.assets[0], cut)
    assert found.originals == drawn.assets
    assert library.asset("@last[2]") == library.get(f"{drawn.id}[2]") == cut
    assert library.generation(cut.sha256) == library.generation(drawn.assets[1].sha256) == found
    assert library.asset(cut.sha256).alt == FOX.prompt
    library.name(cut, "hero")
    assert library.find(name="hero") == [found]
    with pytest.raises(AssetNotFound, match="no picture at position 7"):
        library.stand_in(drawn.id, 7, cut)


def test_a_judgement_is_filed_with_the_generation(library: Library) -> None:
    """Changed and drift stand with the pictures, sentences with the mismatches; saying it twice says it once."""
    drawn = draw(library, FOX, png(1), png(2))
    for _ in range(2):
        judged = library.judge(drawn.id, {1: (0.5, 0.25)}, ("the mask was not kept",))

    assert [(asset.changed, asset.drift) for asset in judged.assets] == [(None, None), (0.5, 0.25)]
    assert judged.mismatches == ("the mask was not kept",)
    assert library.get(drawn.id).mismatches == judged.mismatches
    with pytest.raises(AssetNotFound):
        library.judge("unknown", {})


def test_a_picture_is_found_by_where_it_came_from(library: Library) -> None:
    """By its source, a link, or the digest of its pixels."""
    link = library.add(png(1), source="https://example.org/fox.png")
    pixels = library.add(png(2), source="pixels:abc")

    assert library.from_source("https://example.org/fox.png") == library.fetched("https://example.org/fox.png") == link
    assert library.pixels("abc") == pixels
    assert library.pixels("abd") is None
