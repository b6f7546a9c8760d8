"""How the local engine can be told to misbehave, so that every way a provider can fail may be tried for free.

A fault is written `name`, `name=value` or `name=value*times`: `rate_limit=2*1` answers the first request with 429 and
`Retry-After: 2`. Several are joined by commas. Without `*times` a fault applies to every request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from ...errors import ConfigInvalid

ANYWHERE: Mapping[str, str] = MappingProxyType(
    {
        "rate_limit": "answer 429; the value is Retry-After in seconds",
        "retry_date": "answer 429 with Retry-After as a date, that many seconds from now",
        "server_error": "answer 500 with an error object",
        "server_error_text": "answer 500 with plain text",
        "unauthorized": "answer 401",
        "payment": "answer 402",
        "not_found": "answer 404",
        "moderation": "answer 400 with code moderation_blocked",
        "html": "answer 200 with a web page",
        "empty": "answer 200 with `data: []`, or with a stream that ends before the picture",
        "no_streaming": "answer 400 to a request that streams",
        "json_instead": "answer JSON to a request that streams",
        "silent": "wait this many seconds before answering at all",
        "slow": "wait this many seconds before each event",
        "cut": "end the body in the middle of the last picture",
        "drop": "break the connection in the middle of the last picture",
        "error_event": "send an error event in mid-stream instead of the last picture",
        "bad_base64": "put characters into the last picture's base64 that it does not have",
        "cut_base64": "leave out the end of the last picture's base64",
        "not_an_image": "send bytes that are no picture",
        "other_format": "send jpeg whatever was asked (png where jpeg was)",
        "other_size": "send 1024x1024 whatever was asked (1536x1024 where that was)",
        "huge": "send a PNG whose header claims 100,000 x 100,000 pixels",
        "partials": "send this many partials whatever was asked",
        "url": "answer with links instead of base64",
        "no_usage": "leave out what was used",
        "heartbeats": "send comment lines between events",
        "crlf": "end lines with CRLF",
        "done": "send `data: [DONE]` at the end",
        "no_event_names": "send `data:` lines only",
        "type_last": "put the type behind the picture in each event",
    }
)
"Faults of every answer that holds pictures."
OF_STREAMS: Mapping[str, str] = MappingProxyType(
    {
        "unknown_events": "put three events of unknown types into the stream",
    }
)
OF_RESPONSES: Mapping[str, str] = MappingProxyType(
    {
        "text_only": "Responses: answer in words only",
        "failed_call": "Responses: the call of the tool has failed",
        "blocked_call": "Responses: the call of the tool was blocked by moderation of its output",
        "two_calls": "Responses: draw two pictures in one answer",
        "one_of_two_fails": "Responses: draw two pictures, of which the second fails",
        "response_failed": "Responses: the whole response fails",
        "incomplete": "Responses: the response ends incomplete, because of content_filter",
        "no_item_done": "Responses: the finished picture is only in response.completed",
        "forgotten": "answer 404 to any previous_response_id",
        "forgotten_calls": "answer 404 to any image_generation_call in the input",
        "forgotten_files": "answer 404 to any file_id",
    }
)
OF_EDITS: Mapping[str, str] = MappingProxyType(
    {
        "ignore_images": "draw as if no pictures had been given",
        "ignore_mask": "edit all of the picture, whatever the mask says",
        "unchanged": "answer with the first picture as it was given",
    }
)
OF_LINKS: Mapping[str, str] = MappingProxyType(
    {
        "expired_link": "answer with links that answer 403",
        "bad_link": "answer with this link, such as file:///etc/passwd",
        "redirect_loop": "answer with links that lead to themselves",
        "endless_link": "answer with links whose body claims 5,000,000,000 bytes and drips",
    }
)
OF_ENVELOPES: Mapping[str, str] = MappingProxyType(
    {
        "code": "gptimageapi: answer 200 with this code (1001) in the envelope",
    }
)
FAULTS: Mapping[str, str] = MappingProxyType(
    {**ANYWHERE, **OF_STREAMS, **OF_RESPONSES, **OF_EDITS, **OF_LINKS, **OF_ENVELOPES}
)
"Every fault and what it does."
ELSEWHERE = frozenset({*OF_RESPONSES, *OF_EDITS, *OF_LINKS, *OF_ENVELOPES})
"Faults that do not strike every answer of the Images API in base64."
LINK_FAULTS = ("expired_link", "redirect_loop", "endless_link")
"Faults that lie on the link itself, not on the answer that holds it."


@dataclass
class _Fault:
    name: str
    value: str
    left: int | None


class Faults:
    """The faults in force; `take` says whether one applies to the request at hand, and uses it up."""

    def __init__(self, specification: str | Iterable[str] = ()) -> None:
        parts = specification.split(",") if isinstance(specification, str) else list(specification)
        self._faults = {fault.name: fault for fault in map(_parse, filter(None, (part.strip() for part in parts)))}
        self._lock = threading.Lock()

    def take(self) -> Mapping[str, str]:
        """The faults that apply to the next request, by name."""
        with self._lock:
            applying = {}
            for fault in self._faults.values():
                if fault.left is None or fault.left > 0:
                    applying[fault.name] = fault.value
                    fault.left = None if fault.left is None else fault.left - 1
            return applying


def _parse(text: str) -> _Fault:
    text, _, times = text.partition("*")
    name, _, value = text.partition("=")
    if name not in FAULTS:
        close = get_close_matches(name, FAULTS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"faults are {', '.join(FAULTS)}"
        raise ConfigInvalid(f"there is no fault {name!r}", hint=hint)
    if times and not times.isdigit():
        raise ConfigInvalid(f"fault {name!r} has the count {times!r}", hint="write it as name=value*2")
    return _Fault(name, value, int(times) if times else None)
