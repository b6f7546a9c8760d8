"""Strengths from choices between two."""

from __future__ import annotations

import math
import random

import pytest

from imgnb.library.bradley_terry import PRIOR, strengths

Choices = list[tuple[str, str, bool]]

BASEBALL: dict[tuple[str, str], tuple[int, int]] = {
    ("Milwaukee", "Detroit"): (7, 6), ("Milwaukee", "Toronto"): (9, 4), ("Milwaukee", "New York"): (7, 6),
    ("Milwaukee", "Boston"): (7, 6), ("Milwaukee", "Cleveland"): (9, 4), ("Milwaukee", "Baltimore"): (11, 2),
    ("Detroit", "Toronto"): (7, 6), ("Detroit", "New York"): (5, 8), ("Detroit", "Boston"): (11, 2),
    ("Detroit", "Cleveland"): (9, 4), ("Detroit", "Baltimore"): (9, 4), ("Toronto", "New York"): (7, 6),
    ("Toronto", "Boston"): (7, 6), ("Toronto", "Cleveland"): (8, 5), ("Toronto", "Baltimore"): (12, 1),
    ("New York", "Boston"): (6, 7), ("New York", "Cleveland"): (7, 6), ("New York", "Baltimore"): (10, 3),
    ("Boston", "Cleveland"): (7, 6), ("Boston", "Baltimore"): (12, 1), ("Cleveland", "Baltimore"): (6, 7),
}  # fmt: skip
"The American League East of 1987 (Agresti, Categorical Data Analysis)."

PUBLISHED = {
    "Milwaukee": 1.58, "Detroit": 1.44, "Toronto": 1.29, "New York": 1.25, "Boston": 1.11, "Cleveland": 0.68,
}  # fmt: skip
"Logarithms of the strengths, Baltimore's being 0, as Agresti gives them."


def games() -> Choices:
    return [
        pair
        for (one, other), (won, lost) in BASEBALL.items()
        for pair in [(one, other, False)] * won + [(other, one, False)] * lost
    ]


def names(choices: Choices) -> list[str]:
    return sorted({name for better, worse, _ in choices for name in (better, worse)})


def ascended(choices: Choices, prior: float) -> dict[str, float]:
    """Logarithms of the most likely strengths, by plain gradient ascent: another way to the same place."""
    found = dict.fromkeys(names(choices), 0.0)
    for _ in range(4_000):
        slope = {name: prior * (0.5 - 1 / (1 + math.exp(-value))) for name, value in found.items()}
        for better, worse, tie in choices:
            surprise = (0.5 if tie else 1.0) - 1 / (1 + math.exp(found[worse] - found[better]))
            slope[better] += surprise
            slope[worse] -= surprise
        found = {name: value + 0.1 * slope[name] for name, value in found.items()}
    return found


def test_a_published_example() -> None:
    """A baseball season gives the numbers that the textbook prints."""
    found = strengths(names(games()), games(), prior=0)

    for team, published in PUBLISHED.items():
        assert math.log(found[team].strength / found["Baltimore"].strength) == pytest.approx(published, abs=0.006)
    assert (found["Milwaukee"].wins, found["Milwaukee"].losses) == (50, 28)


def test_it_is_the_most_likely_answer() -> None:
    """Gradient ascent, with ties and the prior, comes to the same place."""
    dice = random.Random(7)
    choices: Choices = [(*dice.sample("abcdef", 2), dice.random() < 0.2) for _ in range(30)]  # type: ignore[misc]

    found = strengths(names(choices), choices)

    other = ascended(choices, PRIOR)
    middle = sum(other.values()) / len(other)
    assert {name: math.log(one.strength) for name, one in found.items()} == pytest.approx(
        {name: value - middle for name, value in other.items()}, abs=1e-5
    )


def test_what_was_never_beaten_stays_finite() -> None:
    """The prior holds it, above what it has beaten; what nobody compared stands between."""
    found = strengths("abc", [("a", "b", False)] * 50)

    assert 1 < found["a"].strength < 1e6
    assert found["b"].strength < found["c"].strength < found["a"].strength
    assert found["a"].error < math.inf


def test_the_strengths_have_a_mean_of_one() -> None:
    """However many choices there are: their scale says nothing."""
    for times in (1, 10):
        found = strengths(names(games()), games() * times)
        assert sum(math.log(one.strength) for one in found.values()) == pytest.approx(0, abs=1e-9)


def test_twice_as_many_choices_say_the_same_more_surely() -> None:
    """Without a prior the strengths do not change, and their errors shrink by the root of two."""
    once, twice = (strengths(names(games()), games() * times, prior=0) for times in (1, 2))

    for team, one in once.items():
        assert twice[team].strength == pytest.approx(one.strength, rel=1e-5)
        assert twice[team].error == pytest.approx(one.error / math.sqrt(2))


def test_the_order_of_the_choices_does_not_matter() -> None:
    """Neither does that of the names."""
    turned = strengths(names(games())[::-1], games()[::-1])

    for team, one in strengths(names(games()), games()).items():
        assert turned[team].strength == pytest.approx(one.strength, rel=1e-5)


def test_a_tie_counts_half_for_both() -> None:
    """Two ties are one victory each, and alone they leave both equal."""
    tied = strengths("abc", [("a", "b", True), ("b", "a", True), ("b", "c", False)])
    won = strengths("abc", [("a", "b", False), ("b", "a", False), ("b", "c", False)])

    assert {name: one.strength for name, one in tied.items()} == pytest.approx(
        {name: one.strength for name, one in won.items()}
    )
    assert (tied["a"].wins, tied["a"].ties) == (0, 2)
    assert strengths("ab", [("a", "b", True)])["a"].strength == pytest.approx(1)


def test_nothing_gives_nothing() -> None:
    """No names, no strengths; names alone are equal."""
    assert strengths((), []) == {}
    assert [one.strength for one in strengths("ab", []).values()] == [1, 1]


def test_a_start_changes_nothing() -> None:
    """From strengths that were near, from nonsense, or from some alone, it comes to the same place."""
    cold = strengths(names(games()), games())

    for start in ({name: one.strength for name, one in cold.items()}, {"Boston": 900.0, "Detroit": 1e-3}):
        warm = strengths(names(games()), games(), start=start)
        assert {name: one.strength for name, one in warm.items()} == pytest.approx(
            {name: one.strength for name, one in cold.items()}, rel=1e-5
        )
