"""An HTTP answer before it is sent, and how a request is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: its body is made while it is read."""

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]


class StopStream(Exception):
    """The body ends here, though nothing says so: what a cut stream looks like."""


@dataclass
class Refused(Exception):
    """The request is answered with an error object."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"
    headers: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    "Whether the error object comes without `param`."

    @property
    def document(self) -> dict[str, Any]:
        """The error object of the contract."""
        param = {} if self.bare else {"param": self.param}
        return {"error": {"message": self.message, "type": self.type, **param, "code": self.code}}


def json_reply(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer that is small enough to be made at once."""
    body = json.dumps(document).encode()
    return Reply(status, {"content-type": "application/json", **(headers or {})}, iter([body]))


def refusal(refused: Refused) -> Reply:
    """The answer that says why not."""
    headers = {"x-request-id": "req_refused", **dict(refused.headers)}
    if refused.type == "text":
        return Reply(refused.status, {**headers, "content-type": "text/plain"}, iter([refused.message.encode()]))
    return json_reply(refused.status, refused.document, headers)
