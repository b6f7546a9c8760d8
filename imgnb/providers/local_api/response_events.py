"""A turn of a conversation as a stream of events, in the order in which the Responses API sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from .conversations import Output
from .ink import TOLD_TO_FAIL, in_base64
from .response_answer import ResponseAnswer, Step, shown, text_part, whole


def events(answer: ResponseAnswer) -> Iterator[bytes]:
    """The stream of an answer; what is finished is remembered before its last event is sent."""
    return _Events(answer).all()


class _Events:
    def __init__(self, answer: ResponseAnswer) -> None:
        self.answer = answer
        self.ink, self.faults, self.pause = answer.call.ink, answer.call.faults, answer.call.pause
        self.numbers = count()
        self.output: list[Output] = []
        drawn = [step for step in answer.steps if step.text is None]
        self.last_drawn = next((step for step in reversed(drawn) if step.error is None), None)
        self.last_called = drawn[-1] if drawn else None

    def all(self) -> Iterator[bytes]:
        begun = {**self.answer.document("in_progress"), "output": [], "usage": None}
        self.pause()
        yield from self._event("response.created", response=begun)
        yield from self._event("response.in_progress", response=begun)
        yield from self._unknown("response.mood.noted", mood="bright")
        for place, step in enumerate(self.answer.steps):
            yield from self._said(step, place) if step.text is not None else self._called(step, place)
            if step is self.last_called and self.faults.keys() & {"empty", "error_event"}:
                if "error_event" in self.faults:
                    yield from self._event("error", code="server_error", message=TOLD_TO_FAIL, param=None)
                return
            if self.answer.ending != "completed":
                break
        yield from self._unknown("response.output_item.weighed", output_index=0, weight=1)
        partials = 0 if self.answer.turn.drawing is None else self.answer.turn.drawing.partials
        stored = self.answer.finish(tuple(self.output), partials)
        yield from self._event(f"response.{self.answer.ending}", response=whole(stored))
        if "done" in self.faults:
            yield self.ink.done()

    def _called(self, step: Step, place: int) -> Iterator[bytes]:
        """A call of the tool: begun, partials, finished. Where the response is to end early, so does this."""
        drawing = self.answer.turn.drawing
        assert drawing is not None
        at: dict[str, Any] = {"item_id": step.id, "output_index": place}
        begun = {**self.answer.tool_call(step, "in_progress"), "result": None}
        yield from self._event("response.output_item.added", output_index=place, item=begun)
        yield from self._event("response.image_generation_call.in_progress", **at)
        yield from self._event("response.image_generation_call.generating", **at)
        yield from self._unknown("response.image_generation_call.sharpening", progress=0.5, **at)
        rendering = drawing.rendering(step.index)
        for index, partial in enumerate(drawing.sharpening(rendering)):
            self.pause()
            picture = {"partial_image_index": index, **drawing.effective, "partial_image_b64": in_base64(partial)}
            yield from self._event("response.image_generation_call.partial_image", **at, **picture)
        self.pause()
        ends = step is self.last_called and self.faults.keys() & {"empty", "error_event"}
        if ends or self.answer.ending != "completed":
            return
        made = self.answer.made(step)
        self.output.append(made)
        if step.error is None:
            yield from self._event("response.image_generation_call.completed", **at)
        if "no_item_done" not in self.faults:
            item = shown(made, step is self.last_drawn)
            yield from self._event("response.output_item.done", output_index=place, item=item)

    def _said(self, step: Step, place: int) -> Iterator[bytes]:
        """A message, word by word."""
        text = step.text or ""
        at: dict[str, Any] = {"item_id": step.id, "output_index": place, "content_index": 0}
        begun = self.answer.message(step, "in_progress")
        yield from self._event("response.output_item.added", output_index=place, item=begun)
        yield from self._event("response.content_part.added", **at, part=text_part(""))
        for delta in re.findall(r"\s*\S+\s*$|\s*\S+", text):
            yield from self._event("response.output_text.delta", **at, delta=delta, logprobs=[])
        yield from self._event("response.output_text.done", **at, text=text, logprobs=[])
        yield from self._event("response.content_part.done", **at, part=text_part(text))
        made = self.answer.made(step)
        self.output.append(made)
        yield from self._event("response.output_item.done", output_index=place, item=shown(made, False))

    def _unknown(self, kind: str, **fields: Any) -> Iterator[bytes]:
        if "unknown_events" in self.faults:
            yield from self._event(kind, **fields)

    def _event(self, kind: str, **fields: Any) -> Iterator[bytes]:
        return self.ink.event(kind, {"sequence_number": next(self.numbers), **fields})
