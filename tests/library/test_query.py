"""The grammar by itself: text becomes values, without a library."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from imgnb.errors import QueryInvalid
from imgnb.library.fields import FIELDS, SORTS
from imgnb.library.query import Query, Word, parse
from imgnb.library.values import Between

NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def value(query: str) -> object:
    """What the only value of the only condition means."""
    (condition,) = parse(query, NOW).conditions
    return condition.values[0]


def test_words_are_told_from_phrases_and_fields() -> None:
    """Each term is what it looks like; the same word is asked for once."""
    query = parse(
        'fox fox -winter "deep snow" -"old barn" wat* * - 16:9 http://x/y Scene: size:>1024 -tag:a,"b c"', NOW
    )

    assert query.words == (
        Word("fox"), Word("winter", negated=True), Word("deep snow", phrase=True),
        Word("old barn", phrase=True, negated=True), Word("wat", prefix=True), Word("*"), Word("-"), Word("16:9"),
        Word("http://x/y"), Word("Scene:"),
    )  # fmt: skip
    size, tag = query.conditions
    assert (size.field.name, size.sign, size.values, size.negated) == ("size", ">", (1024,), False)
    assert (tag.field.name, tag.sign, tag.values, tag.negated) == ("tag", "=", ("a", "b c"), True)
    assert query.asks("tag")
    assert not query.asks("status")
    assert parse("", NOW) == Query()


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("bytes:2MB", 2_000_000), ("bytes:>=1.5KiB", 1536), ("bytes:10", 10), ("cost:$0.04", 0.04), ("seconds:9s", 9),
        ("tokens:4k", 4000), ("cost:0.01..0.05", Between(0.01, 0.05)), ("cost:..1", Between(None, 1)), ("ratio:16:9", 16 / 9),
        ("ratio:1.5", 1.5), ("size:1024x1536", (1024, 1536)), ("size:512..", Between(512, None)), ("rating:3", 3),
        ("note:none", None), ("note:any", ...), ("alpha:YES", "yes"), ("type:PNG", "png"),
        ("day:2026-11-01", Between("2026-11-01T00:00:00", "2026-11-02T00:00:00")),
        ("day:2026-2", Between("2026-02-01T00:00:00", "2026-03-01T00:00:00")),
        ("day:2024", Between("2024-01-01T00:00:00", "2025-01-01T00:00:00")),
        ("day:9999-12", Between("9999-12-01T00:00:00", None)),
        ("day:today", Between("2026-11-24T00:00:00", "2026-11-25T00:00:00")),
        ("day:yesterday", Between("2026-11-23T00:00:00", "2026-11-24T00:00:00")),
        ("after:7d", Between("2026-11-17T18:30:00", None)), ("after:99999y", Between("0001-01-01T00:00:00", None)),
        ("day:2026-01..2026-02", Between("2026-01-01T00:00:00", "2026-03-01T00:00:00")),
    ],
)  # fmt: skip
def test_values_mean_what_their_field_says(query: str, meant: object) -> None:
    """Units, ranges, sizes and days, which are those of UTC."""
    assert value(query) == meant


def test_a_sort_is_turned_round() -> None:
    """By a minus at either place; newest and oldest are each other's reverse."""
    for name in SORTS:
        assert parse(f"-sort:{name}", NOW) != parse(f"sort:{name}", NOW)
        assert (parse(f"sort:-{name}", NOW).sort, parse(f"-sort:-{name}", NOW).sort) == (
            {"newest": "oldest", "oldest": "newest"}.get(name, name),
            name,
        )


def test_no_text_breaks_the_grammar() -> None:
    """Whatever is typed becomes a query, or is refused with a place in it and a line of two."""
    chance = random.Random(5)
    pieces = [
        *FIELDS,
        *':-"*,.<>= \t\n\0',
        "..",
        "none",
        "2026-11-01",
        "9" * 400,
        "1e999",
        "狐",
        "🦊",
        "\ud83d",
        "\u202e",
        "é",
    ]
    for _ in range(3000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 9)))
        try:
            parse(text, NOW)
        except QueryInvalid as error:
            place, lines = error.position, error.message.split("\n")
            assert 0 <= place <= len(text)
            assert lines[-1].strip() == "^"


def test_the_place_is_shown_in_a_long_query() -> None:
    """Of a pasted page, what stands around the place."""
    with pytest.raises(QueryInvalid) as caught:
        parse("fox " * 5000 + "size:big\n" + "owl " * 5000, NOW)

    _, shown, caret = caught.value.message.split("\n")
    assert shown[len(caret) - 1 :].startswith("big owl")
    assert len(shown) <= 100
