"""Requests that cannot be met: each is recorded with its kind, one short message and a way out, and costs nothing."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from imgnb.config import Settings
from imgnb.errors import ConfigInvalid, KeyMissing, ModelRetired, PromptInvalid, RequestInvalid, SizeUnsupported
from imgnb.events import Failed
from imgnb.providers.unreachable import Unreachable
from imgnb.request import ImageRequest
from imgnb.workspace import Workspace, current

from ..conftest import OpenWorkspace
from ..servers import Watched
from .runs import column, done, failed, leftovers, run

REFUSED: dict[str, tuple[dict[str, Any], type[RequestInvalid], str]] = {
    "size off the grid": ({"size": "1000x1000"}, SizeUnsupported, "1008x1008"),
    "huge size": ({"size": "4096x4096"}, SizeUnsupported, "the nearest legal size is"),
    "absurd size": ({"size": "999999999x1"}, SizeUnsupported, "the nearest legal size is"),
    "zero size": ({"size": "0x0"}, SizeUnsupported, "the nearest legal size is"),
    "size in words": ({"size": "large"}, SizeUnsupported, "1024x1024"),
    "size as a number": ({"size": 1024}, SizeUnsupported, "1024x1024"),
    "no pictures": ({"n": 0}, RequestInvalid, "from 1 to 10"),
    "too many pictures": ({"n": 11}, RequestInvalid, "from 1 to 10"),
    "n in words": ({"n": "two"}, RequestInvalid, "from 1 to 10"),
    "partials in words": ({"partial_images": "two"}, RequestInvalid, "from 0 to 3"),
    "too many partials": ({"partial_images": 4}, RequestInvalid, "from 0 to 3"),
    "compressed png": ({"output_format": "png", "output_compression": 50}, RequestInvalid, "jpeg or webp"),
    "transparent jpeg": ({"output_format": "jpeg", "background": "transparent"}, RequestInvalid, "png or webp"),
    "empty prompt": ({"prompt": ""}, PromptInvalid, "say what to draw"),
    "blank prompt": ({"prompt": " \n"}, PromptInvalid, "say what to draw"),
    "endless prompt": ({"prompt": "x" * 32_001}, PromptInvalid, "shorten it by 1"),
    "retired model": ({"model": "dall-e-3"}, ModelRetired, "gpt-image-2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_impossible_request_is_recorded_and_never_sent(
    open_workspace: OpenWorkspace, watched: Watched, case: str
) -> None:
    """What the model does not take fails before anything is sent, recorded with its kind and a way out."""
    given, kind, way_out = REFUSED[case]
    workspace = open_workspace(watched.url)

    error, generation = failed(run(workspace, **given))

    assert type(error) is kind
    assert way_out in error.hint
    assert "\n" not in error.message
    assert len(error.message) < 200
    assert (generation.status, generation.error_kind) == ("failed", kind.kind)
    assert (generation.error_message, generation.error_param) == (error.message, error.param)
    assert generation.attempts == ()
    assert generation.cost is None
    assert workspace.library.generation(f"@{generation.id}").error_kind == kind.kind
    assert watched.requests == []


def test_a_value_that_is_no_json_is_refused(open_workspace: OpenWorkspace) -> None:
    """A parameter that cannot be written down fails with a sentence, though it cannot be recorded either."""
    workspace = open_workspace()

    last = run(workspace, size=object())[-1]

    assert isinstance(last, Failed)
    assert isinstance(last.error, RequestInvalid)


def test_an_impossible_request_fails_in_replay_mode_too(open_workspace: OpenWorkspace) -> None:
    """In replay mode an empty prompt is simply not in the library."""
    last = run(open_workspace(), prompt=" ", mode="replay")[-1]

    assert last.error.kind == "replay"


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"


@pytest.mark.parametrize(
    "url", [closed_port, lambda: "http://no-such-host.invalid/v1"], ids=["closed port", "unknown host"]
)
def test_an_unreachable_host_is_tried_again_and_then_recorded(open_workspace: OpenWorkspace, url: Any) -> None:
    """A host that cannot be reached is a failure of kind connection after all attempts, and nothing can be billed."""
    workspace = open_workspace(url())

    error, generation = failed(run(workspace))

    assert type(error) is Unreachable
    assert "--route local" in error.hint
    assert (generation.error_kind, generation.cost, generation.notes) == ("connection", None, ())
    assert [item.error_kind for item in generation.attempts] == ["connection"] * 3
    assert column(workspace.library.path, "billing_note") == [None]
    assert leftovers(workspace.library.path) == []


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com/v1", "ftp://example.com/v1", "http://", "http://h:99999/v1", "http://[::1/v1",
        "https://me:secret@example.com/v1", "https://example.com/v1?key=secret",
    ],
)  # fmt: skip
def test_an_unusable_base_url_is_named_at_once(open_workspace: OpenWorkspace, url: str) -> None:
    """A base URL that cannot work is refused by its route's name before anything is sent, without saying secrets."""
    with pytest.raises(ConfigInvalid, match=r"routes\.test") as caught:
        run(open_workspace(url))

    assert "secret" not in str(caught.value)


def test_a_missing_key_is_named_with_the_way_to_do_without(open_workspace: OpenWorkspace) -> None:
    """Without its key a route fails as kind auth, naming the variable and how to run without one; it is recorded."""
    workspace = open_workspace(route="openai")

    error, generation = failed(run(workspace))

    assert isinstance(error, KeyMissing)
    assert "OPENAI_API_KEY" in error.message
    assert "IMGNB_ROUTE=local" in error.hint
    assert (generation.status, generation.error_kind, generation.route) == ("failed", "auth", "openai")
    assert generation.attempts == ()


def test_a_project_cannot_lead_a_key_away(clean_environment: pytest.MonkeyPatch) -> None:
    """A route of imgnb's own that a project's file moves is refused: the user's key would follow it."""
    moved = {"openai": {"base_url": "https://elsewhere.example/v1", "from_project": True}}
    workspace = Workspace(Settings(library=None, routes=moved))

    with pytest.raises(ConfigInvalid, match="'openai'"):
        _ = workspace.routes


def test_half_a_character_is_refused(open_workspace: OpenWorkspace) -> None:
    """A prompt with half a surrogate pair is no text that could be sent or stored."""
    workspace = open_workspace()

    last = list(workspace.run(workspace.order(ImageRequest("fox \ud83e"))))[-1]

    assert isinstance(last.error, PromptInvalid)


UNUSABLE: dict[str, Any] = {
    "no images at all": [],
    "None": None,
    "a number": 5,
    "a table": {"image": "fox.png"},
    "words": b"a fox",
    "no bytes": b"",
    "no bytes, writable": bytearray(),
    "a text file": __file__,
    "a folder": "/",
    "a link": "https://example.com/fox.png",
    "an endless path": "fox" * 5000,
    "no path": "fox\0.png",
    "no pixels": PIL.Image.new("RGB", (0, 0)),
    "a table of words": {"picture": "fox.png"},
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_edited_is_refused(open_workspace: OpenWorkspace, watched: Watched, case: str) -> None:
    """Whatever is given as a picture and is none is one short error, and never paid for as a picture without it."""
    images = [None] if case == "None" else UNUSABLE[case]
    workspace = open_workspace(watched.url)

    with pytest.raises(RequestInvalid) as raised:
        raise failed(run(workspace, images=images))[0]

    assert raised.value.hint
    assert "\n" not in raised.value.message
    assert len(raised.value.message) < 200
    assert watched.requests == []


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK", "YCbCr"])
def test_pictures_in_memory_can_be_edited(open_workspace: OpenWorkspace, mode: str) -> None:
    """A PIL image goes in as a PNG, converted where PNG does not have its colours."""
    generation = done(run(open_workspace(), images=PIL.Image.new(mode, (64, 64))))

    assert [asset.media_type for asset in generation.references] == ["image/png"]


@pytest.mark.parametrize(
    "given",
    [{"route": 5}, {"name": 5}, {"take": "1"}, {"mode": 1}, {"extras": [1]}, {"extras": {1: 2}}, {"variables": ["x"]}],
    ids=str,
)
def test_an_option_of_another_type_is_refused(open_workspace: OpenWorkspace, given: dict[str, Any]) -> None:
    """It is named, with its value and what to give instead."""
    (name,) = given

    with pytest.raises(RequestInvalid, match=f"^{name} is ") as raised:
        run(open_workspace(), **given)

    assert raised.value.hint


def test_a_deleted_working_folder_is_an_error(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the settings would be looked for is gone: that is said, with the way out."""
    gone = tmp_path / "gone"
    gone.mkdir()
    clean_environment.chdir(gone)
    gone.rmdir()

    with pytest.raises(ConfigInvalid, match="working folder has been deleted"):
        current()
