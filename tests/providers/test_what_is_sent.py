"""The bytes that leave for a provider: held against the SDK's own parameter types, and against where keys may go."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from openai.types import image_edit_params, image_generate_params
from PIL import Image
from pydantic import TypeAdapter

from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..generation.runs import done, failed, run
from ..servers import Canned, Received, Watched
from .test_routes import mask_picture

KEY = "sk-a-key-that-nobody-may-ever-see-0123456789"
FILES = ("image", "mask", "markup")
GENERATE = {
    False: image_generate_params.ImageGenerateParamsNonStreaming,
    True: image_generate_params.ImageGenerateParamsStreaming,
}
EDIT = {False: image_edit_params.ImageEditParamsNonStreaming, True: image_edit_params.ImageEditParamsStreaming}
NUMBERS = ("n", "partial_images", "output_compression")

streamed = pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])


def check_types(values: dict[str, Any], params: type) -> None:
    """Every name is one of the SDK's, with a value of the type that it has there, and none that is required is left out."""
    hints = get_type_hints(params)
    assert params.__required_keys__ - set(FILES) <= values.keys() <= hints.keys()
    for name, value in values.items():
        TypeAdapter(hints[name]).validate_python(value, strict=True)


def picture(alpha: bool = False, shade: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA" if alpha else "RGB", (96, 64), (200, shade, 60, 0)[: 4 if alpha else 3]).save(buffer, "PNG")
    return buffer.getvalue()


def form_of(request: Received) -> dict[str, Any]:
    """The plain fields of a multipart body, by the standard library's reading of it."""
    from email import message_from_bytes

    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + request.body).get_payload()
    names = [(part.get_param("name", header="content-disposition"), part) for part in parts]
    form: dict[str, Any] = {n: p.get_payload(decode=True).decode() for n, p in names if p.get_filename() is None}
    form |= {name: int(form[name]) for name in NUMBERS if name in form}
    return form | ({"stream": form["stream"] == "true"} if "stream" in form else {})


@streamed
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"n": 2, "quality": "low", "background": "opaque", "moderation": "low", "safety_identifier": "s"},
        {"output_format": "webp", "output_compression": 30, "user": "u", "size": "auto"},
        {"model": "gpt-image-2.6-flare", "complexity": "low"},
    ],
    ids=["least", "some", "webp", "newer"],
)
def test_a_generation_is_what_the_sdk_would_send(
    open_workspace: OpenWorkspace, watched: Watched, given: dict[str, Any], stream: bool
) -> None:
    """A generation's JSON has the SDK's names and types, always a model, and nothing that was not asked for."""
    workspace = open_workspace(watched.url)

    done(run(workspace, **given, stream=stream or None, partial_images=1 if stream else None))

    (request,) = watched.requests
    body = json.loads(request.body)
    check_types(body, GENERATE[stream])
    assert request.path == "/v1/images/generations"
    sent = {"model": "gpt-image-2", "prompt": "a red fox", "size": "1024x640", "quality": "low", **given}
    assert body == sent | ({"stream": True, "partial_images": 1} if stream else {})


@streamed
@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"images": [picture()]}, ["image"]),
        ({"images": [picture(), picture(shade=9)]}, ["image[]", "image[]"]),
        ({"images": [picture()], "mask": mask_picture()}, ["image", "mask"]),
    ],
    ids=["one", "several", "mask"],
)
def test_an_edit_is_what_the_sdk_would_send(
    open_workspace: OpenWorkspace, watched: Watched, files: dict[str, Any], names: list[str], stream: bool
) -> None:
    """An edit is a form with the SDK's names: `image` for one picture, `image[]` for several, then mask; bytes untouched."""
    workspace = open_workspace(watched.url)

    generation = done(run(workspace, **files, stream=stream or None, partial_images=1 if stream else None))

    (request,) = watched.requests
    check_types(form_of(request), EDIT[stream])
    assert request.path == "/v1/images/edits"
    assert [name for name in request.field_names if name.removesuffix("[]") in FILES] == names
    given = [*files["images"], *filter(None, [files.get("mask")])]
    assert all(data in request.body for data in given)
    assert [asset.bytes for asset in generation.references] == given


def test_nested_parameters_are_sent_as_the_sdk_spells_them(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """Tables go into forms as `svg[model]`, and the engine understands them."""
    svg = {"model": "gpt-5.5", "reasoning": {"effort": "low"}}
    given = {"model": "gpt-image-2.6-flare", "output_format": "svg", "svg": svg, "images": [picture()]}

    generation = done(run(open_workspace(watched.url), **given))

    assert form_of(watched.requests[0])["svg[reasoning][effort]"] == "low"
    assert generation.asset.media_type == "image/svg+xml"


@pytest.fixture
def keyed(clean_environment: pytest.MonkeyPatch, watched: Watched, tmp_path: Path) -> Workspace:
    """Route openai moved to a server on loopback, with a key."""
    clean_environment.setenv("OPENAI_API_KEY", KEY)
    clean_environment.setenv("OPENAI_BASE_URL", watched.url)
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    with Workspace.open(tmp_path, first_wait=0.01) as workspace:
        yield workspace


def test_a_moved_route_gets_the_key_and_nobody_else_sees_it(
    keyed: Workspace, watched: Watched, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """OPENAI_BASE_URL moves route openai; the key goes out as bearer and stands in no record, log, repr or file."""
    watched.real = True
    caplog.set_level(logging.DEBUG)

    events = run(keyed, stream=True, partial_images=1, previews=True)
    generation = done(events)
    _, refused = failed(run(keyed, "another", extras={"user_": 1}, n=11))

    (request,) = watched.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (generation.route, generation.base_url) == ("openai", watched.url)
    assert generation.route_owner == watched.url.split("/")[2]
    seen = [repr(events), repr(generation.to_dict()), repr(refused), caplog.text, repr(keyed.routes), repr(vars(keyed))]
    assert [text for text in seen if KEY in text] == []
    keyed.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_a_server_that_repeats_the_key_does_not_get_it_recorded(
    keyed: Workspace, clean_environment: pytest.MonkeyPatch, canned: Canned, tmp_path: Path
) -> None:
    """Where a refusal repeats the key, stars stand in its place in the error, its record and the library's files."""
    error = {"message": f"Incorrect API key {KEY}", "code": f"bad_{KEY}", "param": KEY}
    canned.answers["/v1/images/generations"] = (401, {}, json.dumps({"error": error}).encode())
    clean_environment.setenv("OPENAI_BASE_URL", f"{canned.url}/v1")

    error, generation = failed(run(keyed))

    assert KEY in canned.requests[0].headers["authorization"]
    assert "***" in error.message
    assert KEY not in f"{error!r} {error.args} {vars(error)} {generation!r}"
    keyed.close()
    assert [p for p in tmp_path.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()] == []


def test_a_sketch_never_stands_in_for_a_real_picture(keyed: Workspace, watched: Watched) -> None:
    """What route openai answers with the engine's mark belongs to `local`, is free, and is asked for again."""
    sketch = done(run(keyed))
    watched.real = True
    real = done(run(keyed))

    assert (sketch.route_owner, sketch.cost) == ("local", 0.0)
    assert (real.replayed, real.route_owner) == (False, watched.url.split("/")[2])
    assert done(run(keyed)).id == real.id
    assert len(watched.requests) == 2


@pytest.mark.parametrize("edit_body", ["json", "multipart"])
def test_a_route_of_ones_own_is_spoken_to_as_its_table_says(
    clean_environment: pytest.MonkeyPatch, watched: Watched, tmp_path: Path, edit_body: str
) -> None:
    """A route from the user's file has its own key header, headers, query, model names and way to send edits."""
    (tmp_path / "config.toml").write_text(
        f"""
        [routes.azure]
        base_url = "{watched.url}/"
        owner = "contoso"
        key_env = "CONTOSO_KEY"
        key_header = "api-key"
        key_prefix = ""
        edit_body = "{edit_body}"
        response_format = "b64_json"
        headers = {{ x-team = "pictures" }}
        query = {{ api-version = "2026-10-01" }}
        models = {{ gpt-image-2 = "our-deployment" }}
        """
    )
    clean_environment.setenv("CONTOSO_KEY", KEY)
    watched.real = True

    with Workspace.open(tmp_path, library=tmp_path / "library") as workspace:
        first = done(run(workspace, route="azure"))
        second = done(run(workspace, images=[first, picture()], mask=None, stream=True, route="azure"))

    for request in watched.requests:
        assert request.query == "api-version=2026-10-01"
        assert (request.headers["api-key"], request.headers["x-team"]) == (KEY, "pictures")
        assert "authorization" not in request.headers
    generated, edited = watched.requests
    assert json.loads(generated.body)["model"] == "our-deployment"
    assert json.loads(generated.body)["response_format"] == "b64_json"
    if edit_body == "json":
        links = [image["image_url"] for image in json.loads(edited.body)["images"]]
        assert [link.partition(",")[0] for link in links] == ["data:image/png;base64"] * 2
    else:
        assert edited.field_names.count("image[]") == 2
    assert (second.route, second.route_owner, second.operation) == ("azure", "contoso", "edit")
    assert (second.model, second.cost, second.cost_basis) == ("gpt-image-2", None, None)
    assert second.references[0].sha256 == first.asset.sha256


def test_a_route_that_needs_partials_to_stream_gets_them(open_workspace: OpenWorkspace, watched: Watched) -> None:
    """`min_partial_images` is asked for whenever such a route streams."""
    routes = {"test": {"base_url": watched.url, "min_partial_images": 1}}

    done(run(open_workspace(watched.url, routes=routes), stream=True))

    assert json.loads(watched.requests[0].body)["partial_images"] == 1
