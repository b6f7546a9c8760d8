"""The line of `%imagelib find`, and what it finds."""

from __future__ import annotations

import pytest

from imgnb.display.magic_line import UsageInvalid
from imgnb.magics.finding import parsed

SMALL = "--size 1024x640"


@pytest.mark.parametrize(
    ("line", "query", "options"),
    [
        ('"red fox" -winter', '"red fox" -winter', {}),
        ("fox --tag=star --limit=3", "fox", {"tag": "star", "limit": 3}),
        ('note:"a -- b" --save=it', 'note:"a -- b"', {"save": "it"}),
        ("it's --count", "it's", {"count": "count"}),
        ('fox "open --tag=x', 'fox "open --tag=x', {}),
        ("-- fox", "fox", {}),
    ],
)
def test_a_line_is_a_query_with_options(line: str, query: str, options: dict[str, object]) -> None:
    """Quotes, minus signs and apostrophes stay in the query."""
    assert parsed(line) == (query, options)


@pytest.mark.parametrize("line", ["--lost=1", "--tag", "--count=2", "--limit=x", "--limit=-1"])
def test_odd_options_are_refused(line: str) -> None:
    """What find takes is said."""
    with pytest.raises(UsageInvalid, match="limit"):
        parsed(line)


def test_the_magic_finds_saves_and_likens(shell) -> None:
    """A query, its facets and count, saved searches, and what looks alike are values of the cell."""
    for prompt in ("a red fox", "a fox in winter"):
        shell.run_cell(f"%%imagegen {SMALL}\n{prompt}")
    for name, line in {
        "found": "find fox -winter --save=foxes", "again": "find search:foxes", "count": "find fox --count",
        "facets": "find --facets", "kept": "searches", "alike": "similar @last",
    }.items():  # fmt: skip
        assert shell.run_cell(f"{name} = %imagelib {line}").success

    space = shell.user_ns
    assert [one.prompt for one in space["found"]] == [one.prompt for one in space["again"]] == ["a red fox"]
    assert space["count"] == 2
    assert sum(space["facets"].counts["route"].values()) == 2
    assert space["kept"] == {"foxes": "fox -winter"}
    assert [asset.alt for asset in space["alike"]] == ["a red fox"]
    shell.run_cell("%imagelib searches --forget=foxes")
    shell.run_cell("left = %imagelib searches")
    assert space["left"] == {}
