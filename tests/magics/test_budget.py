"""`%imagegen budget`: what may be spent, in a real shell; a prompt that only begins like it stays a prompt."""

from __future__ import annotations

import pytest

from imgnb.errors import BudgetExceeded
from imgnb.library import Budget
from imgnb.magics.budget import budget_wanted
from imgnb.workspace import current

from ..charging import answer
from ..servers import Canned


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("budget", ""),
        (" budget  ", ""),
        ("budget off", "off"),
        ("budget 5.00", "5.00"),
        ("budget $5 per day", "$5 per day"),
        ("budget 40 credits per notebook", "40 credits per notebook"),
        ("budget 5, 2 per day", "5, 2 per day"),
    ],
)
def test_a_line_that_is_exactly_a_budget_is_one(line: str, said: str) -> None:
    """Nothing but the amount, what it is in, and what it is for."""
    assert budget_wanted(line) == said


@pytest.mark.parametrize(
    "line",
    ["budget meeting", "budget 5 people at a table", "budget off the rails", "budgets", "a budget", "budget per day",
     "budget 5 per week", "Budget 5", '"budget 5"', "--quality low budget", "budget --size 1024x640", "budget -5", ""],
)  # fmt: skip
def test_a_prompt_about_budgets_stays_a_prompt(line: str) -> None:
    """A picture is what people usually want."""
    assert budget_wanted(line) is None


def test_budgets_are_set_shown_and_taken_away(shell, workspace, capsys) -> None:
    """One of each kind; another of the same kind takes its place."""

    def said(line: str) -> str:
        assert shell.run_line_magic("imagegen", line) is None
        return capsys.readouterr().out.strip()

    assert said("budget").startswith("no budget is set")
    assert said("budget 5.00") == "5.00 USD per session: 0.00 USD spent, 5.00 USD left"
    assert said("budget 40 credits per notebook").splitlines() == [
        "5.00 USD per session: 0.00 USD spent, 5.00 USD left",
        "40 credits per notebook: 0 credits spent, 40 credits left",
    ]
    said("budget 3")
    assert current().budgets == (Budget(3), Budget(40, "notebook", "credits"))
    assert said("budget off").startswith("no budget is set")
    assert current().budgets == ()


def test_the_body_of_a_cell_is_always_a_prompt(shell, workspace) -> None:
    """Whatever it says."""
    assert shell.run_cell("%%imagegen --size 1024x640\nbudget 5.00").success

    assert current().library.get("@last").prompt == "budget 5.00"
    assert current().budgets == ()


@pytest.fixture
def charging(shell, tmp_path, monkeypatch, canned: Canned):
    """The shell, on a route whose calls cost half a dollar each."""
    answer(canned)
    config = tmp_path / "charging.toml"
    config.write_text(
        f'[routes.paid]\nbase_url = "{canned.url}"\n[routes.paid.prices]\n"*" = {{ call = 0.5 }}\n', encoding="utf-8"
    )
    monkeypatch.setenv("IMGNB_CONFIG", str(config))
    monkeypatch.setenv("IMGNB_ROUTE", "paid")
    monkeypatch.setenv("IMGNB_BUDGET", "0.75")
    yield shell
    current().close()


def test_a_refused_cell_stops_the_notebook_and_says_the_way_out(charging, canned: Canned, capsys) -> None:
    """Short, with what is left; and once the budget is raised, the same cell draws."""
    assert charging.run_cell("%imagegen --size 1024x640 one").success

    refused = charging.run_cell("%imagegen --size 1024x640 two")

    assert isinstance(refused.error_in_exec, BudgetExceeded)
    out = capsys.readouterr().out
    assert "leaves 0.25 USD, and this may cost 0.50 USD; nothing was sent" in out
    assert "-> raise it with %imagegen budget" in out
    assert "Traceback" not in out
    assert charging.run_cell("%imagegen budget 1.00").success
    assert charging.run_cell("%imagegen --size 1024x640 two").success
    assert len(canned.requests) == 2


def test_costs_are_shown_in_a_notebook(charging, capsys) -> None:
    """By what is asked for, with or without `--by`, and the budgets below it."""
    charging.run_cell("%imagegen --size 1024x640 one")
    capsys.readouterr()

    for line in ("costs --by route", "costs route", "costs --by=route"):
        charging.run_line_magic("imagelib", line)
        out = capsys.readouterr().out
        assert out.splitlines()[2].split() == ["paid", "1", "1", "0.5000", "USD"]
        assert "budget of 0.75 USD per session: 0.50 USD spent, 0.25 USD left" in out
    charging.run_line_magic("imagelib", "costs")
    assert capsys.readouterr().out.startswith("day")
