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

from ..errors import ConfigInvalid

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "rate_limit": "answer 429; the value is Retry-After in seconds",
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
        "heartbeats": "send comment lines between events",
        "crlf": "end lines with CRLF",
        "done": "send `data: [DONE]` at the end",
        "no_event_names": "send `data:` lines only",
        "type_last": "put the type behind the picture in each event",
    }
)
"Every fault and what it does."


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
