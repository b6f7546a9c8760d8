"""Answers that are links: which are followed, and that the picture is not asked for, and paid, a second time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imgnb.errors import ConnectionFailed, ProtocolBroken
from imgnb.events import Cancel
from imgnb.library import Library
from imgnb.providers import download as downloads
from imgnb.providers.download import download, is_loopback
from imgnb.providers.http import Wire
from imgnb.providers.local_engine import Sketch, draw

from ..conftest import OpenWorkspace
from ..generation.runs import done, failed, leftovers, run
from ..servers import Canned

PICTURE = draw(Sketch("a fox", 64, 48, "low"))


def answer_with(canned: Canned, *links: str) -> None:
    data = [{"b64_json": "", "url": link} for link in links]
    body = json.dumps({"created": 1, "data": data}).encode()
    canned.answers["/v1/images/generations"] = (200, {"content-type": "application/json"}, body)


def test_a_link_is_fetched_without_the_key(
    open_workspace: OpenWorkspace, canned: Canned, clean_environment: pytest.MonkeyPatch
) -> None:
    """The picture behind a link is stored as it is; the request for it carries no key and no headers of the route."""
    clean_environment.setenv("MY_KEY", "secret-of-the-route")
    table = {"base_url": f"{canned.url}/v1", "key_env": "MY_KEY", "headers": {"x-team": "pictures"}}
    answer_with(canned, f"{canned.url}/moved")
    canned.answers["/moved"] = (302, {"location": "/fox.png"}, b"")
    canned.answers["/fox.png"] = (200, {}, PICTURE)

    generation = done(run(open_workspace(routes={"test": table}, route="test")))

    assert generation.asset.bytes == PICTURE
    asked, moved, fetched = canned.requests
    assert "secret-of-the-route" in asked.headers["authorization"]
    for request in (moved, fetched):
        assert not {"authorization", "x-team"} & request.headers.keys()


FORBIDDEN: dict[str, tuple[str, str]] = {
    "http to another host": ("http://93.184.215.14/fox.png", "not https"),
    "private network": ("https://10.0.0.1/fox.png", "private network"),
    "private network over http": ("http://192.168.1.1/fox.png", "private network"),
    "link-local": ("https://169.254.169.254/latest/meta-data", "private network"),
    "mapped address": ("https://[::ffff:10.0.0.1]/fox.png", "private network"),
    "multicast": ("https://224.0.0.1/fox.png", "private network"),
    "a file": ("file:///etc/passwd", "not https"),
    "a password": ("https://me:secret@example.com/fox.png", "not https"),
    "no URL": ("https://[::1/fox.png", "no URL"),
}


@pytest.mark.parametrize("way", ["direct", "redirected"])
@pytest.mark.parametrize("case", FORBIDDEN)
def test_a_link_to_a_forbidden_place_is_not_followed(
    open_workspace: OpenWorkspace, canned: Canned, case: str, way: str
) -> None:
    """Links to anything but https on a public address are refused, also at the end of a redirect; one call was made."""
    link, reason = FORBIDDEN[case]
    canned.answers["/away"] = (302, {"location": link}, b"")
    answer_with(canned, link if way == "direct" else f"{canned.url}/away")
    workspace = open_workspace(f"{canned.url}/v1")

    error, generation = failed(run(workspace))

    assert type(error) is ProtocolBroken
    assert reason in error.message or (case == "no URL" and "Invalid URL in location" in error.message)
    assert (generation.error_kind, generation.assets, len(generation.attempts)) == ("protocol", (), 1)
    assert leftovers(workspace.library.path) == []


def test_only_a_route_on_loopback_may_link_to_loopback(canned: Canned, tmp_path: Path) -> None:
    """A provider elsewhere cannot make imgnb ask this machine's own servers."""
    canned.answers["/fox.png"] = (200, {}, PICTURE)
    with Library(tmp_path / "library") as library:
        sink = library.open_sink("x")(0)
        for link in (f"{canned.url}/fox.png", canned.url.replace("http:", "https:")):
            with pytest.raises(ProtocolBroken):
                download(Wire(), link, sink, cancel=Cancel(), loopback=False)
        sink.discard()

    assert canned.requests == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/v1", True), ("http://127.8.9.1/v1", True), ("http://[::1]:9/v1", True),
        ("local://engine/v1", True), ("http://engine/v1", False), ("https://api.openai.com/v1", False),
    ],
)  # fmt: skip
def test_loopback_is_told_by_name_and_number(url: str, expected: bool) -> None:
    """Only this machine counts as loopback."""
    assert is_loopback(url) is expected


def test_endless_redirects_end(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A link that only leads on is given up."""
    answer_with(canned, f"{canned.url}/round")
    canned.answers["/round"] = (302, {"location": "/round"}, b"")

    error, _ = failed(run(open_workspace(f"{canned.url}/v1")))

    assert "redirects more than 3 times" in error.message


@pytest.mark.parametrize("said", [True, False], ids=["said", "unsaid"])
def test_a_link_to_too_much_is_given_up(
    open_workspace: OpenWorkspace, canned: Canned, monkeypatch: pytest.MonkeyPatch, said: bool
) -> None:
    """More bytes than any picture has are refused by their announcement, or as soon as they are too many."""
    monkeypatch.setattr(downloads, "PICTURE_LIMIT", 1000)
    answer_with(canned, f"{canned.url}/large")
    canned.answers["/large"] = (200, {"content-length": "300000000"} if said else {}, b"x" * (10 if said else 2000))
    workspace = open_workspace(f"{canned.url}/v1")

    error, generation = failed(run(workspace))

    assert "gives more than 1,000 bytes" in error.message
    assert generation.assets == ()
    assert leftovers(workspace.library.path) == []


def test_a_link_to_a_web_page_is_kept_but_no_picture(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """What is behind a link must be a picture; what came instead is kept with the failed generation."""
    page = b"<!doctype html><title>expired</title>"
    answer_with(canned, f"{canned.url}/page")
    canned.answers["/page"] = (200, {"content-type": "text/html"}, page)

    error, generation = failed(run(open_workspace(f"{canned.url}/v1")))

    assert type(error) is ProtocolBroken
    assert generation.asset.bytes == page


GONE: dict[str, tuple[int, dict[str, str], bytes]] = {
    "expired": (403, {}, b"<Error>expired</Error>"),
    "missing": (404, {}, b""),
    "broken": (500, {}, b"oops"),
    "cut": (200, {"content-length": "9999"}, PICTURE[:100]),
}


@pytest.mark.parametrize("case", GONE)
def test_a_link_that_fails_costs_no_second_call(open_workspace: OpenWorkspace, canned: Canned, case: str) -> None:
    """Only the link is tried again, where that may help; the record names the link, and the first picture stays."""
    answer_with(canned, f"{canned.url}/fox.png", f"{canned.url}/gone.png")
    canned.answers |= {"/fox.png": (200, {}, PICTURE), "/gone.png": GONE[case]}
    workspace = open_workspace(f"{canned.url}/v1")

    error, generation = failed(run(workspace, n=2))

    paths = [request.path for request in canned.requests]
    assert paths.count("/v1/images/generations") == 1
    assert paths.count("/gone.png") == (3 if case in ("broken", "cut") else 1)
    assert type(error) is ProtocolBroken
    assert f"{canned.url}/gone.png" in generation.error_message
    assert [asset.bytes for asset in generation.assets] == [PICTURE]
    assert leftovers(workspace.library.path) == []


def test_an_unknown_host_behind_a_link_is_a_protocol_failure(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A link whose host does not exist ends the run, not the network's reputation."""
    answer_with(canned, "https://no-such-host.invalid/fox.png")

    error, _ = failed(run(open_workspace(f"{canned.url}/v1")))

    assert isinstance(error.__cause__, ConnectionFailed)
    assert "no-such-host.invalid" in error.message


def test_links_and_bytes_may_be_mixed(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """Pictures keep their order when some come as bytes and some as links."""
    import base64

    other = draw(Sketch("a boat", 64, 48, "low"))
    data: list[Any] = [{"url": f"{canned.url}/fox.png"}, {"b64_json": base64.b64encode(other).decode()}]
    canned.answers["/v1/images/generations"] = (200, {}, json.dumps({"data": data}).encode())
    canned.answers["/fox.png"] = (200, {}, PICTURE)

    generation = done(run(open_workspace(f"{canned.url}/v1"), n=2))

    assert [asset.bytes for asset in generation.assets] == [PICTURE, other]
