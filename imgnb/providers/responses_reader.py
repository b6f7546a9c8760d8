"""What the documents of the Responses API mean: a main model's answer, with the pictures that its tool has drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..events import TextDelta
from .answer_reader import AnswerReader, Read
from .picture_stream import Hint
from .waiting import Waiting

ENDINGS = ("response.completed", "response.incomplete", "response.failed")
"Events that repeat the whole answer, pictures and all."

PASSED_OVER = (
    "response.created", "response.queued", "response.in_progress", "response.output_item.added", "response.content_part.",
    "response.output_text.", "response.refusal.", "response.reasoning", "response.image_generation_call.", "keepalive",
)  # fmt: skip
"Beginnings of the names of events that are known and bring nothing that is not said elsewhere."

EFFECTIVE = ("size", "quality", "background", "output_format")


class ResponsesReader(AnswerReader):
    """Reads one JSON answer, or the events of a stream. A failed call beside a picture is a note, alone it is a failure."""

    captured = frozenset({"partial_image_b64", "result"})

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._failures: list[Mapping[str, Any]] = []
        self._said: list[str] = []
        self._deltas: list[str] = []
        self._items = 0

    def _type(self, said: list[bytes]) -> str:
        # The types of items stand in the events, too, and may come first.
        found = [kind for kind in said if kind.startswith(b"response.")]
        return found[0].decode("utf-8", "replace") if found else ""

    def _is_partial(self, kind: str, hint: Hint) -> bool | None:
        if hint.key == "partial_image_b64":
            return True
        # An ending that says its name behind its pictures must not have them take the places of those that came.
        return False if kind or b'"output"' in hint.before or not self.images else None

    def _is_known(self, kind: str, hint: Hint) -> bool:
        return kind in ENDINGS and hint.index < self.images

    def _sorted(self, kind: str, value: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        response = value.get("response")
        if isinstance(response, dict) and isinstance(response.get("id"), str):
            self.response_id = response["id"]
        if kind == "error" or (not kind and value.get("error") and value.get("object") != "response"):
            self._fail(value.get("error") or value)
        elif kind == "response.image_generation_call.partial_image":
            yield from self._partial(value.get("partial_image_b64"), value.get("partial_image_index"), pending)
        elif kind == "response.output_text.delta" and isinstance(value.get("delta"), str):
            self._deltas.append(value["delta"])
            yield TextDelta(value["delta"])
        elif kind == "response.output_item.done" and isinstance(value.get("item"), dict):
            self._items += 1
            yield from self._item(value["item"], pending)
        elif kind in ENDINGS and isinstance(response, dict):
            yield from self._response(response, pending)
        elif value.get("object") == "response":
            self.response_id = str(value.get("id") or "") or None
            yield from self._response(value, pending)
        elif not kind.startswith(PASSED_OVER):
            self.unknown_events += 1

    def _response(self, response: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        items = [item for item in _list(response.get("output")) if isinstance(item, dict)]
        drawn = self.images
        for item in items if not self._items else ():
            yield from self._item(item, pending)
        if self._items:  # what came as items is repeated here; a picture that did not is taken
            calls = [item for item in items if isinstance(item.get("result"), int)]
            for item in calls[drawn:]:
                yield from self._item(item, pending)
        tools = [tool for tool in _list(response.get("tools")) if isinstance(tool, dict)]
        self.said |= {"main_model": response.get("model"), "model": next((tool.get("model") for tool in tools), None)}
        self._count_all(response)
        if isinstance(error := response.get("error"), dict):
            self._fail(error)
        reason = response.get("incomplete_details")
        if response.get("status") == "incomplete" or isinstance(reason, dict):
            why = str(reason.get("reason") if isinstance(reason, dict) else "no reason given")
            self._failures.append({"message": f"the answer is incomplete: {why}", "code": why})

    def _count_all(self, response: Mapping[str, Any]) -> None:
        if isinstance(usage := response.get("usage"), dict):
            tools = response.get("tool_usage")
            self.usage = {**usage, **({"tool_usage": tools} if isinstance(tools, dict) else {})}

    def _item(self, item: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        if item.get("type") == "message":
            parts = [part for part in _list(item.get("content")) if isinstance(part, dict)]
            self._said += [str(part.get("text") or part.get("refusal") or "") for part in parts]
        elif item.get("type") == "image_generation_call":
            if isinstance(error := item.get("error"), dict) or item.get("status") == "failed":
                found = error if isinstance(error, dict) else {"message": "the image generation call failed"}
                self._failures.append({"code": "image_generation_failed", **found})
                return
            if not self.said.get("size"):
                self.said |= {name: item[name] for name in EFFECTIVE if item.get(name)}
            meta = {key: said for key, said in item.items() if key not in ("result", "type", "status")}
            yield from self._image(item.get("result"), meta, pending)

    def _conclude(self) -> None:
        self.text = "\n\n".join(filter(None, self._said)) or "".join(self._deltas) or None
        for found in self._failures:
            if self.images:
                self.notes.append(f"a call beside the picture failed: {found.get('message')}")
            else:
                self._fail(found)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
