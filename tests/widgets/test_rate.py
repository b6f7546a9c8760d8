"""Rating, without a browser: which pairs are asked about, what is stored, and what follows from it."""

from __future__ import annotations

import json
import random
from itertools import combinations

import pytest

from imgnb.errors import LibraryError, RequestInvalid
from imgnb.widgets.pairing import about, next_pair, stars
from imgnb.widgets.rate import Rating

from .test_compare import drawn

WORDS = ("fox", "owl", "hare", "crab", "whale")


@pytest.fixture
def workspace(open_workspace):
    workspace = open_workspace()
    for word in WORDS:
        drawn(workspace, word)
    return workspace


def by_name(rating: Rating, answer: str = "") -> str:
    """What somebody says who likes pictures in the order of their hashes."""
    assert rating.pair is not None
    return "left" if rating.pair[0] < rating.pair[1] else "right"


def test_each_choice_is_stored_at_once(workspace):
    """The left one, the right one, neither; skipping stores nothing."""
    rating, library = Rating(workspace=workspace), workspace.library

    left, right = rating.pair
    rating.choose("left")
    first = library.choices()
    assert [(one.better, one.worse, one.tie) for one in first] == [(left, right, False)]
    left, right = rating.pair
    rating.choose("right")
    assert (library.choices()[1].better, library.choices()[1].worse) == (right, left)
    rating.choose("tie")
    rating.choose("skip")
    assert [one.tie for one in library.choices()] == [False, False, True]


def test_no_two_are_asked_about_twice(workspace):
    """Not in this rating, not in the next; at the end every two have met."""
    rating, asked = Rating(workspace=workspace), []
    while rating.pair is not None:
        asked.append(frozenset(rating.pair))
        rating.choose("skip" if len(asked) == 3 else "left")

    assert len(asked) == len(set(asked)) == 10
    again = Rating(workspace=workspace)
    assert frozenset(again.pair) == asked[2]
    with pytest.raises(RequestInvalid, match="have been compared"):
        rating.choose("left")


def test_the_ranking_is_in_the_order_of_the_choices(workspace):
    """Whoever is consistent gets their own order."""
    rating = Rating(workspace=workspace)
    while rating.pair is not None:
        rating.choose(by_name(rating))

    ranked = [asset.sha256 for asset in rating.ranking.assets]
    assert ranked == sorted(ranked)
    assert rating.ranking.choices == 10


def test_an_answer_can_be_undone(workspace):
    """The choice is gone, and the same two are asked about again, on the same sides."""
    rating = Rating(workspace=workspace)
    first = rating.pair
    rating.choose("left")
    second = rating.pair
    rating.choose("skip")

    assert rating.undo()
    assert rating.pair == second
    assert rating.undo()
    assert rating.pair == first
    assert workspace.library.choices() == []
    assert not rating.undo()


def test_an_answer_about_another_pair_is_not_taken(workspace):
    """A page that has not heard of the last answer, or answers twice, stores nothing wrong."""
    rating = Rating(workspace=workspace)
    pair = list(rating.pair)

    assert rating.on_choose({"pair": pair, "answer": "left"}) == {"taken": True}
    assert rating.on_choose({"pair": pair, "answer": "right"}) == {"taken": False}
    assert rating.on_choose({"pair": None, "answer": "left"}) == {"taken": False}
    with pytest.raises(RequestInvalid, match="is no answer"):
        rating.on_choose({"pair": list(rating.pair), "answer": "<b>"})
    assert len(workspace.library.choices()) == 1


def test_the_page_is_told_nothing_while_it_is_asked(workspace):
    """No prompt, no name, no stars, and nobody's strength: the choice is blind."""
    workspace.library.name(workspace.library.asset("@last"), "favourite")
    rating = Rating(workspace=workspace)
    rating.choose("left")

    said = json.dumps(rating.state())

    assert not any(word in said for word in (*WORDS, "favourite", "strength"))
    rating.on_rank({"show": True})
    assert "strength" in json.dumps(rating.state())


def test_after_as_many_as_a_ranking_takes_it_is_shown(workspace):
    """Whoever wants goes on until all have met."""
    rating = Rating(workspace=workspace)
    for _ in range(about(5)):
        assert not rating.state()["ranked"]
        rating.choose("left")

    assert rating.state()["ranked"]
    rating.on_rank({"show": False})
    while rating.pair is not None:
        assert not rating.state()["ranked"]
        rating.choose("left")
    assert rating.state()["ranked"]


def test_strengths_become_stars_and_can_be_taken_back(workspace):
    """A fifth of the pictures for each number; stars that are there are overwritten only when that is said."""
    rating, library = Rating(workspace=workspace), workspace.library
    while rating.pair is not None:
        rating.choose(by_name(rating))
    worst = rating.ranking.assets[-1]
    library.rate(worst, 4)

    with pytest.raises(LibraryError, match="1 of them has other stars"):
        rating.store()
    assert rating.on_store({}) == {"asks": "1 of them has other stars already."}
    assert library.rating(rating.ranking.assets[0]) is None
    rating.store(overwrite=True)

    assert [library.rating(asset) for asset in rating.ranking.assets] == [5, 4, 3, 2, 1]
    assert rating.unstore()
    assert [library.rating(asset) for asset in rating.ranking.assets] == [None, None, None, None, 4]
    assert not rating.unstore()


def test_nothing_to_choose_between_is_said(workspace):
    """One picture, or none, with a way out; and so is a limit that makes no sense."""
    for query in ("fox", "badger"):
        with pytest.raises(RequestInvalid, match="nothing to choose between"):
            Rating(query, workspace=workspace)
    for limit in (1, 201, True, "2"):
        with pytest.raises(RequestInvalid, match="limit is"):
            Rating(limit=limit, workspace=workspace)


def test_more_than_the_limit_is_said(workspace):
    """Of five, the newest three are rated."""
    rating = Rating(limit=3, workspace=workspace)

    assert (len(rating.assets), rating.state()["more"]) == (3, True)
    assert not Rating(limit=5, workspace=workspace).state()["more"]


def test_a_picture_that_was_deleted_is_not_asked_about(workspace):
    """The others are; the twin is drawn."""
    rating = Rating(workspace=workspace)
    gone = next(asset for asset in rating.assets if asset.sha256 not in rating.pair)
    gone.path.unlink()

    rating.choose("left")
    while rating.pair is not None:
        assert gone.sha256 not in rating.pair
        rating.choose("left")
    assert rating.picture()[1]["choices"] == 6


def test_what_is_in_the_trash_is_not_asked_about(open_workspace):
    """Of one request too, of which other pictures are left."""
    workspace = open_workspace()
    several = drawn(workspace, "fox", n=3)
    workspace.library.trash(several.assets[1])

    rating = Rating(workspace=workspace)

    assert {asset.sha256 for asset in rating.assets} == {several.assets[0].sha256, several.assets[2].sha256}


@pytest.mark.parametrize("how", ["trashed", "deleted"])
def test_one_of_an_open_pair_that_went_is_not_chosen(workspace, how):
    """Nothing is stored, another two are asked about, and it gets no stars."""
    rating, library = Rating(workspace=workspace), workspace.library
    rating.choose("left")
    pair = rating.pair
    gone = library.asset(f"@{pair[0]}")
    library.trash(gone) if how == "trashed" else gone.path.unlink()

    with pytest.raises(RequestInvalid, match="gone or in the trash"):
        rating.choose("left")

    assert len(library.choices()) == 1
    assert pair[0] not in rating.pair
    while rating.pair is not None:
        rating.choose("left")
    assert pair[0] not in rating.store()


def test_why_it_ended_is_said(workspace):
    """Because every two have met, or because too few are left."""
    rating = Rating(workspace=workspace)
    for asset in rating.assets[1:]:
        asset.path.unlink()

    with pytest.raises(RequestInvalid, match="gone"):
        rating.choose("left")

    assert rating.state()["ended"] == "1 of 5 pictures is left: the others are gone or in the trash"
    with pytest.raises(RequestInvalid, match="is left"):
        rating.choose("left")


def test_the_ranking_says_which_is_which(workspace):
    """By name where there is one, by hash elsewhere, and with the prompt."""
    hero = workspace.library.asset("@last")
    workspace.library.name(hero, "hero")
    rating = Rating(workspace=workspace)
    rating.on_rank({"show": True})

    rows = {row["asset"]: row for row in rating.state()["ranking"]}

    assert (rows[hero.sha256]["address"], rows[hero.sha256]["prompt"]) == ("@hero", "whale")
    assert {row["address"] for row in rows.values()} >= {f"@{one[:12]}" for one in rows if one != hero.sha256}


def test_the_same_seed_asks_the_same(workspace):
    """Another one asks otherwise."""
    pairs = {seed: [] for seed in (1, 2)}
    for seed in (1, 1, 2):
        rating = Rating(seed=seed, workspace=workspace)
        pairs[seed].append(tuple(rating.pair))
        for _ in range(4):
            rating.choose("skip")
            pairs[seed].append(tuple(rating.pair))

    assert pairs[1][:5] == pairs[1][5:]
    assert pairs[1][:5] != pairs[2]


def test_the_least_compared_are_asked_about_first():
    """After half as many choices as there are pictures, each has been compared once."""
    names, asked = [str(number) for number in range(20)], set()
    for _ in range(10):
        asked.add(frozenset(next_pair(names, asked, {}, random.Random(3))))

    assert sorted(name for pair in asked for name in pair) == sorted(names)


def test_of_those_the_closest_meet():
    """Who wins is known least of equals."""
    names, asked = list("abcd"), {frozenset("ab"), frozenset("cd")}
    strength = {"a": 9.0, "c": 8.0, "b": 0.1, "d": 0.2}

    assert frozenset(next_pair(names, asked, strength, random.Random(1))) in (frozenset("ac"), frozenset("bd"))
    assert next_pair(names, {frozenset(pair) for pair in combinations(names, 2)}, strength, random.Random(1)) is None


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], []),
        ([1], [3]),
        ([1, 2], [4, 2]),
        ([1, 1], [3, 3]),
        ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]),
        ([1, 1, 3], [4, 4, 1]),
    ],
    ids=str,
)
def test_places_become_stars(places, expected):
    """Equals have equal stars."""
    assert stars(places) == expected
