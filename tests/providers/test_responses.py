"""The official SDK as a client of the Responses API of `imgnb serve-local`: conversations, calls of the tool, and faults."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.responses import (
    Response,
    ResponseErrorEvent,
    ResponseOutputItemDoneEvent,
    ResponseStreamEvent,
)
from pydantic import TypeAdapter

from imgnb.providers.local_api.faults import OF_RESPONSES
from imgnb.providers.local_engine import Sketch, draw

from .sdk import encoded, faulty, left_over, picture_file, size_of, strictly

TOOL: dict[str, Any] = {"type": "image_generation", "model": "gpt-image-2", "size": "1024x640", "quality": "low"}
FORCED: dict[str, Any] = {"tool_choice": {"type": "image_generation"}}
EVENT = TypeAdapter(ResponseStreamEvent)
FOX = draw(Sketch("a red fox", 1024, 640, "low", model="gpt-image-2"))


class Asked:
    """Asks the server and judges what comes: each answer must be the SDK's types to the letter."""

    def __init__(self, client: openai.OpenAI) -> None:
        self.client = client

    def whole(
        self, text: Any = "a red fox", fault: str = "", tool: dict[str, Any] | None = None, **more: Any
    ) -> Response:
        given = {"model": "gpt-5.5", "input": text, "tools": [{**TOOL, **(tool or {})}], **more}
        raw = self.client.responses.with_raw_response.create(**given, extra_headers=faulty(fault))
        assert raw.headers["x-request-id"].startswith("req_")
        assert raw.headers["x-imgnb-sketch"] == "1"
        return strictly(Response, raw.http_response.json())

    def stream(
        self, text: Any = "a red fox", fault: str = "", tool: dict[str, Any] | None = None, **more: Any
    ) -> list[Any]:
        given = {"model": "gpt-5.5", "input": text, "tools": [{**TOOL, **(tool or {})}], **more}
        events = list(self.client.responses.create(**given, stream=True, extra_headers=faulty(fault)))
        for event in events:
            if "unknown_events" not in fault:
                assert not left_over(EVENT.validate_python(event.to_dict(), strict=True))
        assert [event.sequence_number for event in events] == list(range(len(events)))
        return events


@pytest.fixture
def asked(serve_local: str, clean_environment: pytest.MonkeyPatch) -> Iterator[Asked]:
    with openai.OpenAI(base_url=serve_local, api_key="sk-of-nobody", max_retries=0) as client:
        yield Asked(client)


def calls(answer: Response) -> list[Any]:
    return [item for item in answer.output if item.type == "image_generation_call"]


def drawn(answer: Response) -> bytes:
    """The only picture of an answer."""
    (call,) = calls(answer)
    return base64.b64decode(call.result)


def message(text: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_text", "text": text}, *parts]}


def shown(file: io.BytesIO) -> dict[str, Any]:
    return {"type": "input_image", "image_url": encoded(file), "detail": "auto"}


def test_an_answer_is_a_response_with_a_picture_and_words(asked: Asked) -> None:
    """The tool draws, the main model adds a message, and the usage of both is told apart."""
    answer = asked.whole(instructions="Be brief.", metadata={"cell": "7"})

    call, words = answer.output
    assert base64.b64decode(call.result) == FOX
    assert (call.status, call.action, call.size, call.quality) == ("completed", "generate", "1024x640", "low")
    assert call.revised_prompt.startswith("a red fox (offline sketch")
    assert "a red fox" in answer.output_text
    assert (answer.status, answer.model, answer.metadata, words.status) == (
        "completed",
        "gpt-5.5",
        {"cell": "7"},
        "completed",
    )
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    tool_usage = answer.tool_usage.image_gen
    assert tool_usage.output_tokens == tool_usage.output_tokens_details.image_tokens > 0
    assert answer.tool_usage.web_search.num_requests == 0


@pytest.mark.parametrize("choice", ["required", {"type": "image_generation"}], ids=["required", "tool"])
def test_a_forced_tool_gives_the_picture_only(asked: Asked, choice: Any) -> None:
    """Where the tool must be called nothing is said, whatever the prompt is."""
    assert [item.type for item in asked.whole(text="hello", tool_choice=choice).output] == ["image_generation_call"]


@pytest.mark.parametrize(
    ("text", "more", "talks"),
    [
        ("Hello!", {}, True),
        ("thank you very much", {}, True),
        ("你好", {}, True),
        ("What is a fox?", {}, True),
        ("Can you draw a fox?", {}, False),
        ("What does a fox look like? Draw it", {}, False),
        ("hello kitty on the moon", {}, False),
        ("a red fox", {"tool_choice": "none"}, True),
        ("a red fox", {"tools": []}, True),
    ],
)
def test_talk_is_answered_in_words(asked: Asked, text: str, more: dict[str, Any], talks: bool) -> None:
    """Greetings, plain questions, and requests without the tool are answered in words only; all else is drawn."""
    answer = asked.whole(text=text, **more)

    assert bool(calls(answer)) != talks
    assert answer.output_text
    assert (answer.tool_usage.image_gen.total_tokens == 0) == talks


@pytest.mark.parametrize("partials", [0, 1, 3])
def test_a_stream_tells_the_same_in_order(asked: Asked, partials: int) -> None:
    """A stream begins, tells each step of the call and of the message, and repeats all of it at the end."""
    events = asked.stream(tool={"partial_images": partials})

    words = [event for event in events if event.type == "response.output_text.delta"]
    assert [event.type.removeprefix("response.") for event in events if event not in words] == [
        "created",
        "in_progress",
        "output_item.added",
        "image_generation_call.in_progress",
        "image_generation_call.generating",
        *["image_generation_call.partial_image"] * partials,
        "image_generation_call.completed",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    seen = [event for event in events if event.type.endswith("partial_image")]
    assert [event.partial_image_index for event in seen] == list(range(partials))
    assert {size_of(event.partial_image_b64) for event in seen} <= {("image/png", 1024, 640)}
    item = next(event.item for event in events if isinstance(event, ResponseOutputItemDoneEvent))
    last = events[-1].response
    assert base64.b64decode(item.result) == drawn(last) == FOX
    assert "".join(event.delta for event in words) == last.output_text
    tokens = [last.tool_usage.image_gen.output_tokens - asked.whole().tool_usage.image_gen.output_tokens]
    assert tokens == [100 * partials]


def test_a_turn_continues_from_the_picture_before(asked: Asked) -> None:
    """With previous_response_id the newest picture of the conversation is edited, always in the same way."""
    first = asked.whole()
    second = asked.whole(text="add a boat", previous_response_id=first.id)
    third = asked.whole(text="at night", previous_response_id=second.id, **FORCED)

    boat = draw(Sketch("add a boat", 1024, 640, "low", images=(FOX,), model="gpt-image-2"))
    assert drawn(second) == boat
    assert drawn(third) == draw(Sketch("at night", 1024, 640, "low", images=(boat,), model="gpt-image-2"))
    assert calls(third)[0].action == "edit"
    assert calls(third)[0].revised_prompt.startswith("a red fox; then add a boat; then at night")
    assert third.previous_response_id == second.id
    assert third.usage.input_tokens > second.usage.input_tokens > first.usage.input_tokens
    assert third.tool_usage.image_gen.input_tokens_details.image_tokens > 0


def test_a_conversation_is_a_tree(asked: Asked) -> None:
    """Two turns that continue one response know nothing of each other, and the same turn twice is the same picture."""
    root = asked.whole()
    boat, again = (asked.whole(text="add a boat", previous_response_id=root.id) for _ in range(2))
    night = asked.whole(text="at night", previous_response_id=root.id)

    assert boat.id != again.id
    assert drawn(boat) == drawn(again) != drawn(night)
    assert drawn(night) == draw(Sketch("at night", 1024, 640, "low", images=(FOX,), model="gpt-image-2"))
    assert "boat" not in calls(night)[0].revised_prompt


def test_a_new_picture_hears_all_that_was_said(asked: Asked) -> None:
    """The action generate starts from nothing, with the prompts of the conversation."""
    first = asked.whole()

    second = asked.whole(text="at night", tool={"action": "generate"}, previous_response_id=first.id)

    assert drawn(second) == draw(Sketch("a red fox\nat night", 1024, 640, "low", model="gpt-image-2"))
    assert calls(second)[0].action == "generate"


def test_earlier_calls_may_be_named_instead(asked: Asked) -> None:
    """A conversation may also be told again in the input, its pictures by the ids of their calls."""
    call, words = asked.whole().output
    told = [
        {"role": "user", "content": "a red fox"},
        {"type": "image_generation_call", "id": call.id},
        words.to_dict(),
        message("add a boat"),
    ]

    answer = asked.whole(text=told)

    assert drawn(answer) == draw(Sketch("add a boat", 1024, 640, "low", images=(FOX,), model="gpt-image-2"))
    after = asked.whole(text=[message("add a boat"), {"type": "image_generation_call", "id": call.id}])
    assert drawn(after) == drawn(answer)


def test_pictures_may_be_shown_in_every_way(asked: Asked) -> None:
    """Data URLs and uploaded files are what the tool edits, and the links of this server are read."""
    file = asked.client.files.create(file=picture_file(), purpose="vision")
    linked = asked.client.images.generate(prompt="a red fox", model="gpt-image-2", extra_headers=faulty("url"))
    shapes = [
        shown(picture_file()),
        {"type": "input_image", "file_id": file.id, "detail": "auto"},
        {"type": "input_image", "image_url": linked.data[0].url, "detail": "auto"},
    ]

    by_url, by_file, by_link = (drawn(asked.whole(text=[message("in winter", shape)])) for shape in shapes)

    expected = Sketch("in winter", 1024, 640, "low", images=(picture_file().getvalue(),), model="gpt-image-2")
    assert by_url == by_file == draw(expected) != by_link
    several = asked.whole(text=[message("in winter", *shapes)])
    assert calls(several)[0].action == "edit"


@pytest.mark.parametrize("named", ["image_url", "file_id"])
def test_a_mask_lies_on_the_picture_that_is_shown(asked: Asked, named: str) -> None:
    """input_image_mask is a data URL or a file, and opens the part of the shown picture that is edited."""
    mask = picture_file(alpha=True)
    value = encoded(mask)
    if named == "file_id":
        value = asked.client.files.create(file=mask, purpose="vision").id
    answer = asked.whole(
        text=[message("a cat", shown(picture_file()))],
        tool={"input_image_mask": {named: value}},
        previous_response_id=asked.whole().id,
    )

    pictures = (picture_file().getvalue(), FOX)
    expected = Sketch("a cat", 1024, 640, "low", images=pictures, mask=mask.getvalue(), model="gpt-image-2")
    assert drawn(answer) == draw(expected)


def test_a_response_can_be_looked_up_and_forgotten(asked: Asked) -> None:
    """A response is kept with its picture until it is deleted; then neither it nor its calls are known."""
    answer = asked.whole()
    raw = asked.client.responses.with_raw_response.retrieve(answer.id)

    assert strictly(Response, raw.http_response.json()) == answer
    asked.client.responses.delete(answer.id)
    for again in (
        lambda: asked.client.responses.retrieve(answer.id),
        lambda: asked.client.responses.delete(answer.id),
        lambda: asked.whole(text="at night", previous_response_id=answer.id),
        lambda: asked.whole(text=[message("at night"), {"type": "image_generation_call", "id": calls(answer)[0].id}]),
    ):
        with pytest.raises(openai.NotFoundError):
            again()


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_what_is_not_stored_is_forgotten_at_once(asked: Asked, stream: bool) -> None:
    """With store=False neither the response nor its call is known afterwards; an item that brings its picture is read."""
    answer = asked.stream(store=False)[-1].response if stream else asked.whole(store=False)
    (call,) = calls(answer)

    with pytest.raises(openai.NotFoundError):
        asked.client.responses.retrieve(answer.id)
    with pytest.raises(openai.NotFoundError):
        asked.whole(text=[message("at night"), {"type": "image_generation_call", "id": call.id}])
    again = asked.whole(text=[message("add a boat"), call.to_dict()], store=False)
    assert drawn(again) == draw(Sketch("add a boat", 1024, 640, "low", images=(FOX,), model="gpt-image-2"))


@pytest.mark.parametrize(
    "tool",
    [
        {"output_format": "jpeg", "output_compression": 40},
        {"output_format": "webp", "background": "transparent"},
        {"output_format": "gif", "model": "gpt-image-2.6-flare", "frame_count": 2, "frame_duration_ms": 100},
        {"output_format": "svg", "model": "gpt-image-2.6-flare", "svg": {"reasoning": {"effort": "low"}}},
        {"moderation": "low", "complexity": "low"},
    ],
    ids=lambda tool: str(tool.get("output_format", "moderation")),
)
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_the_options_of_the_tool_count(asked: Asked, tool: dict[str, Any], stream: bool) -> None:
    """Every option of the SDK's tool is taken, and the answer is of the format asked for, streamed or not."""
    answer = asked.stream(tool=tool)[-1].response if stream else asked.whole(tool=tool)

    (call,) = calls(answer)
    assert call.output_format == tool.get("output_format", "png")
    assert size_of(call.result)[0].startswith(f"image/{call.output_format}")


NO_FILE = {"type": "input_image", "file_id": "file-unheard-of", "detail": "auto"}
REFUSED: dict[str, tuple[dict[str, Any], int, str | None, str | None]] = {
    "main model": ({"model": "gpt-image-2"}, 400, "model", "unsupported_model"),
    "no input": ({"input": ""}, 400, "input", "missing_required_parameter"),
    "previous": (
        {"previous_response_id": "resp_unheard-of"},
        404,
        "previous_response_id",
        "previous_response_not_found",
    ),
    "call": ({"input": [message("x"), {"type": "image_generation_call", "id": "ig_x"}]}, 404, "input", None),
    "file": ({"input": [message("x", NO_FILE)]}, 404, "input", "image_file_not_found"),
    "link": (
        {"input": [message("x", {"type": "input_image", "image_url": "https://example.com/x.png"})]},
        400,
        "input",
        "invalid_image_url",
    ),
    "no picture": (
        {"input": [message("x", {"type": "input_image", "image_url": "data:image/png;base64,AAAA"})]},
        400,
        "input",
        "invalid_image_file",
    ),
    "edit of nothing": ({"tools": [{**TOOL, "action": "edit"}]}, 400, "tools", "invalid_value"),
    "mask on nothing": (
        {"tools": [{**TOOL, "input_image_mask": {"image_url": encoded(picture_file(alpha=True))}}]},
        400,
        "tools",
        "invalid_value",
    ),
    "mask without alpha": (
        {
            "input": [message("x", shown(picture_file()))],
            "tools": [{**TOOL, "input_image_mask": {"image_url": encoded(picture_file())}}],
        },
        400,
        "tools",
        "invalid_value",
    ),
    "size": ({"tools": [{**TOOL, "size": "4096x4096"}]}, 400, "tools", "invalid_value"),
    "quality": ({"tools": [{**TOOL, "quality": "max"}]}, 400, "tools", "invalid_value"),
    "type": ({"tools": [{**TOOL, "partial_images": "two"}]}, 400, "tools", "invalid_type"),
    "action": ({"tools": [{**TOOL, "action": "paint"}]}, 400, "tools", "invalid_value"),
    "retired": ({"tools": [{**TOOL, "model": "gpt-image-1"}]}, 404, "tools", "model_not_found"),
    "unknown option": ({"tools": [{**TOOL, "n": 2}]}, 400, "tools[].n", "unknown_parameter"),
    "choice": ({"tool_choice": {"type": "file_search"}}, 400, "tool_choice", "invalid_value"),
    "choice without tool": ({"tool_choice": "required", "tools": []}, 400, "tool_choice", "invalid_value"),
    "item": ({"input": [{"type": "mcp_call", "id": "x"}]}, 400, "input[0].type", "invalid_value"),
    "role": ({"input": [{"role": "king", "content": "x"}]}, 400, "input[0].role", "invalid_value"),
    "content": ({"input": [message("x", {"type": "input_file"})]}, 400, "input[0].content[1]", "invalid_value"),
    "conversation": ({"conversation": "conv_1"}, 400, "conversation", "invalid_value"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_is_refused(asked: Asked, case: str) -> None:
    """A refusal names the parameter and its reason, before anything is drawn."""
    given, status, param, code = REFUSED[case]

    with pytest.raises(openai.APIStatusError) as caught:
        asked.client.responses.create(**{"model": "gpt-5.5", "input": "a red fox", "tools": [TOOL], **given})

    assert (caught.value.status_code, caught.value.param, caught.value.code) == (status, param, code)


STATUSES = {
    "text_only": [],
    "failed_call": ["failed"],
    "blocked_call": ["failed"],
    "two_calls": ["completed", "completed"],
    "one_of_two_fails": ["completed", "failed"],
    "response_failed": [],
    "incomplete": [],
    "no_item_done": ["completed"],
}
NOT_FOUND = {
    "forgotten": ("previous_response_id", "previous_response_not_found"),
    "forgotten_calls": ("input", None),
    "forgotten_files": ("input", "image_file_not_found"),
}


def test_every_fault_of_responses_is_tried_here() -> None:
    """No fault is left out of the tables above."""
    assert {*STATUSES, *NOT_FOUND} == set(OF_RESPONSES)


@pytest.mark.parametrize("choice", [{}, FORCED], ids=["auto", "forced"])
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize("fault", STATUSES)
def test_a_response_may_go_otherwise(asked: Asked, fault: str, stream: bool, choice: dict[str, Any]) -> None:
    """Failed and blocked calls, words only, two pictures, and responses that fail or end early have the SDK's types."""
    events = asked.stream(fault=fault, tool={"partial_images": 1}, **choice) if stream else []
    answer = events[-1].response if stream else asked.whole(fault=fault, **choice)

    assert [call.status for call in calls(answer)] == STATUSES[fault]
    assert [call.result is not None for call in calls(answer)] == [s == "completed" for s in STATUSES[fault]]
    assert answer.status == {"response_failed": "failed", "incomplete": "incomplete"}.get(fault, "completed")
    assert (answer.error is not None) == (fault == "response_failed")
    if fault == "incomplete":
        assert answer.incomplete_details.reason == "content_filter"
    if fault == "text_only":
        assert answer.output_text
    if stream:
        assert events[-1].type == f"response.{answer.status}"
        finished = [e.item.id for e in events if e.type == "response.output_item.done" and e.item.type != "message"]
        assert finished == ([] if fault == "no_item_done" else [call.id for call in calls(answer)])
    strictly(Response, asked.client.responses.with_raw_response.retrieve(answer.id).http_response.json())


def test_a_blocked_call_says_why(asked: Asked) -> None:
    """The error of a blocked call holds its code, categories and stage; that of a failed one its reason only."""
    (blocked,), (failed,) = (calls(asked.whole(fault=fault)) for fault in ("blocked_call", "failed_call"))

    assert blocked.error.code == "moderation_blocked"
    assert blocked.error.moderation_details.categories
    assert blocked.error.moderation_details.moderation_stage == "output"
    assert failed.error.code != "moderation_blocked"
    assert failed.error.moderation_details is None


def test_two_calls_draw_two_pictures(asked: Asked) -> None:
    """The second picture of an answer is another one, and a next turn continues from it."""
    answer = asked.whole(fault="two_calls")
    after = asked.whole(text="add a boat", previous_response_id=answer.id)

    first, second = (base64.b64decode(call.result) for call in calls(answer))
    assert first == FOX != second
    assert drawn(after) == draw(Sketch("add a boat", 1024, 640, "low", images=(second,), model="gpt-image-2"))


@pytest.mark.parametrize("fault", NOT_FOUND)
def test_what_was_remembered_may_be_forgotten(asked: Asked, fault: str) -> None:
    """The faults of memory make an id that was just given unknown."""
    answer = asked.whole()
    file = asked.client.files.create(file=picture_file(), purpose="vision")
    given: dict[str, dict[str, Any]] = {
        "forgotten": {"previous_response_id": answer.id},
        "forgotten_calls": {"text": [message("x"), {"type": "image_generation_call", "id": calls(answer)[0].id}]},
        "forgotten_files": {"text": [message("x", {"type": "input_image", "file_id": file.id, "detail": "auto"})]},
    }

    with pytest.raises(openai.NotFoundError) as caught:
        asked.whole(fault=fault, **given[fault])

    assert (caught.value.param, caught.value.code) == NOT_FOUND[fault]


@pytest.mark.parametrize(
    "fault", ["heartbeats", "crlf", "done", "no_event_names", "type_last", "slow=0", "unknown_events"]
)
def test_odd_streams_hold_the_same(asked: Asked, fault: str) -> None:
    """Streams that are odd in ways the protocol allows end with the same picture; three unknown events do not disturb."""
    events = asked.stream(fault=fault)

    assert drawn(events[-1].response) == FOX
    assert len(events) == len(asked.stream()) + (3 if fault == "unknown_events" else 0)


@pytest.mark.parametrize("fault", ["cut", "drop", "empty", "error_event"])
def test_a_stream_may_end_before_its_picture(asked: Asked, fault: str) -> None:
    """A stream may be cut, dropped, or end without the picture or with an error; the partials had come."""
    given = {"model": "gpt-5.5", "input": "a red fox", "tools": [{**TOOL, "partial_images": 1}], "stream": True}
    seen: list[Any] = []

    try:
        seen.extend(asked.client.responses.create(**given, extra_headers=faulty(fault)))
        raised = None
    except Exception as exc:
        raised = type(exc).__name__

    assert not [event for event in seen if event.type in ("response.completed", "response.output_item.done")]
    if fault == "error_event":
        assert isinstance(seen[-1], ResponseErrorEvent)
    assert (raised is None) == (fault in ("cut", "empty", "error_event"))


@pytest.mark.parametrize("fault", ["bad_base64", "cut_base64", "no_item_done,bad_base64"])
def test_base64_may_be_damaged_wherever_it_stands(asked: Asked, fault: str) -> None:
    """Damage strikes the finished picture in each event that holds it, and in a document."""
    events = asked.stream(fault=fault, **FORCED)
    items = [event.item for event in events if event.type == "response.output_item.done"]
    items += [*events[-1].response.output, *asked.whole(fault=fault, **FORCED).output]

    for item in items:
        with pytest.raises(ValueError, match=r"base64|padding|Base64"):
            base64.b64decode(item.result, validate=True)


def test_other_faults_strike_responses_too(asked: Asked) -> None:
    """Numbers of partials, other sizes, missing usage and an empty answer are as with the Images API."""
    partials = [event for event in asked.stream(fault="partials=2") if event.type.endswith("partial_image")]
    empty, silent = asked.whole(fault="empty"), asked.whole(fault="no_usage")
    (other,) = calls(asked.whole(fault="other_size"))

    assert len(partials) == 2
    assert empty.output == []
    assert (silent.usage, silent.tool_usage) == (None, None)
    assert size_of(other.result) == ("image/png", 1024, 1024)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("rate_limit", openai.RateLimitError),
        ("retry_date=30", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("moderation", openai.BadRequestError),
        ("no_streaming", openai.BadRequestError),
    ],
)
def test_refusals_strike_responses_too(asked: Asked, fault: str, kind: type[openai.APIStatusError]) -> None:
    """A refusal comes before the stream; the date of a retry is an HTTP date."""
    with pytest.raises(kind) as caught:
        asked.stream(fault=fault)

    if fault.startswith("retry_date"):
        assert caught.value.response.headers["retry-after"].endswith("GMT")


def test_memory_has_a_bound(asked: Asked) -> None:
    """After many responses the first is forgotten, and the newest are not."""
    first, second = asked.whole(text="hello"), asked.whole(text="hello")
    for _ in range(255):
        newest = asked.client.responses.create(model="gpt-5.5", input="hello")

    with pytest.raises(openai.NotFoundError):
        asked.client.responses.retrieve(first.id)
    for known in (second, newest):
        assert asked.client.responses.retrieve(known.id).id == known.id
