"""Labels: names and what they meant before, tags, stars, notes."""

from __future__ import annotations

import pytest

from imgnb.errors import AssetNotFound, LibraryError
from imgnb.library import Library, tables
from imgnb.records import Asset, Labels

from .conftest import draw, png


@pytest.fixture
def assets(library: Library) -> list[Asset]:
    return [library.add(png(seed), source=f"x{seed}") for seed in range(3)]


def rows(library: Library) -> int:
    with library._store.database.reading() as connection:
        return sum(
            len(connection.execute(table.select()).all())
            for table in (tables.name, tables.name_history, tables.tag, tables.rating, tables.note)
        )


def test_a_name_that_moves_says_from_where(library: Library, assets: list[Asset]) -> None:
    """Naming returns the asset that had the name, and None where it is new or unchanged."""
    first, second, _ = assets

    assert library.name(first, "hero") is None
    assert library.name(first, "@hero") is None
    assert library.name(second, "hero") == first


def test_a_name_remembers_what_it_meant(library: Library, assets: list[Asset]) -> None:
    """`@name~n` is its meaning n meanings ago, also when it has been taken away, and says how many there are."""
    for asset in assets:
        library.name(asset, "hero")

    assert [library.asset(f"@hero~{n}") for n in range(3)] == assets[::-1]
    with pytest.raises(AssetNotFound, match="2 earlier meanings, not 9"):
        library.get("@hero~9")
    assert library.unname("hero")
    assert [library.asset(f"@hero~{n}") for n in (1, 2, 3)] == assets[::-1]
    with pytest.raises(AssetNotFound, match="nothing now"):
        library.get("@hero~0")
    library.name(assets[0], "other-hero")
    with pytest.raises(AssetNotFound, match="did you mean @other-hero"):
        library.get("@otherhero~1")
    with pytest.raises(AssetNotFound, match="no earlier meanings, not 1"):
        library.get("@other-hero~1")
    with pytest.raises(AssetNotFound, match="not an address"):
        library.get("@hero~1[1]")


def test_tags_are_compared_without_case(library: Library, assets: list[Asset]) -> None:
    """A tag keeps the letters that it was first written in; other letters are the same tag, everywhere."""
    first, second, _ = assets

    assert library.tag(first, "Été", "q3", "Q3") == ("q3", "Été")
    assert library.tag(second, "éTÉ", "new") == ("new", "Été")
    assert library.tags() == {"new": 1, "q3": 1, "Été": 2}
    assert library.untag(first, "Q3", "none") == library.tags(first) == ("Été",)


@pytest.mark.parametrize("tag", ["", "a b", "a,b", "@a", "a:b", "a\n", "a\0", "x" * 65], ids=repr)
def test_a_tag_is_one_word(library: Library, assets: list[Asset], tag: str) -> None:
    """Spaces, commas, `@`, `:`, control characters and more than 64 of any are refused, and nothing is written."""
    with pytest.raises(LibraryError, match="tag"):
        library.tag(assets[0], "good", tag)
    assert library.tags() == {}


def test_stars_are_one_to_five(library: Library, assets: list[Asset]) -> None:
    """A rating can be given, changed and taken away; anything else is refused with its value."""
    for stars in (3, 5, None):
        library.rate(assets[0], stars)
        assert library.rating(assets[0]) == stars
    for odd in (0, 6, True, "3", 2.5):
        with pytest.raises(LibraryError, match="no rating"):
            library.rate(assets[0], odd)  # type: ignore[arg-type]


def test_labels_are_read_at_once(library: Library, assets: list[Asset]) -> None:
    """Names, tags, stars and notes of an asset, also asked of the asset itself; a star is a tag."""
    asset, other, _ = assets
    for name in ("b", "a"):
        library.name(asset, name)
    library.star(asset)
    library.rate(asset, 4)
    for text in ("too dark", " for the report ", "too dark"):
        library.note(asset, text)

    assert asset.labels == library.labels(asset) == Labels(("a", "b"), ("star",), 4, ("too dark", "for the report"))
    assert asset.labels.starred
    assert library.notes_on(asset) == asset.labels.notes
    assert other.labels == Labels()
    library.star(asset, on=False)
    assert not asset.labels.starred
    with pytest.raises(LibraryError, match="no note"):
        library.note(asset, " ")


def test_what_changes_nothing_writes_nothing(library: Library, assets: list[Asset]) -> None:
    """Labels that are there already, or not, can be given and taken in a library that can only be read."""
    asset = assets[0]
    library.name(asset, "hero")
    library.tag(asset, "Day")
    library.rate(asset, 2)
    library.note(asset, "so")
    before = rows(library)
    library._store.refusal = LibraryError("read only")

    library.name(asset, "hero")
    assert not library.unname("nobody")
    library.tag(asset, "day")
    library.untag(asset, "night", "NIGHT")
    library.star(asset, on=False)
    library.rate(asset, 2)
    library.note(asset, "so")
    assert library.restore(asset) == 0
    assert rows(library) == before
    with pytest.raises(LibraryError, match="read only"):
        library.tag(asset, "night")


def test_a_stranger_gets_no_label(library: Library, tmp_path) -> None:
    """An asset of another library is refused, and the way out is said."""
    with Library(tmp_path / "other") as other:
        stranger = other.add(png(9), source="x")

    for label in (lambda: library.name(stranger, "hero"), lambda: library.tag(stranger, "a"),
                  lambda: library.rate(stranger, 1), lambda: library.note(stranger, "a"),
                  lambda: library.trash(stranger)):  # fmt: skip
        with pytest.raises(AssetNotFound, match="not in this library"):
            label()


def test_what_is_tagged_is_found(library: Library) -> None:
    """`find` takes a tag in whatever letters, of a picture or of what stands for it."""
    first = draw(library, draw.__defaults__[0], png(1))
    draw(library, draw.__defaults__[0], png(2))
    library.tag(first.asset, "Night")
    cut = library.derive(first.asset, "cutout", {}, lambda: png(3))
    library.stand_in(first.id, 0, cut)
    library.tag(cut, "Cut")

    assert library.find(tag="night") == library.find(tag="CUT") == library.find(tag="night", name=None)
    assert [found.id for found in library.find(tag="night")] == [first.id]
    assert library.find(tag="nigh") == []


def test_a_generation_stands_for_its_first_picture(library: Library) -> None:
    """What `generate` gives back can be labelled as it is; an address has to be looked up first."""
    generation = draw(library)

    library.name(generation, "hero")
    library.tag(generation, "sea")

    assert library.labels(generation.asset).names == ("hero",)
    assert library.labels(generation).tags == ("sea",)
    with pytest.raises(LibraryError, match="no picture of the library"):
        library.tag("@hero", "sea")  # type: ignore[arg-type]
