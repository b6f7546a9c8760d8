"""What a provider had said before it failed, was left or was interrupted is in the record, and so is what may be billed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from imgnb.errors import AssetNotFound, Cancelled, NotFound, ProtocolBroken, ProviderError
from imgnb.events import Cancel, Failed, Partial, TextDelta
from imgnb.providers.local_api.faults import Faults

from ..conftest import OpenWorkspace
from ..providers.test_routes import picture
from ..servers import Canned, Watched
from .runs import SMALL, column, done, failed, run
from .test_conversations import say

JSON = {"content-type": "application/json", "x-request-id": "req_1"}
USAGE = {"input_tokens": 9000, "output_tokens": 20, "total_tokens": 9020}
SPEAKS = {"also_speaks": ["responses"]}


def openai_like(canned: Canned, **table: Any) -> dict[str, Any]:
    return {"routes": {"test": {"base_url": canned.url, **SPEAKS, **table}}, "route": "test"}


@pytest.mark.parametrize("via", ["images", "responses"])
def test_asking_again_after_partials_says_that_it_may_cost_twice(
    open_workspace: OpenWorkspace, watched: Watched, via: str
) -> None:
    """A stream that fails behind its partials is asked for again, and the record says that the first may be billed too."""
    watched.real = True
    watched.app.api.faults = Faults("error_event*1")

    generation = done(say(open_workspace(watched.url), "a red fox", via=via, stream=True, partial_images=1))

    assert len(generation.attempts) == 2
    assert any("may be billed too" in note for note in generation.notes)


def test_a_gateways_timeout_may_have_been_billed(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A proxy that gave up on the server behind it says nothing of what that server drew."""
    canned.answers["/images/generations"] = (504, {}, b"gateway timeout")

    _, generation = failed(run(open_workspace(**openai_like(canned), attempts=2)))

    assert generation.billing_note
    assert any("may be billed too" in note for note in generation.notes)


def test_an_incomplete_answer_keeps_what_it_counted(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """Tokens, ids and the model of an answer that brought no picture are in its record."""
    answer = {"id": "resp_1", "object": "response", "status": "incomplete", "model": "gpt-5.5-x", "output": []}
    answer |= {"incomplete_details": {"reason": "max_output_tokens"}, "usage": USAGE}
    canned.answers["/responses"] = (200, JSON, json.dumps(answer).encode())

    _, generation = failed(say(open_workspace(**openai_like(canned)), "a red fox"))

    assert (generation.response_id, generation.request_id, generation.http_status) == ("resp_1", "req_1", 200)
    assert generation.usage == USAGE
    assert generation.seconds_to_first_byte is not None
    assert generation.effective["main_model"] == "gpt-5.5-x"


def test_partials_are_counted_though_nobody_looks(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """What a cut stream had brought is counted also without a viewer."""
    watched.app.api.faults = Faults("cut")

    _, generation = failed(run(open_workspace(watched.url, attempts=1), stream=True, partial_images=2))

    assert generation.partials_received == 2
    assert generation.seconds_to_first_partial is not None


def test_an_interrupted_answer_keeps_its_ids(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """After an interrupt the record still says which answer it was, so that it can be found at the provider."""
    watched.real = True
    workspace = open_workspace(watched.url, fault="slow=0.2")
    request = workspace.request("a red fox", stream=True, partial_images=2, **SMALL)
    cancel = Cancel()

    events = []
    for event in workspace.run(workspace.order(request, via="responses", previews=True), cancel):
        events.append(event)
        if isinstance(event, Partial):
            cancel.cancel()

    last = events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, Cancelled)
    assert last.generation.response_id.startswith("resp_")
    assert (last.generation.http_status, last.generation.partials_received) == (200, 1)
    assert last.generation.request_id
    assert last.generation.billing_note


def test_a_lost_link_does_not_hide_the_answer(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """The answer was good, the link was not: status, id, tokens and rewritten prompt are the answer's."""
    answer = {"data": [{"url": f"{canned.url}/gone.png", "revised_prompt": "a very red fox"}], "usage": USAGE}
    canned.answers["/images/generations"] = (200, JSON, json.dumps(answer).encode())
    canned.answers["/gone.png"] = (403, {"x-request-id": "cdn"}, b"")

    error, generation = failed(run(open_workspace(**openai_like(canned))))

    assert isinstance(error, ProtocolBroken)
    assert (generation.http_status, generation.request_id) == (200, "req_1")
    assert [(item.status, item.request_id) for item in generation.attempts] == [(200, "req_1")]
    assert (generation.usage, generation.revised_prompt) == (USAGE, "a very red fox")
    assert f"not fetched: {canned.url}/gone.png" in generation.notes


def test_what_is_no_text_is_no_fact(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """Sizes that are lists, and the like, do not get into records."""
    answer = {"size": [1], "quality": {"a": 1}, "data": [{"b64_json": "bm8gcGljdHVyZQ=="}]}
    canned.answers["/images/generations"] = (200, JSON, json.dumps(answer).encode())

    _, generation = failed(run(open_workspace(**openai_like(canned))))

    assert set(generation.effective) <= {"n", "output_format", "size"}
    assert all(isinstance(value, str | int) for value in generation.effective.values())


def test_text_comes_without_the_key(
    open_workspace: OpenWorkspace, canned: Canned, clean_environment: pytest.MonkeyPatch
) -> None:
    """A server that repeats the key in its words is not repeated."""
    clean_environment.setenv("MY_KEY", "sk-of-nobody-0123456789")
    delta = {"type": "response.output_text.delta", "delta": "your key is sk-of-nobody-0123456789\x1b[31m"}
    ending = {"type": "response.completed", "response": {"id": "r", "object": "response", "output": []}}
    body = "".join(f"data: {json.dumps(document)}\n\n" for document in (delta, ending))
    canned.answers["/responses"] = (200, {"content-type": "text/event-stream"}, body.encode())
    workspace = open_workspace(**openai_like(canned, key_env="MY_KEY"))

    events = say(workspace, "hello", converse=True, stream=True)

    assert [event.text for event in events if isinstance(event, TextDelta)] == ["your key is *** [31m"]
    assert done(events).text == "your key is *** [31m"


def test_an_upload_that_fails_is_no_drawing_that_failed(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """The attempt says that it was the Files API, and nothing is said of a bill."""
    canned.answers["/files"] = (504, {}, b"")
    workspace = open_workspace(**openai_like(canned, files=True), attempts=2)
    request = workspace.request("a fox", images=[picture()], **SMALL)

    error, generation = failed(list(workspace.run(workspace.order(request, via="responses", image_input="file"))))

    assert isinstance(error, ProviderError)
    assert [item.endpoint for item in generation.attempts] == ["/files"] * 2
    assert (generation.billing_note, generation.notes) == (None, ())


def test_files_are_not_shared_between_accounts(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Two routes to one server have each an account, and its files."""
    routes = {name: {"base_url": watched.url, "files": True, **SPEAKS} for name in ("work", "home")}
    workspace = open_workspace(routes=routes, route="work")

    for route in ("work", "home", "work"):
        request = workspace.request("a fox", images=[picture()], **SMALL)
        order = workspace.order(request, via="responses", image_input="file", route=route, mode="live")
        done(list(workspace.run(order)))

    paths = [request.path for request in watched.requests]
    assert paths == ["/v1/files", "/v1/responses", "/v1/files", "/v1/responses", "/v1/responses"]


def test_a_missing_file_elsewhere_is_just_not_found(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """Where no file was named, a 404 that speaks of files is not taken for a forgotten upload."""
    canned.answers["/images/generations"] = (404, {}, b'{"error": {"message": "404 File not found."}}')

    error, generation = failed(run(open_workspace(**openai_like(canned))))

    assert isinstance(error, NotFound)
    assert (len(generation.attempts), generation.notes) == (1, ())


def test_a_turn_whose_picture_is_gone_says_so(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Where the bytes would have to be sent again and are not there, nothing is sent, and the way out is named."""
    watched.real = True
    workspace = open_workspace(watched.url)
    first = done(say(workspace, "a red fox"))
    first.asset.path.unlink()
    watched.app.api.faults = Faults("forgotten,forgotten_calls")

    error, _ = failed(say(workspace, "at night", first))

    assert isinstance(error, AssetNotFound)
    assert "blobs" in error.hint


def test_what_stays_behind_of_a_killed_call_may_be_billed(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """A run that its process did not survive had asked somebody who bills."""
    from imgnb.library.filing import file

    workspace = open_workspace(watched.url)
    request = workspace.request("a fox", **SMALL)
    run_of = workspace.run(workspace.order(request))
    watched.gate.clear()
    started = next(run_of)
    for _ in range(2):
        next(run_of)
    store = workspace.library._store
    with store.database.writing() as connection:
        file(connection, started.generation_id, None, [])
    watched.gate.set()

    found = workspace.library.generation(f"@{started.generation_id}")
    assert (found.status, bool(found.billing_note)) == ("interrupted", True)
    run_of.close()


def test_extras_go_where_parameters_are_few(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """`-p` sends what it says, also to a route that takes little; a parameter that is known and not taken is refused."""
    workspace = open_workspace(watched.url.replace("/v1", "/laozhang/v1"))
    request = workspace.request("a fox", extras={"temperature": 0})

    generation = done(list(workspace.run(workspace.order(request, via="chat"))))

    assert json.loads(watched.requests[0].body)["temperature"] == 0
    assert any("temperature" in note for note in generation.notes)
    assert column(workspace.library.path, "dialect") == ["chat"]


def test_a_picture_in_a_data_link_is_a_picture(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """What such a link holds is stored; the link itself, which may be megabytes, is not recorded beside it."""
    link = "data:image/png;base64," + base64.b64encode(picture()).decode()
    canned.answers["/images/generations"] = (200, JSON, json.dumps({"data": [{"url": link}]}).encode())

    generation = done(run(open_workspace(**openai_like(canned))))

    assert generation.asset.bytes == picture()
    assert generation.asset.url is None
    assert "base64" not in json.dumps(generation.to_dict())
