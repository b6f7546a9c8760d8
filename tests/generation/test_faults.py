"""Every way in which the local engine can misbehave, in process and over HTTP, streamed and not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from imgnb.errors import (
    BillingRefused,
    ConnectionFailed,
    KeyRefused,
    NotFound,
    PolicyRefused,
    ProtocolBroken,
    ProviderError,
    RateLimited,
    ServerFailed,
)
from imgnb.events import Attempt, Partial
from imgnb.providers.local_api.faults import ELSEWHERE, FAULTS, Faults
from imgnb.providers.local_engine import Sketch, draw

from ..conftest import OpenWorkspace
from ..servers import Watched
from .runs import column, done, failed, leftovers, run


@dataclass(frozen=True)
class Failure:
    """How a fault ends a run that asked for two pictures."""

    error: type[ProviderError]
    status: int = 200
    attempts: int = 1
    kept: int = 0
    named: bool = True
    "Whether the answer has a request id."
    streams: bool = True
    documents: bool = True
    "Whether it also strikes an answer that does not stream."


FAILURES = {
    "rate_limit=0": Failure(RateLimited, 429, attempts=3),
    "retry_date=0": Failure(RateLimited, 429, attempts=3),
    "server_error": Failure(ServerFailed, 500, attempts=3),
    "server_error_text": Failure(ServerFailed, 500, attempts=3),
    "unauthorized": Failure(KeyRefused, 401),
    "payment": Failure(BillingRefused, 402),
    "not_found": Failure(NotFound, 404),
    "moderation": Failure(PolicyRefused, 400),
    "html": Failure(ProtocolBroken, named=False),
    "empty": Failure(ProtocolBroken),
    "cut": Failure(ProtocolBroken, kept=1),
    "drop": Failure(ConnectionFailed, kept=1),
    "error_event": Failure(ServerFailed, kept=1, documents=False),
    "bad_base64": Failure(ProtocolBroken, kept=1),
    "cut_base64": Failure(ProtocolBroken, kept=1),
    "not_an_image": Failure(ProtocolBroken, kept=2),
    "huge": Failure(ProtocolBroken, kept=2),
}
HARMLESS = {
    "json_instead": 0,
    "no_streaming": 0,
    "silent=0": 1,
    "slow=0": 1,
    "partials=0": 0,
    "partials=1": 1,
    "partials=3": 3,
    "url": 1,
    "no_usage": 1,
    "unknown_events": 1,
    "heartbeats": 1,
    "crlf": 1,
    "done": 1,
    "no_event_names": 1,
    "type_last": 1,
}
"Faults that change no byte of the picture, and how many partials come when one is asked for."
OTHERWISE = {
    "other_format": "asked for png, got jpeg",
    "other_size": "asked for size 1024x640, got 1024x1024",
}
STREAM = {"stream": True, "partial_images": 1}

ways = pytest.mark.parametrize(
    ("way", "stream"),
    [("process", True), ("process", False), ("http", True)],
    ids=["process-stream", "process-json", "http-stream"],
)


@cache
def the_fox(index: int = 0) -> str:
    """The digest of the picture that comes when nothing goes wrong."""
    return sha256(draw(Sketch("a red fox", 1024, 640, "low", index=index, model="gpt-image-2"))).hexdigest()


def asking(stream: bool) -> dict[str, Any]:
    return {**STREAM, "previews": True} if stream else {"stream": False}


def test_every_fault_is_tried_here() -> None:
    """No fault of the Images API is left out of the tables above."""
    assert {name.partition("=")[0] for name in (*FAILURES, *HARMLESS, *OTHERWISE)} == FAULTS.keys() - ELSEWHERE


@ways
@pytest.mark.parametrize("fault", FAILURES)
def test_a_failure_is_recorded_and_what_came_whole_is_kept(
    open_workspace: OpenWorkspace, watched: Watched, fault: str, stream: bool, way: str
) -> None:
    """A failed run says its kind, status, request id and attempts, and keeps every picture that came whole."""
    expected = FAILURES[fault]
    workspace = open_workspace(*([watched.url] if way == "http" else []), fault=fault)

    events = run(workspace, n=2, **asking(stream))

    if not (stream or expected.documents):
        done(events)
        return
    error, generation = failed(events)
    assert type(error) is expected.error
    assert error.hint
    assert "\n" not in error.message
    assert (generation.status, generation.error_kind) == ("failed", error.kind)
    assert generation.error_message == error.message
    assert column(workspace.library.path, "http_status") == [expected.status]
    assert bool(generation.request_id) == expected.named
    assert len(generation.assets) == expected.kept
    if expected.kept == 1:
        assert generation.asset.sha256 == the_fox()
    assert [item.number for item in generation.attempts] == list(range(1, expected.attempts + 1))
    assert {item.status for item in generation.attempts} == {expected.status}
    assert [item.retry_reason for item in generation.attempts] == [None, *[error.kind] * (expected.attempts - 1)]
    assert len([event for event in events if isinstance(event, Attempt)]) == expected.attempts
    assert leftovers(workspace.library.path) == []


@ways
@pytest.mark.parametrize("fault", HARMLESS)
def test_what_is_only_odd_changes_no_byte(
    open_workspace: OpenWorkspace, watched: Watched, fault: str, stream: bool, way: str
) -> None:
    """Answers that are odd but hold the picture give the same bytes as any other, and partials are never kept."""
    workspace = open_workspace(*([watched.url] if way == "http" else []), fault=fault)

    events = run(workspace, **asking(stream))

    generation = done(events)
    assert [asset.sha256 for asset in generation.assets] == [the_fox()]
    assert generation.mismatches == ()
    partials = HARMLESS[fault] if stream else 0
    assert len([event for event in events if isinstance(event, Partial)]) == partials
    assert generation.partials_received == partials
    repeated = stream and fault == "no_streaming"
    assert [item.retry_reason for item in generation.attempts] == [None, *["streaming"] * repeated]
    assert [note for note in generation.notes if "streaming was turned down" in note] == list(generation.notes)
    assert bool(generation.notes) == repeated
    assert leftovers(workspace.library.path) == []
    assert len(list((workspace.library.path / "blobs").rglob("*.*"))) == 1


@ways
@pytest.mark.parametrize("fault", OTHERWISE)
def test_what_came_otherwise_is_a_success_that_says_so(
    open_workspace: OpenWorkspace, watched: Watched, fault: str, stream: bool, way: str
) -> None:
    """A picture of another size or format than asked is kept as a success, judged from its bytes, with a mismatch."""
    workspace = open_workspace(*([watched.url] if way == "http" else []), fault=fault)

    generation = done(run(workspace, output_format="png", **asking(stream)))

    assert generation.mismatches == (OTHERWISE[fault],)
    assert generation.effective["size"] == f"{generation.asset.width}x{generation.asset.height}"
    assert generation.effective["output_format"] == generation.asset.media_type.removeprefix("image/")


@pytest.mark.parametrize("previews", [True, False], ids=["shown", "unseen"])
def test_what_is_unreadable_is_kept_byte_by_byte(open_workspace: OpenWorkspace, previews: bool) -> None:
    """Bytes that are no picture are stored as they came and linked to their request, whatever was shown meanwhile."""
    workspace = open_workspace(fault="not_an_image")

    _, generation = failed(run(workspace, **STREAM, previews=previews))

    assert generation.asset.bytes == b"this is not a picture, " * 40
    assert generation.asset.media_type == "application/octet-stream"
    assert workspace.library.generation(f"@{generation.id}").assets == generation.assets


@pytest.mark.parametrize("fault", ["rate_limit=0*1", "server_error*2", "drop*1"])
def test_what_passes_is_tried_again(open_workspace: OpenWorkspace, watched: Watched, fault: str) -> None:
    """A failure that may pass is tried again until it has, each call on record with its reason."""
    watched.app.api.faults = Faults(fault)
    watched.real = True

    generation = done(run(open_workspace(watched.url), **STREAM))

    reason = {"rate_limit=0*1": "rate_limit", "server_error*2": "server", "drop*1": "connection"}[fault]
    again = 2 if fault.endswith("*2") else 1
    assert [item.retry_reason for item in generation.attempts] == [None, *[reason] * again]
    assert [item.error_kind for item in generation.attempts] == [*[reason] * again, None]
    assert len(watched.requests) == again + 1
    assert any("may be billed" in note for note in generation.notes) == (reason == "connection")
    assert generation.asset.sha256 == the_fox()


def test_several_pictures_come_in_order_with_their_usage_added(open_workspace: OpenWorkspace) -> None:
    """n pictures are kept in order, streamed or not, and the usage of several completed events is summed."""
    streamed = done(run(open_workspace(), n=3, stream=True))
    plain = done(run(open_workspace(), n=3, stream=False, mode="live"))
    one = done(run(open_workspace(), stream=True))

    assert [asset.sha256 for asset in streamed.assets] == [the_fox(index) for index in range(3)]
    assert plain.assets == streamed.assets
    assert streamed.usage == plain.usage
    assert streamed.usage["output_tokens"] == 3 * one.usage["output_tokens"]
    assert (streamed.cost, streamed.cost_basis) == (0.0, "free")
