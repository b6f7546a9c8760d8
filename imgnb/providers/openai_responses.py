"""The OpenAI Responses API: a main model that draws with its tool `image_generation`, and goes on from earlier turns.

Contract: OpenAI API reference "Responses" and guide "Image generation", and the types of the `openai` SDK 3.52
(`types/responses/tool_param.py`, `response_create_params.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from ..request import ImageRequest, Reference
from ..request.turn import Turn
from .files_api import FilesAPI
from .json_body import DataURL, in_json
from .provider import Call
from .responses_reader import ResponsesReader
from .routes import Route
from .speaker import Speaker

TOOL = (
    "size", "quality", "background", "output_format", "output_compression", "moderation", "complexity", "frame_count",
    "frame_duration_ms", "svg", "input_fidelity", "action",
)  # fmt: skip
"Parameters of the tool; its model is the image model."

OUTER = ("safety_identifier", "user")
"Parameters of the answer as a whole."


class OpenAIResponses(Speaker):
    """Speaks the Responses API. A picture is asked for by forcing the tool; in a conversation the main model decides."""

    def endpoint(self, request: ImageRequest, route: Route) -> str:
        return "/responses"

    def reader(self, call: Call) -> ResponsesReader:
        return ResponsesReader(call.open_sink, previews=call.previews)

    def body(self, call: Call, stack: ExitStack) -> dict[str, Any]:
        request = call.request
        given = request.params()
        fields: dict[str, Any] = {
            "model": call.route.models.get(call.main_model or "", call.main_model),
            "input": self._input(call),
            "tools": [self._tool(call, given)],
        }
        if request.operation != "converse":
            fields["tool_choice"] = {"type": "image_generation"}
        if call.way == "previous_response_id" and request.continues is not None:
            fields["previous_response_id"] = request.continues.response_id
        fields |= {name: given[name] for name in OUTER if name in given}
        if call.stream:
            fields["stream"] = True
        return in_json({**fields, **request.extras}, call.cancel)

    def _tool(self, call: Call, given: dict[str, Any]) -> dict[str, Any]:
        tool: dict[str, Any] = {
            "type": "image_generation",
            "model": call.route.models.get(call.model, call.model),
            **{name: given[name] for name in TOOL if name in given},
        }
        if call.stream:
            tool["partial_images"] = call.request.partial_images or 0
        if mask := call.request.reference("mask"):
            tool["input_image_mask"] = self._named(call, mask)
        return tool

    def _input(self, call: Call) -> str | list[dict[str, Any]]:
        request, turn = call.request, call.request.continues
        before: list[dict[str, Any]] = []
        behind: list[dict[str, Any]] = []
        pictures = list(request.images)
        if turn is not None and call.way == "image_generation_call":
            behind = [{"type": "image_generation_call", "id": id} for id in turn.call_ids]
        elif turn is not None and call.way == "upload":
            before, pictures = list(_retold(turn)), [*turn.pictures, *pictures]
        if not (before or behind or pictures):
            return request.prompt
        content: list[dict[str, Any]] = [{"type": "input_text", "text": request.prompt}]
        content += [{"type": "input_image", "detail": "auto", **self._named(call, picture)} for picture in pictures]
        return [*before, {"role": "user", "content": content}, *behind]

    def _named(self, call: Call, picture: Reference) -> dict[str, str | DataURL]:
        """The picture as the call names pictures: as a link, by the id of a file that is sent once, or as data."""
        if call.image_input == "url" and picture.url:
            return {"image_url": picture.url}
        if call.image_input == "file":
            return {"file_id": FilesAPI(self._wire).id_of(call, picture)}
        return {"image_url": DataURL(picture)}


def _retold(turn: Turn) -> Iterator[dict[str, Any]]:
    """What was said before, for a server that knows nothing of it; the pictures follow with what is asked now."""
    for earlier in turn.chain():
        yield {"role": "user", "content": earlier.prompt}
        if earlier.text:
            yield {"role": "assistant", "content": earlier.text}
