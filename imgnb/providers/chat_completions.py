"""Chat completions that answer with a Markdown link to a picture: what some gateways have beside the Images API.

Contract: OpenAI API reference "Chat completions"; laozhang.ai, "GPT-Image-2 API", April 2026.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from ..request import ImageRequest
from .chat_reader import ChatReader
from .json_body import DataURL, in_json
from .provider import Call
from .routes import Route
from .speaker import Speaker


class ChatCompletions(Speaker):
    """Sends the prompt, and pictures as data URLs, as a message of the user."""

    def endpoint(self, request: ImageRequest, route: Route) -> str:
        return "/chat/completions"

    def reader(self, call: Call) -> ChatReader:
        return ChatReader(call.open_sink, previews=call.previews)

    def body(self, call: Call, stack: ExitStack) -> dict[str, Any]:
        request = call.request
        content: Any = request.prompt
        if request.images:
            content = [{"type": "text", "text": request.prompt}]
            content += [{"type": "image_url", "image_url": {"url": DataURL(image)}} for image in request.images]
        model = call.route.models.get(call.model, call.model)
        document = {"model": model, "messages": [{"role": "user", "content": content}], **request.extras}
        return in_json(document, call.cancel)
