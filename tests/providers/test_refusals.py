"""What a provider's refusal, or the network's, means: each in one of our own classes, with a way out."""

from __future__ import annotations

import json

import httpx
import pytest

from imgnb.errors import (
    BillingRefused,
    ConnectionFailed,
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
from imgnb.providers.http import translated
from imgnb.providers.refusals import StreamingRefused, failure, refusal
from imgnb.providers.unreachable import Unreachable


def body(**detail: object) -> bytes:
    return json.dumps({"error": detail}).encode()


REFUSALS: dict[str, tuple[int, bytes, type[ProviderError]]] = {
    "policy by code": (400, body(message="no", code="moderation_blocked"), PolicyRefused),
    "policy of a gateway": (403, body(message="no", code="content_policy_violation"), PolicyRefused),
    "billing by code": (429, body(message="no", code="insufficient_quota"), BillingRefused),
    "billing by status": (402, b"", BillingRefused),
    "key": (401, body(message="no"), KeyRefused),
    "account": (403, body(message="no"), KeyRefused),
    "model": (404, body(message="no", code="model_not_found"), NotFound),
    "path": (404, b"<html><title>nginx</title></html>", NotFound),
    "rate": (429, body(message="slow down"), RateLimited),
    "timeout": (408, b"", ProviderTimeout),
    "size by param": (400, body(message="bad", param="size"), SizeRefused),
    "size in words": (400, body(message="Invalid size '1x1'"), SizeRefused),
    "parameter": (400, body(message="bad", param="quality"), RequestRefused),
    "unprocessable": (422, body(message="bad"), RequestRefused),
    "streaming by param": (400, body(message="no", param="stream"), StreamingRefused),
    "streaming in words": (400, body(message="Streaming must have non-zero partial images"), StreamingRefused),
    "the word stream in another's refusal": (400, body(message="a stream of words", param="prompt"), RequestRefused),
    "the word stream in a broken server": (502, body(message="upstream ended the stream"), ServerFailed),
    "server": (500, b"upstream connect error", ServerFailed),
    "unheard-of server": (599, b"", ServerFailed),
    "redirect": (302, b"", ProtocolBroken),
    "error as text": (400, b'{"error": "bad thing"}', RequestRefused),
    "error without wrapping": (400, b'{"message": "bad thing"}', RequestRefused),
    "endless nesting": (400, b"[" * 100_000, RequestRefused),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_has_a_kind_and_a_way_out(case: str) -> None:
    """Status, code, param and message decide the class; each has its status, a sentence and a hint."""
    status, answer, kind = REFUSALS[case]

    error = refusal(status, {"x-request-id": "req_1", "content-type": "text/plain"}, answer)

    assert type(error) is kind
    assert (error.status, error.request_id) == (status, "req_1")
    assert error.hint
    assert 0 < len(error.message) < 250
    assert "<" not in error.message


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ({"code": "server_error"}, ServerFailed),
        ({"type": "internal_server_error", "message": "oops"}, ServerFailed),
        ({"code": "moderation_blocked", "message": "no"}, PolicyRefused),
        ({"message": "the stream was interrupted"}, RequestRefused),
        ({}, RequestRefused),
    ],
    ids=str,
)
def test_an_error_in_mid_stream_is_never_a_reason_to_ask_without_streaming(detail: dict[str, str], kind: type) -> None:
    """Once an answer has begun it may be billed, so no word in it has the request sent again without streaming."""
    assert type(failure(detail)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [(400, RequestRefused), (401, KeyRefused), (402, BillingRefused), (403, KeyRefused), (404, NotFound),
     (408, ProviderTimeout), (429, RateLimited), (500, ServerFailed), (503, ServerFailed), (1001, RequestRefused)],
    ids=str,
)  # fmt: skip
def test_a_code_that_repeats_a_status_means_what_the_status_means(code: int, kind: type) -> None:
    """Under HTTP 200 too, as number or text; but it has nothing sent again without streaming, or as if it was forgotten."""
    for said in (code, str(code)):
        for message in ("no", "streaming is off", "no such file_1 was found"):
            assert type(failure({"code": said, "message": message})) is kind


SECRET = "sk-the/secret+of.the_route-0123456789"


@pytest.mark.parametrize("limit", [100, 120, 200, 1000, 4096, 65_536], ids=str)
def test_no_half_of_a_key_is_left_where_words_are_cut(limit: int) -> None:
    """The key is hidden when it is whole, so a cut leaves it whole or takes all of it."""
    for cut_at in range(0, len(SECRET) + 2, 3):
        words = ("a " * limit)[: limit - cut_at] + SECRET + " and more"
        detail = {"message": words, "code": words, "param": words}
        told = {"moderation_details": {"categories": [words], "moderation_stage": words}}
        headers = {"x-request-id": words, "location": words}
        for body_ in (body(**detail, **told), words.encode(), b"", f"<html><title>{words}</title>".encode()):
            error = refusal(400, headers, body_)
            shown = f"{error.message} {error.code} {error.param} {error.request_id} {error.details}"
            assert "sk-" not in shown.replace(SECRET, "")


def every_httpx_error() -> list[type[httpx.HTTPError]]:
    found, left = [], [httpx.RequestError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", every_httpx_error(), ids=lambda kind: kind.__name__)
def test_every_error_of_httpx_is_translated(kind: type[httpx.HTTPError]) -> None:
    """No error of httpx gets through: each becomes timeout, connection or protocol, and says the host."""
    error = translated(kind("what httpx says"), "https://host.example/v1")

    assert error.kind in ("timeout", "connection", "protocol")
    assert "host.example" in error.message
    assert error.hint
    unreached = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
    assert isinstance(error, Unreachable) == issubclass(kind, unreached)
    assert isinstance(error, ConnectionFailed | ProviderTimeout | ProtocolBroken)
