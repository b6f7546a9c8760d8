"""Figures: names, numbers and references, without a notebook."""

from __future__ import annotations

import pytest

from imgnb.errors import RequestInvalid
from imgnb.records.figures import LONGEST, PLAIN, Figures, Presentation, with_refs


def number(figures, presentation, cell="a", run="1"):
    return figures.add(presentation, "generation", cell=cell, run=run).number


def test_figures_are_numbered_as_they_are_first_shown():
    """A name that is shown again keeps its number."""
    figures = Figures()

    shown = [number(figures, Presentation(figure=name), cell=None, run=name) for name in ("hero", "map", "hero")]

    assert shown == [1, 2, 1]
    assert figures.numbers() == {"hero": 1, "map": 2}


def test_a_cell_that_runs_again_keeps_its_numbers():
    """A figure without a name is known by its place in its cell."""
    figures = Figures()
    plain = Presentation("a caption")
    first = [number(figures, plain, "a", "1"), number(figures, plain, "a", "1"), number(figures, plain, "b", "2")]

    again = [number(figures, plain, "a", "3"), number(figures, plain, "a", "3"), number(figures, plain, "b", "4")]

    assert first == again == [1, 2, 3]


def test_without_a_cell_each_run_is_its_own():
    """Where no front end tells the cell, what is shown next is another figure."""
    figures = Figures()

    assert [number(figures, Presentation("a caption"), None, run) for run in ("1", "2")] == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("as in {{ ref('hero') }}", "as in Figure 7"),
        ('{{ref("hero")}}, {{ ref( "hero" ) }}', "Figure 7, Figure 7"),
        ("{{ ref('other') }}", "[no figure other]"),
        ("{{ hero }} and {{ ref(hero) }}", "{{ hero }} and {{ ref(hero) }}"),
        ("{{ ref('hero\") }}", "{{ ref('hero\") }}"),
    ],
    ids=["known", "spaces and quotes", "unknown", "no reference", "quotes that do not match"],
)
def test_references_become_numbers(text, said):
    """Only `{{ ref('name') }}` is one; nothing is run."""
    unknown = []

    assert with_refs(text, {"hero": 7}, unknown.append) == said
    assert unknown == (["other"] if "other" in text else [])


@pytest.mark.parametrize(
    "given",
    [{"figure": "two words"}, {"figure": "<b>"}, {"figure": "9"}, {"caption": 3}, {"caption": "x" * (LONGEST + 1)}],
    ids=["space", "markup", "digit first", "number", "too long"],
)
def test_what_cannot_be_shown_is_refused(given):
    """The error names the option."""
    with pytest.raises(RequestInvalid) as caught:
        Presentation(**given)

    assert caught.value.param == next(iter(given))


def test_metadata_of_strangers_never_fails():
    """What is no text, or no name, is passed over, and what is too long is cut."""
    assert Presentation.of({"caption": ["x"], "alt": None, "figure": "<script>"}) == PLAIN
    assert len(Presentation.of({"caption": "x" * 10**6}).caption) == LONGEST
