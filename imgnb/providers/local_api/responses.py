"""The Responses API: a main model that leads a conversation and calls the tool `image_generation`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from .call import Call
from .conversations import Context, Stored
from .forms import json_object
from .image_tool import image_tool, is_called, tool_drawing
from .ink import Ink
from .replies import Refused, Reply, json_reply
from .response_answer import ResponseAnswer, Turn, whole
from .response_events import events
from .turn_input import turn_input


def create(call: Call) -> Reply:
    """POST /responses"""
    given = json_object(call.body)
    _check(given)
    previous = _previous(call, given.get("previous_response_id"))
    if given.get("input") in (None, "", []):
        raise Refused(400, "input is missing", "input", "missing_required_parameter")
    context = previous + turn_input(call, given["input"])
    tool = image_tool(given.get("tools") or [])
    drawn, forced = is_called(given.get("tool_choice") or "auto", tool, context.prompt)
    if given.get("stream") and "no_streaming" in call.faults:
        raise Refused(400, "Streaming is not supported here", "stream", "unsupported_parameter")
    drawing = tool_drawing(call, tool, context) if drawn and tool is not None else None
    answer = ResponseAnswer(call, Turn(given, context, drawing, forced))
    headers = {"x-request-id": f"req_{uuid4().hex[:24]}", "x-imgnb-sketch": "1"}
    return call.ink.reply(headers, answer.body(), events(answer) if given.get("stream") else None)


def retrieve(call: Call) -> Reply:
    """GET /responses/{id}"""
    stored, ink = _found(call), Ink({})
    return ink.reply({"x-request-id": f"req_{uuid4().hex[:24]}"}, ink.json(whole(stored)), None)


def delete(call: Call) -> Reply:
    """DELETE /responses/{id}"""
    _found(call)
    call.memory.responses.drop(call.name)
    return json_reply(200, {"id": call.name, "object": "response", "deleted": True})


def _check(given: dict[str, Any]) -> None:
    model = given.get("model")
    if not isinstance(model, str) or not model:
        raise Refused(400, "model is missing", "model", "missing_required_parameter")
    if "gpt-image" in model or model.startswith(("dall-e", "chatgpt-image")):
        message = f"model {model!r} only draws: name a main model, such as gpt-5.5, and this one in the tool"
        raise Refused(400, message, "model", "unsupported_model")
    for name in ("stream", "store"):
        if not isinstance(value := given.get(name), bool | None):
            raise Refused(400, f"{name} must be bool, not {type(value).__name__}", name, "invalid_type")
    if given.get("conversation"):
        raise Refused(400, "conversation is not kept here: use previous_response_id", "conversation", "invalid_value")


def _previous(call: Call, name: object) -> Context:
    """What came before this turn."""
    if name is None:
        return Context()
    stored = None if "forgotten" in call.faults else call.memory.responses.get(str(name))
    if stored is None:
        message = f"Previous response with id '{str(name)[:80]}' not found."
        raise Refused(404, message, "previous_response_id", "previous_response_not_found")
    return stored.context


def _found(call: Call) -> Stored:
    if (stored := call.memory.responses.get(call.name)) is None:
        raise Refused(404, f"Response with id '{call.name[:80]}' not found.", "response_id")
    return stored
