"""What came from what."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import insert

from imgnb.errors import AssetNotFound, LibraryError
from imgnb.library import Library, Outcome, lineage, tables
from imgnb.records import Asset, Generation
from imgnb.request import ImageRequest, Reference

from .conftest import FOX, ORIGIN, SUCCESS, arrive, draw, png


def of(asset: Asset, role: str = "image") -> Reference:
    return Reference(asset.sha256, asset.media_type, asset.path, role)  # type: ignore[arg-type]


def edit(library: Library, prompt: str, *inputs: Reference, picture: bytes) -> Generation:
    return draw(library, ImageRequest(prompt, "edit", references=inputs), picture)


def chat(library: Library, prompt: str, *pictures: bytes, after: Generation | None = None, given: Asset | None = None):
    """A turn of a conversation, in words alone where no picture is given."""
    request = ImageRequest(
        prompt,
        "converse",
        references=() if given is None else (of(given),),
        continues=None if after is None else library.turn(after),
    )
    claimed = library.claim(request, replace(ORIGIN, dialect="responses"), replay=False).generation_id
    assert claimed is not None
    arrive(library, claimed, *pictures)
    said = replace(SUCCESS.answered, text="as you like")
    library.finish(claimed, replace(SUCCESS, answered=said))
    with library._store.database.writing() as connection:
        row = tables.generation.update().where(tables.generation.c.id == claimed)
        connection.execute(row.values(continues=None if after is None else after.id))
    return library.generation(claimed)


@pytest.fixture
def family(library: Library) -> dict[str, Asset]:
    """fox -> night (with a logo and a mask) -> cut; night -> two in one go."""
    fox = draw(library, FOX, png(1)).asset
    logo, mask = library.add(png(2), source="logo.png"), library.add(png(3), source="mask.png")
    night = edit(library, "a red fox by night", of(fox), of(logo), of(mask, "mask"), picture=png(4))
    cut = library.derive(night.asset, "cutout", {}, lambda: png(5))
    request = ImageRequest("a red fox by night in fog", "edit", references=(of(night.asset),))
    two = draw(library, request, png(6), png(7))
    return {"fox": fox, "logo": logo, "mask": mask, "night": night.asset, "cut": cut,
            "one": two.assets[0], "two": two.assets[1]}  # fmt: skip


def test_parents_and_children_are_one_step_away(family: dict[str, Asset]) -> None:
    """References in their order, what was derived, and each picture of a generation."""
    fox, logo, mask, night, cut, one, two = family.values()

    assert night.parents == (fox, logo, mask)
    assert set(night.children) == {cut, one, two}
    assert fox.parents == ()
    assert fox.children == logo.children == (night,)
    assert cut.parents == (night,)
    assert fox.children[0].alt == "a red fox by night"


def test_everything_behind_and_ahead_comes_nearest_first(family: dict[str, Asset]) -> None:
    """Ancestors and descendants are each given once, the nearest first."""
    fox, logo, mask, night, cut, one, two = family.values()

    assert two.ancestors() == [night, fox, logo, mask]
    assert cut.ancestors() == [night, fox, logo, mask]
    assert fox.descendants()[0] == night
    assert set(fox.descendants()) == {night, cut, one, two}
    assert two.descendants() == []


def test_a_turn_in_words_is_passed_through(library: Library) -> None:
    """A conversation's pictures come from those of the turn before, over turns in words, back to what was given."""
    given = library.add(png(1), source="x")
    hello = chat(library, "what is this?", given=given)
    again = chat(library, "and this?", after=hello)
    drawn = chat(library, "draw it", png(2), after=again)
    words = chat(library, "nice", after=drawn)
    last = chat(library, "by night", png(3), after=words)

    assert drawn.asset.parents == (given,)
    assert last.asset.parents == (drawn.asset,)
    assert given.children == (drawn.asset,)
    assert drawn.asset.children == (last.asset,)
    assert last.asset.ancestors() == [drawn.asset, given]
    assert given.descendants() == [drawn.asset, last.asset]
    assert {link.role for link in last.lineage().links} == {"turn"}


def test_circles_end(library: Library) -> None:
    """An edit may give the very bytes of its base, or of an ancestor: each is still given once, itself never."""
    fox = draw(library, FOX, png(1)).asset
    edit(library, "keep it", of(fox), picture=png(1))
    night = edit(library, "night", of(fox), picture=png(2)).asset
    edit(library, "day again", of(night), picture=png(1))

    assert fox.ancestors() == fox.descendants() == [night]
    assert night.ancestors() == night.descendants() == [fox]
    assert list(fox.parents) == [night]
    told = fox.lineage()
    assert set(told.assets) == {fox, night}
    assert f"↑ @{told.assets[0].sha256[:12]}" in told.text() or f"↑ @{told.assets[1].sha256[:12]}" in told.text()


def test_a_long_chain_comes_in_order(library: Library) -> None:
    """A thousand edits, one after the other, are given in their order, and drawn as a tree."""
    made = [hashlib.sha256(b"%d" % n).hexdigest() for n in range(1001)]
    fox = draw(library, FOX, png(1))
    with library._store.database.writing() as connection:
        row = dict(connection.execute(tables.generation.select()).mappings().one())
        rows = [{**row, "number": n + 2, "id": f"1{n:025}", "take": None} for n in range(1, 1001)]
        asset = dict(connection.execute(tables.asset.select()).mappings().one())
        connection.execute(insert(tables.asset), [{**asset, "sha256": sha256} for sha256 in made])
        connection.execute(insert(tables.generation), rows)
        for (before, after), one in zip(pairwise(made), rows, strict=True):
            values = {"generation": one["id"], "position": 0}
            connection.execute(insert(tables.input_).values(**values, asset=before, role="image", source=""))
            connection.execute(insert(tables.output).values(**values, asset=after, meta_json="{}"))

    newest, oldest = library.asset(made[-1]), library.asset(made[0])
    assert [found.sha256 for found in newest.ancestors()] == made[-2::-1]
    assert [found.sha256 for found in oldest.descendants()] == made[1:]
    told = newest.lineage(limit=10_000)
    assert len(told.text().splitlines()) == len(told.assets) == 1001
    assert newest.lineage().left_out == 941
    assert "… and 941 farther away" in newest.lineage().text()
    assert fox.asset.ancestors() == []


@pytest.mark.parametrize("name", ["ANCESTORS", "DESCENDANTS", "INTO", "OUT_OF"])
def test_each_step_is_a_look_up_by_index(library: Library, name: str) -> None:
    """Nothing is scanned but the queue and what was asked for; no index is made on the way."""
    statement = getattr(lineage, name)
    given = {"asset": "x", "hashes": "[]"}
    bound = {key: given[key] for key in given if f":{key}" in statement.text}
    with library._store.database.reading() as connection:
        text = lineage.text(f"EXPLAIN QUERY PLAN {statement.text}")
        plan = [row.detail for row in connection.execute(text, bound)]

    scans = [step for step in plan if step.startswith("SCAN") and "CONSTANT ROW" not in step]
    assert {step.split()[1] for step in scans} <= {"line", "turn", "wanted"}, plan
    assert not [step for step in plan if "AUTOMATIC" in step or "BLOOM" in step], plan


def test_a_lineage_says_what_differs(library: Library, family: dict[str, Asset]) -> None:
    """Each node has names, prompt, and how that differs from its parent's; links say role, position and generation."""
    fox, logo, mask, night, cut, _, two = family.values()
    library.name(fox, "hero")

    told = night.lineage()

    assert told.asset == told.assets[0] == night
    assert set(told.assets) == set(family.values())
    assert told.left_out == 0
    assert told.labels[fox.sha256].names == ("hero",)
    assert told.labels[fox.sha256].difference == FOX.prompt
    assert told.labels[night.sha256].difference == "+by night −in the snow"
    assert told.labels[two.sha256].difference == "+in fog"
    assert told.labels[cut.sha256].difference == "cutout"
    assert told.labels[logo.sha256].prompt is None
    links = {(link.parent, link.child): (link.role, link.position) for link in told.links}
    assert links[mask.sha256, night.sha256] == ("mask", 2)
    assert links[night.sha256, cut.sha256] == ("cutout", 0)
    assert len(links) == 6
    assert told.to_dict()["links"][0].keys() == {"parent", "child", "role", "position", "generation"}
    lines = told.text().splitlines()
    assert any(line.startswith(f"@{fox.sha256[:12]} hero · {FOX.prompt}") for line in lines)
    assert sum(line.endswith("◀") for line in lines) == 1
    assert any(line.strip("│├└─↓ ").startswith(f"↑ @{night.sha256[:12]}") for line in lines)
    few = night.lineage(limit=2)
    assert len(few.assets) == 2
    assert few.left_out == 5
    with pytest.raises(LibraryError, match="limit is 0"):
        night.lineage(limit=0)
    assert library.generation(night.sha256).lineage() == told
    assert pickle.loads(pickle.dumps(told)) == told


def test_records_ask_the_open_library(library: Library, family: dict[str, Asset], reopen) -> None:
    """Pickled or not, a record asks whichever library is open on its folder; where none is, it says how to open it."""
    other = reopen()
    night = pickle.loads(pickle.dumps(family["night"]))
    library.close()
    assert night.parents[0] == family["fox"]
    other.close()

    with pytest.raises(LibraryError, match=r"(?s)not open.*imgnb\.library\("):
        _ = night.parents
    with Library(library.path):
        assert len(night.ancestors()) == 3


def test_a_remix_goes_to_whoever_can_generate(library: Library, family: dict[str, Asset]) -> None:
    """Assets and generations are asked for anew through what the library was given; without, the way out is said."""
    night = family["night"]
    with pytest.raises(LibraryError, match=r"imgnb\.generate"):
        night.remix("by day")
    asked = []
    library.remixer = lambda *given: asked.append(given) or given[0]

    made = library.generation(night.sha256)
    assert night.remix("by day", size="512x512") == made.remix("by day", size="512x512") == made
    assert asked == [(made, "by day", {"size": "512x512"})] * 2
    with pytest.raises(AssetNotFound, match="added from elsewhere"):
        family["logo"].remix("by day")


def test_an_ambiguous_address_tells_its_candidates_apart(library: Library) -> None:
    """Each is listed with its date and the beginning of its prompt."""
    first, second = draw(library, FOX), draw(library, ImageRequest("an owl\nin the barn, and a very long story"))

    with pytest.raises(AssetNotFound) as raised:
        library.get(first.id[:4])
    assert f"@{first.id} ({first.created_at[:10]}, a red fox in the snow)" in raised.value.message
    assert f"@{second.id} ({second.created_at[:10]}, an owl in the barn, and a ver" in raised.value.message


def test_failures_are_nobody(library: Library, family: dict[str, Asset]) -> None:
    """An edit that failed leads nowhere."""
    claimed = library.claim(
        ImageRequest("x", "edit", references=(of(family["two"]),)), ORIGIN, replay=False
    ).generation_id
    assert claimed is not None
    library.finish(claimed, Outcome("failed"))

    assert family["two"].children == ()
    assert family["two"].descendants() == []
