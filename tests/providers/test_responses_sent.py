"""What leaves for the Responses and Files APIs, held against the SDK's own parameter types."""

from __future__ import annotations

import base64
import json
from typing import Any, get_type_hints

import pytest
from openai.types.responses import response_create_params
from openai.types.responses.easy_input_message_param import EasyInputMessageParam
from openai.types.responses.response_input_image_param import ResponseInputImageParam
from openai.types.responses.response_input_text_param import ResponseInputTextParam
from openai.types.responses.tool_choice_types_param import ToolChoiceTypesParam
from openai.types.responses.tool_param import ImageGeneration
from pydantic import TypeAdapter

from imgnb.errors import RequestInvalid
from imgnb.providers.local_api.faults import Faults
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..generation.runs import SMALL, done, failed, run
from ..servers import Watched
from .test_routes import mask_picture, picture, posted

SPEAKS = {"also_speaks": ["responses"]}
CREATE = {
    False: response_create_params.ResponseCreateParamsNonStreaming,
    True: response_create_params.ResponseCreateParamsStreaming,
}


def responses(workspace: Workspace, prompt: str = "a red fox", **options: Any) -> list[Any]:
    """The events of a small picture over the Responses API."""
    ours = {name: options.pop(name) for name in ("mode", "image_input", "previews") if name in options}
    request = workspace.request(prompt, **{**SMALL, **options})
    return list(workspace.run(workspace.order(request, via="responses", **ours)))


def typed(value: dict[str, Any], kind: type) -> None:
    """Every name is one of the type's, with a value of the type that it has there, and none that is required is left out."""
    hints = get_type_hints(kind)
    assert kind.__required_keys__ <= value.keys() <= hints.keys(), value.keys() ^ hints.keys()
    for name, item in value.items():
        TypeAdapter(hints[name]).validate_python(item, strict=True)


def check_body(body: dict[str, Any], stream: bool) -> None:
    """The body is what the SDK's `responses.create` takes, down to its tool and messages."""
    assert body.keys() <= get_type_hints(CREATE[stream]).keys()
    for tool in body["tools"]:
        typed(tool, ImageGeneration)
    if "tool_choice" in body:
        typed(body["tool_choice"], ToolChoiceTypesParam)
    for message in body["input"] if isinstance(body["input"], list) else ():
        if message.get("type") == "image_generation_call":
            assert message.keys() == {"type", "id"}  # as OpenAI's guide sends it
            continue
        assert EasyInputMessageParam.__required_keys__ <= message.keys()
        for part in message["content"] if isinstance(message["content"], list) else ():
            typed(part, {"input_text": ResponseInputTextParam, "input_image": ResponseInputImageParam}[part["type"]])


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"background": "opaque", "moderation": "low", "action": "generate", "safety_identifier": "s"},
        {"output_format": "webp", "output_compression": 30, "main_model": "gpt-5.4", "user": "u"},
        {"model": "gpt-image-2.6-flare", "complexity": "low"},
    ],
    ids=["least", "some", "webp", "newer"],
)
def test_a_picture_is_asked_for_as_the_sdk_would(
    open_workspace: OpenWorkspace, watched: Watched, given: dict[str, Any], stream: bool
) -> None:
    """The main model leads, the image model is the tool's, the tool is forced, and nothing goes that was not asked for."""
    done(responses(open_workspace(watched.url), **given, stream=stream or None, partial_images=2 if stream else None))

    (request,) = watched.requests
    body = json.loads(request.body)
    check_body(body, stream)
    outer = {name: given[name] for name in ("safety_identifier", "user") if name in given}
    inner = {name: value for name, value in given.items() if name not in (*outer, "main_model", "model")}
    tool = {"type": "image_generation", "model": given.get("model", "gpt-image-2"), **SMALL, **inner}
    assert request.path == "/v1/responses"
    assert body == {
        "model": given.get("main_model", "gpt-5.5"),
        "input": "a red fox",
        "tools": [tool | ({"partial_images": 2} if stream else {})],
        "tool_choice": {"type": "image_generation"},
        **outer,
        **({"stream": True} if stream else {}),
    }


def test_in_a_conversation_the_main_model_decides(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Nothing forces the tool there."""
    done(responses(open_workspace(watched.url), "what is a fox?", converse=True))

    body = json.loads(watched.requests[0].body)
    check_body(body, False)
    assert "tool_choice" not in body


def test_pictures_go_as_data_with_the_mask_in_the_tool(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """References are `input_image` parts behind the prompt, bytes untouched; a mask is the tool's."""
    base, other, mask = picture(), picture(shade=9), mask_picture()

    done(responses(open_workspace(watched.url), images=[base, other], mask=mask))

    body = json.loads(watched.requests[0].body)
    check_body(body, False)
    ((message,), (tool,)) = (body["input"], body["tools"])
    text, *images = message["content"]
    assert text == {"type": "input_text", "text": "a red fox"}
    links = [*(part["image_url"] for part in images), tool["input_image_mask"]["image_url"]]
    assert [base64.b64decode(link.removeprefix("data:image/png;base64,")) for link in links] == [base, other, mask]


def test_a_file_is_sent_once_and_named_from_then_on(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """With image_input "file" a picture goes to the Files API the first time, and only its id afterwards."""
    base, mask = picture(), mask_picture()
    workspace = open_workspace(watched.url, routes={"test": {**SPEAKS, "base_url": watched.url, "files": True}})

    done(responses(workspace, "one", images=[base], mask=mask, image_input="file"))
    workspace.close()
    again = open_workspace(watched.url, routes={"test": {**SPEAKS, "base_url": watched.url, "files": True}})
    done(responses(again, "two", images=[base, picture(shade=9)], image_input="file"))

    uploads = [request for request in watched.requests if request.path == "/v1/files"]
    bodies = [json.loads(request.body) for request in watched.requests if request.path == "/v1/responses"]
    assert [request.field_names for request in uploads] == [["purpose", "file"]] * 3
    assert all(b"vision" in request.body for request in uploads)
    ids = [[part["file_id"] for part in body["input"][0]["content"][1:]] for body in bodies]
    assert ids[0][0] == ids[1][0] != ids[1][1]
    assert bodies[0]["tools"][0]["input_image_mask"]["file_id"] not in ids[0]
    for body in bodies:
        check_body(body, False)


def test_a_file_that_the_server_lost_is_sent_again(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Where the server no longer knows a file's id, the picture is sent once more, and the record says so."""
    base = picture()
    route = {**SPEAKS, "base_url": watched.url, "files": True}
    done(responses(open_workspace(watched.url, routes={"test": route}), "one", images=[base], image_input="file"))
    watched.app.api.faults = Faults("forgotten_files*1")

    generation = done(responses(open_workspace(watched.url, routes={"test": route}), "two", images=[base], image_input="file"))  # fmt: skip

    assert [item.retry_reason for item in generation.attempts] == [None, "file"]
    assert any("no longer has a file" in note for note in generation.notes)
    assert len([request for request in watched.requests if request.path == "/v1/files"]) == 2


def test_a_route_without_files_says_so(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """What cannot be uploaded is not, and the way out is named."""
    error, _ = failed(responses(open_workspace(watched.url), images=[picture()], image_input="file"))

    assert "Files API" in error.message
    assert posted(watched) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"main_model": "gpt-image-2"}, "cannot lead a conversation"),
        ({"main_model": "gpt-image-2.6-flare"}, "cannot lead a conversation"),
        ({"action": "edit"}, "needs a picture"),
        ({"n": 2}, "has no n"),
        ({"images": [picture()], "markup": picture(alpha=True)}, "markup"),
    ],
    ids=["image model", "newer image model", "edit without a picture", "several", "markup"],
)
def test_what_the_protocol_does_not_have_is_not_sent(
    open_workspace: OpenWorkspace, watched: Watched, asked: dict[str, Any], said: str
) -> None:
    """Refused before sending, with the reason and the way out."""
    error, generation = failed(responses(open_workspace(watched.url), **asked))

    assert isinstance(error, RequestInvalid)
    assert said in error.message
    assert error.hint
    assert generation.error_kind == "validation"
    assert watched.requests == []


@pytest.mark.parametrize("asked", [{"main_model": "gpt-5.5"}, {"action": "edit"}, {"converse": True}], ids=str)
def test_what_only_conversations_have_is_refused_elsewhere(
    open_workspace: OpenWorkspace, watched: Watched, asked: dict[str, Any]
) -> None:
    """Over the Images API a main model or an action would be lost without a word."""
    table = {"test": {"base_url": watched.url, "also_speaks": []}}

    error, _ = failed(run(open_workspace(watched.url, routes=table), **asked))

    assert "Responses API" in error.message
    assert watched.requests == []
