"""Going on from an earlier answer: by its id, by its picture's, by sending it all again; and what the record says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imgnb.errors import AssetNotFound, ConfigInvalid, PolicyRefused, ProviderError, RequestInvalid, RequestRefused
from imgnb.events import Failed, Replayed, TextDelta
from imgnb.providers.local_api.faults import Faults
from imgnb.records import Generation
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..servers import Watched
from .runs import SMALL, done, failed, run

WAYS = ["previous_response_id", "image_generation_call", "upload"]


def say(workspace: Workspace, prompt: str, continues: Any = None, **options: Any) -> list[Any]:
    """The events of a turn, in which a small picture is asked for."""
    ours = {name: options.pop(name) for name in ("route", "mode", "previews", "via", "name") if name in options}
    request = workspace.request(prompt, continues=continues, **{**SMALL, **options})
    return list(workspace.run(workspace.order(request, **{"via": "responses", **ours})))


def bodies(watched: Watched) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in watched.requests]


def without_links(body: Any) -> Any:
    """The body with data URLs cut short."""
    if isinstance(body, dict):
        return {key: without_links(value) for key, value in body.items()}
    if isinstance(body, list):
        return [without_links(value) for value in body]
    return body[:22] if isinstance(body, str) and body.startswith("data:") else body


def test_a_conversation_goes_on_by_the_answers_id(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """The server is told which of its answers is meant, and nothing is sent again."""
    workspace = open_workspace(watched.url)
    first = done(say(workspace, "a red fox"))

    second = done(say(workspace, "now at night", first))

    _, sent = bodies(watched)
    assert (sent["previous_response_id"], sent["input"]) == (first.response_id, "now at night")
    assert (second.continues, second.continued_by) == (first.id, "previous_response_id")
    assert second.response_id not in (None, first.response_id)
    assert second.asset.sha256 != first.asset.sha256
    assert second.notes == ()


def test_turns_are_a_tree(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Any earlier turn can be gone on from, again and in parallel, and the chain of each is what led to it."""
    workspace = open_workspace(watched.url)
    root = done(say(workspace, "a red fox"))
    night = done(say(workspace, "at night", root))
    day = done(say(workspace, "at noon", root))
    moon = done(say(workspace, "with a moon", night))

    assert [generation.continues for generation in (night, day, moon)] == [root.id, root.id, night.id]
    assert [turn.prompt for turn in workspace.library.turn(moon).chain()] == ["a red fox", "at night", "with a moon"]
    assert len({generation.fingerprint for generation in (root, night, day, moon)}) == 4


def test_a_turn_can_be_named(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A picture's name, a generation's id, and "last" say which turn is meant; what is not there is said."""
    workspace = open_workspace(watched.url)
    first = done(say(workspace, "a red fox", name="hero"))
    done(say(workspace, "at night", first))

    by_name = done(say(workspace, "one", "@hero"))
    by_id = done(say(workspace, "two", f"@{first.id}"))
    by_last = done(say(workspace, "three", "last"))

    assert (by_name.continues, by_id.continues, by_last.continues) == (first.id, first.id, by_id.id)
    with pytest.raises(AssetNotFound):
        workspace.request("x", continues="@nobody")


def test_last_is_the_newest_turn_of_the_library_at_first(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """In a new kernel "last" is the newest conversation's, not a picture of the Images API; without one it is refused."""
    workspace = open_workspace(watched.url)
    with pytest.raises(RequestInvalid, match="no conversation"):
        workspace.request("x", continues="last")
    first = done(say(workspace, "a red fox"))
    done(run(workspace, "an owl"))
    workspace.close()

    second = done(say(open_workspace(watched.url), "at night", "last"))

    assert second.continues == first.id


def test_running_all_again_is_free(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """The same turns in the same order are replayed, "last" included, without a request."""
    watched.real = True

    for _ in range(2):
        workspace = open_workspace(watched.url)
        events = [*say(workspace, "a red fox"), *say(workspace, "at night", "last"), *say(workspace, "larger", "last")]
        workspace.close()

    assert [type(event) for event in events] == [Replayed] * 3
    assert len(watched.requests) == 3


@pytest.mark.parametrize(
    ("faults", "ways"),
    [
        ("forgotten*1", WAYS[:2]),
        ("forgotten*1,forgotten_calls*2", WAYS),
    ],
    ids=["answer forgotten", "picture forgotten too"],
)
def test_a_server_that_has_forgotten_is_reminded(
    open_workspace: OpenWorkspace, watched: Watched, faults: str, ways: list[str]
) -> None:
    """A forgotten answer is named by its picture's call, a forgotten call is sent again, and the record says which."""
    workspace = open_workspace(watched.url)
    first = done(say(workspace, "a red fox"))
    watched.app.api.faults = Faults(faults)

    second = done(say(workspace, "at night", first))

    assert second.continued_by == ways[-1]
    assert [item.retry_reason for item in second.attempts] == [None, *["turn"] * (len(ways) - 1)]
    assert [item.status for item in second.attempts] == [*[404] * (len(ways) - 1), 200]
    assert len([note for note in second.notes if "has forgotten the turn" in note]) == len(ways) - 1
    sent = bodies(watched)[1:]
    assert [body.get("previous_response_id") for body in sent] == [first.response_id, *[None] * (len(ways) - 1)]
    user = {"role": "user", "content": [{"type": "input_text", "text": "at night"}]}
    assert sent[1]["input"] == [user, {"type": "image_generation_call", "id": first.asset.call_id}]
    if len(ways) == 3:
        picture = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,"}
        earlier = {"role": "user", "content": "a red fox"}
        again = {"role": "user", "content": [{"type": "input_text", "text": "at night"}, picture]}
        assert without_links(sent[2]["input"]) == [earlier, again]


def test_what_was_not_to_be_stored_is_not_asked_for(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """After `store: false` the answer's id is not tried; its picture's is, and then the bytes go again."""
    workspace = open_workspace(watched.url)
    first = done(say(workspace, "a red fox", extras={"store": False}))

    second = done(say(workspace, "at night", first))

    assert bodies(watched)[0]["store"] is False
    assert all("previous_response_id" not in body for body in bodies(watched))
    assert second.continued_by == "upload"
    assert [item.status for item in second.attempts] == [404, 200]


def test_another_route_gets_the_pictures(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Ids mean nothing elsewhere: a turn of another route is sent again at once, text and picture."""
    table = {"base_url": watched.url, "also_speaks": ["responses"]}
    workspace = open_workspace(watched.url, routes={"test": table, "other": {**table, "base_url": f"{watched.url}/"}})
    first = done(say(workspace, "a red fox"))

    second = done(say(workspace, "at night", first, route="other"))

    assert (second.continued_by, len(second.attempts)) == ("upload", 1)
    assert second.notes == ("the turn was of route test: other gets its text and pictures",)
    assert first.response_id not in json.dumps(bodies(watched)[1])


def test_a_picture_from_elsewhere_can_be_spoken_of(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A turn of the Images API has no ids; its picture is sent, so that any stored generation can be gone on from."""
    workspace = open_workspace(watched.url)
    first = done(run(workspace, "a red fox"))

    second = done(say(workspace, "at night", first))

    assert (second.continues, second.continued_by) == (first.id, "upload")


def test_a_turn_in_words_is_part_of_the_conversation(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Words alone are an answer, replayed as such; going on from them keeps the picture before them in sight."""
    watched.real = True
    workspace = open_workspace(watched.url)
    drawn = done(say(workspace, "a red fox"))
    words = done(say(workspace, "what is a fox?", drawn, converse=True))
    again = done(say(workspace, "what is a fox?", drawn, converse=True))
    watched.app.api.faults = Faults("forgotten")

    edited = done(say(workspace, "at night", words, action="edit"))

    assert (words.assets, words.status, words.mismatches) == ((), "succeeded", ())
    assert words.text
    assert again.replayed
    assert edited.continued_by == "upload"
    *before, asked = bodies(watched)[-1]["input"]
    assert [message["role"] for message in before] == ["user", "user", "assistant"]
    assert before[-1]["content"] == words.text
    assert asked["content"][1]["type"] == "input_image"


def test_words_in_place_of_a_picture_are_shown_and_asked_again(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Where a picture was asked for, words are an outcome with a mismatch, and the next run asks anew."""
    workspace = open_workspace(watched.url)
    watched.app.api.faults = Faults("text_only*1")

    first = done(say(workspace, "a red fox", name="hero"))
    second = done(say(workspace, "a red fox", name="hero"))

    assert (first.status, first.assets) == ("succeeded", ())
    assert first.text
    assert first.mismatches == ("asked for 1 pictures, got 0",)
    assert (second.replayed, len(second.assets)) == (False, 1)
    assert workspace.library.asset("@hero") == second.asset


def test_words_stream(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Text comes in deltas and is recorded whole, beside the picture and its rewritten prompt."""
    events = say(open_workspace(watched.url), "draw a red fox", converse=True, partial_images=1, stream=True)
    generation = done(events)

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == generation.text
    assert generation.text
    assert generation.revised_prompt
    assert (generation.partials_received, len(generation.assets), generation.streamed) == (1, 1, True)


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_several_pictures_are_all_kept(open_workspace: OpenWorkspace, watched: Watched, stream: bool) -> None:
    """An answer with two calls has two pictures, each with the id of its call."""
    watched.app.api.faults = Faults("two_calls")

    generation = done(say(open_workspace(watched.url), "a red fox", converse=True, stream=stream or None))

    assert len({asset.call_id for asset in generation.assets}) == 2


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("failed_call", ProviderError, None),
        ("blocked_call", PolicyRefused, "moderation_blocked"),
        ("response_failed", ProviderError, None),
        ("incomplete", PolicyRefused, "content_filter"),
        ("error_event", ProviderError, None),
    ],
)
def test_an_answer_that_fails_is_recorded_as_it_failed(
    open_workspace: OpenWorkspace,
    watched: Watched,
    fault: str,
    kind: type[ProviderError],
    code: str | None,
    stream: bool,
) -> None:
    """A failed or blocked call and a failed or incomplete answer end the run with their kind, code and the answer's id."""
    if fault == "error_event" and not stream:
        return
    watched.app.api.faults = Faults(fault)

    error, generation = failed(say(open_workspace(watched.url, attempts=1), "a red fox", stream=stream or None))

    assert isinstance(error, kind)
    assert code in (None, generation.error_code)
    assert generation.response_id
    assert (generation.status, generation.assets) == ("failed", ())
    assert error.hint


def test_a_block_says_what_was_blocked_and_where(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Moderation categories and stage are in the message and the record; it is not sent again."""
    watched.app.api.faults = Faults("blocked_call")

    error, generation = failed(say(open_workspace(watched.url), "a red fox"))

    assert generation.error_details["categories"]
    assert generation.error_details["stage"] == "output"
    assert all(category in error.message for category in generation.error_details["categories"])
    assert len(watched.requests) == 1


def test_a_failure_beside_a_picture_is_a_note(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """The picture that came is what was asked for."""
    watched.app.api.faults = Faults("one_of_two_fails")

    generation = done(say(open_workspace(watched.url), "a red fox"))

    assert len(generation.assets) == 1
    assert any("a call beside the picture failed" in note for note in generation.notes)


@pytest.mark.parametrize("fault", ["unknown_events", "no_item_done", "heartbeats", "crlf", "done", "no_event_names"])
def test_what_is_only_odd_changes_no_byte(open_workspace: OpenWorkspace, watched: Watched, fault: str) -> None:
    """Events of unknown types are passed over and counted; other oddities do not even show."""
    workspace = open_workspace(watched.url)
    plain = done(say(workspace, "a red fox", stream=True, partial_images=1))
    watched.app.api.faults = Faults(fault)

    odd = done(say(workspace, "a red fox", stream=True, partial_images=1, mode="live"))

    assert odd.asset.sha256 == plain.asset.sha256
    assert (odd.unknown_events, plain.unknown_events) == (3 if fault == "unknown_events" else 0, 0)
    assert odd.partials_received == 1


@pytest.mark.parametrize("fault", ["cut", "drop", "bad_base64", "cut_base64"])
def test_a_broken_stream_is_a_failure(open_workspace: OpenWorkspace, watched: Watched, fault: str) -> None:
    """What is cut or garbled on the way is recorded as failed, and may have been billed."""
    watched.real = True
    watched.app.api.faults = Faults(fault)

    error, generation = failed(say(open_workspace(watched.url, attempts=1), "a red fox", stream=True))

    assert error.kind in ("protocol", "connection")
    assert generation.billing_note


def test_only_what_speaks_it_converses(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A route without the Responses API refuses to, naming what it speaks."""
    workspace = open_workspace(watched.url, routes={"test": {"base_url": watched.url}})

    events = say(workspace, "a red fox", via="responses")

    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, ConfigInvalid)
    assert "it speaks images" in events[-1].error.hint


def test_a_conversation_picks_the_dialect_itself(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """What goes on from a turn goes over the Responses API without being told."""
    workspace = open_workspace(watched.url)
    first = done(say(workspace, "a red fox"))
    request = workspace.request("at night", continues=first, **SMALL)

    assert workspace.service.plan(workspace.order(request)).dialect == "responses"


def test_via_asks_for_answers_of_that_way(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """With `via` named only answers that came so are replayed; without, any is."""
    watched.real = True
    workspace = open_workspace(watched.url)
    images = done(run(workspace, "a red fox"))

    conversed = done(say(workspace, "a red fox"))
    either = done(run(workspace, "a red fox"))

    assert (conversed.replayed, conversed.dialect) == (False, "responses")
    assert either.replayed
    assert either.id == conversed.id != images.id


def test_a_forgetful_engine_is_reminded_after_a_restart(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """The embedded engine knows no turn of an earlier process; the conversation goes on all the same."""
    workspace = open_workspace()
    first = done(say(workspace, "a red fox"))
    workspace.close()

    second = done(say(open_workspace(), "at night", f"@{first.id}"))

    assert second.continued_by == "upload"


def parents(generation: Generation, workspace: Workspace) -> list[str]:
    return [turn.generation_id for turn in workspace.library.turn(generation).chain()]


def test_a_stored_turn_keeps_its_identity(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """The request that a turn recorded has the fingerprint that it had."""
    workspace = open_workspace(watched.url)
    second = done(say(workspace, "at night", done(say(workspace, "a red fox"))))

    assert workspace.library.stored_request(second).fingerprint() == second.fingerprint
    assert len(parents(second, workspace)) == 2


def test_refusals_are_not_taken_for_forgetting(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A moderation refusal in a conversation ends it at once."""
    workspace = open_workspace(watched.url)
    first = done(say(workspace, "a red fox"))
    watched.app.api.faults = Faults("moderation")

    error, generation = failed(say(workspace, "at night", first))

    assert not isinstance(error, RequestRefused)
    assert len(generation.attempts) == 1
