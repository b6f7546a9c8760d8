"""A recipe asks for the very same request again, as a cell or in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imgnb.api import order_from
from imgnb.display.magic_line import parse
from imgnb.errors import AssetNotFound, RequestInvalid
from imgnb.library import Origin, Outcome
from imgnb.records import Generation
from imgnb.request import ImageRequest
from imgnb.workspace import Workspace

from ..library.conftest import ORIGIN, arrive, png


@pytest.fixture
def workspace(open_workspace) -> Iterator[Workspace]:
    return open_workspace()


def stored(workspace: Workspace, request: ImageRequest, origin: Origin = ORIGIN, seed: int = 1) -> Generation:
    library = workspace.library
    claimed = library.claim(request, origin, replay=False).generation_id
    assert claimed is not None
    arrive(library, claimed, png(seed))
    return library.finish(claimed, Outcome("succeeded"))


def from_magic(workspace: Workspace, recipe: str) -> tuple[ImageRequest, dict[str, Any]]:
    """The request and options of a cell, as the magics read it."""
    line, body = recipe.split("\n", 1)
    magic, _, line = line.partition(" ")
    chat = magic == "%%imagechat"
    wanted = parse(line, body, images=magic == "%%imageedit" or chat)
    options = dict(wanted.options)
    images = wanted.images or None if chat else wanted.images
    request = workspace.request(
        wanted.prompt, images=images, variables={}, extras=options.pop("extras", None), converse=chat, **wanted.params
    )
    return request, options


def from_python(workspace: Workspace, recipe: str) -> tuple[ImageRequest, str]:
    """The request that a call makes, by what the functions of `imgnb.api` do."""

    class Imgnb:
        def generate(self, prompt: str, **options: Any) -> Any:
            return order_from(workspace, prompt, options)

        def edit(self, prompt: str, images: Any, **options: Any) -> Any:
            return self.generate(prompt, images=images, **options)

        def converse(self, prompt: str, images: Any = None, **options: Any) -> Any:
            return self.generate(prompt, images=images, converse=True, **options)

    order = eval(recipe, {"imgnb": Imgnb()})
    return order.request, order.route


REQUESTS = {
    "plain": {"prompt": "a red fox in the snow"},
    "options": {"prompt": "fox", "model": "gpt-image-2", "n": 2, "size": "1024x1024", "output_compression": 80},
    "carried": {"prompt": "fox", "stream": False, "partial_images": 2, "user": "me and you", "moderation": "low"},
    "streamed": {"prompt": "fox", "stream": True},
    "svg": {"prompt": "fox", "svg": {"minify": True, "ids": "a b"}},
    "svg quoted": {"prompt": "fox", "svg": {"title": "it's"}},
    "extras": {"prompt": "fox", "extras": {"seed": 7, "style": "vivid", "tile": None, "w": 0.5, "spaced out": "a b"}},
    "extras of text": {"prompt": "fox", "extras": {"seed": "7"}},
    "nested extras": {"prompt": "fox", "extras": {"more": {"a": [1, 2]}}},
    "odd extras": {"prompt": "fox", "extras": {"a=b": 1}},
    "empty value": {"prompt": "fox", "user": ""},
    "quoted value": {"prompt": "fox", "user": 'say "so"'},
    "value of two lines": {"prompt": "fox", "user": "a\nb"},
    "leading dashes": {"prompt": "--fox\n--n 7", "user": "--n"},
    "braces": {"prompt": 'a {{ card }} {% raw %} {# no #} {{{x}}} "so"\n{%- if %}'},
    "braces that are none": {"prompt": "a { brace } and {# more"},
    "lines": {"prompt": "first\n\n  second $HOME `x`\nthird \\"},
    "blank ends": {"prompt": "  fox \n"},
    "a carriage return": {"prompt": "a\r\nb"},
    "a paragraph sign": {"prompt": "a\u2029b"},
    "comment first": {"prompt": "#| label: fig\nfox"},
    "a magic in it": {"prompt": "fox\n%%imagegen\nowl"},
    "unicode": {"prompt": "狐狸 🦊 “so” it's"},
}


@pytest.mark.parametrize("given", REQUESTS.values(), ids=REQUESTS)
def test_a_recipe_makes_the_same_request(workspace: Workspace, given: dict[str, Any]) -> None:
    """Whatever is in a prompt or parameter, cell and Python make the request with the stored fingerprint."""
    made = stored(workspace, ImageRequest(**given), replace(ORIGIN, route="local"))

    cell, python = made.recipe(), made.recipe("python")
    if cell.startswith("%%"):
        request, options = from_magic(workspace, cell)
        assert request.fingerprint() == made.fingerprint
        assert request.params() == dict(made.params)
        assert options == {"route": "local"}
    else:
        assert cell == python
    request, route = from_python(workspace, python)
    assert request.fingerprint() == made.fingerprint
    assert request.params() == dict(made.params)
    assert route == "local"


def test_what_can_be_is_a_cell(workspace: Workspace) -> None:
    """Python stands in only where a magic's line or body could not hold it."""
    cells = {
        name for name, given in REQUESTS.items()
        if stored(workspace, ImageRequest(**given)).recipe().startswith("%%imagegen ")
    }  # fmt: skip

    assert set(REQUESTS) - cells == {
        "svg quoted", "extras of text", "nested extras", "odd extras", "quoted value", "value of two lines", "blank ends",
        "a carriage return", "a paragraph sign", "comment first", "a magic in it",
    }  # fmt: skip


def test_pictures_are_named_by_their_hashes(workspace: Workspace) -> None:
    """Images in order, then mask, so that it stays right when names move."""
    library = workspace.library
    first, second = (library.add(png(seed), source=f"@hero{seed}") for seed in (2, 3))
    request = workspace.request("night", images=[second, first], mask="box:0,0,50%,100%", size="auto")
    mask = request.references[-1]
    made = stored(workspace, request)

    assert made.recipe() == (
        f"%%imageedit @{second.sha256[:12]} @{first.sha256[:12]} --mask @{mask.sha256[:12]} --size auto --route openai\nnight"
    )
    assert from_magic(workspace, made.recipe())[0].fingerprint() == made.fingerprint
    assert from_python(workspace, made.recipe("python"))[0].fingerprint() == made.fingerprint


def test_a_conversation_goes_on_where_it_did(workspace: Workspace) -> None:
    """The turn before is named by its id, and the protocol where it is not that of images."""
    way = replace(ORIGIN, dialect="responses")
    first = stored(workspace, ImageRequest("hello", "converse", main_model="gpt-6"), way)
    turn = workspace.library.turn(first)
    second = stored(workspace, ImageRequest("draw", "converse", continues=turn, action="generate"), way, seed=2)
    with workspace.library._store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE generation SET continues = ? WHERE id = ?", (first.id, second.id))
    second = workspace.library.generation(second.id)

    assert first.recipe() == "%%imagechat --main-model gpt-6 --route openai --via responses\nhello"
    assert second.recipe().startswith(f"%%imagechat --continue @{first.id} --action generate")
    assert second.recipe("python").startswith(f"imgnb.converse('draw', continues='@{first.id}'")
    for made in (first, second):
        assert from_magic(workspace, made.recipe())[0].fingerprint() == made.fingerprint
        assert from_python(workspace, made.recipe("python"))[0].fingerprint() == made.fingerprint


def test_a_recipe_says_which_answer_and_what_was_made_of_it(workspace: Workspace) -> None:
    """A later take is named; a composite or cutout asks for that, too; the original does not."""
    library = workspace.library
    asked = ImageRequest("fox")
    stored(workspace, asked)
    second = stored(workspace, asked, seed=2)
    assert second.recipe() == "%%imagegen --route openai --take 2\nfox"
    cut = library.derive(second.asset, "cutout", {}, lambda: png(5))
    library.stand_in(second.id, 0, cut)
    found = library.generation(second.id)

    assert found.recipe() == cut.recipe() == "%%imagegen --route openai --take 2 --cutout\nfox"
    assert cut.recipe("python") == "imgnb.generate('fox', route='openai', take=2, cutout=True)"
    assert second.asset.recipe() == second.recipe()


def test_what_nobody_asked_for_has_no_recipe(workspace: Workspace, tmp_path: Path) -> None:
    """A picture that was added says so, and a kind that there is not is refused."""
    added = workspace.library.add(png(9), source="x")

    with pytest.raises(AssetNotFound, match="added from elsewhere"):
        added.recipe()
    with pytest.raises(RequestInvalid, match="'curl' is not known"):
        stored(workspace, ImageRequest("fox")).recipe("curl")  # type: ignore[arg-type]
