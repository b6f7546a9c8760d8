"""`imgnb doctor` against real servers: what is well, what is not, and the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..servers import Canned, Watched
from .conftest import Run

KEY = "sk-a-key-that-nobody-may-ever-see-0123456789"
MODELS = json.dumps({"data": [{"id": "gpt-image-2"}, {"id": "gpt-5.5"}]}).encode()
JSON = {"content-type": "application/json"}


def own(config: Path, url: str, more: str = "") -> None:
    """A route `mine` of the user's own, with a key."""
    config.write_text(f'[routes.mine]\nbase_url = "{url}"\nkey_env = "MINE_KEY"\n{more}', encoding="utf-8")


def looked_at(run: Run, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The status of a look at route mine, and its checks by subject."""
    status, out, err = run("doctor", "--route", "mine", "--json", *words)
    assert KEY not in out + err
    document = json.loads(out)
    assert document["ok"] == (status == 0)
    return status, {check["subject"]: check for check in document["routes"]["mine"]["checks"]}


@pytest.fixture
def mine(config: Path, canned: Canned, clean_environment: pytest.MonkeyPatch) -> Canned:
    """The server behind route mine, which lists its models; the key is set."""
    own(config, f"{canned.url}/v1")
    clean_environment.setenv("MINE_KEY", KEY)
    canned.answers["/v1/models"] = (200, JSON, MODELS)
    return canned


def test_a_route_that_is_well_passes(run: Run, mine: Canned, config: Path) -> None:
    """Files, versions, library, key, address and models are named; the key is sent and not shown."""
    status, out, err = run("doctor", "--route", "mine")

    assert (status, err) == (0, "")
    assert mine.requests[0].headers["authorization"] == f"Bearer {KEY}"
    for said in (
        "httpx ", "Pillow ", "SQLite ", f"✓ settings       {config}", "library is made with the first picture",
        "✓ key            MINE_KEY is set", f"✓ reached        {mine.url}/v1 in ", "GET /models: 200, 2 models",
        "✓ model          gpt-image-2 is among them",
    ):  # fmt: skip
        assert said in out
    assert KEY not in out


def test_without_a_name_all_routes_with_keys_are_looked_at(run: Run, mine: Canned) -> None:
    """Those whose key is not there are left out."""
    document = json.loads(run("doctor", "--json")[1])

    assert list(document["routes"]) == ["local", "mine"]
    assert document["versions"].keys() >= {"imgnb", "httpx", "Pillow", "SQLite"}


@pytest.mark.parametrize(
    ("answer", "said", "hint"),
    [
        ((401, JSON, b'{"error": {"message": "Incorrect key"}}'), "Incorrect key (HTTP 401)", "check the key's variable"),
        ((402, JSON, b'{"error": {"message": "No balance"}}'), "No balance (HTTP 402)", "add credit"),
        ((404, JSON, b'{"error": {"message": "No such path"}}'), "No such path (HTTP 404)", "ends in /v1"),
        ((404, {}, b"<html><title>nginx</title></html>"), "a web page came", "ends in /v1"),
        ((200, {"content-type": "text/html"}, b"<html><title>Hi</title>"), "a web page came instead of an answer: Hi", "base_url"),
        ((200, JSON, b'{"models": 3}'), "the answer is no list of models", "base_url"),
        ((200, JSON, b"[" * 100_000), "the answer is no list of models", "base_url"),
        ((503, {}, b"busy"), "busy (HTTP 503)", "try again later"),
        ((301, {"location": "https://elsewhere.example/"}, b""), "leads elsewhere, to https://elsewhere.example/", "base_url"),
    ],
    ids=["wrong key", "no balance", "not found", "not found page", "web page", "no list", "nested", "down", "moved"],
)  # fmt: skip
def test_each_answer_has_its_own_advice(run: Run, mine: Canned, answer: Any, said: str, hint: str) -> None:
    """The route was reached, and fails; what it said is told with the way out."""
    mine.answers["/v1/models"] = answer

    status, checks = looked_at(run)

    assert (status, checks["reached"]["ok"], checks["models"]["ok"]) == (1, True, False)
    assert said in checks["models"]["said"]
    assert hint in checks["models"]["hint"]


def test_a_key_that_is_repeated_is_not_shown(run: Run, mine: Canned) -> None:
    """A server may repeat the key in its refusal; stars stand in its place."""
    body = json.dumps({"error": {"message": f"Incorrect key {KEY}", "code": KEY, "param": KEY}}).encode()
    mine.answers["/v1/models"] = (401, {"x-request-id": KEY, **JSON}, body)

    _, checks = looked_at(run)

    assert "Incorrect key ***" in checks["models"]["said"]


def test_a_missing_key_is_said_and_none_is_sent(run: Run, mine: Canned, clean_environment) -> None:
    """The address is tried all the same."""
    clean_environment.delenv("MINE_KEY")

    status, checks = looked_at(run)

    assert (status, checks["key"]["ok"], checks["reached"]["ok"]) == (1, False, True)
    assert "set MINE_KEY" in checks["key"]["hint"]
    assert "models" not in checks
    assert "authorization" not in mine.requests[0].headers


@pytest.mark.parametrize(
    ("path", "meant"),
    [("", "/v1"), ("/v1/images/generations", "/v1"), ("/v1/images", "/v1"), ("/v1/chat/completions", "/v1")],
    ids=["no path", "endpoint", "half an endpoint", "another's endpoint"],
)
def test_a_base_url_with_the_wrong_path_is_corrected(
    run: Run, mine: Canned, config: Path, path: str, meant: str
) -> None:
    """Where the list of models is found elsewhere on the host, that base URL is advised."""
    own(config, f"{mine.url}{path}")

    status, checks = looked_at(run)

    assert status == 1
    assert f'base_url = "{mine.url}{meant}" answers' in checks["models"]["hint"]


def test_a_trailing_slash_is_no_mistake(run: Run, mine: Canned, config: Path) -> None:
    """It is taken off."""
    own(config, f"{mine.url}/v1/")

    assert looked_at(run)[0] == 0
    assert [request.path for request in mine.requests] == ["/v1/models"]


def test_a_host_that_is_not_there_is_said(run: Run, mine: Canned, config: Path) -> None:
    """Also for a name like one that is known, which may have been meant."""
    own(config, "https://api.laozhang.invalid/v1")

    status, checks = looked_at(run)

    assert (status, checks["reached"]["ok"]) == (1, False)
    assert "could not be reached" in checks["reached"]["said"]
    assert "did you mean api.laozhang.ai?" in checks["reached"]["hint"]


def test_one_of_two_addresses_is_enough(run: Run, mine: Canned, config: Path, closed_port: int) -> None:
    """The other is mentioned; the list of models comes from the one that answers."""
    own(config, f"http://127.0.0.1:{closed_port}/v1", f'fallback_base_urls = ["{mine.url}/v1"]')

    status, out, _ = run("doctor", "--route", "mine")

    assert status == 0
    assert f"– reached        http://127.0.0.1:{closed_port}/v1: " in out
    assert f"✓ reached        {mine.url}/v1 in " in out


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_model_that_is_not_listed_is_said_with_those_like_it(run: Run, mine: Canned, config: Path) -> None:
    """The default image model must be there; a main model need not."""
    own(config, f"{mine.url}/v1", 'also_speaks = ["responses"]')
    mine.answers["/v1/models"] = (200, JSON, json.dumps(["gpt-image-2-pro", "other"]).encode())

    status, checks = looked_at(run)

    assert (status, checks["model"]["ok"], checks["main model"]["ok"]) == (1, False, None)
    assert checks["model"]["hint"].startswith("it has gpt-image-2-pro: ")


def test_a_route_without_a_list_is_reached_all_the_same(run: Run, mine: Canned, config: Path) -> None:
    """`models_path = ""` says that there is none to ask for; any answer will do."""
    own(config, f"{mine.url}/v1", 'models_path = ""')

    status, checks = looked_at(run)

    assert (status, checks["reached"]["ok"], checks["models"]["ok"]) == (0, True, None)


def test_settings_that_cannot_be_used_are_a_check_like_any(run: Run, config: Path) -> None:
    """The doctor does not fail where the patient does."""
    config.write_text('[routes.mine]\nbase_ulr = "https://x.example/v1"\n')

    status, out, _ = run("doctor")

    assert status == 1
    assert f"✗ settings       {config}: [routes.mine] has no setting 'base_ulr'" in out
    assert "-> did you mean 'base_url'?" in out
    assert json.loads(run("doctor", "--json")[1])["checks"][0]["ok"] is False


def test_a_library_that_cannot_be_used_is_said(run: Run, clean_environment, tmp_path: Path) -> None:
    """With the way out; nothing is made by looking."""
    (tmp_path / "file").touch()
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "file"))

    status, out, _ = run("doctor", "--route", "local")

    assert status == 1
    assert "✗ library " in out
    assert "set IMGNB_LIBRARY to another folder" in out


def test_a_library_is_counted(run: Run) -> None:
    """What is there is opened, and can be written."""
    run("generate", "a fox", "--size", "1024x640", "--route", "local")

    assert "can be written; it holds 1 generation\n" in run("doctor", "--route", "local")[1]


def test_an_unknown_route_is_one_message(run: Run) -> None:
    """As everywhere."""
    status, _, err = run("doctor", "--route", "opnai")

    assert (status, "did you mean 'openai'?" in err) == (1, True)


def test_redirects_are_not_followed_with_the_key(run: Run, mine: Canned, watched: Watched) -> None:
    """Whoever moves the list elsewhere gets no second request."""
    mine.answers["/v1/models"] = (302, {"location": f"{watched.url}/models"}, b"")

    assert looked_at(run)[0] == 1
    assert watched.requests == []
