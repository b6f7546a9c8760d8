"""The table of what was paid is read in a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from imgnb.display.costs import costs_table, totals

ROW: dict[str, Any] = {"currency": "USD", "generations": 3, "pictures": 4, "cost": 0.1234, "without_price": 0}


def row(**said: Any) -> dict[str, Any]:
    return {**said, **{name: value for name, value in ROW.items() if name not in said}}


def test_each_currency_has_a_total() -> None:
    """USD and credits are apart, and unknown amounts are none."""
    rows = [
        row(day="a"),
        row(day="b"),
        row(day="b", cost=None, without_price=2),
        row(day="b", currency="credits", cost=6.0),
    ]

    assert totals(rows) == [
        {"currency": "USD", "generations": 9, "pictures": 12, "cost": 0.2468, "without_price": 2},
        {"currency": "credits", "generations": 3, "pictures": 4, "cost": 6.0, "without_price": 0},
    ]


def test_the_table_says_it_all() -> None:
    """A head, a line for each group, totals, and the budgets."""
    rows = [row(route="openai"), row(route="dark", cost=None, without_price=1)]

    assert costs_table(rows, ["route"], ["5.00 USD per day: 1.00 USD spent, 4.00 USD left"]).splitlines() == [
        "route   asked  pictures        cost  no price",
        "---------------------------------------------",
        "openai      3         4  0.1234 USD",
        "dark        3         4           -         1",
        "---------------------------------------------",
        "total       6         8  0.1234 USD         1",
        "",
        "budget of 5.00 USD per day: 1.00 USD spent, 4.00 USD left",
    ]


@pytest.mark.parametrize("by", [["notebook"], ["day", "model", "notebook"], ["day", "route", "model", "notebook"]])
def test_eighty_columns_are_enough(by: list[str]) -> None:
    """Long paths and names give way; the end of a path stays."""
    group = {"day": "2026-11-24", "route": "xairouter", "model": "gpt-image-2.5-sunburst-2026-09-08", "notebook": "/home/" + "x" * 99 + "/figures.ipynb"}  # fmt: skip
    large = row(**group, generations=100_000, pictures=133_334, cost=12345.6789, without_price=1234)
    lines = costs_table([large], by).splitlines()

    assert max(map(len, lines)) <= 80
    assert "igures" in lines[2]
    assert "12,345.6789 USD" in lines[2]


def test_nothing_yet_is_said() -> None:
    """An empty table would look like a fault."""
    assert costs_table([], ["day"]) == "nothing has been asked for yet"


def test_a_name_cannot_drive_the_terminal() -> None:
    """A model's name comes from a server, a notebook's from a download."""
    assert "\x1b" not in costs_table(
        [
            row(
                model="\x1b[2J",
            )
        ],
        ["model"],
    )
