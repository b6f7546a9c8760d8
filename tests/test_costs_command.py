"""`imgnb costs` and dry runs in a shell."""

from __future__ import annotations

import json

import pytest

from imgnb.cli import main
from imgnb.workspace import current

from .charging import answer
from .servers import Canned


@pytest.fixture
def charging(clean_environment: pytest.MonkeyPatch, tmp_path, canned: Canned):
    """Settings with a route whose calls cost four credits, another by token, and two budgets."""
    answer(canned, usage={"output_tokens": 10_000})
    (tmp_path / "config.toml").write_text(
        f"""
        budget = [5, "40 credits per day"]
        [routes.credits]
        base_url = "{canned.url}"
        [routes.credits.prices]
        "*" = {{ call = 4, currency = "credits" }}
        [routes.tokens]
        base_url = "{canned.url}"
        openai_prices = true
        """,
        encoding="utf-8",
    )
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    clean_environment.chdir(tmp_path)
    for route in ("credits", "tokens"):
        assert main(["generate", f"for {route}", "--size", "1024x1024", "--quality", "low", "--route", route]) == 0
    yield
    current().close()


def said(capsys, *arguments: str) -> str:
    capsys.readouterr()
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_costs_are_printed_with_totals_and_budgets(charging, capsys) -> None:
    """Each currency apart."""
    lines = said(capsys, "costs", "--by", "route").splitlines()

    assert [line.split() for line in lines[2:4]] == [
        ["tokens", "1", "1", "0.3000", "USD"],
        ["credits", "1", "1", "4", "credits"],
    ]
    assert [line.split()[0] for line in lines[5:7]] == ["total", "total"]
    assert lines[-2:] == [
        "budget of 5.00 USD per session: 0.30 USD spent, 4.70 USD left",
        "budget of 40 credits per day: 4 credits spent, 36 credits left",
    ]


def test_costs_are_one_document(charging, capsys) -> None:
    """`--json` has the same, and `--by` may be said several times."""
    document = json.loads(said(capsys, "costs", "--by", "model", "--by", "route", "--by", "route", "--json"))

    assert document["by"] == ["model", "route"]
    assert [(row["route"], row["cost"], row["currency"]) for row in document["costs"]] == [
        ("tokens", 0.3, "USD"),
        ("credits", 4.0, "credits"),
    ]
    assert [total["currency"] for total in document["totals"]] == ["USD", "credits"]
    assert [budget["left"] for budget in document["budgets"]] == [4.7, 36.0]


def test_by_the_day_is_usual(charging, capsys) -> None:
    """Without `--by`."""
    assert json.loads(said(capsys, "costs", "--json"))["by"] == ["day"]


def test_what_costs_cannot_be_added_up_by_is_said(charging, capsys) -> None:
    """With what they can."""
    assert main(["costs", "--by", "month"]) == 1
    assert "use one or more of day, route, model, notebook" in capsys.readouterr().err


def test_a_dry_run_is_one_document(charging, capsys, canned: Canned) -> None:
    """`--dry-run --json` says what would be sent, and sends nothing."""
    asked = len(canned.requests)
    document = json.loads(
        said(capsys, "generate", "for credits", "--route", "credits", "--n", "2", "--dry-run", "--json")
    )

    assert (document["would"], document["route"], document["parameters"]) == ("ask", "credits", {"n": 2})
    assert document["estimate"] == document["at_most"] == {"amount": 4, "currency": "credits", "basis": "estimate"}
    assert len(canned.requests) == asked


def test_a_dry_run_is_read_by_people(charging, capsys) -> None:
    """Estimate, its basis, and budgets in lines."""
    out = said(capsys, "generate", "new", "--route", "tokens", "--size", "1024x1024", "--quality", "low", "--dry-run")

    assert "estimate     0.3000 USD (by what the like has cost in this library)\n" in out
    assert "budget       5.00 USD per session: 0.30 USD spent, 4.70 USD left\n" in out


def test_a_budget_that_cannot_be_read_is_said(charging, capsys) -> None:
    """Before anything is sent."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("IMGNB_BUDGET", "five euros")

        assert main(["generate", "new", "--route", "tokens"]) == 1
    assert "budget is 'five euros'" in capsys.readouterr().err
