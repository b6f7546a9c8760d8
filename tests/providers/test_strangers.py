"""Servers that nobody should trust: they are left in time, and what they say can be kept and shown."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat

import pytest

from imgnb.providers import base64_stream, http
from imgnb.providers.keys import Key
from imgnb.providers.local_engine import Sketch, draw
from imgnb.providers.said import DEEPEST, fit, one_line

from ..conftest import OpenWorkspace
from ..generation.runs import done, failed, leftovers, run
from ..servers import PATIENCE, Canned

KEY = "secret-of-the-route"
DRIVING = "\x1b]0;owned\x07 \x1b[2J \x9b31m \r\x00 \u202egnp"
PICTURE = b64encode(draw(Sketch("a fox", 64, 48, "low"))).decode()


@contextmanager
def endless(*beginning: bytes, then: bytes) -> Iterator[str]:
    """A server that says `beginning`, and then the same for as long as somebody listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def answer(client: socket.socket) -> None:
        with client:
            try:
                client.recv(65_536)
                for piece in chain(beginning, repeat(then)):
                    client.sendall(piece)
                    if stopped.wait(0.01):
                        return
            except OSError:
                return

    def serve() -> None:
        while not stopped.is_set():
            client, _ = listener.accept()
            answer(client)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stopped.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join(PATIENCE)
        listener.close()


DRIPPING: dict[str, tuple[list[bytes], bytes]] = {
    "before the status": ([], b"HTTP/1.1 100 Continue\r\n\r\n"),
    "in the headers": ([b"HTTP/1.1 200 OK\r\nx-slow: "], b"x"),
    "in the body": ([b"HTTP/1.1 200 OK\r\n\r\n"], b" "),
    "heartbeats": ([b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"], b": still here\n\n"),
}


@pytest.mark.parametrize("case", DRIPPING)
def test_a_server_that_is_never_done_is_left_in_time(open_workspace: OpenWorkspace, case: str) -> None:
    """`total_timeout` limits the whole exchange, from the first byte, however lively the server is."""
    beginning, then = DRIPPING[case]
    with endless(*beginning, then=then) as url:
        error, generation = failed(run(open_workspace(url, total_timeout=0.2, attempts=1)))

    assert error.kind == generation.error_kind == "timeout"
    assert "total_timeout" in error.hint


def test_an_error_that_is_never_done_is_read_in_time(
    open_workspace: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has come of its body by then is its message, and its status decides its kind."""
    monkeypatch.setattr(http, "ERROR_BODY_SECONDS", 0.2)
    with endless(b"HTTP/1.1 401 No\r\n\r\nwho are you", then=b"?") as url:
        error, _ = failed(run(open_workspace(url)))

    assert error.kind == "auth"
    assert error.message.startswith("who are")


@pytest.mark.parametrize("stream", [False, True], ids=["document", "stream"])
def test_a_picture_that_never_ends_fills_no_disk(
    open_workspace: OpenWorkspace, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    """Neither a picture nor a preview may have more bytes than any picture has; nothing is left of it."""
    monkeypatch.setattr(base64_stream, "PICTURE_LIMIT", 1_000_000)
    kind = "text/event-stream" if stream else "application/json"
    data = b'data: {"b64_json": "' if stream else b'{"data": [{"b64_json": "'
    workspace = None
    with endless(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\n".encode() + data, then=b"A" * 400_000) as url:
        workspace = open_workspace(url)
        error, _ = failed(run(workspace, stream=stream, previews=True))

    assert error.kind == "protocol"
    assert "1,000,000 bytes" in error.message
    assert leftovers(workspace.library.path) == []


def test_what_is_no_http_is_not_asked_again(open_workspace: OpenWorkspace) -> None:
    """It would come again, and might be billed again: a protocol error at the first attempt."""
    with endless(b"SSH-2.0-OpenSSH_9.2\r\n", then=b"\r\n") as url:
        error, generation = failed(run(open_workspace(url)))

    assert error.kind == "protocol"
    assert len(generation.attempts) == 1


def test_neither_key_nor_control_characters_get_into_an_error(
    open_workspace: OpenWorkspace, canned: Canned, clean_environment: pytest.MonkeyPatch
) -> None:
    """A refusal may repeat the key or try to drive the terminal; its error and record show neither, on one line."""
    clean_environment.setenv("MY_KEY", KEY)
    words = f"no\n{KEY} {DRIVING}"
    body = json.dumps({"error": {"message": words, "code": words, "param": words}}).encode()
    canned.answers["/v1/images/generations"] = (400, {"x-request-id": f"req {KEY}"}, body)
    routes = {"test": {"base_url": f"{canned.url}/v1", "key_env": "MY_KEY"}}

    error, generation = failed(run(open_workspace(routes=routes, route="test")))

    assert KEY in canned.requests[0].headers["authorization"]
    for shown in (str(vars(error)), json.dumps(generation.to_dict())):
        assert KEY not in shown
        assert not {"\x1b", "\\x1b", "\\u001b", "\\x9b", "\\u009b", "\\u202e"} & {
            shown[i : i + 6] for i in range(len(shown))
        }
    assert error.message == one_line(error.message)


def test_neither_key_nor_control_characters_get_into_a_record(
    open_workspace: OpenWorkspace, canned: Canned, clean_environment: pytest.MonkeyPatch
) -> None:
    """Nor does what a success says, at any depth."""
    clean_environment.setenv("MY_KEY", KEY)
    words = f"{KEY} {DRIVING}"
    said = {"model": words, "quality": words, "usage": {"input_tokens": words, words: 1}, "background": [words]}
    item = {"b64_json": PICTURE, "revised_prompt": words, "more": {"deep": [words]}}
    body = json.dumps({**said, "data": [item]}).encode()
    canned.answers["/v1/images/generations"] = (200, {"x-request-id": KEY}, body)
    routes = {"test": {"base_url": f"{canned.url}/v1", "key_env": "MY_KEY"}}
    workspace = open_workspace(routes=routes, route="test")

    generation = done(run(workspace))

    assert generation.revised_prompt == fit(words, Key(KEY))
    workspace.close()
    written = b"".join(path.read_bytes() for path in workspace.library.path.glob("library.db*"))
    for hidden in (KEY.encode(), b"\x1b]0", b"u001b", "\u202e".encode(), b"u202e"):
        assert hidden not in written


@pytest.mark.parametrize("place", [*range(65_536 - 60, 65_536, 7)])
def test_half_a_key_at_the_end_of_what_is_read_is_not_shown(
    open_workspace: OpenWorkspace, canned: Canned, clean_environment: pytest.MonkeyPatch, place: int
) -> None:
    """A body is read up to a limit; where that cuts the key, nothing of it is left."""
    clean_environment.setenv("MY_KEY", KEY)
    canned.answers["/v1/images/generations"] = (400, {}, b"no" + b" " * (place - 2) + KEY.encode() + b" more")
    routes = {"test": {"base_url": f"{canned.url}/v1", "key_env": "MY_KEY"}}

    error, _ = failed(run(open_workspace(routes=routes, route="test")))

    assert "secr" not in str(vars(error))


def test_a_limit_in_an_envelope_is_waited_for(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A code 429 under HTTP 200 is tried again as the status is."""
    answers = iter([{"code": 429, "message": "slow down"}, {"code": 0, "data": [{"b64_json": PICTURE}]}])
    canned.answers["/v1/images/generations"] = lambda _: (200, {}, json.dumps(next(answers)).encode())

    generation = done(run(open_workspace(f"{canned.url}/v1")))

    assert [attempt.error_kind for attempt in generation.attempts] == ["rate_limit", None]


@pytest.mark.parametrize("id", [f"file-{KEY}", "file\n1", "file \x1b[2J", "\ud800", "", 7], ids=repr)
def test_a_file_whose_id_cannot_be_kept_is_refused(
    open_workspace: OpenWorkspace, canned: Canned, clean_environment: pytest.MonkeyPatch, id: object
) -> None:
    """Above all an id that repeats the key: it stands neither in the error nor in the library."""
    clean_environment.setenv("MY_KEY", KEY)
    canned.answers["/v1/files"] = (200, {}, json.dumps({"id": id}).encode())
    table = {"base_url": f"{canned.url}/v1", "key_env": "MY_KEY", "files": True, "also_speaks": ["responses"]}
    workspace = open_workspace(routes={"test": table}, route="test")
    request = workspace.request("a fox", images=[draw(Sketch("a fox", 64, 48, "low"))])

    error, _ = failed(list(workspace.run(workspace.order(request, via="responses", image_input="file"))))

    assert "did not say its id" in str(error)
    assert [request.path for request in canned.requests] == ["/v1/files"]
    workspace.close()
    written = b"".join(path.read_bytes() for path in workspace.library.path.glob("library.db*"))
    assert KEY.encode() not in written
    assert KEY not in str(vars(error))


def test_what_a_provider_says_keeps_its_letters() -> None:
    """Scripts, line breaks and joined emoji stay as they are; what nests deeper than anybody's answer is dropped."""
    text = "日本語 עברית\n\tनमस्ते 👨‍👩‍👧"
    nested: object = "x"
    for _ in range(DEEPEST + 1):
        nested = [nested]

    assert fit({"a": [text, 1, None, True]}, None) == {"a": [text, 1, None, True]}
    assert "x" not in str(fit(nested, None))


def test_a_number_that_is_none_is_no_number(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """NaN and Infinity, which JSON does not have, get into no record: it would be no JSON either."""
    body = b'{"usage": {"input_tokens": NaN, "output_tokens": -Infinity}, "data": [{"b64_json": "%b"}]}'
    canned.answers["/v1/images/generations"] = (200, {}, body % PICTURE.encode())

    generation = done(run(open_workspace(f"{canned.url}/v1")))

    assert dict(generation.usage or {}) == {"input_tokens": None, "output_tokens": None}


def test_an_error_beside_an_empty_list_is_what_is_said(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """The server's own words say more than that there is no picture."""
    body = json.dumps({"data": [], "error": {"message": "the model is asleep", "code": "server_error"}}).encode()
    canned.answers["/v1/images/generations"] = (200, {"content-type": "application/json"}, body)

    error, _ = failed(run(open_workspace(f"{canned.url}/v1")))

    assert "the model is asleep" in str(error)
