"""A link in place of a picture: fetched by the rules, stored, and named by its address where that is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imgnb.errors import RequestInvalid
from imgnb.providers import download as downloads

from ..conftest import OpenWorkspace
from ..providers.test_routes import picture
from ..servers import Canned, Watched
from .runs import SMALL, done, run


def test_a_linked_picture_becomes_an_asset(open_workspace: OpenWorkspace, canned: Canned, watched: Watched) -> None:
    """The bytes behind the link are stored and sent, so that the edit can be repeated when the link is dead."""
    canned.answers["/fox.png"] = (200, {"content-type": "image/png"}, picture())
    workspace = open_workspace(watched.url)

    first = done(run(workspace, "by night", images=[f"{canned.url}/fox.png"]))
    canned.answers.clear()
    again = done(run(workspace, "by day", images=[f"@{first.references[0].sha256[:12]}"]))

    assert first.references[0].bytes == picture()
    assert first.inputs[0].source == f"{canned.url}/fox.png"
    assert picture() in watched.requests[0].body
    assert again.references == first.references


def test_a_link_goes_as_a_link_when_asked(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """With image_input "url" the server gets the user's link; what has none still goes as data."""
    canned.answers["/fox.png"] = (200, {}, picture())
    canned.answers["/v1/responses"] = (400, {}, b'{"error": {"message": "seen"}}')
    workspace = open_workspace(f"{canned.url}/v1")
    request = workspace.request("a fox", images=[f"{canned.url}/fox.png", picture(shade=9)], **SMALL)

    list(workspace.run(workspace.order(request, via="responses", image_input="url")))

    content = json.loads(canned.requests[-1].body)["input"][0]["content"]
    assert [part["image_url"][:22] for part in content[1:]] == [f"{canned.url}/fox.png"[:22], "data:image/png;base64,"]
    assert content[1]["image_url"] == f"{canned.url}/fox.png"


@pytest.mark.parametrize(
    "link",
    [
        "http://169.254.169.254/latest",
        "https://10.0.0.1/a.png",
        "http://93.184.215.14/a.png",
        "https://me:pw@127.0.0.1/a",
    ],
)
def test_a_link_that_leads_astray_is_refused(open_workspace: OpenWorkspace, link: str) -> None:
    """The rules for links are the same for those that a user gives."""
    with pytest.raises(RequestInvalid, match="cannot be used"):
        open_workspace().request("by night", images=[link])


@pytest.mark.parametrize(
    ("answer", "said"),
    [((404, {}, b"no"), "404"), ((200, {}, b"<html>"), "not a picture"), ((200, {"content-length": "5000000000"}, b""), "more than")],
    ids=["gone", "a page", "gigabytes"],
)  # fmt: skip
def test_what_a_link_does_not_give_is_said(
    open_workspace: OpenWorkspace, canned: Canned, answer: tuple[int, dict[str, str], bytes], said: str
) -> None:
    """Nothing is stored of what is no picture, too large or not there."""
    canned.answers["/fox.png"] = answer
    workspace = open_workspace()

    with pytest.raises(RequestInvalid) as caught:
        workspace.request("by night", images=[f"{canned.url}/fox.png"])

    assert said in caught.value.message
    assert workspace.library.stats()["assets"] == 0


def test_a_link_is_followed_by_one_set_of_rules(
    open_workspace: OpenWorkspace, canned: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers' links and users' links go through the same function."""
    from imgnb.providers import speaker

    follow, followed, link = downloads.download, [], f"{canned.url}/fox.png"

    def noted(wire: Any, url: str, *given: Any, **named: Any) -> None:
        followed.append(url)
        follow(wire, url, *given, **named)

    canned.answers["/fox.png"] = (200, {}, picture())
    monkeypatch.setattr(downloads, "download", noted)
    open_workspace().request("by night", images=[link])

    assert followed == [link]
    assert speaker.download is follow


def test_a_link_is_fetched_once(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """Run All fetches nothing that the library has, replay never does, and live fetches anew."""
    canned.answers["/fox.png"] = (200, {}, picture())
    workspace, link = open_workspace(), f"{canned.url}/fox.png"
    first = workspace.request("by night", images=[link])
    again = workspace.request("by night", images=[link])
    replayed = workspace.request("by night", images=[link], mode="replay")
    canned.answers["/fox.png"] = (200, {}, picture(shade=7))
    live = workspace.request("by night", images=[link], mode="live")
    after = workspace.request("by night", images=[link])

    assert first.fingerprint() == again.fingerprint() == replayed.fingerprint() != live.fingerprint()
    assert after.fingerprint() == live.fingerprint()
    assert len(canned.requests) == 2
    with pytest.raises(RequestInvalid, match="nothing is fetched"):
        workspace.request("by night", images=[f"{canned.url}/other.png"], mode="replay")
