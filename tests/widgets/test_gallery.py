"""The gallery without a page: what it finds, what is chosen, and how its twin looks."""

from __future__ import annotations

import json

import pytest

import imgnb
from imgnb.errors import AssetNotFound, QueryInvalid, RequestInvalid
from imgnb.widgets.gallery import CHOSEN, gallery

from .drawing import drawn


@pytest.fixture
def workspace(open_workspace):
    workspace = open_workspace()
    drawn(workspace, "a red fox")
    drawn(workspace, "a lighthouse", n=3)
    return workspace


@pytest.fixture
def shown(workspace):
    return gallery(workspace=workspace)


def items(shown, first=0, count=60):
    return shown.on_page({"serial": shown.state()["serial"], "first": first, "count": count})["items"]


def test_it_finds_and_counts(shown):
    """`len` is how many pictures there are, and iterating gives all of them."""
    assert len(shown) == 4
    assert [asset.alt for asset in shown] == ["a lighthouse"] * 3 + ["a red fox"]
    shown.query = "fox"
    assert [asset.alt for asset in shown] == ["a red fox"]


def test_a_query_that_is_not_understood_changes_nothing(shown):
    """Neither what is found nor the trait."""
    shown.query = "fox"

    with pytest.raises(QueryInvalid):
        shown.query = "rating:purple"

    assert (shown.query, len(shown)) == ("fox", 1)


def test_what_the_page_chooses_is_in_python_and_observed(shown):
    """In the order of choosing, as assets."""
    seen = []
    shown.observe(lambda change: seen.append(len(change["new"])), "selected")
    first, second, *_ = (item["sha"] for item in items(shown))

    shown.on_select({"of": [second, first]})

    assert [asset.sha256 for asset in shown.selected] == [second, first]
    assert seen == [2]
    shown.clear()
    assert (shown.selected, seen) == ((), [2, 0])


def test_python_chooses_by_address(shown):
    """Assets, generations and addresses, each once; what does not exist is said."""
    fox = shown.workspace.library.find("fox")[0]

    shown.select("@last", fox, fox.asset)

    assert len(shown.selected) == 2
    assert shown.state()["selected"][1] == fox.asset.sha256
    with pytest.raises(AssetNotFound):
        shown.select("@nobody")
    for nonsense in ([7], 7, None):
        with pytest.raises(RequestInvalid):
            shown.selected = nonsense
    assert len(shown.selected) == 2
    shown.selected = "@last"
    assert shown.selected == (shown.workspace.library.asset("@last"),)
    shown.selected = fox
    assert shown.selected == (fox.asset,)


def test_a_range_is_chosen_where_it_is_not_loaded(shown):
    """The kernel knows what stands between two places; beyond a thousand it says so."""
    answer = shown.on_range({"serial": shown.state()["serial"], "first": 3, "last": 1})

    assert (len(shown.selected), answer) == (3, {"cut": False})
    assert list(shown.selected) == list(reversed(list(shown)[1:]))
    assert shown.on_range({"serial": shown.state()["serial"], "first": 0, "last": CHOSEN})["cut"]
    shown.clear()
    assert shown.on_range({"serial": -1, "first": 0, "last": 3}) == {"stale": True}
    assert shown.selected == ()


def test_a_range_that_is_cut_is_counted_from_where_it_was_begun(shown, monkeypatch):
    """Backwards as forwards."""
    monkeypatch.setattr("imgnb.widgets.gallery.CHOSEN", 2)
    found = list(shown)

    assert shown.on_range({"serial": shown.state()["serial"], "first": 3, "last": 0}) == {"cut": True}

    assert list(shown.selected) == [found[3], found[2]]


def test_one_more_or_fewer_leaves_the_others(shown, monkeypatch):
    """However many Python has chosen, a page says only what changes."""
    monkeypatch.setattr("imgnb.widgets.gallery.CHOSEN", 1)
    first, second, third, fourth = shown
    shown.selected = [first, second, third]

    shown.on_select({"add": [fourth.sha256]})
    shown.on_select({"drop": [second.sha256]})

    assert shown.selected == (first, third, fourth)


def test_labels_are_written_at_once(shown):
    """Stars, ratings and tags of the page are those of the library."""
    sha = items(shown)[0]["sha"]

    shown.on_label({"of": [sha], "star": True})
    shown.on_label({"of": [sha], "stars": 4})
    (item,) = shown.on_label({"of": [sha], "tag": "hero winter"})["items"]

    labels = shown.workspace.library.asset(f"@{sha}").labels
    assert (labels.starred, labels.stars, labels.tags) == (True, 4, ("hero", "star", "winter"))
    assert (item["star"], item["stars"], item["tags"]) == (True, 4, ["hero", "winter"])
    shown.on_label({"of": [sha], "stars": 0, "star": False})
    assert items(shown)[0]["stars"] is None


def test_what_is_thrown_away_can_be_brought_back(shown):
    """It keeps its place, marked, is not chosen any more, and comes back whole."""
    sha = items(shown)[3]["sha"]
    shown.select(sha)

    assert shown.on_trash({"of": [sha]})["items"][0]["trashed"]

    assert shown.selected == ()
    assert items(shown)[3]["trashed"]
    assert not shown.on_trash({"of": [sha], "back": True})["items"][0]["trashed"]


def test_an_old_page_is_told_that_it_is_old(shown):
    """Places of another search mean other pictures."""
    before = shown.state()["serial"]
    shown.query = "fox"

    assert shown.on_page({"serial": before, "first": 0, "count": 60}) == {"stale": True}


def test_the_same_search_again_is_told_to_the_page(shown):
    """Assigning what was looked for already gives new places, and the page must know them."""
    shown.query = "fox"
    state = shown.widget.state

    shown.query = "fox"

    assert shown.widget.state["serial"] == shown.state()["serial"] > state["serial"]


def test_a_picture_is_found_again_in_another_result(shown):
    """By its hash; null where it is not there."""
    fox = shown.workspace.library.find("fox")[0].asset.sha256

    assert shown.on_place({"serial": shown.state()["serial"], "of": fox}) == {"place": 3}
    shown.query = "lighthouse"
    assert shown.on_place({"serial": shown.state()["serial"], "of": fox}) == {"place": None}
    assert shown.on_place({"serial": -1, "of": fox}) == {"stale": True}


@pytest.mark.parametrize("given", [{"first": -1, "count": 2}, {"first": "0", "count": 1}, {"first": True, "count": 1}])
def test_places_are_numbers(shown, given):
    """What no page of ours says is refused."""
    with pytest.raises(ValueError, match="whole number"):
        shown.on_page({"serial": shown.state()["serial"], **given})


@pytest.mark.parametrize(
    "prompt", ["<b>bold</b>", "ثعلب\u202eevil", "a ship, " * 4000, "zero\0byte"], ids=["html", "rtl", "long", "nul"]
)
def test_any_prompt_goes_as_a_short_line_of_json(shown, prompt):
    """It is data: cut, on one line, never more than a page needs; state stays far below what a notebook may grow by."""
    drawn(shown.workspace, prompt[:32_000])
    shown.refresh()

    state = json.dumps(shown.state())

    assert len(shown.state()["first"][0]["prompt"]) <= 300
    assert len(state.encode()) < 10_000


def test_a_picture_at_large(shown):
    """A preview, with the whole prompt and what made it; of bytes that are gone it says so."""
    sha = items(shown)[3]["sha"]

    reply = shown.on_look({"of": sha})

    assert reply.data["prompt"] == "a red fox"
    assert 0 < len(reply.buffers[0]) <= 150_000
    asset = shown.workspace.library.asset(f"@{items(shown)[2]['sha']}")
    asset.path.chmod(0o644)
    asset.path.unlink()
    with pytest.raises(AssetNotFound, match="gone"):
        shown.on_look({"of": asset.sha256})
    assert shown.on_thumbs({"of": [asset.sha256, sha, "0" * 64]}).data["found"][0::2] == [None, None]


def test_the_twin_shows_what_is_chosen_or_the_first(shown):
    """Its facts say which assets are on it."""
    assert len(shown.picture()[1]["assets"]) == 4
    shown.select("@last")
    picture, facts = shown.picture()
    assert facts["assets"] == [shown.selected[0].sha256]
    assert len(picture.data) <= 150_000
    shown.query = "nothing has these words"
    shown.clear()
    assert shown.picture()[1] == {"assets": []}


def test_it_is_there_as_a_public_name(open_workspace):
    """`imgnb.gallery`, with facets and saved searches of its library; an empty one is a gallery as well."""
    workspace = open_workspace()
    workspace.library.save_search("foxes", "fox")

    empty = imgnb.gallery(workspace=workspace)

    assert empty
    assert len(empty) == 0
    assert empty.on_about({})["saved"] == {"foxes": "fox"}
