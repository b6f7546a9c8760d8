"""Everything that a query finds, as places to go to at random."""

from __future__ import annotations

import pytest

from imgnb.errors import QueryInvalid
from imgnb.library import listing as module
from imgnb.request import ImageRequest

from .conftest import FOX, draw, png

CAT = ImageRequest("a cat")


def shas(library, query=""):
    listing = library.listing(query)
    return [asset.sha256 for asset in listing.page(0, len(listing))]


def test_all_pictures_in_the_order_of_the_query(library):
    """Newest first, each generation's pictures in their own order; turned with `sort:oldest`."""
    old, new = draw(library, FOX, png(1), png(2)), draw(library, CAT, png(3))

    assert shas(library) == [*(a.sha256 for a in new.assets), *(a.sha256 for a in old.assets)]
    assert shas(library, "sort:oldest") == [*(a.sha256 for a in old.assets), *(a.sha256 for a in new.assets)]
    assert shas(library, "cat") == [new.asset.sha256]


def test_a_page_is_any_part_of_it(library):
    """From any place on; past the end there is nothing."""
    draw(library, FOX, *(png(n) for n in range(8)))
    listing = library.listing()

    assert [len(listing.page(first, 3)) for first in (0, 5, 7, 8, 100)] == [3, 3, 1, 0, 0]
    assert listing.page(5, 3) == listing.page(0, 8)[5:]
    assert {asset.alt for asset in listing.page(0, 8)} == {FOX.prompt}


@pytest.mark.parametrize("query", ["", "sort:oldest", "fox", "sort:relevance fox"])
def test_the_first_of_it_is_the_beginning_of_all(library, query):
    """With `most`, the pictures of the first so many requests; it is cut while there may be more."""
    for n in range(5):
        draw(library, FOX, png(2 * n), png(2 * n + 1))
    whole = shas(library, query)

    for most in (1, 3, 5, 9):
        listing = library.listing(query, most)
        assert [asset.sha256 for asset in listing.page(0, 99)] == whole[: 2 * most]
        assert listing.cut is (most <= 5)


def test_what_is_in_the_trash_is_left_out(library):
    """One picture of several, or a whole generation; what is thrown away later is marked."""
    first, second = draw(library, FOX, png(1), png(2)), draw(library, CAT, png(3))
    library.trash(first.assets[0])
    listing = library.listing()
    library.trash(second)

    assert [(asset.sha256, asset.trashed) for asset in listing.page(0, 9)] == [
        (second.asset.sha256, True),
        (first.assets[1].sha256, False),
    ]
    assert shas(library) == [first.assets[1].sha256]
    assert second.asset.sha256 in shas(library, "is:trashed")


@pytest.mark.parametrize("few", [0, 2_000], ids=["ranges", "one by one"])
def test_many_are_read_as_few_are(library, monkeypatch, few):
    """However they are looked up, they are the same."""
    monkeypatch.setattr(module, "_FEW", few)
    drawn = [draw(library, FOX, png(10 * n), png(10 * n + 1)) for n in range(4)]

    assert shas(library) == [asset.sha256 for one in reversed(drawn) for asset in one.assets]


def test_more_than_can_be_listed_are_cut(library, monkeypatch):
    """So many are listed, and it is said that there are more."""
    monkeypatch.setattr(module, "MOST", 3)
    draw(library, FOX, png(1), png(2), png(3))
    assert not library.listing().cut
    draw(library, CAT, png(4))

    listing = library.listing()

    assert listing.cut
    assert len(listing) == 3


def test_nothing_and_nonsense(library):
    """An empty library has an empty listing; what is not understood is said as everywhere."""
    assert len(library.listing()) == 0
    assert library.listing().page(0, 60) == []
    with pytest.raises(QueryInvalid):
        library.listing("rating:purple")


def test_a_picture_is_gone_to_by_its_hash(library):
    """Where it stands in the order of the query; what was not found has no place."""
    fox, cat = draw(library, FOX, png(1), png(2)), draw(library, CAT, png(3))
    listing = library.listing()

    assert [listing.place(asset.sha256) for asset in (cat.asset, *fox.assets)] == [0, 1, 2]
    assert library.listing("fox").place(cat.asset.sha256) is None
    assert listing.place("nothing") is None
