"""The trash hides and gives back; it deletes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import sqlite

from imgnb.errors import AssetNotFound
from imgnb.library import Accepted, Library, claims

from .conftest import FOX, draw, png


def test_what_is_in_the_trash_is_not_found(library: Library) -> None:
    """A generation all of whose pictures are there is not in find or @last, and can be brought back; it is still one."""
    kept, thrown = draw(library, FOX, png(1)), draw(library, FOX, png(2), png(3))

    assert library.trash(thrown) == 2
    assert library.trash(thrown) == 0
    assert library.find() == [kept]
    assert len(library) == len(list(library)) == 2
    assert library.find("fox") == [kept]
    assert library.get("@last") == kept
    assert library.find(trashed=True) == [thrown]
    assert library.find(trashed=None) == [thrown, kept]
    assert library.nearest(FOX) == kept
    assert set(library.trashed()) == set(thrown.assets)
    assert library.trashed()[0].alt == FOX.prompt
    assert library.restore(thrown) == 2
    assert library.get("@last") == thrown
    assert library.trashed() == []


def test_addresses_lead_into_the_trash(library: Library) -> None:
    """Id, hash and name still reach what was thrown away, and its bytes are there."""
    thrown = draw(library)
    library.name(thrown.asset, "hero")
    library.trash(thrown)

    assert library.get(thrown.id) == thrown
    assert library.get("@hero") == library.get(thrown.asset.sha256) == thrown.asset
    assert thrown.asset.bytes == png()
    assert library.find(name="hero") == []
    with pytest.raises(AssetNotFound, match="no picture yet"):
        library.get("@last")


def test_what_is_in_the_trash_answers_no_request(library: Library) -> None:
    """An older answer stands in, else none, and what would have answered can be asked for; one picture is enough."""
    old, new = draw(library, FOX, png(1)), draw(library, FOX, png(2), png(3))
    asked = FOX.fingerprint()

    library.trash(new.assets[0])
    assert library.answer(asked) == new
    assert library.trashed_answer(asked) is None
    library.trash(new.assets[1])
    assert library.answer(asked) == old
    assert library.trashed_answer(asked) == new
    library.trash(old)
    assert library.answer(asked) is None
    assert library.answer(asked, Accepted(take=1)) is None
    assert library.trashed_answer(asked, Accepted(take=1)) == old
    library.restore(new.assets[1])
    assert library.answer(asked) == new


def test_a_picture_goes_with_its_stand_in(library: Library) -> None:
    """Whichever of the two is thrown away or brought back, the other goes with it."""
    drawn = draw(library)
    cut = library.derive(drawn.asset, "cutout", {}, lambda: png(7))
    library.stand_in(drawn.id, 0, cut)

    assert library.trash(library.asset("@last")) == 2
    assert library.find() == []
    assert library.restore(drawn.originals[0]) == 2
    assert library.find()[0].asset == cut


def test_the_trash_is_looked_up_by_key(library: Library) -> None:
    """A replay looks at the trash only for the candidate's own pictures."""
    sql = str(claims._FILES.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}))
    with library._store.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", ("x",)).all()

    assert all(row.detail.startswith("SEARCH") for row in plan), plan


def test_what_is_drawn_again_leaves_the_trash(library: Library) -> None:
    """The very bytes came once more: whoever asked for them is to find them."""
    library.trash(draw(library, FOX, png(1)))

    again = draw(library, FOX, png(1))

    assert library.get("@last") == again
    assert library.trashed() == []


def test_a_sheet_shows_what_was_not_thrown_away(library: Library) -> None:
    """The first of a generation's pictures that is left stands for it."""
    thrown = draw(library, FOX, png(2), png(3))
    library.trash(thrown.assets[0])

    _, metadata = library.find()._repr_mimebundle_()

    assert metadata["imgnb"]["assets"] == [thrown.assets[1].sha256]
    assert [asset.trashed for asset in library.find()[0].assets] == [True, False]
