"""The body of a request, JSON or multipart, as one form: plain values, pictures, and an uploaded file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .replies import Refused

NUMBERS = ("n", "partial_images", "output_compression", "frame_count", "frame_duration_ms")
Read = Callable[[object, str], bytes]
"Gives the bytes of a picture that a JSON body names; its second argument is the parameter, for the refusal."


@dataclass
class Form:
    """What was sent: plain values by name, pictures in order, the two overlays, and an upload's name and bytes."""

    values: dict[str, Any] = field(default_factory=dict)
    images: list[bytes] = field(default_factory=list)
    mask: bytes | None = None
    markup: bytes | None = None
    upload: tuple[str, bytes] | None = None


def form_fields(headers: Mapping[str, str], body: bytes, read: Read) -> Form:
    """The form that a body holds. Raises Refused, in the provider's words, when it cannot be read."""
    if headers.get("content-type", "").startswith("multipart/form-data"):
        return _multipart(headers, body)
    return _pictured(json_object(body), read)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds. Raises Refused when it is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Refused(400, f"the body is not JSON: {exc}", code="invalid_json") from exc
    if not isinstance(document, dict):
        raise Refused(400, "the body is not a JSON object", code="invalid_json")
    return document


def _pictured(document: dict[str, Any], read: Read) -> Form:
    form = Form()
    listed = document.pop("images", None) or []
    for item in listed if isinstance(listed, list) else [listed]:
        form.images.append(read(item, "images"))
    for name in ("mask", "markup"):
        if item := document.pop(name, None):
            setattr(form, name, read(item, name))
    form.values = document
    return form


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
        elif name == "file":
            form.upload = ((item.file_name or b"file").decode("utf-8", "replace"), data)
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
