"""The bytes of a picture that a request names instead of carrying it: a data URL, an uploaded file, a link of this server.

The engine fetches nothing: a link that this server did not hand out is refused.
"""

from __future__ import annotations

import base64
from urllib.parse import unquote_to_bytes

from .memory import Memory
from .replies import Refused


def given_picture(item: object, param: str, memory: Memory, host: str, *, forgotten: bool = False) -> bytes:
    """The bytes of `{"image_url": ...}`, `{"file_id": ...}` or a bare URL. Raises Refused when they cannot be had."""
    if isinstance(item, dict) and item.get("file_id") is not None:
        return _uploaded(item["file_id"], param, memory, forgotten)
    url = item.get("image_url") if isinstance(item, dict) else item
    if isinstance(url, str) and url.startswith("data:"):
        try:
            return data_url(url)
        except ValueError as exc:
            raise Refused(400, f"the data URL cannot be read: {exc}", param, "invalid_image_url") from exc
    if isinstance(url, str) and url.startswith(f"{host}/") and (link := memory.links.get(url[len(host) + 1 :])):
        return link.data
    raise Refused(
        400,
        "only data URLs, files and this server's own links can be read here: the local engine fetches nothing",
        param,
        "invalid_image_url",
    )


def bare_picture(item: object, param: str, memory: Memory, host: str) -> bytes:
    """As above, or base64 without anything around it."""
    if not isinstance(item, str) or ":" in item:
        return given_picture(item, param, memory, host)
    try:
        return base64.b64decode(item, validate=True)
    except ValueError as exc:
        raise Refused(400, f"the base64 cannot be read: {exc}", param, "invalid_value") from exc


def data_url(text: str) -> bytes:
    """The bytes of a `data:` URL. Raises ValueError when it is none."""
    if not text.startswith("data:"):
        raise ValueError("not a data URL")
    head, _, body = text[5:].partition(",")
    return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)


def _uploaded(name: object, param: str, memory: Memory, forgotten: bool) -> bytes:
    file = None if forgotten else memory.files.get(str(name))
    if file is None:
        raise Refused(404, f"there is no file {str(name)[:80]!r}", param, "image_file_not_found")
    return file.data
