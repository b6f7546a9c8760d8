"""The OpenAI Images API: `/images/generations` and `/images/edits`, as JSON, multipart and event streams.

Contract: OpenAI API reference "Images", and the types of the `openai` SDK 3.52. Gateways that differ in path, spelling of
sizes, place of the pictures or way of sending them say so in routes.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from ..events import Cancel
from ..request import ImageRequest, Reference
from ..request.image_request import CONVERSING
from ..request.sizes import nearest_ratio
from .images_reader import ImagesReader
from .json_body import DataURL, in_json
from .picture_file import PictureFile
from .provider import Call
from .routes import Route
from .speaker import Speaker


class OpenAIImages(Speaker):
    """Speaks the Images API."""

    def endpoint(self, request: ImageRequest, route: Route) -> str:
        return route.edit_path if request.references and not _in_array(request, route) else route.generate_path

    def reader(self, call: Call) -> ImagesReader:
        return ImagesReader(call.open_sink, previews=call.previews, results=call.route.results)

    def body(self, call: Call, stack: ExitStack) -> dict[str, Any]:
        route, request, fields = call.route, call.request, self._fields(call)
        if not request.references:
            return {"json": fields}
        if _in_array(request, route):
            return in_json({**fields, "image": [DataURL(image) for image in request.images]}, call.cancel)
        if route.edit_body == "json":
            return in_json({**fields, **_linked(request)}, call.cancel)
        files = [
            (_field(reference, request, route.image_field), _file(reference, call.cancel, stack))
            for reference in request.references
        ]
        return {"data": _form(fields), "files": files}

    def _fields(self, call: Call) -> dict[str, Any]:
        route = call.route
        fields: dict[str, Any] = {"model": route.models.get(call.model, call.model), "prompt": call.request.prompt}
        left_out = ("model", "stream", "partial_images", *CONVERSING)
        fields |= {name: value for name, value in call.request.params().items() if name not in left_out}
        if route.ratios and "size" in fields:
            fields["size"] = nearest_ratio(fields["size"], route.ratios)
        if route.response_format:
            fields["response_format"] = route.response_format
        if call.stream:
            fields |= {"stream": True, "partial_images": call.request.partial_images or 0}
        return {name: value for name, value in fields.items() if value is not None}


def _in_array(request: ImageRequest, route: Route) -> bool:
    """Whether the pictures go as an array in the body of a generation; an overlay has no place there."""
    return route.edit_body == "image_array" and all(reference.role == "image" for reference in request.references)


def _linked(request: ImageRequest) -> dict[str, Any]:
    """The references as data URLs, for edits in JSON."""
    linked: dict[str, Any] = {"images": [{"image_url": DataURL(image)} for image in request.images]}
    for reference in request.references:
        if reference.role != "image":
            linked[reference.role] = {"image_url": DataURL(reference)}
    return linked


def _field(reference: Reference, request: ImageRequest, image_field: str) -> str:
    if reference.role != "image":
        return reference.role
    return image_field if len(request.images) > 1 else image_field.removesuffix("[]")


def _file(reference: Reference, cancel: Cancel, stack: ExitStack) -> tuple[str, PictureFile, str]:
    extension = reference.media_type.rpartition("/")[2].partition("+")[0]
    name = f"{reference.sha256[:12]}.{extension}"
    return name, stack.enter_context(PictureFile(reference, cancel)), reference.media_type


def _form(fields: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Form fields for multipart: nested objects as `svg[model]`, truth values as `true`."""
    form: dict[str, str] = {}
    for name, value in fields.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            form |= _form(value, key)
        else:
            form[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return form
