"""What the documents of the Responses API mean: a main model's answer, with the pictures that its tool has drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..events import TextDelta
from .answer_reader import MAX_NOTES, AnswerReader, Read, Words
from .waiting import Waiting

ENDINGS = ("response.completed", "response.incomplete", "response.failed")
"Events that repeat the whole answer, pictures and all."

PASSED_OVER = (
    "response.created", "response.queued", "response.in_progress", "response.output_item.added", "response.content_part.",
    "response.output_text.", "response.refusal.", "response.reasoning", "response.image_generation_call.in_progress",
    "response.image_generation_call.generating", "response.image_generation_call.completed", "keepalive",
)  # fmt: skip
"Beginnings of the names of events that are known and bring nothing that is not said elsewhere."

BESIDE = "a call beside the picture failed: "

CALL = "image_generation_call"
"The type of an item that holds a picture."

EFFECTIVE = ("size", "quality", "background", "output_format")


class ResponsesReader(AnswerReader):
    """Reads one JSON answer, or the events of a stream. A failed call beside a picture is a note, alone it is a failure."""

    captured = frozenset({"partial_image_b64", "result"})

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._failures: list[tuple[str, Mapping[str, Any]]] = []  # what a note says before it, and what failed
        self._said = Words()
        self._deltas = Words()
        self._items = 0
        self._came: set[str] = set()  # the ids of the items that brought a picture
        self._nameless = False  # whether one came that has no id

    def _is_partial(self, kind: str, key: str, begun: Mapping[str, Any]) -> bool | None:
        return key == "partial_image_b64"

    def _is_passed_over(self, kind: str, key: str, begun: Mapping[str, Any]) -> bool:
        if key != "result":
            return False
        response = begun.get("response", begun)
        output = _list(response.get("output")) if isinstance(response, dict) else []
        item = begun.get("item") or (output[-1] if output else None)
        if kind.startswith(PASSED_OVER) or (isinstance(item, dict) and item.get("type", CALL) != CALL):
            return True
        # Whatever has an output repeats the whole answer. Which picture this is says its id; where that has not come
        # or does not exist, how many stand before it.
        if output and not self._nameless and (id := _id(item)):
            return id in self._came
        return bool(output) and sum(map(_brings, output[:-1])) < self.place

    def _sorted(self, kind: str, value: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        response = value.get("response")
        if isinstance(response, dict) and isinstance(response.get("id"), str):
            self.response_id = response["id"]
        if kind == "error" or (not kind and value.get("error") and not _is_response(value)):
            self._fail(value.get("error") or value)
        elif kind == "response.image_generation_call.partial_image":
            yield from self._partial(value.get("partial_image_b64"), value.get("partial_image_index"), pending)
        elif kind == "response.output_text.delta" and isinstance(value.get("delta"), str):
            if kept := self._deltas.add(value["delta"]):
                yield TextDelta(kept)
        elif kind == "response.output_item.done" and isinstance(value.get("item"), dict):
            self._items += 1
            yield from self._item(value["item"], pending)
        elif kind in ENDINGS and isinstance(response, dict):
            yield from self._response(response, pending)
        elif _is_response(value):
            self.response_id = str(value.get("id") or "") or None
            yield from self._response(value, pending)
        elif not kind.startswith(PASSED_OVER):
            self.unknown_events += 1

    def _response(self, response: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        items = [item for item in _list(response.get("output")) if isinstance(item, dict)]
        if self._items:
            items = self._new(items)
        self._items += len(items)
        for item in items:
            yield from self._item(item, pending)
        tools = [tool for tool in _list(response.get("tools")) if isinstance(tool, dict)]
        self.said |= {"main_model": response.get("model"), "model": next((tool.get("model") for tool in tools), None)}
        self._count_all(response)
        if isinstance(error := response.get("error"), dict):
            self._fail(error)
        reason = response.get("incomplete_details")
        if response.get("status") == "incomplete" or isinstance(reason, dict):
            why = str(reason.get("reason") if isinstance(reason, dict) else "no reason given")
            self._fell("", {"message": f"the answer is incomplete: {why}", "code": why})

    def _new(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The items whose pictures have not come as items: told by their ids, or by their number where those miss."""
        brought = [item for item in items if _brings(item)]
        if self._nameless or not all(map(_id, brought)):
            return brought[self.place :]
        return [item for item in brought if _id(item) not in self._came]

    def _count_all(self, response: Mapping[str, Any]) -> None:
        if isinstance(usage := response.get("usage"), dict):
            tools = response.get("tool_usage")
            self.usage = {**usage, **({"tool_usage": tools} if isinstance(tools, dict) else {})}

    def _item(self, item: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        if item.get("type") == "message":
            parts = [part for part in _list(item.get("content")) if isinstance(part, dict)]
            for part in parts:
                self._said.add(str(part.get("text") or part.get("refusal") or ""))
        elif item.get("type") == CALL:
            yield from self._call(item, pending)

    def _call(self, item: dict[str, Any], pending: list[Waiting]) -> Iterator[Read]:
        """What a call of the tool has brought: a picture, a failure, or what is said to be both."""
        before = self.place
        meta = {key: said for key, said in item.items() if key not in ("result", "type", "status", "error")}
        yield from self._image(item.get("result"), meta, pending)
        came, error = self.place > before, item.get("error")
        failed = bool(error) or item.get("status") == "failed"
        if came:
            id = _id(item)
            self._came.add(id or "")
            self._nameless = self._nameless or not id
        if (came or not failed) and not self.said.get("size"):
            self.said |= {name: item[name] for name in EFFECTIVE if item.get(name)}
        if failed:
            found = error if isinstance(error, dict) else {"message": str(error or "the image generation call failed")}
            self._fell(BESIDE, {"code": "image_generation_failed", **found})

    def _fell(self, beside: str, found: Mapping[str, Any]) -> None:
        if len(self._failures) < MAX_NOTES:
            self._failures.append((beside, found))

    def _conclude(self) -> None:
        self.text = self._told(self._said.joined("\n\n")) or self._told(self._deltas.joined())
        for beside, found in self._failures:
            if self.place:
                self._note(f"{beside}{found.get('message')}")
            else:
                self._fail(found)


def _is_response(value: Mapping[str, Any]) -> bool:
    """Whether a document is an answer as a whole; some gateways leave out its `object`."""
    return value.get("object") == "response" or isinstance(value.get("output"), list)


def _brings(item: object) -> bool:
    """Whether an item holds a picture, in whose place its number stands, or a link to one."""
    if not isinstance(item, dict) or item.get("type", CALL) != CALL:
        return False
    return type(item.get("result")) is int or (isinstance(item.get("url"), str) and item["url"] != "")


def _id(item: object) -> str:
    """The item's id; empty where it has none."""
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
