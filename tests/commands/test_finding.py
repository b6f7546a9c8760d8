"""Searches in a shell."""

from __future__ import annotations

import json

import pytest

from .conftest import Run

SMALL = ("--size", "1024x640", "--quality", "low", "--route", "local")


@pytest.fixture
def drawn(run: Run) -> Run:
    """The command line, with a fox, a fox in winter that is tagged, and an owl."""
    for prompt in ("a red fox", "a fox in winter", "an owl"):
        assert run("generate", prompt, *SMALL)[0] == 0
    assert run("tag", "@last", "hero")[0] == 0
    return run


def prompts(run: Run, *words: str) -> list[str]:
    status, out, err = run("find", "--json", *words)
    assert status == 0, err
    return [found["prompt"] for found in json.loads(out)]


def test_a_query_is_words_or_one_string(drawn: Run) -> None:
    """A minus is no option; phrases keep their quotes in one string; options stay what they were."""
    assert prompts(drawn, "fox", "-winter") == prompts(drawn, "fox -winter") == ["a red fox"]
    assert prompts(drawn, "fox", "--", "-winter") == prompts(drawn, "-winter", "fox") == ["a red fox"]
    assert prompts(drawn, '"red fox"') == ["a red fox"]
    assert prompts(drawn, "tag:hero") == prompts(drawn, "--tag", "hero") == ["an owl"]
    assert prompts(drawn, "sort:oldest", "--limit", "1") == ["a red fox"]


@pytest.mark.parametrize("command", [("find", "fox"), ("similar", "@hero")], ids=["find", "similar"])
def test_none_is_no_limit(drawn: Run, command: tuple[str, ...]) -> None:
    """A limit below 1 is refused; nothing is printed in its stead."""
    for limit in ("0", "-1"):
        code, out, err = drawn(*command, "--limit", limit)
        assert (code, out) == (1, "")
        assert "limit is" in err


def test_pages_counts_and_facets(drawn: Run) -> None:
    """A full page says how to go on; counts and facets are numbers, or one document."""
    _, out, err = drawn("find", "--limit", "2")
    last = out.splitlines()[-1].split()[0]

    assert f"--before {last}" in err
    assert prompts(drawn, "--before", last) == ["a red fox"]
    assert drawn("find", "fox", "--count")[1].strip() == "2"
    assert json.loads(drawn("find", "--count", "--tag", "hero", "--json")[1]) == {"count": 1, "more": False}
    assert "route     local 3" in drawn("find", "--facets")[1]
    assert json.loads(drawn("find", "fox", "--facets", "--json")[1])["counts"]["route"] == {"local": 2}
    assert drawn("find", "--count", "--facets")[0] == 1


def test_searches_are_kept_and_forgotten(drawn: Run) -> None:
    """--save keeps the query with its options, search:NAME asks for it, --forget lets go."""
    assert "saved: search:foxes" in drawn("find", "fox", "-winter", "--route", "local", "--save", "foxes")[2]

    assert prompts(drawn, "search:foxes") == ["a red fox"]
    assert json.loads(drawn("searches", "--json")[1]) == {"foxes": 'fox -winter route:"local"'}
    assert "foxes" in drawn("searches")[1]
    assert drawn("searches", "--forget", "foxes")[0] == 0
    assert drawn("searches", "--forget", "foxes")[0] == 1
    assert "no search" in drawn("searches")[1]


def test_a_query_that_is_not_understood_shows_where(drawn: Run) -> None:
    """The query, a caret, and the way out, on stderr."""
    status, out, err = drawn("find", "fox", "colour:red")

    assert (status, out) == (1, "")
    assert "fox colour:red\n    ^\n" in err


def test_what_looks_alike_is_listed(drawn: Run) -> None:
    """The distance, the hash and the prompt, the nearest first; or one document."""
    lines = drawn("similar", "@last")[1].splitlines()

    assert len(lines) == 2
    assert [int(line.split()[0]) for line in lines] == sorted(int(line.split()[0]) for line in lines)
    assert len(json.loads(drawn("similar", "--limit", "1", "--json")[1])) == 1
