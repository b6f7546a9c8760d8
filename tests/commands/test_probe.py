"""Probes: what they ask, what they find out, and whose word goes first."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgnb.providers.routes import load_routes
from imgnb.workspace import Workspace

from ..servers import Answer, Canned, Received, Watched
from .conftest import Run
from .test_doctor import KEY, own

JSON = {"content-type": "application/json"}
GENERATE, EDIT = "/v1/images/generations", "/v1/images/edits"


def refusal(param: str | None, message: str = "this is not offered", status: int = 400) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return status, JSON, json.dumps({"error": error}).encode()


def drawn(body: dict[str, Any], mode: str = "RGB") -> Answer:
    """A picture of the size that was asked for, as JSON."""
    width, height = (int(part) for part in body.get("size", "1024x1024").split("x"))
    buffer = io.BytesIO()
    Image.new(mode, (width, height)).save(buffer, "PNG")
    picture = {"b64_json": base64.b64encode(buffer.getvalue()).decode()}
    return 200, JSON, json.dumps({"data": [picture]}).encode()


class Gateway:
    """A server that draws, and refuses what its `rules` refuse: functions from a request's body to an answer or None."""

    def __init__(self, canned: Canned, *rules: Callable[[dict[str, Any]], Answer | None]) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.rules = rules
        canned.answers[GENERATE] = self.generate
        canned.answers[EDIT] = lambda request: drawn({})
        canned.answers["/v1/models"] = (200, JSON, b'{"data": [{"id": "gpt-image-2"}]}')

    def generate(self, request: Received) -> Answer:
        body = json.loads(request.body)
        self.bodies.append(body)
        return next((answer for rule in self.rules if (answer := rule(body))), None) or drawn(body)


@pytest.fixture
def gateway(config: Path, canned: Canned, clean_environment: pytest.MonkeyPatch) -> Callable[..., Gateway]:
    """Makes route mine lead to a gateway with these rules."""

    def make(*rules: Callable[[dict[str, Any]], Answer | None], table: str = "") -> Gateway:
        own(config, f"{canned.url}/v1", table)
        clean_environment.setenv("MINE_KEY", KEY)
        return Gateway(canned, *rules)

    return make


def probed(run: Run, *words: str) -> tuple[int, dict[str, dict[str, Any]], dict[str, Any]]:
    """The status of a probe of route mine, its checks by subject, and the settings that it found."""
    status, out, _ = run("doctor", "--route", "mine", "--probe", "--yes", "--json", *words)
    document = json.loads(out)["routes"]["mine"]
    return status, {check["subject"]: check for check in document["probe"]}, document.get("found", {})


def test_a_route_that_can_everything_adds_nothing(run: Run, config: Path, watched: Watched, tmp_path: Path) -> None:
    """Each ability is tried once, at the lowest quality; what was made is in the library, as any generation."""
    config.write_text(f'[routes.mine]\nbase_url = "{watched.url}"\nopenai_prices = true')

    status, checks, found = probed(run)

    assert (status, found) == (0, {})
    assert [check["ok"] for check in checks.values()] == [True] * 9
    assert list(checks)[:6] == ["plain", "stream", "no partials", "edit", "mask", "transparent"]
    posts = [request for request in watched.requests if request.method == "POST"]
    assert len(posts) == 9
    with Workspace.open(tmp_path) as workspace:
        made = workspace.library.find("red circle", limit=20)
        assert {generation.id for generation in made} == {check["generation"] for check in checks.values()}
        assert {generation.params["quality"] for generation in made} == {"low"}
    assert "from the probe" not in run("routes")[1]


def test_links_are_told_from_base64(run: Run, config: Path, watched: Watched) -> None:
    """How pictures come is said."""
    config.write_text(f'[routes.mine]\nbase_url = "{watched.url}"\nheaders = {{ x-imgnb-fault = "url" }}')

    assert "as a link" in probed(run)[1]["plain"]["said"]


def test_a_server_that_does_not_stream_is_not_asked_to_again(run: Run, config: Path, watched: Watched) -> None:
    """`streaming = false` is found, and holds from then on."""
    config.write_text(f'[routes.mine]\nbase_url = "{watched.url}"\nheaders = {{ x-imgnb-fault = "no_streaming" }}')

    status, checks, found = probed(run)

    assert (status, found) == (0, {"streaming": False})
    assert "does not stream" in checks["stream"]["said"]
    assert checks["no partials"]["said"] == "not asked, as stream did not go"
    watched.requests.clear()
    run("generate", "a fox", "--size", "1024x640", "--route", "mine", "--partial-images", "1")
    assert "stream" not in json.loads(watched.requests[0].body)


def stream_needs_partials(body: dict[str, Any]) -> Answer | None:
    if body.get("stream") and not body.get("partial_images"):
        return refusal("partial_images", "Streaming must have non-zero partial images")
    if body.get("stream"):
        picture = json.loads(drawn(body)[2])["data"][0]["b64_json"]
        event = {"type": "image_generation.completed", "b64_json": picture}
        return 200, {"content-type": "text/event-stream"}, f"data: {json.dumps(event)}\n\n".encode()
    return None


def opaque(body: dict[str, Any]) -> Answer | None:
    return refusal("background") if body.get("background") == "transparent" else None


def square_only(body: dict[str, Any]) -> Answer | None:
    return refusal("size") if body["size"] != "1024x1024" else None


def test_what_is_refused_becomes_a_setting(run: Run, gateway, canned: Canned) -> None:
    """Partials that streams need, no edits, no transparency and fewer sizes, each as the route's table would say it."""
    made = gateway(stream_needs_partials, opaque, square_only)
    canned.answers[EDIT] = refusal(None, "no such path", 404)

    status, checks, found = probed(run)

    assert status == 0
    usual = [size for size in load_sizes() if size not in ("1536x1024", "1024x1536")]
    assert found == {
        "min_partial_images": 1,
        "edit_path": "",
        "capabilities": {"gpt-image-2": {"transparent": "no", "sizes": usual}},
    }
    assert checks["mask"]["said"] == "not asked, as edit did not go"
    assert checks["size 2048x1152"]["said"] == "not asked, as 1536x1024, 1024x1536 were refused"
    assert [body["size"] for body in made.bodies].count("2048x1152") == 0
    route = load_routes({"mine": {"base_url": f"{canned.url}/v1"}})["mine"]
    assert (route.min_partial_images, route.edit_path) == (1, "")
    assert set(route.probed) == {"min_partial_images", "edit_path", "capabilities"}


def load_sizes() -> list[str]:
    from imgnb.request.capabilities import Capabilities

    return list(Capabilities.load().choices("size", "gpt-image-2"))[1:]


def test_findings_hold_before_anything_is_sent(run: Run, gateway) -> None:
    """What a probe has found out is refused with the way out, and nobody is asked; routes and doctor say whence it comes."""
    made = gateway(opaque, square_only)
    probed(run)
    made.bodies.clear()

    for asked in (("--background", "transparent"), ("--size", "1536x1024")):
        assert run("generate", "a fox", "--route", "mine", *asked)[0] == 1
    assert made.bodies == []
    assert "from the probe of 20" in run("routes")[1]
    (row,) = [row for row in json.loads(run("routes", "--json")[1]) if row["name"] == "mine"]
    assert (row["transparent"], row["probed"]) == ("no", ["capabilities", "streaming"])
    assert ': capabilities = {"gpt-image-2": {"sizes": ' in run("doctor", "--route", "mine")[1]


def test_masks_that_are_refused_are_refused_from_then_on(run: Run, gateway, canned: Canned) -> None:
    """An edit without one goes on as before."""
    gateway()
    canned.answers[EDIT] = lambda got: refusal("mask") if b'name="mask"' in got.body else drawn({})

    _, checks, found = probed(run)

    assert (checks["edit"]["ok"], checks["mask"]["ok"]) == (True, False)
    assert list(found["refuses"]) == ["mask"]
    assert json.loads(run("routes", "--json")[1])[-1]["mask"] is False


def test_a_claim_to_converse_is_tried(run: Run, config: Path, canned: Canned, clean_environment) -> None:
    """A route that says it speaks the Responses API, and does not, no longer says so; here the claim is imgnb's."""
    clean_environment.setenv("XAI_API_KEY", KEY)
    clean_environment.setenv("XAIROUTER_BASE_URL", f"{canned.url}/v1")
    Gateway(canned)

    status, out, _ = run("doctor", "--route", "xairouter", "--probe", "--yes", "--json")

    document = json.loads(out)["routes"]["xairouter"]
    assert (status, document["found"]["also_speaks"]) == (0, [])
    assert load_routes()["xairouter"].dialects == ("images",)


def test_a_transparency_that_comes_opaque_is_none(run: Run, gateway) -> None:
    """A server may take the parameter and ignore it: the picture decides."""
    gateway()

    _, checks, found = probed(run)

    assert "opaque" in checks["transparent"]["said"]
    assert found["capabilities"]["gpt-image-2"] == {"transparent": "no"}


def test_a_server_that_lists_no_models_but_draws_is_well(run: Run, gateway, canned: Canned) -> None:
    """After a probe, its missing list is no failure any more."""
    gateway()
    del canned.answers["/v1/models"]

    assert run("doctor", "--route", "mine")[0] == 1
    assert probed(run)[2]["models_path"] == ""
    assert run("doctor", "--route", "mine")[0] == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(refusal(None, "Incorrect key", 401), "auth"), (refusal(None, "No balance", 402), "billing")],
    ids=["wrong key", "no balance"],
)
def test_what_says_nothing_of_abilities_ends_the_probe(run: Run, gateway, answer: Answer, kind: str) -> None:
    """One request is made, nothing is remembered, and the status is 1."""
    made = gateway(lambda _: answer)

    status, checks, found = probed(run)

    assert (status, found, len(made.bodies)) == (1, {}, 1)
    assert (checks["plain"]["ok"], checks["probe"]["ok"]) == (False, False)
    assert load_routes({"mine": {"base_url": "http://127.0.0.1/v1"}})["mine"].probed_on is None


def test_a_budget_holds_for_probes(run: Run, gateway, clean_environment) -> None:
    """They are generations like any, and end where the money does."""
    made = gateway(table="prices = { '*' = { call = 0.03 } }")
    clean_environment.setenv("IMGNB_BUDGET", "0.07")

    _, checks, _ = probed(run)

    assert len(made.bodies) == 2
    assert "budget" in checks["edit"]["said"]
    assert checks["probe"]["said"].startswith("ended early")


def test_the_plan_is_said_before_anything_is_sent(run: Run, gateway, clean_environment) -> None:
    """With the cost of each request; where nobody can agree, and no --yes is given, nothing is sent."""
    made = gateway(table="prices = { '*' = { call = 0.03 } }")

    status, out, err = run("doctor", "--route", "mine", "--probe")

    assert (status, made.bodies) == (1, [])
    assert "asks for 9 pictures at about 0.27 USD:" in out
    assert out.count("0.03 USD") == 9
    assert "add --yes" in err


@pytest.mark.parametrize(("said", "sent"), [("y\n", True), ("n\n", False), ("\n", False)], ids=["yes", "no", "neither"])
def test_on_a_terminal_a_person_agrees(gateway, tmp_path: Path, said: str, sent: bool) -> None:
    """Only a yes sends anything."""
    import os
    import pty
    import subprocess
    import sys

    made = gateway(opaque)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "imgnb", "doctor", "--route", "mine", "--probe"]
    os.write(ours, said.encode())
    done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    os.close(ours)
    os.close(theirs)

    assert "go on? [y/N]" in done.stderr
    assert (done.returncode, bool(made.bodies)) == (0 if sent else 1, sent)


def test_what_the_users_own_table_says_goes_first(run: Run, gateway, canned: Canned) -> None:
    """A finding lies below it, setting by setting, and that is said."""
    gateway(opaque, table='streaming = true\ncapabilities = { gpt-image-2 = { transparent = "yes" } }')

    _, out, _ = run("doctor", "--route", "mine", "--probe", "--yes")

    assert "[routes.mine] of your own says streaming, capabilities, and goes first" in out
    with Workspace.open() as workspace:
        route = workspace.routes["mine"]
    assert (route.streaming, route.capabilities["gpt-image-2"]["transparent"]) == (True, "yes")
    assert route.probed == ()


def test_what_the_users_own_models_say_goes_first(run: Run, gateway, config: Path) -> None:
    """A fact about a model in the user's own settings is not laid over by a probe."""
    gateway(opaque, table="")
    probed(run)
    config.write_text(config.read_text() + '\n[models.gpt-image-2]\ntransparent = "yes"\n')

    (row,) = [row for row in json.loads(run("routes", "--json")[1]) if row["name"] == "mine"]

    assert row["transparent"] == "yes"


def test_a_probe_that_ends_early_forgets_nothing(run: Run, gateway) -> None:
    """What it did not ask stays as an earlier one found it."""
    made = gateway(opaque)
    first = probed(run)[2]
    made.rules = (lambda body: refusal(None, "No balance", 402) if body.get("stream") else None,)

    status, _, found = probed(run)

    assert (status, found) == (1, first)


def test_findings_hold_for_the_base_url_that_was_probed(run: Run, gateway, canned: Canned) -> None:
    """Elsewhere nothing is known; back there, it is known again."""
    gateway(opaque)
    probed(run)
    there, elsewhere = f"{canned.url}/v1", "https://elsewhere.example/v1"

    assert load_routes({"mine": {"base_url": there}})["mine"].probed
    assert not load_routes({"mine": {"base_url": elsewhere}})["mine"].probed


def test_what_was_found_can_be_forgotten_or_found_anew(run: Run, gateway, canned: Canned) -> None:
    """`--forget` takes it away; a second probe asks everything again, whatever the first one found."""
    made = gateway(opaque)
    probed(run)
    made.rules = ()
    _, checks, _ = probed(run)
    assert "not asked" not in checks["transparent"]["said"]

    status, out, _ = run("doctor", "--route", "mine", "--forget")

    assert (status, out.endswith("what probes found of route mine is forgotten\n")) == (0, True)
    assert not load_routes({"mine": {"base_url": f"{canned.url}/v1"}})["mine"].probed
    assert "nothing to forget" in run("doctor", "--route", "mine", "--forget")[1]


def test_tables_that_rule_something_out_save_its_request(run: Run, gateway) -> None:
    """A probe finds out what the tables do not say."""
    made = gateway(
        table='streaming = false\nedit_path = ""\nratios = ["4:3", "1:1"]\ntakes = ["model", "size"]\n'
        "[routes.mine.prices]\n'*' = { picture = { low = 2, high = 12 }, currency = 'credits' }"
    )
    made.rules = (lambda body: drawn({}),)

    _, out, _ = run("doctor", "--route", "mine", "--probe", "--yes")

    assert [body["size"] for body in made.bodies] == ["1:1", "4:3"]
    assert all("quality" not in body for body in made.bodies)
    assert "not asked: the route takes no pictures" in out


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"mine": 3}', '{"mine": {"URL": {"settings": {"streaming": "perhaps"}}}}',
     '{"mine": {"URL": {"settings": {"key_env": "HOME", "base_url": "https://thief.example"}}}}'],
    ids=["cut", "list", "number", "nonsense", "what no probe finds"],
)  # fmt: skip
def test_a_file_of_findings_that_cannot_be_used_is_no_finding(run: Run, config: Path, text: str) -> None:
    """It is a cache: nothing fails for it, and it can set only what a probe finds out."""
    url = "https://images.example/v1"
    own(config, url)
    (config.parent / "probes.json").write_text(text.replace("URL", url))

    status, out, _ = run("routes", "--json")

    assert status == 0
    assert [row["probed"] for row in json.loads(out)] == [[]] * 7
    assert load_routes({"mine": {"base_url": url, "key_env": "MINE_KEY"}})["mine"].key_env == "MINE_KEY"
