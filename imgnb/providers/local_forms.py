"""The body of a request to the local engine, JSON or multipart, as one form of values and pictures."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

NUMBERS = ("n", "partial_images", "output_compression", "frame_count", "frame_duration_ms")


@dataclass
class Refused(Exception):
    """The request is answered with an error object."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Form:
    """What was sent: plain values by name, pictures in order, and the two overlays."""

    values: dict[str, Any] = field(default_factory=dict)
    images: list[bytes] = field(default_factory=list)
    mask: bytes | None = None
    markup: bytes | None = None


def form_fields(headers: Mapping[str, str], body: bytes) -> Form:
    """The form that a body holds. Raises Refused, in the provider's words, when it cannot be read."""
    kind = headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return _multipart(headers, body)
    return _json(body)


def _json(body: bytes) -> Form:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Refused(400, f"the body is not JSON: {exc}", code="invalid_json") from exc
    if not isinstance(document, dict):
        raise Refused(400, "the body is not a JSON object", code="invalid_json")
    form = Form()
    listed = document.pop("images", None) or []
    for item in listed if isinstance(listed, list) else [listed]:
        form.images.append(_linked(item, "images"))
    for name in ("mask", "markup"):
        if item := document.pop(name, None):
            setattr(form, name, _linked(item, name))
    form.values = document
    return form


def _linked(item: object, param: str) -> bytes:
    url = item.get("image_url") if isinstance(item, dict) else item
    if not isinstance(url, str) or not url.startswith("data:"):
        raise Refused(
            400, "only data URLs can be read here: the local engine fetches nothing", param, "invalid_image_url"
        )
    try:
        return data_url(url)
    except ValueError as exc:
        raise Refused(400, f"the data URL cannot be read: {exc}", param, "invalid_image_url") from exc


def _multipart(headers: Mapping[str, str], body: bytes) -> Form:
    from python_multipart import parse_form
    from python_multipart.exceptions import FormParserError

    form = Form()

    def on_field(item: Any) -> None:
        name, value = item.field_name.decode(), (item.value or b"").decode("utf-8", "replace")
        _put(form, name, value)

    def on_file(item: Any) -> None:
        item.file_object.seek(0)
        data = item.file_object.read()
        name = item.field_name.decode().removesuffix("[]")
        if name == "image":
            form.images.append(data)
        elif name in ("mask", "markup"):
            setattr(form, name, data)
        item.close()

    try:
        parse_form({"Content-Type": headers["content-type"].encode()}, io.BytesIO(body), on_field, on_file)
    except (FormParserError, ValueError, AttributeError, TypeError) as exc:  # the last two: svg[x] beside svg[x][y]
        raise Refused(400, f"the form cannot be read: {exc}", code="invalid_form") from exc
    return form


def _put(form: Form, name: str, value: str) -> None:
    if name.startswith("svg["):
        _nest(form.values.setdefault("svg", {}), name[4:].rstrip("]").split("]["), value)
    elif name == "stream":
        form.values[name] = value.lower() in ("true", "1")
    elif name in NUMBERS and value.lstrip("-").isdigit():
        form.values[name] = int(value)
    else:
        form.values[name] = value


def _nest(table: dict[str, Any], names: list[str], value: str) -> None:
    for name in names[:-1]:
        table = table.setdefault(name, {})
    table[names[-1]] = value


def data_url(text: str) -> bytes:
    """The bytes of a `data:` URL. Raises ValueError when it is none."""
    if not text.startswith("data:"):
        raise ValueError("not a data URL")
    head, _, body = text[5:].partition(",")
    return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
