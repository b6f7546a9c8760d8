"""Routes that cannot work: refused with file, table and setting, or failing with the advice for just that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imgnb.errors import BillingRefused, ConfigInvalid, ConnectionFailed, KeyRefused, NotFound, ProtocolBroken
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..generation.runs import done, failed, run
from ..servers import Canned, Watched

URL = 'base_url = "https://images.example/v1"'


@pytest.mark.parametrize(
    ("table", "said", "hint"),
    [
        ("owner = 'me'", "has no base_url", 'base_url = "https://host/v1"'),
        (f"{URL}\ndialect = 'imges'", "dialect is 'imges'", "did you mean 'images'?"),
        (f"{URL}\nalso_speaks = ['respones']", "also_speaks is 'respones'", "did you mean 'responses'?"),
        (f"{URL}\nedit_body = 'form'", "edit_body is 'form'", "use one of multipart, json, image_array"),
        (f"{URL}\nkey_evn = 'KEY'", "has no setting 'key_evn'", "did you mean 'key_env'?"),
        (f"{URL}\nbase_ulr = 'x'", "has no setting 'base_ulr'", "did you mean 'base_url'?"),
        (f"{URL}\nprobed_on = '2026-01-01'", "has no setting 'probed_on'", "a route has "),
        (f"{URL}\nstreaming = 'no'", "streaming is 'no'", "give true or false"),
        (f"{URL}\nmin_partial_images = -1", "min_partial_images is -1", "give a whole number from 0"),
        (f"{URL}\nratios = ['wide']", "ratios is ['wide']", 'list ratios such as "16:9"'),
        (f"{URL}\nratios = '1:1'", "ratios is '1:1'", "give a list of texts"),
        (f"{URL}\nheaders = {{ x-key = 3 }}", "cannot send 'x-key'", "plain text"),
        (f"{URL}\ncapabilities = {{ m = 3 }}", "capabilities has 'm' as 3", "give a table"),
        (
            f"{URL}\ncapabilities = {{ m = {{ szes = [] }} }}",
            "capabilities: model 'm' has no setting 'szes'",
            "'sizes'",
        ),
        (f"{URL}\ncapabilities = {{ m = {{ sizes = ['big'] }} }}", "sizes is ['big']", '"1024x1024"'),
        (f"{URL}\nprices = {{ m = {{ cal = 1 }} }}", "prices: price 'm' cannot be reckoned with: 'cal'", "call"),
        (f"{URL}\nprices = {{ m = 1 }}", "prices has 'm' as 1", "give a table"),
        ("base_url = 'images.example/v1'", "base_url that is 'images.example/v1'", "https://host/v1"),
        ("base_url = 3", "base_url is 3", "give text, in quotes"),
        ("base_url = 'https://me:secret@images.example/v1'", "holds a user or password", "https://host/v1"),
        ("base_url = 'https://images.example/v1?key=secret'", "has a query", "https://host/v1"),
    ],
    ids=lambda value: None,
)
def test_a_table_that_cannot_be_used_is_named(
    clean_environment: pytest.MonkeyPatch, tmp_path: Path, table: str, said: str, hint: str
) -> None:
    """With its file, the table, the setting and the way out; a password in it is not repeated."""
    config = tmp_path / "config.toml"
    config.write_text(f"[routes.mine]\n{table}\n", encoding="utf-8")

    with pytest.raises(ConfigInvalid) as caught, Workspace.open(tmp_path) as workspace:
        _ = workspace.routes

    assert caught.value.message.startswith(f"{config}: [routes.mine]")
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)


def test_a_variable_with_a_bad_base_url_is_named(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It, and not a file, is what is to be corrected; it is not shown, as somebody may have put a key there."""
    clean_environment.setenv("OPENAI_BASE_URL", "sk-a-key-in-the-wrong-place")

    with pytest.raises(
        ConfigInvalid, match=r"^OPENAI_BASE_URL: route 'openai' has a base_url that is no URL"
    ) as caught:
        _ = Workspace.open(tmp_path).routes

    assert "sk-a-key" not in str(caught.value)


def test_a_trailing_slash_is_no_mistake(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """It is taken off."""
    done(run(open_workspace(f"{watched.url}/")))

    assert watched.requests[0].path == "/v1/images/generations"


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [(401, KeyRefused, "imgnb doctor"), (402, BillingRefused, "add credit"), (404, NotFound, "base_url ends in /v1")],
    ids=["wrong key", "no balance", "wrong path"],
)
def test_each_refusal_has_its_own_advice(
    open_workspace: OpenWorkspace, canned: Canned, status: int, error: type[Exception], hint: str
) -> None:
    """A wrong key, an empty account and a base URL with the wrong path are told apart, and asked once."""
    body = json.dumps({"error": {"message": "no"}}).encode()
    canned.answers["/images/generations"] = (status, {"content-type": "application/json"}, body)

    raised, generation = failed(run(open_workspace(canned.url)))

    assert type(raised) is error
    assert hint in raised.hint
    assert (generation.http_status, len(canned.requests)) == (status, 1)


def test_a_web_page_is_no_answer(open_workspace: OpenWorkspace, canned: Canned) -> None:
    """A base URL that leads to somebody's web site is said to."""
    canned.answers["/images/generations"] = (200, {"content-type": "text/html"}, b"<html><title>Welcome</title></html>")

    raised, _ = failed(run(open_workspace(canned.url)))

    assert isinstance(raised, ProtocolBroken)
    assert "a web page came instead of an answer: Welcome" in raised.message
    assert "base_url" in raised.hint


def test_a_host_that_is_not_there_is_said(open_workspace: OpenWorkspace) -> None:
    """A misspelt host is a failed connection, with the host and the setting to look at."""
    raised, _ = failed(run(open_workspace("https://images.example.invalid/v1", attempts=1)))

    assert isinstance(raised, ConnectionFailed)
    assert "images.example.invalid could not be reached" in raised.message
    assert "base_url" in raised.hint
