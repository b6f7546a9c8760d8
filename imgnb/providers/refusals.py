"""From an error answer to the error of ours: what the HTTP status and the body's code mean, as data.

Sources: OpenAI API reference "Error codes", the SDK's status classes (openai 3.52, `_exceptions.py`), and the
gateways' documents. A body's code says more than the status, so it is asked first.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from ..errors import (
    BillingRefused,
    KeyRefused,
    NotFound,
    PolicyRefused,
    ProtocolBroken,
    ProviderError,
    ProviderTimeout,
    RateLimited,
    RequestRefused,
    ServerFailed,
    SizeRefused,
)
from .said import cut, one_line

BY_CODE: dict[str, type[ProviderError]] = {
    "moderation_blocked": PolicyRefused,
    "content_policy_violation": PolicyRefused,
    "billing_hard_limit_reached": BillingRefused,
    "insufficient_quota": BillingRefused,
    "content_filter": PolicyRefused,
    "image_content_policy_violation": PolicyRefused,
    "bio_policy": PolicyRefused,
    "misalignment_policy_violation": PolicyRefused,
    "invalid_api_key": KeyRefused,
    "rate_limit_exceeded": RateLimited,
    "model_not_found": NotFound,
}
BY_STATUS: Mapping[int, type[ProviderError]] = {
    401: KeyRefused,
    402: BillingRefused,
    403: KeyRefused,
    404: NotFound,
    408: ProviderTimeout,
    429: RateLimited,
}
NO_SUCH_WAY = (400, 404, 405, 415, 422, 501)
"What a server answers that does not stream; elsewhere the word says nothing."
MOST_ASKED = 3600.0
"Seconds of a Retry-After that are reckoned with; whoever asks for as much, or more, is not asked again."

HINTS: Mapping[type[ProviderError], str] = {
    PolicyRefused: "reword the prompt; --moderation low is less strict",
    BillingRefused: "add credit or raise the limit in the provider's account, or use another --route",
    KeyRefused: "check the key's variable (imgnb doctor) and that this account may use the model",
    RateLimited: "wait, or ask for fewer pictures at once",
    NotFound: "check --model, and that the route's base_url ends in /v1",
    ServerFailed: "try again later, or use another --route",
    ProviderTimeout: "try again; the picture may be billed all the same",
    SizeRefused: "use another --size",
    RequestRefused: "change or leave out the parameter",
    ProtocolBroken: "check the route's base_url: something other than the API answered",
}


class StreamingRefused(RequestRefused):
    """The server does not stream; the same request without streaming may succeed."""


class TurnForgotten(NotFound):
    """The server no longer knows the earlier answer, or its picture, that the request goes on from."""


class FileForgotten(NotFound):
    """The server no longer has a file that it was sent."""


BY_CODE = {
    **BY_CODE,
    "previous_response_not_found": TurnForgotten,
    "image_file_not_found": FileForgotten,
    "file_not_found": FileForgotten,
}


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that an answer with this status means, with its message, code, param, request id and Retry-After."""
    detail = _detail(body)
    return failure(
        detail or {"message": _in_words(headers, body)},
        status=status,
        request_id=request_id(headers),
        wait=asked_to_wait(headers.get("retry-after")),
    )


def failure(
    detail: Mapping[str, Any],
    *,
    status: int | None = None,
    request_id: str | None = None,
    wait: float | None = None,
) -> ProviderError:
    """The error that an `{"message", "type", "param", "code"}` object means; without a status, one in mid-stream."""
    message = cut(one_line(str(detail.get("message") or detail.get("code") or "")), 1000) or f"HTTP {status}"
    if moderated := _moderation(detail):
        message = f"{message} ({', '.join(moderated['categories']) or 'no category'}; at {moderated['stage']})"
    code, param = _text(detail.get("code")), _text(detail.get("param"))
    kind = _class(status, code or _text(detail.get("type")) or "", param or "", message)
    return kind(
        message if status is None else f"{message} (HTTP {status})",
        hint=_hint(kind, wait),
        code=code,
        param=param,
        status=status,
        request_id=request_id,
        retry_after=None if wait is None else min(wait, MOST_ASKED),
        details=_moderation(detail),
    )


def request_id(headers: Mapping[str, str]) -> str | None:
    """The id by which the provider knows the request."""
    return cut(one_line(headers.get("x-request-id", "")), 200) or None


def retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks to wait, at most MOST_ASKED; None when it says nothing."""
    asked = asked_to_wait(value)
    return None if asked is None else min(asked, MOST_ASKED)


def asked_to_wait(value: str | None) -> float | None:
    """What a Retry-After header says, as seconds or as an HTTP date, in seconds from now."""
    if not value:
        return None
    try:
        seconds = float(value)
        return max(seconds, 0.0) if seconds < float("inf") else None
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


def _class(status: int | None, code: str, param: str, message: str) -> type[ProviderError]:
    if code in BY_CODE:
        return BY_CODE[code]
    if status is None and re.fullmatch(r"[45]\d\d", code, re.ASCII):  # envelopes say so under HTTP 200
        return _by_status(int(code), param, message)
    if status in (400, 404) and (forgotten := _forgotten(param, message)):
        return forgotten
    if status in NO_SUCH_WAY and _is_about_streaming(param, message):
        return StreamingRefused
    if status is None and code in ("server_error", "internal_error", "internal_server_error"):
        return ServerFailed
    return _by_status(status, param, message)


def _by_status(status: int | None, param: str, message: str) -> type[ProviderError]:
    if status is not None and status in BY_STATUS:
        return BY_STATUS[status]
    if status is not None and status >= 500:
        return ServerFailed
    if param == "size" or re.search(r"\binvalid size\b", message, re.IGNORECASE):
        return SizeRefused
    return RequestRefused if status is None or 400 <= status < 500 else ProtocolBroken


def _forgotten(param: str, message: str) -> type[ProviderError] | None:
    """What the server says that it does not know: an answer or one of its items, or a file."""
    if param == "previous_response_id":
        return TurnForgotten
    if not re.search(r"not found|no such|does not exist|not persisted", message, re.IGNORECASE):
        return None
    if re.search(r"\b(resp|ig|msg|rs)_\w+|\bprevious response\b", message, re.IGNORECASE):
        return TurnForgotten
    return FileForgotten if re.search(r"\bfile[-_ ]", message, re.IGNORECASE) else None


def _moderation(detail: Mapping[str, Any]) -> dict[str, Any] | None:
    """Categories and stage of a block, where the provider tells them."""
    found = detail.get("moderation_details")
    if not isinstance(found, Mapping):
        return None
    named = found.get("categories")
    categories = [cut(one_line(str(name)), 100) for name in named[:20]] if isinstance(named, list) else []
    return {"categories": categories, "stage": cut(one_line(str(found.get("moderation_stage") or "unknown")), 100)}


def _is_about_streaming(param: str, message: str) -> bool:
    if param:
        return param in ("stream", "partial_images")
    return bool(re.search(r"\bstream(ing|ed)?\b", message, re.IGNORECASE))


def _hint(kind: type[ProviderError], wait: float | None) -> str:
    if kind is RateLimited and wait:
        return f"the provider asks to wait {_long(wait)}; use another --route, or --fallback"
    return next((HINTS[base] for base in kind.__mro__ if base in HINTS), "")


def _long(seconds: float) -> str:
    """A time as people say it."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _detail(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    error = document.get("error", document)
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) and error.keys() & {"message", "code", "type"} else None


def web_page(content_type: str, beginning: bytes) -> str | None:
    """What to say of a web page that came where an answer should have; None when it is none."""
    text = beginning[:4096].decode("utf-8", "replace").strip()
    if text[:1] != "<" and not ("html" in content_type and text[:1] not in ("{", "[", "")):
        return None
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return f"a web page came instead of an answer{': ' + cut(one_line(title[1]), 120) if title else ''}"


def _in_words(headers: Mapping[str, str], body: bytes) -> str:
    if page := web_page(headers.get("content-type", ""), body):
        return page
    if elsewhere := headers.get("location"):
        return (
            f"the answer leads elsewhere, to {cut(one_line(elsewhere).partition('?')[0], 200)}, which is not followed"
        )
    text = one_line(body.decode("utf-8", "replace"))
    return cut(text, 200) or ("the answer is one long word" if text else "the answer is empty")


def _text(value: object) -> str | None:
    return cut(one_line(str(value)), 200) or None if value not in (None, "") else None
