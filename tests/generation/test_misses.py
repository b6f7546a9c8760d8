"""A replay that finds nothing says what is nearest, and in which words, parameters and pictures that differs."""

from __future__ import annotations

from typing import Any

import pytest

from imgnb.errors import ReplayMissed
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from .runs import done, run


@pytest.fixture
def workspace(open_workspace: OpenWorkspace) -> Workspace:
    """A library with a picture, a second one, and an edit of the first."""
    workspace = open_workspace()
    fox = done(run(workspace, "a red fox under a wide and starry sky", name="fox"))
    done(run(workspace, "a lighthouse", name="tower"))
    done(run(workspace, "put a hat on it", images=[fox.asset], mask="box:0,0,50%,100%"))
    return workspace


def miss(workspace: Workspace, prompt: str, **options: Any) -> ReplayMissed:
    """The error of a request that is not stored."""
    with pytest.raises(ReplayMissed) as caught:
        raise run(workspace, prompt, mode="replay", **options)[-1].error  # type: ignore[attr-defined]
    return caught.value


@pytest.mark.parametrize(
    ("prompt", "options", "said"),
    [
        pytest.param(
            "a blue fox under a wide and starry sky",
            {},
            "which differs in prompt: a [-red-] {+blue+} fox under a …",
            id="word",
        ),
        pytest.param(
            "a red fox under a wide and starry sky",
            {"quality": "high", "background": "opaque"},
            "which differs in quality: 'high' asked, 'low' stored; background: 'opaque' asked, nothing stored",
            id="parameters",
        ),
        pytest.param(
            "a red fox under a wide and starry sky",
            {"extras": {"seed": 5}},
            "seed: 5 asked, nothing stored",
            id="extra",
        ),
    ],
)
def test_a_miss_says_what_differs(workspace: Workspace, prompt: str, options: dict[str, Any], said: str) -> None:
    """Which word of the prompt, and which parameter as it was asked and as it is stored."""
    error = miss(workspace, prompt, **options)

    assert error.message.startswith("mode is 'replay' and the library holds no answer; the nearest is 01")
    assert error.message.endswith(said)
    assert error.hint == "use --mode auto to ask for one"


def test_a_miss_says_which_picture_differs(workspace: Workspace) -> None:
    """By its place, its role, its hash, and what it was called."""
    fox, tower = (workspace.library.asset(f"@{name}") for name in ("fox", "tower"))

    error = miss(workspace, "put a hat on it", images=["@tower", "@fox"], mask="box:0,0,50%,100%")

    assert f"picture 1: image @{tower.sha256[:12]} (@tower) asked, image @{fox.sha256[:12]} stored" in error.message
    assert f"picture 2: image @{fox.sha256[:12]} (@fox) asked, mask @" in error.message
    assert "picture 3: mask @" in error.message
    assert error.message.endswith("asked, none stored")


def test_a_miss_in_an_empty_library_has_nothing_to_compare(open_workspace: OpenWorkspace) -> None:
    """It says that there is no answer, and the way out."""
    error = miss(open_workspace(), "a fox")

    assert error.message == "mode is 'replay' and the library holds no answer"


def test_a_difference_is_told_though_the_bytes_of_a_picture_are_lost(workspace: Workspace) -> None:
    """The record is there without the bytes of what went in."""
    fox = workspace.library.asset("@fox")
    fox.path.unlink()

    error = miss(workspace, "put a cap on it")

    assert "[-hat-] {+cap+}" in error.message
