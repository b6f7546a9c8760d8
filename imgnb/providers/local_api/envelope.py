"""gptimageapi.dev's own endpoint: ratios instead of sizes, links in an envelope, and failures with HTTP 200."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .asked import asked, check_asked
from .call import Call
from .drawing import Drawing
from .forms import json_object
from .replies import Refused, Reply, json_reply, refusal

QUALITIES = ("low", "medium", "high")
RATIOS = ("1:1", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21", "2:1", "1:2")
"Ratios that a refusal names; any other that is no longer than 3:1 is taken too."
PIXELS = 1024 * 1024
OF_THE_REQUEST = (400, 404)
"Statuses that are told in the envelope only; a key, the balance and the server itself keep theirs in HTTP too."


def generate(call: Call) -> Reply:
    """POST /images/generate"""
    given = json_object(call.body)
    if "code" in call.faults:
        code = call.faults["code"] or "1001"
        return json_reply(200, _envelope(int(code) if code.isdigit() else 1001, "the engine was told to fail"))
    values = {name: given[name] for name in ("prompt", "model", "n", "background") if given.get(name) is not None}
    if given.get("stream"):
        raise Refused(400, "stream is not supported", "stream", "unsupported_parameter")
    if (quality := given.get("quality") or "medium") not in QUALITIES:
        raise Refused(400, f"quality {quality!r} is not one of {', '.join(QUALITIES)}", "quality", "invalid_value")
    width, height = _pixels(given.get("size") or "1:1")
    request = asked({**values, "quality": quality, "size": f"{width}x{height}"})
    model = request.model or call.capabilities.default_model
    check_asked(request, model, call.capabilities, call.dialect)
    drawing = Drawing(request, model, (), None, None, call.faults)
    headers = {"x-request-id": f"req_{drawing.id}", "x-imgnb-sketch": "1"}
    return call.ink.reply(headers, _document(call, drawing), None)


def refuse(refused: Refused) -> Reply:
    """A refusal in the envelope."""
    if refused.type == "text":
        return refusal(refused)
    status = 200 if refused.status in OF_THE_REQUEST else refused.status
    headers = {"x-request-id": "req_refused", **dict(refused.headers)}
    return json_reply(status, _envelope(refused.status, refused.message), headers)


def _document(call: Call, drawing: Drawing) -> Iterator[bytes]:
    call.pause()
    images = []
    for rendering in () if "empty" in call.faults else drawing.renderings():
        sketch = rendering.sketch
        name = f"{drawing.id}-{sketch.index}.{sketch.output_format}"
        images.append({"url": call.link(name, f"image/{sketch.output_format}", drawing.finished(rendering))})
    yield from call.ink.json(_envelope(0, "ok", {"images": images}))


def _envelope(code: int, message: str, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "data": content}


def _pixels(size: object) -> tuple[int, int]:
    """About a million pixels of this ratio, both edges multiples of 16. Raises Refused when it is no ratio."""
    found = re.fullmatch(r"([1-9]\d?):([1-9]\d?)", size) if isinstance(size, str) else None
    if found is None:
        raise Refused(400, f"size {size!r} is not a ratio: use {', '.join(RATIOS)}", "size", "invalid_value")
    across, down = int(found[1]), int(found[2])
    if max(across, down) > 3 * min(across, down):
        raise Refused(400, f"size {size} is longer than 3:1", "size", "invalid_value")
    width = round((PIXELS * across / down) ** 0.5 / 16) * 16
    height = round((PIXELS * down / across) ** 0.5 / 16) * 16
    return width, height
