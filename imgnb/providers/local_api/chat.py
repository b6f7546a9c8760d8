"""Chat completions that answer with a picture, as a Markdown link: laozhang.ai's way to use a chat client."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from ..local_engine import usage
from .asked import asked, check_asked
from .call import Call
from .drawing import Drawing
from .forms import json_object
from .given import given_picture
from .ink import TOLD_TO_FAIL
from .replies import Refused, Reply


def completions(call: Call) -> Reply:
    """POST /chat/completions"""
    document = json_object(call.body)
    prompt, images = _last_message(call, document.get("messages"))
    values = {name: document[name] for name in ("model", "size", "quality") if document.get(name) is not None}
    request = asked({**values, "prompt": prompt}, images, edits=bool(images))
    name = request.model or call.capabilities.default_model
    model = name.removesuffix(call.dialect.model_suffix) if call.dialect.model_suffix else name
    check_asked(request, model, call.capabilities, call.dialect)
    if document.get("stream") and "no_streaming" in call.faults:
        raise Refused(400, "Streaming is not supported here", "stream", "unsupported_parameter")
    drawing = Drawing(request, model, images, None, None, call.faults)
    said = {"id": f"chatcmpl-{uuid4().hex[:24]}", "created": int(time.time()), "model": name}
    options = document.get("stream_options")
    counted = isinstance(options, dict) and bool(options.get("include_usage"))
    headers = {"x-request-id": f"req_{drawing.id}", "x-imgnb-sketch": "1"}
    stream = _chunks(call, drawing, said, counted) if document.get("stream") else None
    return call.ink.reply(headers, _whole(call, drawing, said), stream)


def _last_message(call: Call, messages: object) -> tuple[str, list[bytes]]:
    """The text and the pictures of what the user said last."""
    listed = messages if isinstance(messages, list) else []
    by_user = [message for message in listed if isinstance(message, dict) and message.get("role") == "user"]
    if not by_user:
        raise Refused(400, "messages has no message of the user", "messages", "invalid_value")
    content = by_user[-1].get("content")
    texts: list[str] = []
    images: list[bytes] = []
    for part in content if isinstance(content, list) else [{"type": "text", "text": content}]:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(text := part.get("text"), str):
            texts.append(text)
        elif kind == "image_url":
            item = part.get("image_url")
            url = item.get("url") if isinstance(item, dict) else item
            images.append(given_picture(url, "messages", call.memory, call.host))
        else:
            raise Refused(400, f"content of type {kind!r} is not taken", "messages", "invalid_value")
    return "\n".join(texts), images


def _content(call: Call, drawing: Drawing) -> str:
    """The picture as a Markdown link."""
    if "empty" in call.faults:
        return ""
    sketch = drawing.first.sketch
    name = f"{drawing.id}-{sketch.index}.{sketch.output_format}"
    return f"![image]({call.link(name, f'image/{sketch.output_format}', drawing.finished(drawing.first))})"


def _usage(drawing: Drawing) -> dict[str, Any]:
    counted: dict[str, Any] = usage(drawing.sketch(0))
    return {
        "prompt_tokens": counted["input_tokens"],
        "completion_tokens": counted["output_tokens"],
        "total_tokens": counted["total_tokens"],
    }


def _whole(call: Call, drawing: Drawing, said: Mapping[str, Any]) -> Iterator[bytes]:
    call.pause()
    message = {"role": "assistant", "content": _content(call, drawing), "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    used = {} if "no_usage" in call.faults else {"usage": _usage(drawing)}
    yield from call.ink.json({**said, "object": "chat.completion", "choices": [choice], **used})


def _chunks(call: Call, drawing: Drawing, said: Mapping[str, Any], counted: bool) -> Iterator[bytes]:
    def chunk(delta: Mapping[str, Any], reason: str | None = None) -> Iterator[bytes]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return call.ink.data({**said, "object": "chat.completion.chunk", "choices": [choice]})

    yield from chunk({"role": "assistant", "content": ""})
    call.pause()
    if "error_event" in call.faults:
        failed = {"message": TOLD_TO_FAIL, "type": "server_error", "param": None, "code": "server_error"}
        yield from call.ink.data({"error": failed})
        return
    content = _content(call, drawing)
    half = len(content) // 2
    for part in filter(None, (content[:half], content[half:])):
        yield from chunk({"content": part})
    yield from chunk({}, "stop")
    if counted and "no_usage" not in call.faults:
        yield from call.ink.data({**said, "object": "chat.completion.chunk", "choices": [], "usage": _usage(drawing)})
    yield call.ink.done()
