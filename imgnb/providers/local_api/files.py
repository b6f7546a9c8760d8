"""The Files API: pictures that are uploaded once and named by their id from then on."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from .call import Call
from .forms import form_fields
from .given import given_picture
from .memory import File
from .replies import Refused, Reply, json_reply

PURPOSES = ("vision", "user_data", "assistants", "batch", "fine-tune")
MAX_BYTES = 512_000_000


def create(call: Call) -> Reply:
    """POST /files"""
    form = form_fields(call.headers, call.body, lambda item, param: given_picture(item, param, call.memory, call.host))
    if form.upload is None:
        raise Refused(400, "the form has no file", "file", "missing_required_parameter")
    if (purpose := form.values.get("purpose")) not in PURPOSES:
        raise Refused(400, f"purpose {purpose!r} is not one of {', '.join(PURPOSES)}", "purpose", "invalid_value")
    name, data = form.upload
    if not data:
        raise Refused(400, "the file is empty", "file", "invalid_value")
    if len(data) > MAX_BYTES:
        raise Refused(413, f"the file has {len(data):,} bytes, the limit is {MAX_BYTES:,}", "file")
    file, file_id = File(name, purpose, int(time.time()), data), f"file-{uuid4().hex[:24]}"
    call.memory.files.put(file_id, file, len(data))
    return json_reply(200, _document(file_id, file), {"x-request-id": f"req_{uuid4().hex[:24]}"})


def retrieve(call: Call) -> Reply:
    """GET /files/{id}"""
    return json_reply(200, _document(call.name, _found(call)))


def content(call: Call) -> Reply:
    """GET /files/{id}/content"""
    data = _found(call).data
    headers = {"content-type": "application/octet-stream", "content-length": str(len(data))}
    return Reply(200, headers, iter([data]))


def delete(call: Call) -> Reply:
    """DELETE /files/{id}"""
    _found(call)
    call.memory.files.drop(call.name)
    return json_reply(200, {"id": call.name, "object": "file", "deleted": True})


def _found(call: Call) -> File:
    if (file := call.memory.files.get(call.name)) is None:
        raise Refused(404, f"there is no file {call.name!r}", "id", "image_file_not_found")
    return file


def _document(name: str, file: File) -> dict[str, Any]:
    return {
        "id": name,
        "object": "file",
        "bytes": len(file.data),
        "created_at": file.created_at,
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
    }
