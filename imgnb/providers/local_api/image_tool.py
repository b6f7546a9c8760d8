"""The tool `image_generation` of the Responses API: whether it is called, and what it is told to draw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .asked import asked, check_asked
from .call import Call
from .conversations import Context
from .drawing import Drawing
from .given import bare_picture, given_picture
from .replies import Refused

TOOL = "image_generation"
ACTIONS = ("auto", "generate", "edit")
OWN = ("type", "action", "input_image_mask")
OPTIONS = (
    "model", "size", "quality", "background", "output_format", "output_compression", "moderation", "complexity",
    "frame_count", "frame_duration_ms", "svg", "input_fidelity", "partial_images",
)  # fmt: skip
"Options that the Images API has too (openai 3.52, types/responses/tool_param.py, ImageGeneration)."

_GREETING = re.compile(
    r"(hi|hello|hey|good (morning|afternoon|evening)|thanks|thank you|bonjour|hola|hallo|你好|您好|谢谢)"
    r"( there| all| everyone| you| very much)?[\s,.!！。]*",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(what|who|whom|whose|when|where|why|how|which|is|are|am|was|were|do|does|did|have|has)\b", re.IGNORECASE
)
_DRAWING = re.compile(
    r"\b(draw|drawing|paint|sketch|picture|image|illustrat|render|generate|make|create|show|photo)|[画绘图]",
    re.IGNORECASE,
)


def is_talk(prompt: str) -> bool:
    """Whether a main model would plainly answer in words: to a greeting, or a question that names no picture."""
    text = prompt.strip()
    if _GREETING.fullmatch(text):
        return True
    return text.endswith(("?", "？")) and not _DRAWING.search(text) and bool(_QUESTION.match(text))


def image_tool(tools: object) -> Mapping[str, Any] | None:
    """The first image_generation tool of a request. Raises Refused when the list is none."""
    if not isinstance(tools, list) or not all(isinstance(tool, dict) and "type" in tool for tool in tools):
        raise Refused(400, "tools must be a list of objects with a type", "tools", "invalid_type")
    return next((tool for tool in tools if tool["type"] == TOOL), None)


def is_called(choice: object, tool: Mapping[str, Any] | None, prompt: str) -> tuple[bool, bool]:
    """Whether the tool is called, and whether it has to be. Raises Refused for a choice that cannot be made."""
    kind = choice.get("type") if isinstance(choice, dict) else choice
    if isinstance(choice, dict) and kind == "allowed_tools":
        kind = choice.get("mode")
    if kind not in ("auto", "none", "required", TOOL):
        raise Refused(400, f"tool_choice {kind!r} cannot be chosen here", "tool_choice", "invalid_value")
    forced = kind in ("required", TOOL)
    if forced and tool is None:
        raise Refused(400, f"tool_choice {kind!r} needs the tool in tools", "tool_choice", "invalid_value")
    return forced or (kind == "auto" and tool is not None and not is_talk(prompt)), forced


def tool_drawing(call: Call, tool: Mapping[str, Any], context: Context) -> Drawing:
    """What the tool draws in this context. Raises Refused, about `tools` or `input`, for what it does not take."""
    try:
        return _drawing(call, tool, context)
    except Refused as refused:
        if refused.param in ("image", "prompt"):
            raise replace(refused, param="input") from refused
        if refused.param is not None and refused.param.startswith("tools"):
            raise
        # So says the seed: a size that is too large is an error of the tool.
        raise replace(refused, param="tools", type="image_generation_user_error") from refused


def _drawing(call: Call, tool: Mapping[str, Any], context: Context) -> Drawing:
    for name in tool:
        if name not in (*OWN, *OPTIONS) and not call.dialect.lenient:
            raise Refused(400, f"Unknown parameter: 'tools[].{name}'.", f"tools[].{name}", "unknown_parameter")
    action = tool.get("action") or "auto"
    if action not in ACTIONS:
        raise Refused(400, f"action {action!r} is not one of {', '.join(ACTIONS)}", "tools", "invalid_value")
    mask = _mask(call, tool.get("input_image_mask"))
    images = () if action == "generate" else context.pictures(masked=mask is not None)
    if not images and (action == "edit" or (mask is not None and action == "auto")):
        message = "the image_generation tool can edit only with an image in the context: give one, or use action 'auto'"
        raise Refused(400, message, "tools", "invalid_value", "image_generation_user_error")
    mask = mask if images else None
    values = {name: tool[name] for name in OPTIONS if tool.get(name) is not None}
    prompt = context.prompt if images else _whole_prompt(context, call.capabilities.limits["prompt_characters"])
    request = asked({**values, "prompt": prompt}, images, mask, edits=bool(images))
    model = request.model or call.capabilities.default_model
    check_asked(request, model, call.capabilities, call.dialect)
    return Drawing(request, model, images, mask, None, call.faults)


def _whole_prompt(context: Context, limit: int) -> str:
    """All that the user said, for a picture that starts from nothing; the newest part where that is too much."""
    if len(context.prompt) > limit:
        return context.prompt
    return "\n".join(filter(str.strip, context.asked))[-limit:]


def _mask(call: Call, given: object) -> bytes | None:
    if not given:
        return None
    if isinstance(given, dict) and isinstance(bare := given.get("image_url"), str) and ":" not in bare:
        return bare_picture(bare, "tools", call.memory, call.host)
    forgotten = "forgotten_files" in call.faults
    return given_picture(given, "tools", call.memory, call.host, forgotten=forgotten)
