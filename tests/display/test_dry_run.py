"""A dry run says what would be sent, what it would cost and whether it would be sent at all."""

from __future__ import annotations

from typing import Any

import pytest

from imgnb.display.dry_run import dry_run, dry_run_document
from imgnb.errors import RequestInvalid
from imgnb.generation import Order
from imgnb.workspace import Workspace

from ..charging import answer, openai_like
from ..conftest import OpenWorkspace
from ..generation.runs import run
from ..servers import Canned

SQUARE = {"size": "1024x1024", "quality": "low"}
CREDITS = {"*": {"picture": {"low": 2, "medium": 6, "high": 12}, "currency": "credits"}}


def said(workspace: Workspace, mode: str | None = None, via: str | None = None, **options: Any) -> dict[str, str]:
    """The lines of a dry run, by their first word."""
    order = workspace.order(workspace.request("a fox", **options), mode=mode, via=via)
    lines = [line.split(None, 1) for line in dry_run(workspace.service.outlook(order)).splitlines()]
    return {line[0]: line[1] for line in lines}


def document(workspace: Workspace, mode: str | None = None, **options: Any) -> dict[str, Any]:
    order = workspace.order(workspace.request("a fox", **options), mode=mode)
    return dry_run_document(workspace.service.outlook(order))


@pytest.fixture
def paid(open_workspace: OpenWorkspace, canned: Canned) -> Workspace:
    answer(canned, usage={"output_tokens": 1000})
    return open_workspace(**openai_like(canned))


def test_an_estimate_says_what_it_rests_on(paid: Workspace) -> None:
    """The tables first, then what the like has cost here."""
    assert said(paid, **SQUARE)["estimate"] == "0.0060 USD (by the tables of prices)"
    run(paid, "an owl", **SQUARE)
    assert said(paid, **SQUARE)["estimate"] == "0.0300 USD (by what the like has cost in this library)"


def test_what_the_model_decides_has_a_most(paid: Workspace) -> None:
    """Without size or quality there is no honest figure, but a dearest one."""
    assert said(paid)["estimate"].startswith("at most 0.2110 USD (")
    run(paid, "an owl", size=None, quality=None)
    assert said(paid)["estimate"].startswith("0.0300 USD, at most 0.2110 USD (")


@pytest.mark.parametrize(
    ("table", "options", "estimate"),
    [
        ({"openai_prices": False}, SQUARE, "unknown (no price is known)"),
        ({}, {**SQUARE, "model": "gpt-image-2.5-flare"}, "unknown (no such picture is in tables or library)"),
        ({"prices": CREDITS}, {**SQUARE, "n": 2}, "4 credits (by the tables of prices)"),
        ({"free": True}, SQUARE, "0.0000 USD (this route is free)"),
    ],
    ids=["no price", "no table", "credits", "free"],
)
def test_an_estimate_is_in_the_routes_currency_or_says_why_there_is_none(
    open_workspace: OpenWorkspace, canned: Canned, table: dict[str, Any], options: dict[str, Any], estimate: str
) -> None:
    """Nothing is made up."""
    assert said(open_workspace(**openai_like(canned, **table)), **options)["estimate"] == estimate


def test_what_would_be_replayed_costs_nothing(paid: Workspace) -> None:
    """And the generation that would answer is named."""
    drawn = run(paid, "a fox", **SQUARE)[-1].generation

    assert said(paid, **SQUARE)["would"] == f"replay {drawn.id}"
    found = document(paid, **SQUARE)
    assert (found["would"], found["generation"]) == ("replay", drawn.id)
    assert found["estimate"] == found["at_most"] == {"amount": 0.0, "currency": "USD", "basis": "replay"}


def test_a_document_holds_everything(paid: Workspace, canned: Canned) -> None:
    """For programs: the request as it would go, its cost, and what budgets leave."""
    found = document(paid, **SQUARE)

    assert found == {
        "route": "paid", "owner": "paid", "base_url": canned.url, "dialect": "images", "endpoint": "/images/generations",
        "model": "gpt-image-2", "main_model": None, "stream": False, "would": "ask", "generation": None,
        "estimate": {"amount": 0.006, "currency": "USD", "basis": "estimate"},
        "at_most": {"amount": 0.006, "currency": "USD", "basis": "estimate"},
        "budgets": [], "parameters": {"size": "1024x1024", "quality": "low"}, "warnings": [],
        "fingerprint": paid.request("a fox", **SQUARE).fingerprint(), "prompt": "a fox",
    }  # fmt: skip


def test_budgets_are_shown_with_what_is_left(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """And a request that would pass one is said to fail."""
    answer(canned, usage={"output_tokens": 1000})
    workspace = open_workspace(**openai_like(canned), budget=("0.05",))
    run(workspace, "an owl", **SQUARE)

    assert said(workspace, **SQUARE)["budget"] == "0.05 USD per session: 0.03 USD spent, 0.02 USD left"
    found = document(workspace, **SQUARE)
    assert found["budgets"] == [{"per": "session", "currency": "USD", "amount": 0.05, "spent": 0.03, "left": 0.02}]
    assert found["would"] == "fail"
    assert "leaves 0.02 USD, and this may cost 0.03 USD" in found["warnings"][0]


def test_a_dry_run_sends_and_records_nothing(paid: Workspace, canned: Canned) -> None:
    """However often it is made."""
    said(paid, **SQUARE)
    document(paid, **SQUARE)

    assert (canned.requests, len(paid.library)) == ([], 0)


def test_mode_replay_without_an_answer_would_fail(paid: Workspace) -> None:
    """Nothing is asked in that mode."""
    assert document(paid, mode="replay", **SQUARE)["would"] == "fail"


def test_a_request_that_cannot_be_sent_fails_in_a_dry_run_too(paid: Workspace) -> None:
    """With the same error."""
    with pytest.raises(RequestInvalid):
        said(paid, size="7x7")


def test_a_conversation_names_its_main_model(paid: Workspace) -> None:
    """Two models are paid for."""
    assert said(paid, via="responses", **SQUARE)["model"] == "gpt-image-2, led by gpt-5.5"


def on_the_engine(workspace: Workspace, **params: Any) -> tuple[str, Order]:
    order = workspace.order(workspace.request("a fox in the snow", size="1024x640", **params))
    return dry_run(workspace.service.outlook(order)), order


def test_it_says_where_the_request_would_go_and_what_it_asks(workspace: Workspace) -> None:
    """Route, model, cost, parameters, identity and prompt, a line each."""
    text, order = on_the_engine(workspace, quality="low")

    rows = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert rows["route"].startswith("local")
    assert rows["would"].startswith("ask")
    assert '"quality": "low"' in rows["parameters"]
    assert rows["fingerprint"] == order.request.fingerprint()
    assert rows["prompt"] == "a fox in the snow"


def test_it_says_what_would_be_replayed(workspace: Workspace) -> None:
    """A stored answer costs nothing."""
    _, order = on_the_engine(workspace)
    *_, last = workspace.run(order)

    text, _ = on_the_engine(workspace)

    assert f"replay {last.generation.id}" in text
    assert "nothing: it is in the library" in text
