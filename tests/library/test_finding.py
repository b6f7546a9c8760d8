"""Names, addresses and search."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect
from ulid import ULID

from imgnb.errors import AssetNotFound, LibraryError
from imgnb.library import Library, Outcome, tables
from imgnb.library.clock import is_id, new_id
from imgnb.request import ImageRequest

from .conftest import FOX, ORIGIN, draw, png


def ids(found) -> list[str]:
    return [generation.id for generation in found]


def test_an_address_means_one_thing(library: Library) -> None:
    """@last, ids, hashes, their beginnings and [n], with or without the @."""
    first = draw(library, FOX, png(1), png(2))
    last = draw(library, FOX, png(3))

    assert library.get("@last") == library.get("last") == last
    assert library.get("@last[1]") == last.asset
    assert library.get(f"@{first.id}") == library.get(first.id.lower()[:-1]) == first
    assert library.get(f"{first.id}[2]") == first.assets[1]
    assert library.get(f"@{last.asset.sha256[:6]}") == library.get(last.asset.sha256.upper()) == last.asset
    assert library.asset(first.id) == first.asset
    assert library.generation(first.assets[1].sha256) == first
    assert library.asset(first.asset.sha256).alt == FOX.prompt


def test_an_address_that_means_nothing_says_so(library: Library) -> None:
    """Unknown, ambiguous and numberless addresses name the way out."""
    with pytest.raises(AssetNotFound, match="no picture yet"):
        library.get("@last")
    first, second = draw(library, FOX, png(1)), draw(library, FOX, png(2))
    library.name(first.asset, "winter-fox")

    with pytest.raises(AssetNotFound, match="did you mean @winter-fox"):
        library.get("@winterfox")
    with pytest.raises(AssetNotFound, match=f"(?s){first.id}.*{second.id}"):
        library.get(first.id[:4])
    with pytest.raises(AssetNotFound, match="not a number 2"):
        library.get("@last[2]")
    with pytest.raises(AssetNotFound, match="one picture"):
        library.get("@winter-fox[1]")
    for odd in ("@a]b[", "@last[" + "9" * 5000 + "]"):
        with pytest.raises(AssetNotFound, match="not an address"):
            library.get(odd)
    with pytest.raises(AssetNotFound, match="called"):
        library.get("@\ud83e")
    with pytest.raises(AssetNotFound, match="added from elsewhere"):
        library.generation(library.add(png(9), source="x").sha256)


def test_a_name_moves_and_remembers(library: Library) -> None:
    """A name points at one asset; where it was is in the history."""
    first, second = draw(library, FOX, png(1)).asset, draw(library, FOX, png(2)).asset
    for asset in (first, first, second):
        library.name(asset, "@hero")
    library.name(second, "other")

    assert library.get("@hero") == second
    assert library.names() == {"hero": second.sha256, "other": second.sha256}
    assert library.names(first) == {}
    with library._store.database.reading() as connection:
        history = connection.execute(tables.name_history.select()).all()
    assert [(row.name, row.asset) for row in history] == [("hero", first.sha256)]
    assert library.unname("hero")
    assert not library.unname("hero")


@pytest.mark.parametrize("name", ["last", "Last", "1st", "a b", "", "cafe", "DEADBEEF", "x[1]", "01j9"])
def test_a_name_cannot_be_mistaken(library: Library, name: str) -> None:
    """What reads like @last, a hash or an id, or breaks the grammar, is refused."""
    asset = library.add(png(), source="x")

    with pytest.raises(LibraryError, match="cannot be a name"):
        library.name(asset, name)


def test_find_asks_for_all_words(library: Library) -> None:
    """Words of prompt, revised prompt and text, in any order and case, newest first."""
    fox = draw(library, ImageRequest("A red fox in the snow"))
    both = draw(library, ImageRequest("Fuchs 狐狸在雪地里 and a bear, café 🦊"))

    assert library.find() == [both, fox]
    assert library.find("SNOW fox") == [fox]
    assert library.find("狐狸 cafe") == [both]
    assert library.find("🦊") == [both]
    assert library.find("bear fox") == []


@pytest.mark.parametrize(
    "words",
    ['"', "a AND", "NEAR(", "*", "prompt:fox", "'; drop table generation", "\0", "%", "- ^", "{", "\ud83e", "fox " * 9000,
     "狐 " * 9000],
    ids=lambda words: repr(words[:20]),
)  # fmt: skip
def test_no_words_are_a_syntax_error(library: Library, words: str) -> None:
    """Whatever is typed is looked for, not obeyed."""
    draw(library)

    assert len(library.find(words)) <= 1
    assert len(library) == 1


def test_find_filters_and_pages(library: Library) -> None:
    """Model, route, status and name narrow it; `before` gives the next page, with words or without."""
    drawn = [draw(library, replace(FOX, n=n), png(n)) for n in range(1, 8)]
    failed = library.claim(FOX, ORIGIN, replay=False).generation_id
    assert failed is not None
    library.finish(failed, Outcome("failed"))
    library.name(drawn[2].asset, "third")

    for words in ("", "fox"):
        first = library.find(words, limit=3)
        second = library.find(words, limit=5, before=first[-1].id)
        assert ids(first + second) == ids(reversed(drawn))
        assert ids(library.find(words, status="failed")) == [failed]
        assert len(library.find(words, status=None)) == 8
        assert ids(library.find(words, name="@third")) == [drawn[2].id]
        assert len(library.find(words, model="gpt-image-2-2026-04-21", route="openai")) == 7
        assert library.find(words, route="local") == library.find(words, model="other") == []
    assert ids(library) == [failed, *ids(reversed(drawn))]
    assert len(library) == 8
    stats = library.stats()
    assert stats["generations"] == {"failed": 1, "succeeded": 7}
    assert (stats["assets"], stats["bytes"], stats["cost"]) == (7, 7 * len(png()), {"USD": pytest.approx(0.28)})


def test_the_nearest_request_has_the_same_prompt_or_its_words(library: Library) -> None:
    """The same prompt with other parameters comes first, then the most similar words; a stranger is not near."""
    small = draw(library, replace(FOX, size="512x512", quality="low"))
    same = draw(library, replace(FOX, quality="low"))
    draw(library, ImageRequest("a red fox in the deep snow at night"))
    chinese = draw(library, ImageRequest("一只红色的狐狸在雪地里"))

    assert library.nearest(FOX) == same
    assert library.nearest(replace(FOX, size="512x512")) == small
    near = library.nearest(ImageRequest("the red fox in the deep snow at noon"))
    assert near is not None
    assert "deep" in near.prompt
    assert library.nearest(ImageRequest("一只红色的狐狸在森林里")) == chinese
    assert library.nearest(ImageRequest("quarterly revenue chart")) is None


def test_ids_sort_in_order_of_arrival() -> None:
    """Ids of one millisecond, or made after the clock was set back, still sort, and no two libraries make the same."""
    id = None
    made = [id := new_id(after=id) for _ in range(1000)]

    assert made == sorted(set(made))
    ahead = "02ZZZZZZZZ0000000000000000"
    assert ahead < new_id(after=ahead) != new_id(after=ahead)
    for odd in ("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "zzz", ""):
        assert is_id(new_id(after=odd))


def test_the_migrated_file_has_the_tables_that_are_declared(library: Library) -> None:
    """tables.py and migrations.py agree: columns, nullability, keys and foreign keys."""
    with library._store.database.reading() as connection:
        found = inspect(connection)
        for table in tables.metadata.tables.values():
            columns = {column["name"]: column for column in found.get_columns(table.name)}
            assert list(columns) == [column.name for column in table.columns]
            assert {name for name, column in columns.items() if column["primary_key"]} == {
                c.name for c in table.primary_key
            }
            for column in table.columns:
                assert column.primary_key or column.nullable == columns[column.name]["nullable"], column
            foreign = {
                (*key["constrained_columns"], key["referred_table"]) for key in found.get_foreign_keys(table.name)
            }
            assert foreign == {(key.parent.name, key.column.table.name) for key in table.foreign_keys}
        for view in ("gallery", "costs_by_day", "failures", "mismatches", "lineage"):
            connection.exec_driver_sql(f"SELECT * FROM {view}").all()


def test_the_views_say_what_happened(library: Library) -> None:
    """Gallery, costs and lineage show what was drawn, for people who read SQL."""
    parent = draw(library, FOX, png(1))
    library.name(parent.asset, "hero")

    with library._store.database.reading() as connection:
        gallery = connection.exec_driver_sql("SELECT asset, names, prompt, cost FROM gallery").all()
        costs = connection.exec_driver_sql("SELECT route, generations, cost FROM costs_by_day").all()

    assert gallery == [(parent.asset.sha256, "hero", FOX.prompt, 0.04)]
    assert costs == [("openai", 1, 0.04)]


def test_a_cell_finds_what_it_made(library: Library) -> None:
    """By its id, or its notebook, and its prompt or template; another prompt was another picture."""
    place = replace(ORIGIN, cell_id="cell-1", notebook="/report.ipynb")
    old, new = (draw(library, FOX, png(seed), origin=place) for seed in (1, 2))
    filled = draw(library, ImageRequest("a red owl", template="a red {{ bird }}"), png(3), origin=place)

    assert library.made_in("cell-1", FOX.prompt) == new != old
    assert library.made_in("cell-1", "a red {{ bird }}") == filled
    assert library.made_in("cell-1", "something else") is None
    assert library.made_in("copied", FOX.prompt) is None
    assert library.drawn_in(Path("/report.ipynb"), FOX.prompt) == [new, old]
    assert library.drawn_in(Path("/report.ipynb"), "a red {{ bird }}") == [filled]
    assert library.drawn_in(Path("/report.ipynb"), "something else") == []
    assert library.drawn_in(Path("/elsewhere.ipynb"), FOX.prompt) == []


def test_the_newest_is_the_last_even_after_the_clock_was_set_back(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """@last, replay and paging follow the order of arrival, not that of a clock."""
    with monkeypatch.context() as ahead:
        ahead.setattr("imgnb.library.clock.ULID", lambda *given: ULID(*given) if given else ULID.from_timestamp(5e9))
        first = draw(library, FOX, png(1))
    second, third = (draw(library, FOX, png(seed)) for seed in (2, 3))

    assert ids(library.find()) == ids([third, second, first])
    assert library.get("@last") == library.answer(FOX.fingerprint()) == third


def test_a_sign_is_looked_for_as_it_is(library: Library) -> None:
    """What the full text does not see is still asked for, instead of being left out."""
    draw(library)
    priced = draw(library, ImageRequest('a sign that says "§ 5"'), png(2))

    assert library.find("§") == [priced]
    assert library.find('"') == [priced]
