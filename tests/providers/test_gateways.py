"""A gateway that differs in address, key, sizes, form of results and price is a table in config.toml, and no Python."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from imgnb.errors import SizeUnsupported
from imgnb.workspace import Workspace

from ..generation.runs import done, failed, run
from ..servers import Canned

KEY = "sk-a-key-that-nobody-may-ever-see-0123456789"
JSON = {"content-type": "application/json"}
Open = Callable[..., Workspace]


def picture(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def open_config(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Open]:
    """Opens a workspace on a config.toml of this text; the gateway's key is set."""
    clean_environment.setenv("GATEWAY_KEY", KEY)
    opened: list[Workspace] = []

    def open_config(text: str) -> Workspace:
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        opened.append(Workspace.open(tmp_path, library=tmp_path / "library"))
        return opened[-1]

    yield open_config
    for workspace in opened:
        workspace.close()


def test_a_gateway_with_a_list_of_sizes_and_a_price_per_call(open_config: Open, canned: Canned) -> None:
    """Links in `payload.pictures` are followed, a size that is not listed is refused unsent, and each call costs the same."""
    canned.answers["/api/draw"] = (
        200, JSON, json.dumps({"payload": {"pictures": [{"url": f"{canned.url}/files/1.png"}]}}).encode(),
    )  # fmt: skip
    canned.answers["/files/1.png"] = (200, {"content-type": "image/png"}, picture(512, 512))
    workspace = open_config(
        f"""
        [routes.listed]
        base_url = "{canned.url}/api"
        key_env = "GATEWAY_KEY"
        generate_path = "/draw"
        edit_path = ""
        results = "payload.pictures"
        streaming = false
        default_model = "draw-1"
        offers = ["draw-1"]

        [routes.listed.capabilities]
        draw-1 = {{ sizes = ["512x512", "512x768"], quality = ["low"] }}

        [routes.listed.prices]
        "*" = {{ call = 0.02 }}
        """
    )

    generation = done(run(workspace, size="512x512"))
    refused, _ = failed(run(workspace, "another", size="1024x1024"))

    posted, fetched = canned.requests
    assert (posted.method, posted.path, fetched.path) == ("POST", "/api/draw", "/files/1.png")
    assert posted.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in fetched.headers
    sent = {"model": "draw-1", "prompt": "a red fox", "size": "512x512", "quality": "low"}
    assert json.loads(posted.body) == sent
    assert isinstance(refused, SizeUnsupported)
    assert "512x512" in refused.hint
    assert (generation.route, generation.model, generation.endpoint) == ("listed", "draw-1", "/draw")
    assert generation.asset.bytes == picture(512, 512)
    assert (generation.cost, generation.cost_basis, generation.currency) == (0.02, "call", "USD")
    assert generation.cost_estimate == 0.02


def test_a_gateway_with_ratios_and_credits_per_picture(open_config: Open, canned: Canned) -> None:
    """A size in pixels is sent as the nearest ratio, and said to be; each finished picture costs credits by its quality."""
    pictures = [{"b64_json": base64.b64encode(picture(640, 360)).decode()}] * 2
    canned.answers["/v2/images/generations"] = (200, JSON, json.dumps({"images": pictures}).encode())
    workspace = open_config(
        f"""
        [routes.ratios]
        base_url = "{canned.url}/v2"
        owner = "Ratios Ltd"
        key_env = "GATEWAY_KEY"
        key_header = "x-key"
        key_prefix = "Token "
        results = "images"
        ratios = ["1:1", "16:9"]
        takes = ["model", "size", "quality", "n"]
        models = {{ gpt-image-2 = "gi2" }}

        [routes.ratios.prices]
        gpt-image-2 = {{ picture = {{ low = 3, high = 9 }}, currency = "credits" }}
        """
    )

    generation = done(run(workspace, size="1920x1088", quality="high", n=2))

    (posted,) = canned.requests
    assert posted.headers["x-key"] == f"Token {KEY}"
    sent = {"model": "gi2", "prompt": "a red fox", "size": "16:9", "quality": "high", "n": 2}
    assert json.loads(posted.body) == sent
    assert "sent as 16:9" in " ".join(generation.notes)
    assert (generation.route_owner, generation.model, len(generation.assets)) == ("Ratios Ltd", "gpt-image-2", 2)
    assert (generation.cost, generation.cost_basis, generation.currency) == (18, "picture", "credits")


def test_a_deployment_that_is_named_in_the_address(open_config: Open, canned: Canned) -> None:
    """As Azure has it: the deployment in the base URL, a version in the query, the key bare in a header of its own."""
    path = "/openai/deployments/our-images"
    usage = {"input_tokens": 10, "output_tokens": 100, "input_tokens_details": {"text_tokens": 10, "image_tokens": 0}}
    data = [{"b64_json": base64.b64encode(picture(1024, 640)).decode()}]
    answer = (200, JSON, json.dumps({"data": data, "usage": usage}).encode())
    canned.answers |= {f"{path}/images/generations": answer, f"{path}/images/edits": answer}
    workspace = open_config(
        f"""
        [routes.azure]
        base_url = "{canned.url}{path}"
        owner = "contoso"
        key_env = "GATEWAY_KEY"
        key_header = "api-key"
        key_prefix = ""
        query = {{ api-version = "2026-10-01-preview" }}
        openai_prices = true
        """
    )

    generation = done(run(workspace, route="azure"))
    edited = done(run(workspace, images=[generation], route="azure"))

    for request in canned.requests:
        assert request.query == "api-version=2026-10-01-preview"
        assert request.headers["api-key"] == KEY
        assert "authorization" not in request.headers
    assert [request.path for request in canned.requests] == [f"{path}/images/generations", f"{path}/images/edits"]
    assert (generation.base_url, generation.route_owner) == (f"{canned.url}{path}", "contoso")
    assert (generation.cost, generation.cost_basis) == (pytest.approx((10 * 5 + 100 * 30) / 1e6), "usage")
    assert edited.operation == "edit"


def test_the_routes_of_a_config_are_picked_by_their_keys(open_config: Open, canned: Canned) -> None:
    """Of shipped routes and the user's own, the first whose key is there is taken."""
    workspace = open_config(f'[routes.own]\nbase_url = "{canned.url}/v1"\nkey_env = "GATEWAY_KEY"\n')

    assert [row.name for row in workspace.route_rows() if row.picked] == ["own"]
