"""A request that would pass a budget is refused before it is sent, also where several are made at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgnb.errors import BudgetExceeded
from imgnb.events import Failed, Finished, Replayed
from imgnb.library import Budget
from imgnb.workspace import Workspace, current

from ..charging import JSON, answer, openai_like
from ..conftest import OpenWorkspace
from ..servers import PATIENCE, Canned, Watched, watched_server
from .runs import SMALL, done, failed, run

CALL = {"*": {"call": 0.5}}
CREDITS = {"*": {"call": 4, "currency": "credits"}}

KERNEL = """
import sys
from pathlib import Path
from imgnb.config import Settings
from imgnb.workspace import Workspace

library, url, prompt = sys.argv[1:]
table = {"base_url": url, "prices": {"*": {"call": 0.5}}}
settings = Settings(library=Path(library), route="test", routes={"test": table}, budget=("1.00 per day",))
with Workspace(settings) as workspace:
    for number in range(3):
        *_, last = workspace.run(workspace.order(workspace.request(f"{prompt} {number}", size="1024x640", quality="low")))
        print(type(last).__name__, getattr(getattr(last, "error", None), "kind", ""), flush=True)
"""


@pytest.fixture
def charging(open_workspace: OpenWorkspace, canned: Canned) -> Workspace:
    """A workspace whose calls cost 0.50 each, with a budget of one dollar."""
    answer(canned)
    return open_workspace(**openai_like(canned, prices=CALL), budget=("1.00",))


def test_what_would_pass_the_budget_is_not_sent(charging: Workspace, canned: Canned) -> None:
    """The refusal is recorded, says what is left and the way out; finished pictures stay."""
    kept = [done(run(charging, f"picture {number}")) for number in range(2)]

    error, generation = failed(run(charging, "one too many"))

    assert isinstance(error, BudgetExceeded)
    assert "the budget of 1.00 USD per session leaves 0.00 USD, and this may cost 0.50 USD; nothing was sent" in str(
        error
    )
    assert "%imagegen budget" in error.hint
    assert (generation.status, generation.error_kind, generation.attempts) == ("failed", "budget", ())
    assert len(canned.requests) == 2
    assert all(one.asset.path.is_file() for one in kept)


def test_replays_are_free(charging: Workspace, canned: Canned) -> None:
    """Whatever is left."""
    run(charging, "one")
    run(charging, "two")

    assert isinstance(run(charging, "one")[-1], Replayed)
    charging.budgets = (Budget(0),)
    assert isinstance(run(charging, "two")[-1], Replayed)
    assert len(canned.requests) == 2


def test_a_refused_request_is_sent_when_the_budget_is_raised(charging: Workspace, canned: Canned) -> None:
    """A refusal costs nothing and is no answer."""
    charging.budgets = (Budget(0.4),)
    failed(run(charging))
    charging.budgets = (Budget(0.5),)

    assert done(run(charging)).cost == 0.5


def test_a_failure_that_nobody_charged_leaves_the_budget_as_it_was(charging: Workspace, canned: Canned) -> None:
    """A server that refuses draws nothing."""
    canned.answers["/images/generations"] = (400, JSON, b'{"error": {"message": "no"}}')
    for number in range(4):
        error, _ = failed(run(charging, f"picture {number}"))
        assert not isinstance(error, BudgetExceeded)

    assert charging.library.balances(charging.budgets)[0].spent == 0


def test_the_most_that_it_may_cost_is_what_counts(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """Where quality is left to the model, it may take the dearest."""
    workspace = open_workspace(**openai_like(canned), budget=("0.20",))
    answer(canned, usage={"output_tokens": 200})

    assert done(run(workspace, "one", size="1024x1024", quality="low")).cost == 0.006
    error, _ = failed(run(workspace, "two", size="1024x1024", quality=None))
    assert "may cost 0.21 USD" in str(error) or "may cost 0.2110 USD" in str(error)


def test_an_unknown_price_is_said_and_sent_until_nothing_is_left(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """What cannot be counted cannot be stopped in time, and the record says so."""
    answer(canned)
    workspace = open_workspace(**openai_like(canned, openai_prices=False), budget=("0.50",))

    generation = done(run(workspace, "one"))
    assert any("cannot be counted against the budget" in note for note in generation.notes)

    workspace.budgets = (Budget(0),)
    error, _ = failed(run(workspace, "two"))
    assert "what this costs is not known" in str(error)


def test_tokens_without_a_table_are_counted_afterwards(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A model that has no published price per picture is sent once unseen; then its history says what to expect."""
    answer(canned, usage={"output_tokens": 10_000})
    workspace = open_workspace(**openai_like(canned), budget=("0.50",))

    first = done(run(workspace, "one", model="gpt-image-2.5-flare"))
    assert (first.cost, first.cost_basis) == (0.3, "usage")
    assert any("the budget counts it only afterwards" in note for note in first.notes)

    error, _ = failed(run(workspace, "two", model="gpt-image-2.5-flare"))
    assert "leaves 0.20 USD, and this may cost 0.30 USD" in str(error)


def test_what_runs_counts_with_the_most_that_it_may_cost(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """What it will probably cost is in the record once it is done."""
    watched.real = True
    table = {"base_url": watched.url, "openai_prices": True}
    workspace = open_workspace(routes={"test": table}, route="test", budget=("1.00",))
    cost = done(run(workspace, "one", quality=None, size="auto")).cost
    watched.arrived.clear()
    watched.gate.clear()
    events: list[object] = []
    drawing = threading.Thread(target=lambda: events.extend(run(workspace, "two", quality=None, size="auto")))

    drawing.start()
    assert watched.arrived.wait(PATIENCE)
    counted = workspace.library.balances(workspace.budgets)[0].spent
    watched.gate.set()
    drawing.join(PATIENCE)

    assert counted == pytest.approx(cost + 0.211)
    assert events[-1].generation.cost_estimate == pytest.approx(cost)


@pytest.fixture
def gateway() -> Iterator[Watched]:
    """A second server, for routes that stand in."""
    with watched_server() as watched:
        watched.real = True
        yield watched


def routes(canned: Canned, gateway: Watched) -> dict[str, Any]:
    """A route in dollars that is out of order, and one in credits that stands in for it."""
    canned.answers["/images/generations"] = (401, JSON, json.dumps({"error": {"message": "no"}}).encode())
    settings = openai_like(canned, prices=CALL)
    settings["routes"]["credits"] = {"base_url": gateway.url, "prices": CREDITS}
    return {**settings, "fallback": ("credits",)}


def test_a_route_that_stands_in_keeps_to_the_budget_of_its_own_currency(
    open_workspace: OpenWorkspace, canned: Canned, gateway: Watched
) -> None:
    """Credits are spent from credits, however many dollars are left, and where they do not suffice nothing is sent."""
    workspace = open_workspace(**routes(canned, gateway), budget=("100", "5 credits"))

    generation = done(run(workspace, "one"))
    assert (generation.route, generation.cost, generation.currency) == ("credits", 4.0, "credits")
    assert [balance.left for balance in workspace.library.balances(workspace.budgets)] == [100.0, 1.0]

    error, generation = failed(run(workspace, "two"))
    assert not isinstance(error, BudgetExceeded)
    assert any("route credits cannot stand in: the budget of 5 credits" in note for note in generation.notes)
    assert len(gateway.requests) == 1


def test_a_used_up_budget_in_credits_does_not_stop_the_route_in_dollars(
    open_workspace: OpenWorkspace, canned: Canned, gateway: Watched
) -> None:
    """Only the way that is taken counts."""
    workspace = open_workspace(**routes(canned, gateway), budget=("1.00", "0 credits"))
    answer(canned)

    assert done(run(workspace)).cost == 0.5


def test_threads_cannot_both_take_the_last_cents(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Of eight different requests at once, in two kernels, as many are sent as the budget allows for."""
    watched.real = True
    watched.gate.clear()
    table = {"base_url": watched.url, "prices": CALL}
    kernels = [open_workspace(routes={"test": table}, route="test", budget=("1.00 per day",)) for _ in range(2)]
    start, endings = threading.Barrier(8), []

    def ask(number: int) -> None:
        start.wait(PATIENCE)
        endings.append(run(kernels[number % 2], f"picture {number}")[-1])
        if sum(isinstance(ending, Failed) for ending in endings) == 6:
            watched.gate.set()  # only now do those that were sent get their answers

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    refused = [ending.error for ending in endings if isinstance(ending, Failed)]
    assert (sum(isinstance(ending, Finished) for ending in endings), len(refused)) == (2, 6)
    assert all(isinstance(error, BudgetExceeded) for error in refused)
    assert len(watched.requests) == 2


def test_processes_cannot_both_take_the_last_cents(
    tmp_path: Path, clean_environment: pytest.MonkeyPatch, watched: Watched
) -> None:
    """Two kernels with three requests each: two are sent, the others are refused."""
    watched.real = True
    command = [sys.executable, "-c", KERNEL, str(tmp_path / "library"), watched.url]
    kernels = [
        subprocess.Popen([*command, prompt], stdout=subprocess.PIPE, text=True) for prompt in ("a fox", "an owl")
    ]
    said = [line for kernel in kernels for line in kernel.communicate(timeout=2 * PATIENCE)[0].splitlines()]

    assert sorted(line.strip() for line in said) == ["Failed budget"] * 4 + ["Finished"] * 2
    assert len(watched.requests) == 2


@pytest.mark.parametrize("name", ["IMGNB_MODE", "IMGNB_LIBRARY"])
def test_budgets_survive_a_change_of_environment(
    clean_environment: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """What was set in a notebook holds, whatever else changes."""
    clean_environment.chdir(tmp_path)
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    current().budgets = (Budget(3),)
    clean_environment.setenv(name, "replay")

    assert current().budgets == (Budget(3),)
    assert current().service.budgets == (Budget(3),)
    current().close()


def test_a_budget_that_comes_later_by_the_environment_wins(
    clean_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`%env IMGNB_BUDGET=...` in a later cell is the last word."""
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    current().budgets = (Budget(3),)
    clean_environment.setenv("IMGNB_BUDGET", "1, 2 per day")

    assert current().budgets == (Budget(1), Budget(2, "day"))
    current().close()


def test_setting_a_budget_opens_no_library(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """It is only remembered."""
    nowhere = tmp_path / "another"
    open_workspace(library=nowhere).budgets = (Budget(3),)

    assert not nowhere.exists()


def test_a_small_request_passes_where_a_large_one_does_not(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """`n` pictures may cost n times as much."""
    answer(canned, usage={"output_tokens": 200})
    workspace = open_workspace(**openai_like(canned), budget=("0.02",))
    options = {**SMALL, "size": "1024x1024"}

    failed(run(workspace, **options, n=4))
    assert done(run(workspace, **options)).cost == 0.006
