"""The Images wire protocol over the local engine: which request is answered how, in a provider's own words.

What a provider would refuse is refused here, so that other clients see what they would see there. What an answer looks
like on the wire is `local_answer.py`'s; `local_serve.py` puts this behind an httpx transport and a real HTTP server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import ConfigInvalid, ImgnbError, ModelRetired, ProtocolBroken, RequestInvalid, SizeUnsupported
from ..pictures import probe
from ..request import ImageRequest, Reference
from ..request.capabilities import Capabilities
from ..request.checks import check
from ..request.image_request import PARAMS
from ..request.sizes import broken_rule, parse_size
from .local_answer import Answer, Reply
from .local_faults import Faults
from .local_forms import Form, Refused, form_fields

Pause = Callable[[float], object]
"Waits that many seconds, or until nobody listens any more."

LINKS = 64
"How many pictures that were answered as links are kept."

_KINDS = {"stream": bool, "svg": dict, **dict.fromkeys(("n", "partial_images", "output_compression"), int)}
_KINDS |= dict.fromkeys(("frame_count", "frame_duration_ms"), int)
# Every other parameter is text.

REFUSING: Mapping[str, Refused] = {
    "server_error": Refused(500, "The server had an error", type="server_error"),
    "server_error_text": Refused(500, "upstream connect error", type="text"),
    "unauthorized": Refused(401, "Incorrect API key provided", None, "invalid_api_key"),
    "payment": Refused(402, "The account has no balance", None, "insufficient_quota"),
    "not_found": Refused(404, "The model does not exist", "model", "model_not_found"),
    "moderation": Refused(
        400, "Your request was rejected by the safety system", None, "moderation_blocked", "image_generation_user_error"
    ),
}
"Faults that are refusals."


class LocalAPI:
    """Answers requests of the Images API. `files` keeps the pictures that were answered as links, by path."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.capabilities = Capabilities.load()
        self.files: dict[str, tuple[str, bytes]] = {}

    def reply(self, method: str, url: str, headers: Mapping[str, str], body: bytes, pause: Pause = time.sleep) -> Reply:
        """The answer to one request; `headers` have lower-case names, `url` is absolute."""
        path = url.split("://", 1)[-1].partition("/")[2].split("?", 1)[0]
        try:
            if method in ("GET", "HEAD"):
                return self._looked_up(path)
            if not path.endswith(("images/generations", "images/edits")):
                raise Refused(404, f"there is no {method} /{path} here", type="not_found_error")
            if method != "POST":
                raise Refused(405, f"use POST, not {method}")
            faults = self._faults(headers)
            if "silent" in faults:
                pause(_seconds(faults["silent"]))
            _refuse(faults)
            return self._answer(form_fields(headers, body), path, faults, url, pause).reply()
        except Refused as refused:
            return _refusal(refused)

    def keep_file(self, path: str, media_type: str, data: bytes) -> None:
        """Serve these bytes under a path, in place of the oldest when there are many."""
        self.files[path] = (media_type, data)
        while len(self.files) > LINKS:
            del self.files[next(iter(self.files))]

    def _looked_up(self, path: str) -> Reply:
        if path in self.files:
            media_type, data = self.files[path]
            return Reply(200, {"content-type": media_type, "content-length": str(len(data))}, iter([data]))
        models = [
            {"id": name, "object": "model", "created": 0, "owned_by": "imgnb"} for name in self.capabilities.models
        ]
        if path.endswith("models"):
            return _json(200, {"object": "list", "data": models})
        parent, _, name = path.rpartition("/")
        if found := [model for model in models if parent.endswith("models") and model["id"] == name]:
            return _json(200, found[0])
        raise Refused(404, f"there is no GET /{path} here", type="not_found_error")

    def _faults(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        try:
            return {**self.faults.take(), **Faults(headers.get("x-imgnb-fault", "")).take()}
        except ConfigInvalid as exc:
            raise Refused(400, f"{exc.message}; {exc.hint}", "x-imgnb-fault", "invalid_value") from exc

    def _answer(self, form: Form, path: str, faults: Mapping[str, str], url: str, pause: Pause) -> Answer:
        request = _request(form, path.endswith("edits"))
        model = request.model or self.capabilities.default_model
        self._check(request, model)
        if request.stream and "no_streaming" in faults:
            raise Refused(400, "Streaming is not supported here", "stream", "unsupported_parameter")
        host = "/".join(url.split("/", 3)[:3])
        keep_file = self.keep_file
        return Answer(request, model, form, faults, host, keep_file, lambda: pause(_seconds(faults.get("slow"))))

    def _check(self, request: ImageRequest, model: str) -> None:
        try:
            check(request, model, self.capabilities, any_model=True)
            if self.capabilities.model(model) is None:
                self._check_size(request)
        except ModelRetired as exc:
            raise Refused(404, _in_one_line(exc), "model", "model_not_found") from exc
        except RequestInvalid as exc:
            raise Refused(400, _in_one_line(exc), exc.param, "invalid_value") from exc

    def _check_size(self, request: ImageRequest) -> None:
        """Refuse what is too large to draw, also for a model that nobody knows."""
        rule = self.capabilities.size_rule(self.capabilities.default_model)
        size = parse_size(request.size or "")
        if rule and size and (reason := broken_rule(size, rule)):
            raise SizeUnsupported(f"Invalid size: {request.size} {reason}", param="size")


def error_document(refused: Refused) -> dict[str, Any]:
    """The error object of the contract."""
    return {"error": {"message": refused.message, "type": refused.type, "param": refused.param, "code": refused.code}}


def _in_one_line(error: ImgnbError) -> str:
    return "; ".join(filter(None, (error.message, error.hint)))


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 0), 0.0), 60.0)
    except ValueError:
        return 0.0


def _json(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Reply:
    body = json.dumps(document).encode()
    return Reply(status, {"content-type": "application/json", **(headers or {})}, iter([body]))


def _refusal(refused: Refused) -> Reply:
    headers = {"x-request-id": "req_refused", **dict(refused.headers)}
    if refused.type == "text":
        return Reply(refused.status, {**headers, "content-type": "text/plain"}, iter([refused.message.encode()]))
    return _json(refused.status, error_document(refused), headers)


def _refuse(faults: Mapping[str, str]) -> None:
    """Raise the refusal that a fault asks for."""
    if "rate_limit" in faults:
        wait = faults["rate_limit"] or "1"
        raise Refused(429, "Rate limit reached", None, "rate_limit_exceeded", "requests", (("retry-after", wait),))
    for name in REFUSING.keys() & faults.keys():
        raise replace(REFUSING[name])


def _request(form: Form, edits: bool) -> ImageRequest:
    known = {name: value for name, value in form.values.items() if name in PARAMS and value is not None}
    for name, value in (*known.items(), ("prompt", form.values.get("prompt", ""))):
        kind = _KINDS.get(name, str)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Refused(400, f"{name} must be {kind.__name__}, not {type(value).__name__}", name, "invalid_type")
    overlays = (("mask", form.mask), ("markup", form.markup))
    pictures = [("image", data) for data in form.images] + [(role, data) for role, data in overlays if data is not None]
    return ImageRequest(
        form.values.get("prompt", ""),
        operation="edit" if edits else "generate",
        references=tuple(_reference(role, data) for role, data in pictures),
        **known,
    )


def _reference(role: str, data: bytes) -> Reference:
    import hashlib
    from pathlib import Path

    try:
        picture = probe(data)
    except ProtocolBroken as exc:
        raise Refused(400, f"the {role} cannot be read: {exc.message}", role, "invalid_image_file") from exc
    return Reference(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=picture.media_type,
        path=Path(),
        role=role,  # type: ignore[arg-type]
        width=picture.width,
        height=picture.height,
        has_alpha=picture.has_alpha,
        bytes=len(data),
        source=role,
    )
