"""One turn of a conversation, carried out: what is drawn and said, and what is remembered of it.

The answer is one document here; `response_events.py` tells the same as a stream.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

from ..local_engine import revised_prompt, usage
from ..local_engine.usage import text_tokens
from .call import Call
from .conversations import Context, Drawn, Message, Output, Stored
from .drawing import Drawing, added
from .ink import TOLD_TO_FAIL, in_base64

TALK = "This is the offline engine: no model is here to talk. Say what to draw, and it draws a sketch."
DECLINED = "I would rather not draw this; say it in other words, and I shall try."
NOT_DRAWN = "The picture could not be drawn."
FAILED = {"type": "image_generation_error", "code": "server_error", "message": TOLD_TO_FAIL, "param": None}
BLOCKED = {
    "type": "image_generation_user_error",
    "code": "moderation_blocked",
    "message": "The picture was rejected by the safety system",
    "param": None,
    "moderation_details": {"categories": ["violence"], "moderation_stage": "output"},
}
ECHOED = ("instructions", "max_output_tokens", "max_tool_calls", "previous_response_id", "safety_identifier", "user")


@dataclass(frozen=True)
class Turn:
    """One accepted request: what was sent, the conversation up to it, and what the tool draws if it is called."""

    given: Mapping[str, Any]
    context: Context
    drawing: Drawing | None
    forced: bool
    "Whether the tool had to be called: then nothing is said beside the picture."


@dataclass(frozen=True)
class Step:
    """An item of the answer that is still to be made: a picture by number, or words."""

    id: str
    index: int = 0
    error: Mapping[str, Any] | None = None
    text: str | None = None


@dataclass(frozen=True)
class ResponseAnswer:
    """The answer to one turn; pictures are drawn while it is read."""

    call: Call
    turn: Turn
    id: str = field(default_factory=lambda: f"resp_{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What the main model does in this turn."""
        faults, drawing = self.call.faults, self.turn.drawing
        if drawing is None or "text_only" in faults:
            return (self._words(TALK if drawing is None else DECLINED),)
        count = 2 if faults.keys() & {"two_calls", "one_of_two_fails"} else 1
        error = BLOCKED if "blocked_call" in faults else FAILED
        fails = bool(faults.keys() & {"failed_call", "blocked_call", "one_of_two_fails"})
        calls = [
            Step(f"ig_{uuid4().hex}", index, error if fails and index == count - 1 else None) for index in range(count)
        ]
        if self.turn.forced:
            return tuple(calls)
        named = " ".join(self.turn.context.prompt.split())[:80]
        return (*calls, self._words(NOT_DRAWN if fails else f"Here is the sketch: {named}"))

    @property
    def ending(self) -> str:
        """The status that the response ends with."""
        faults = self.call.faults
        return "failed" if "response_failed" in faults else "incomplete" if "incomplete" in faults else "completed"

    def body(self) -> Iterator[bytes]:
        """The answer as one document."""
        self.call.pause()
        none = self.ending != "completed" or "empty" in self.call.faults
        stored = self.finish(() if none else tuple(self.made(step) for step in self.steps), 0)
        yield from self.call.ink.json(whole(stored))

    def made(self, step: Step) -> Output:
        """The item of a step, drawn or said."""
        drawing = self.turn.drawing
        if step.text is not None or drawing is None:
            return Output({**self.message(step, "completed"), "content": [text_part(step.text or "")]})
        if step.error is not None:
            return Output({**self.tool_call(step, "failed"), "error": step.error, "result": None})
        item = {**self.tool_call(step, "completed"), "revised_prompt": self._revised(drawing, step)}
        return Output(item, drawing.finished(drawing.rendering(step.index)))

    def message(self, step: Step, status: str) -> dict[str, Any]:
        """A message item without words yet."""
        return {"id": step.id, "type": "message", "role": "assistant", "status": status, "content": []}

    def tool_call(self, step: Step, status: str) -> dict[str, Any]:
        """A call of the tool without its picture yet."""
        item: dict[str, Any] = {"id": step.id, "type": "image_generation_call", "status": status}
        if self.turn.drawing is None or status == "in_progress":
            return item
        return {**item, "action": self.turn.drawing.request.operation, **self.turn.drawing.effective}

    def document(self, status: str) -> dict[str, Any]:
        """The response object without its output and usage."""
        given = self.turn.given
        failed = {"code": "server_error", "message": TOLD_TO_FAIL} if status == "failed" else None
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "completed_at": int(time.time()) if status == "completed" else None,
            "error": failed,
            "incomplete_details": {"reason": "content_filter"} if status == "incomplete" else None,
            **{name: given.get(name) for name in ECHOED},
            "metadata": given.get("metadata") or {},
            "model": given["model"],
            "parallel_tool_calls": given.get("parallel_tool_calls", True),
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "temperature": given.get("temperature", 1.0),
            "text": {"format": {"type": "text"}},
            "tool_choice": given.get("tool_choice") or "auto",
            "tools": [_echoed(tool) for tool in given.get("tools") or []],
            "top_p": given.get("top_p", 1.0),
            "truncation": "disabled",
        }

    def finish(self, output: tuple[Output, ...], partials: int) -> Stored:
        """The finished response, which is remembered unless the request says otherwise."""
        document = {**self.document(self.ending), **self._used(output, partials)}
        entries = [
            Drawn(made.data) if made.data is not None else Message("assistant", step.text or "")
            for made, step in zip(output, self.steps, strict=False)
            if made.data is not None or step.text is not None
        ]
        stored = Stored(document, output, (self.turn.context + Context(tuple(entries))).remembered())
        if self.turn.given.get("store") is not False:
            self.call.memory.responses.put(self.id, stored, stored.weight)
        return stored

    def _used(self, output: tuple[Output, ...], partials: int) -> dict[str, Any]:
        if "no_usage" in self.call.faults:
            return {}
        texts = (*self.turn.context.texts, str(self.turn.given.get("instructions") or ""))
        asked = sum(text_tokens(text) for text in texts if text)
        # A call of the tool is about as long as the prompt that it passes on.
        said = sum(
            text_tokens(step.text or self.turn.context.prompt) for step, _ in zip(self.steps, output, strict=False)
        )
        drawn: dict[str, Any] = {
            "input_tokens": 0,
            "output_tokens": 0,
            "total_tokens": 0,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        }
        for made, step in zip(output, self.steps, strict=False):
            if made.data is not None and self.turn.drawing is not None:
                drawn = added(drawn, usage(self.turn.drawing.sketch(step.index), partials))
        drawn["output_tokens_details"] = {"image_tokens": drawn["output_tokens"], "text_tokens": 0}
        return {
            "usage": {
                "input_tokens": asked,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": said,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": asked + said,
            },
            "tool_usage": {"image_gen": drawn, "web_search": {"num_requests": 0}},
        }

    def _revised(self, drawing: Drawing, step: Step) -> str:
        """The prompt as the tool got it; an edit's also names what was asked before."""
        said = [text for text in self.turn.context.asked if text.strip()]
        before = "; then ".join(said[:-1]) if drawing.images else ""
        return (
            f"{before}; then {revised_prompt(drawing.sketch(step.index))}"
            if before
            else revised_prompt(drawing.sketch(step.index))
        )

    def _words(self, text: str) -> Step:
        return Step(f"msg_{uuid4().hex}", text=text)


def whole(stored: Stored) -> dict[str, Any]:
    """A finished response with its output; the last picture is where faults strike."""
    drawn = [made.id for made in stored.output if made.data is not None]
    return {**stored.document, "output": [shown(made, made.id in drawn[-1:]) for made in stored.output]}


def shown(made: Output, last: bool) -> dict[str, Any]:
    """An item as it is sent."""
    return {**made.item, "result": in_base64(made.data, last)} if made.data is not None else dict(made.item)


def text_part(text: str) -> dict[str, Any]:
    """A piece of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _echoed(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool as the answer repeats it: a mask that was sent along is not sent back."""
    mask = tool.get("input_image_mask")
    if not isinstance(mask, dict) or "image_url" not in mask:
        return dict(tool)
    return {**tool, "input_image_mask": {name: value for name, value in mask.items() if name != "image_url"}}
