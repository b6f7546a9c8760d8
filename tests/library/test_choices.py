"""Choices between two pictures, and rankings by them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from imgnb.errors import AssetNotFound, LibraryError
from imgnb.library import Library, rebuild
from imgnb.records import Asset
from imgnb.request import ImageRequest

from .conftest import draw, png
from .test_migrating import old

__all__ = ["old"]


@pytest.fixture
def three(library: Library) -> list[Asset]:
    """Pictures of a fox, a hare and an owl."""
    return [draw(library, ImageRequest(word), png(n)).asset for n, word in enumerate(("fox", "hare", "owl"))]


def test_a_choice_is_there_at_once_for_everybody(
    library: Library, three: list[Asset], reopen: Callable[[], Library]
) -> None:
    """Another kernel reads it while the first one has not even closed."""
    fox, hare, _ = three

    number = library.choose(fox, hare, asked_by="sort:newest")

    (choice,) = reopen().choices()
    assert (choice.id, choice.better, choice.worse, choice.tie) == (number, fox.sha256, hare.sha256, False)
    assert choice.asked_by == "sort:newest"


def test_a_choice_can_be_taken_back(library: Library, three: list[Asset]) -> None:
    """Once; the others stay."""
    fox, hare, owl = three
    first, second = library.choose(fox, hare), library.choose(hare, owl)

    assert library.unchoose(first)
    assert not library.unchoose(first)
    assert [choice.id for choice in library.choices()] == [second]


def test_choices_between_some(library: Library, three: list[Asset]) -> None:
    """Only those of which both pictures are meant."""
    fox, hare, owl = three
    library.choose(fox, hare)
    library.choose(hare, owl, tie=True)

    assert [choice.tie for choice in library.choices([hare, owl])] == [True]
    assert library.choices([fox]) == []


def test_choices_between_very_many(library: Library, three: list[Asset]) -> None:
    """More pictures than a statement takes values are one question."""
    fox, hare, owl = three
    library.choose(fox, hare)
    library.choose(hare, owl)
    others = [replace(owl, sha256=f"{number:064}") for number in range(300_000)]

    assert [choice.worse for choice in library.choices([fox, hare, *others])] == [hare.sha256]


def test_nothing_is_compared_with_itself(library: Library, three: list[Asset]) -> None:
    """Nor with what is not here; then nothing is written."""
    with pytest.raises(LibraryError, match="with itself"):
        library.choose(three[0], three[0])
    with pytest.raises(AssetNotFound):
        library.choose(three[0], Asset("0" * 64, "image/png", 1, 1, 1, False, 1, "", library.path))
    assert library.choices() == []


def test_the_better_one_ranks_higher(library: Library, three: list[Asset]) -> None:
    """Also by way of a third; the ranking says what it is made of."""
    fox, hare, owl = three
    library.choose(owl, hare)
    library.choose(hare, fox)

    ranking = library.rank()

    assert ranking.assets == (owl, hare, fox)
    assert [(row.place, row.wins, row.losses) for row in ranking] == [(1, 1, 0), (2, 1, 1), (3, 0, 1)]
    assert ranking.choices == 2
    assert "from 2 choices" in repr(ranking)
    assert ranking.to_dict()["ranking"][0]["asset"] == owl.sha256


def test_equally_strong_ones_share_a_place(library: Library, three: list[Asset]) -> None:
    """A tie says neither is better; a list is ranked with what was never compared."""
    fox, hare, owl = three
    library.choose(fox, hare, tie=True)

    assert [row.place for row in library.rank([fox, hare, owl])] == [1, 1, 1]
    assert set(library.rank().assets) == {fox, hare}


def test_a_query_says_which_are_ranked(library: Library, three: list[Asset]) -> None:
    """Choices against others do not count, nor does what is in the trash."""
    fox, hare, owl = three
    library.choose(fox, owl)
    library.choose(owl, hare)

    assert library.rank("-hare").assets == (fox, owl)
    assert library.rank("badger").assets == ()
    library.trash(fox)
    assert library.rank().assets == (owl, hare)


def test_nothing_found_is_not_nothing_compared(library: Library, three: list[Asset]) -> None:
    """What a query that finds nothing says, and one that finds what was never compared."""
    assert repr(library.rank("badger")) == "nothing was found"
    assert repr(library.rank("fox")) == repr(library.rank()) == "nothing was compared yet"


def test_half_a_letter_does_not_lose_a_choice(library: Library, three: list[Asset]) -> None:
    """Whatever the query was, it is the choice that counts."""
    library.choose(three[0], three[1], asked_by="\ud800" + "x" * 40_000 + "\0")

    assert len(library.choices()[0].asked_by) == 1_000


def test_an_old_library_takes_choices(old) -> None:
    """A file of the first version has no table for them until it is opened."""
    with Library(old) as library:
        hero = library.asset("@hero")
        library.choose(hero, draw(library, ImageRequest("owl"), png(9)))
        assert library.rank().assets[0] == hero


def test_a_rebuilt_library_has_its_choices(library: Library, three: list[Asset]) -> None:
    """From the file itself and a copy of it, each choice once."""
    fox, hare, owl = three
    library.choose(fox, hare, asked_by="x")
    library.choose(hare, owl, tie=True)
    before = [choice.better for choice in library.choices()]
    library.close()

    rebuild(library.path, force=True, sources=[library.path / "library.db"])

    with Library(library.path) as again:
        assert [choice.better for choice in again.choices()] == before
        assert again.stats()["labels"]["choices"] == 2


def test_a_choice_whose_picture_lost_its_row_is_repaired(library: Library, three: list[Asset]) -> None:
    """Its bytes bring the row back."""
    library.choose(three[0], three[1])
    added = library.add(png(40), source="test")
    library.choose(added, three[2])
    library.close()
    with closing(sqlite3.connect(library.path / "library.db")) as connection, connection:
        connection.execute("DELETE FROM asset WHERE sha256 = ?", (added.sha256,))

    with Library(library.path) as again:
        again.verify(repair=True)
        assert added.sha256 in {row.asset.sha256 for row in again.rank()}
        assert again.verify().problems == ()
