"""Other routes where one fails, the time that all of it may take, and what is not tried again."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from imgnb.errors import BillingRefused, ConfigInvalid, KeyRefused, PolicyRefused, ProviderTimeout, RateLimited
from imgnb.events import Failed
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..servers import Canned, Watched
from .runs import SMALL, done, failed, run

KEYS = ("route", "base_url", "error_kind", "retry_reason")


def two_routes(watched: Watched, fault: str, **other: Any) -> dict[str, Any]:
    """A first route that fails in a way, and a second that answers."""
    first = {"base_url": watched.url, "headers": {"x-imgnb-fault": fault}}
    return {"first": first, "second": {"base_url": watched.url, "owner": "somebody else", **other}}


def ask(workspace: Workspace, prompt: str = "a red fox", fallback: Any = "second", **options: Any) -> list[Any]:
    request = workspace.request(prompt, **{**SMALL, **options})
    return list(workspace.run(workspace.order(request, route="first", fallback=fallback)))


@pytest.mark.parametrize(
    ("fault", "kind", "attempts"),
    [
        ("server_error", "server", 3),
        ("rate_limit=0", "rate_limit", 3),
        ("unauthorized", "auth", 1),
        ("payment", "billing", 1),
        ("not_found", "not_found", 1),
        ("html", "protocol", 1),
        ("cut", "protocol", 1),
    ],
)
def test_another_route_stands_in(
    open_workspace: OpenWorkspace, watched: Watched, fault: str, kind: str, attempts: int
) -> None:
    """What may be the route's own fault is tried elsewhere; one record holds every attempt and says who answered."""
    watched.real = True
    workspace = open_workspace(routes=two_routes(watched, fault), route="first")

    generation = done(ask(workspace))

    assert [item.route for item in generation.attempts] == [*["first"] * attempts, "second"]
    assert [item.error_kind for item in generation.attempts] == [*[kind] * attempts, None]
    assert (generation.route, generation.route_owner) == ("second", "somebody else")
    assert any(f"route first failed ({kind}); went to second" in note for note in generation.notes)
    assert any("may have billed" in note for note in generation.notes) == (fault in ("html", "cut"))


def test_the_answer_of_a_fallback_is_replayed(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """The same cell again is answered by what the other route drew."""
    watched.real = True
    workspace = open_workspace(routes=two_routes(watched, "server_error"), route="first")

    first, second = done(ask(workspace)), done(ask(workspace))

    assert second.replayed
    assert second.id == first.id
    assert len(watched.requests) == 4


@pytest.mark.parametrize("fault", ["moderation"])
def test_a_refusal_of_what_is_asked_is_final(open_workspace: OpenWorkspace, watched: Watched, fault: str) -> None:
    """What one provider's moderation refused is not carried to another."""
    workspace = open_workspace(routes=two_routes(watched, fault), route="first")

    error, generation = failed(ask(workspace))

    assert isinstance(error, PolicyRefused)
    assert [item.route for item in generation.attempts] == ["first"]


def test_a_picture_that_came_is_not_asked_for_elsewhere(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Once a picture has arrived whole, the run's failure is final, and the picture stays."""
    workspace = open_workspace(routes=two_routes(watched, "cut"), route="first")

    _, generation = failed(ask(workspace, n=2))

    assert (len(generation.assets), {item.route for item in generation.attempts}) == (1, {"first"})


def test_routes_are_tried_in_turn(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Several fallbacks in one option, in their order; the last error is the run's."""
    routes = two_routes(watched, "payment")
    routes["third"] = {**routes["first"], "headers": {"x-imgnb-fault": "unauthorized"}}
    workspace = open_workspace(routes=routes, route="first")

    error, generation = failed(ask(workspace, fallback="first, third"))

    assert isinstance(error, KeyRefused)
    assert [item.route for item in generation.attempts] == ["first", "third"]
    assert generation.route == "third"


def test_a_fallback_that_cannot_take_the_request_is_left_out(
    open_workspace: OpenWorkspace, watched: Watched, clean_environment: pytest.MonkeyPatch
) -> None:
    """A stand-in whose rules forbid the request, or whose key is missing, is noted before and never asked."""
    routes = two_routes(watched, "payment", takes=["model", "size"])
    routes["third"] = {"base_url": watched.url, "key_env": "THIRD_KEY"}
    workspace = open_workspace(routes=routes, route="first")

    error, generation = failed(ask(workspace, fallback=["second", "third"]))

    assert isinstance(error, BillingRefused)
    assert [note.partition(":")[0] for note in generation.notes] == [
        "route second cannot stand in",
        "route third cannot stand in",
    ]


def test_an_unknown_fallback_is_said_at_once(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A misspelt name is not found out when it is needed."""
    events = ask(open_workspace(routes=two_routes(watched, "payment"), route="first"), fallback="secnd")

    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, ConfigInvalid)
    assert "second" in events[-1].error.hint
    assert watched.requests == []


def test_a_conversation_finds_its_way_on_another_route(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Where the stand-in knows nothing of the turn, it is sent again there."""
    watched.real = True
    speaks = {"also_speaks": ["responses"]}
    routes = {name: {**table, **speaks} for name, table in two_routes(watched, "payment*1").items()}
    workspace = open_workspace(routes=routes, route="second")
    request = workspace.request("a red fox", **SMALL)
    first = done(list(workspace.run(workspace.order(request, via="responses", route="second"))))

    second = done(ask(workspace, "at night", continues=first))

    assert [item.route for item in second.attempts] == ["first", "second"]
    assert (second.route, second.continued_by) == ("second", "previous_response_id")


@pytest.mark.parametrize("wait", ["31536000", formatdate(2_000_000_000, usegmt=True)], ids=["seconds", "date"])
def test_nobody_waits_a_year(open_workspace: OpenWorkspace, canned: Canned, wait: str) -> None:
    """A Retry-After beyond all patience ends the run at once, and the advice says how long it would have been."""
    canned.answers["/v1/images/generations"] = (429, {"retry-after": wait}, b'{"error": {"message": "slow down"}}')

    error, generation = failed(run(open_workspace(f"{canned.url}/v1")))

    assert isinstance(error, RateLimited)
    assert "days" in error.hint
    assert "--fallback" in error.hint
    assert len(generation.attempts) == 1


def test_all_attempts_share_one_deadline(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """What silence of a first attempt has used up is not given to a second."""
    workspace = open_workspace(watched.url, fault="silent=30", total_timeout=0.3, attempts=5)

    error, generation = failed(run(workspace))

    assert isinstance(error, ProviderTimeout)
    assert len(generation.attempts) == 1
    assert generation.billing_note


def test_money_and_keys_have_advice_of_their_own(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A wrong key and an empty balance are told apart, each with the way out."""
    key, _ = failed(run(open_workspace(watched.url, fault="unauthorized")))
    money, _ = failed(run(open_workspace(watched.url, fault="payment")))

    assert (type(key), type(money)) == (KeyRefused, BillingRefused)
    assert "key" in key.hint
    assert "credit" in money.hint
    assert key.hint != money.hint


def test_a_stand_in_must_speak_what_was_named(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """With `via` named, a route that does not speak it is left out: its answer would not be replayed."""
    routes = two_routes(watched, "unauthorized")
    routes["first"]["also_speaks"] = ["responses"]
    workspace = open_workspace(routes=routes, route="first")
    request = workspace.request("a red fox", **SMALL)

    order = workspace.order(request, route="first", fallback="second", via="responses")
    error, generation = failed(list(workspace.run(order)))

    assert isinstance(error, KeyRefused)
    assert any("second cannot stand in" in note for note in generation.notes)


def test_a_silent_route_leaves_time_for_the_next(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Each route has its share of the time that all of it may take."""
    watched.real = True
    workspace = open_workspace(routes=two_routes(watched, "silent=30"), route="first", total_timeout=4.0)

    generation = done(ask(workspace))

    assert [item.route for item in generation.attempts] == ["first", "second"]


def test_addresses_are_tried_in_a_round(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """An address that was left for another is tried again when that one cannot be reached."""
    closed = "http://127.0.0.1:9/v1"
    table = {"base_url": watched.url, "fallback_base_urls": [closed]}
    workspace = open_workspace(routes={"first": table}, route="first")
    workspace.service.tools.reached["first"] = closed

    generation = done(ask(workspace, fallback=None))

    assert [item.base_url for item in generation.attempts] == [closed, watched.url]


def test_a_conversation_stays_with_its_route(
    open_workspace: OpenWorkspace, watched: Watched, clean_environment: pytest.MonkeyPatch
) -> None:
    """Without `--route` a turn goes where the conversation was, not to the first route whose key is there."""
    speaks = {"base_url": watched.url, "also_speaks": ["responses"]}
    clean_environment.setenv("OPENAI_API_KEY", "sk-of-nobody")
    workspace = open_workspace(routes={"mine": speaks, "other": speaks}, route="other")
    request = workspace.request("a red fox", **SMALL)
    first = done(list(workspace.run(workspace.order(request, via="responses", route="mine"))))

    request = workspace.request("at night", continues=first, **SMALL)
    second = done(list(workspace.run(workspace.order(request))))

    assert (second.route, second.continued_by, second.notes) == ("mine", "previous_response_id", ())
