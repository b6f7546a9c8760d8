"""Answers that are links: which are followed, and that the picture is not asked for, and paid, a second time."""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from imgnb.errors import ConfigInvalid, ConnectionFailed, ProtocolBroken
from imgnb.events import Cancel
from imgnb.library import Library
from imgnb.providers import base64_stream
from imgnb.providers import download as downloads
from imgnb.providers.addresses import is_public
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
    "a label too long": (f"https://{'a' * 70}.org/x.png", "no URL"),
    "an empty label": ("https://a..b/x.png", "no URL"),
    "no such port": ("https://93.184.215.14:99999/x.png", "no URL"),
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
    assert reason in error.message or "Invalid URL in location" in error.message
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


PLACES = {
    "93.184.215.14": True, "2606:2800:21f::1": True, "64:ff9b::5db8:d70e": True,
    "fec0::1": False, "64:ff9b:1::1": False, "64:ff9b::7f00:1": False, "64:ff9b::a00:1": False, "2002:a00:1::1": False,
    "::a00:1": False, "::93.184.215.14": False, "::ffff:10.0.0.1": False, "192.88.99.1": False, "192.0.0.9": False,
    "100.64.0.1": False, "2001::1": False, "2001:db8::1": False, "3fff::1": False, "5f00::1": False, "fc00::1": False,
    "fe80::1": False, "ff02::1": False, "::1": False, "::": False, "0.0.0.0": False, "240.0.0.1": False, "224.0.0.1": False,
    "100::1": False, "127.0.0.1": False, "169.254.169.254": False, "198.18.0.1": False, "255.255.255.255": False,
}  # fmt: skip


@pytest.mark.parametrize(("address", "expected"), PLACES.items(), ids=PLACES)
def test_only_what_is_routed_in_public_is_public(address: str, expected: bool) -> None:
    """Whatever this version of Python knows: no private place, nor one that is wrapped into another address."""
    assert is_public(ipaddress.ip_address(address)) is expected


def test_each_address_of_a_host_is_tried(canned: Canned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first does not answer the next is asked, and those that are forbidden are left out."""
    canned.answers["/fox.png"] = (200, {}, PICTURE)
    link = canned.url.replace("127.0.0.1", "localhost") + "/fox.png"
    resolved = {"localhost": ["::1", "127.0.0.9", "10.0.0.1", "127.0.0.1"]}
    genuine = socket.getaddrinfo

    def found(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [one for name in resolved.get(host, [host]) for one in genuine(name, port, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with Library(tmp_path / "library") as library:
        sink = library.open_sink("x")(0)
        download(Wire(), link, sink, cancel=Cancel(), loopback=True)

        assert sink.finish().path.read_bytes() == PICTURE
        sink.discard()
    assert [request.headers["host"] for request in canned.requests] == [link.split("/")[2]]


@pytest.mark.parametrize(
    ("url", "host", "sni"),
    [
        ("https://bücher.example:8443/x", "xn--bcher-kva.example:8443", "xn--bcher-kva.example"),
        ("https://[2606:2800:21f::1]:8443/x", "[2606:2800:21f::1]:8443", "2606:2800:21f::1"),
        ("https://[2606:2800:21f::1]/x", "[2606:2800:21f::1]", "2606:2800:21f::1"),
    ],
)
def test_hosts_are_named_as_the_wire_wants_it(monkeypatch: pytest.MonkeyPatch, url: str, host: str, sni: str) -> None:
    """An international name goes as ASCII, to the resolver too; an IPv6 address goes in brackets."""
    asked: list[str] = []

    def found(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", ("93.184.215.14", port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)

    targets, pinned = downloads._pinned(url, loopback=False)

    assert pinned == {"headers": {"Host": host}, "extensions": {"sni_hostname": sni}}
    assert asked == [sni]
    assert targets[0].startswith("https://93.184.215.14")


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".org", "93.184.215.14:99999"], ids=["empty", "long", "port"])
def test_a_hostile_host_costs_no_other_link(open_workspace: OpenWorkspace, canned: Canned, host: str) -> None:
    """A name that no resolver takes is a broken link like any other: the rest is fetched."""
    canned.answers["/fox.png"] = (200, {}, PICTURE)
    answer_with(canned, f"https://{host}/x.png", f"{canned.url}/fox.png")

    error, generation = failed(run(open_workspace(f"{canned.url}/v1"), n=2))

    assert type(error) is ProtocolBroken
    assert [asset.bytes for asset in generation.assets] == [PICTURE]


@pytest.mark.parametrize("url", ["http://a..b/v1", f"http://{'a' * 70}.org/v1", "http://[::1/v1"])
def test_a_url_that_cannot_be_asked_is_a_setting_to_correct(url: str) -> None:
    """Whether httpx or the resolver finds out, it is said in a sentence."""
    with pytest.raises(ConfigInvalid) as caught, Wire().send("GET", url, cancel=Cancel()):
        pass

    assert "base_url" in caught.value.hint


@pytest.mark.parametrize("error", [UnicodeError("mine"), httpx.InvalidURL("mine"), OverflowError("mine")], ids=repr)
def test_what_a_reader_of_an_answer_raises_is_its_own(canned: Canned, error: Exception) -> None:
    """Only building and sending a request can show that its URL is none."""
    canned.answers["/v1"] = (200, {}, b"{}")

    with pytest.raises(type(error), match="mine"), Wire().send("GET", f"{canned.url}/v1", cancel=Cancel()):
        raise error


def test_cookies_are_neither_kept_nor_sent(canned: Canned) -> None:
    """What one account's answer wants remembered never goes along with another's key."""
    canned.answers["/v1"] = (200, {"set-cookie": "account=first; Path=/"}, b"{}")
    wire = Wire()

    for _ in range(2):
        with wire.send("GET", f"{canned.url}/v1", cancel=Cancel()) as response:
            assert response.headers["set-cookie"]

    assert all("cookie" not in request.headers for request in canned.requests)
    assert not wire.client.cookies


DATA = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"


@pytest.mark.parametrize("link", [DATA, DATA.replace("data:image", "DATA:Image"), DATA.rstrip("=")], ids=range(3))
def test_a_link_may_hold_the_picture_itself(open_workspace: OpenWorkspace, canned: Canned, link: str) -> None:
    """A `data:` URL is decoded, over no network, and does not stand in the record a second time."""
    answer_with(canned, link)
    workspace = open_workspace(f"{canned.url}/v1")

    generation = done(run(workspace))

    assert generation.asset.bytes == PICTURE
    assert len(canned.requests) == 1
    assert DATA[22:80] not in json.dumps(generation.to_dict())
    assert leftovers(workspace.library.path) == []


@pytest.mark.parametrize(
    "link",
    ["data:image/png;base64,QUJD*UJD", "data:image/png;base64,QUJDé", "data:image/png,QUJD", "data:text/html;base64,QUJD",
     "data:"],
)  # fmt: skip
def test_what_holds_no_picture_is_broken(open_workspace: OpenWorkspace, canned: Canned, link: str) -> None:
    """A `data:` URL that cannot be decoded ends in a sentence, and the other pictures are kept."""
    answer_with(canned, link, DATA)
    workspace = open_workspace(f"{canned.url}/v1")

    error, generation = failed(run(workspace, n=2))

    assert type(error) is ProtocolBroken
    assert "data: link" in error.message
    assert [asset.bytes for asset in generation.assets] == [PICTURE]
    assert leftovers(workspace.library.path) == []


def test_a_picture_in_a_link_has_the_same_limit(
    open_workspace: OpenWorkspace, canned: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More bytes than any picture has are refused wherever they come from."""
    monkeypatch.setattr(base64_stream, "PICTURE_LIMIT", 1000)
    answer_with(canned, f"data:image/png;base64,{'QUJD' * 500}")

    error, generation = failed(run(open_workspace(f"{canned.url}/v1")))

    assert "more than 1,000 bytes" in error.message
    assert generation.assets == ()


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
    other = draw(Sketch("a boat", 64, 48, "low"))
    data: list[Any] = [{"url": f"{canned.url}/fox.png"}, {"b64_json": base64.b64encode(other).decode()}]
    canned.answers["/v1/images/generations"] = (200, {}, json.dumps({"data": data}).encode())
    canned.answers["/fox.png"] = (200, {}, PICTURE)

    generation = done(run(open_workspace(f"{canned.url}/v1"), n=2))

    assert [asset.bytes for asset in generation.assets] == [PICTURE, other]
