"""The table of routes, in a shell and in a cell."""

from __future__ import annotations

import json
from pathlib import Path

from imgnb.providers.routes import load_routes

from .conftest import Run

KEY = "sk-a-key-that-nobody-may-ever-see-0123456789"


def test_every_route_has_its_row(run: Run) -> None:
    """Where it goes, what it speaks, can do and costs, and whether its key is there, as its table says."""
    rows = {row["name"]: row for row in json.loads(run("routes", "--json")[1])}

    assert list(rows) == list(load_routes())
    assert {name: row["price"] for name, row in rows.items()} == {
        "local": "free",
        "openai": "OpenAI's prices",
        "xairouter": "not known",
        "xinliu": "not known",
        "laozhang": "0.03 USD a call",
        "gptimageapi": "2/6/12 credits a picture",
    }
    assert (rows["openai"]["conversations"], rows["openai"]["files"], rows["xinliu"]["conversations"]) == (
        True,
        True,
        False,
    )
    assert (rows["gptimageapi"]["streaming"], rows["gptimageapi"]["edits"]) == (False, False)
    assert rows["gptimageapi"]["ratios"][:2] == ["1:1", "4:3"]
    assert (rows["xairouter"]["transparent"], rows["openai"]["transparent"]) == ("no", "preview")
    assert [name for name, row in rows.items() if row["picked"]] == ["local"]


def test_the_route_that_is_taken_is_marked_and_no_key_is_shown(run: Run, clean_environment) -> None:
    """The first real route with a key, or the one that the settings name."""
    clean_environment.setenv("OPENAI_API_KEY", KEY)
    out = run("routes")[1]
    clean_environment.setenv("IMGNB_ROUTE", "xinliu")

    assert "\n* openai " in out
    assert "OPENAI_API_KEY is set" in out
    assert KEY not in out
    assert "\n* xinliu " in run("routes")[1]


def test_a_route_of_ones_own_has_its_row(run: Run, config: Path) -> None:
    """What the user's table says is what the row says."""
    config.write_text(
        """
        [routes.mine]
        base_url = "https://images.example.org/v1"
        key_env = "MY_KEY"
        ratios = ["1:1", "16:9"]
        takes = ["model", "size"]
        prices = { "*" = { call = 2, currency = "yen" } }
        """
    )

    (row,) = [row for row in json.loads(run("routes", "--json")[1]) if row["name"] == "mine"]

    assert (row["owner"], row["price"], row["ratios"]) == ("mine", "2 yen a call", ["1:1", "16:9"])
    assert (row["mask"], row["transparent"], row["key_variable"]) == (False, "no", "MY_KEY")
