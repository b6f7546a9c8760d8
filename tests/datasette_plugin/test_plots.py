"""Bars stand where their amounts say."""

from __future__ import annotations

import itertools

import pytest

from imgnb.datasette_plugin import plots


@pytest.mark.parametrize("most", [0.0, 0.0003, 0.04, 0.9, 1.0, 7.3, 99.99, 1234.5, 8e6])
def test_steps_reach_the_most_in_few_round_numbers(most):
    """From zero to at least the highest amount, evenly, in two to seven steps."""
    steps = plots.steps(most)

    assert steps[0] == 0
    assert steps[-1] >= most
    assert 2 <= len(steps) <= 7
    assert len({round(after - before, 9) for before, after in itertools.pairwise(steps)}) == 1


def test_bars_are_as_high_as_their_amounts():
    """Twice the amount is twice the height; nothing has no bar, and a trifle still has one that can be seen."""
    drawn = plots.plot([1.0, 2.0, 0.0, 1e-9], list("abcd"), list("abcd"), {0: "0", 2: "2"})

    one, two, none, trifle = drawn.bars
    assert two.height == pytest.approx(2 * one.height, abs=0.01)
    assert two.y == pytest.approx(drawn.lines[-1].at, abs=0.01)
    assert none.height == 0
    assert trifle.height == plots.NARROWEST
    assert all(bar.y + bar.height == pytest.approx(drawn.ground, abs=0.01) for bar in drawn.bars)


@pytest.mark.parametrize("count", [0, 1, 5, 31, 92, 366])
def test_labels_stay_inside_and_few(count):
    """At most six labels, the newest among them, none outside of the plot."""
    names = [str(number) for number in range(count)]
    drawn = plots.plot([1.0] * count, names, names, {0: "0", 1: "1"})

    assert len(drawn.labels) <= plots.LABELS
    assert [label.said for label in drawn.labels][-1:] == names[-1:]
    assert all(0 <= label.at <= 100 for label in drawn.labels)
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 for bar in drawn.bars)
