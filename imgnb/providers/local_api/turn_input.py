"""The `input` of a request to the Responses API, as entries of a conversation."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from .call import Call
from .conversations import Context, Drawn, Message, remembered_item
from .given import given_picture
from .replies import Refused

ROLES = ("user", "assistant", "system", "developer")
TEXTS = ("input_text", "output_text", "text")
PASSED_OVER = ("reasoning", "compaction")
"Items that say nothing about a picture."


def turn_input(call: Call, given: object) -> Context:
    """What this request adds to the conversation. Raises Refused for what cannot be read here."""
    if isinstance(given, str):
        return Context((Message("user", given),))
    if not isinstance(given, list):
        raise _refused(f"input must be text or a list, not {type(given).__name__}", "input", "invalid_type")
    return Context(tuple(entry for number, item in enumerate(given) for entry in _entries(call, item, number)))


def _entries(call: Call, item: object, number: int) -> Iterator[Message | Drawn]:
    if not isinstance(item, dict):
        raise _refused(f"an item of input must be an object, not {type(item).__name__}", f"input[{number}]")
    kind = item.get("type") or "message"
    if kind == "message":
        yield _message(call, item, number)
    elif kind in ("image_generation_call", "item_reference"):
        if data := _earlier(call, item):
            yield Drawn(data)
    elif kind not in PASSED_OVER:
        raise _refused(f"items of type {kind!r} are not taken here", f"input[{number}].type")


def _message(call: Call, item: Mapping[str, Any], number: int) -> Message:
    if (role := item.get("role")) not in ROLES:
        raise _refused(f"role {role!r} is not one of {', '.join(ROLES)}", f"input[{number}].role")
    content = item.get("content")
    texts: list[str] = []
    pictures: list[bytes] = []
    for place, part in enumerate(content if isinstance(content, list) else [{"type": "text", "text": content}]):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in TEXTS and isinstance(text := part.get("text"), str):
            texts.append(text)
        elif kind == "input_image":
            forgotten = "forgotten_files" in call.faults
            pictures.append(given_picture(part, "input", call.memory, call.host, forgotten=forgotten))
        elif kind != "refusal":
            raise _refused(f"content of type {kind!r} is not taken here", f"input[{number}].content[{place}]")
    return Message(role, "\n".join(texts), tuple(pictures))


def _earlier(call: Call, item: Mapping[str, Any]) -> bytes | None:
    """The picture of an earlier item: a remembered one, or the one that the item itself brings; a failed call has none."""
    name = str(item.get("id"))
    if "forgotten_calls" not in call.faults:
        if (remembered := remembered_item(name, call.memory)) is not None:
            return remembered.data
        if isinstance(result := item.get("result"), str) and result:
            try:
                return base64.b64decode(result, validate=True)
            except ValueError as exc:
                raise _refused(f"the result of {name[:80]!r} cannot be read: {exc}", "input") from exc
    raise Refused(404, f"Item with id '{name[:80]}' not found.", "input")


def _refused(message: str, param: str, code: str = "invalid_value") -> Refused:
    return Refused(400, message, param, code)
