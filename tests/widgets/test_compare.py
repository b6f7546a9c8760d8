"""Comparing, without a browser: what is compared, what differs, and the twin."""

from __future__ import annotations

import json
from io import BytesIO

import PIL.Image
import pytest

from imgnb.errors import AssetNotFound, RequestInvalid
from imgnb.widgets.asked import differing
from imgnb.widgets.compare import Comparison, _around, _line
from imgnb.workspace import Workspace


def drawn(workspace: Workspace, prompt: str, **params):
    """A generation of the embedded engine."""
    *_, last = workspace.run(workspace.order(workspace.request(prompt, **params)))
    return last.generation


@pytest.fixture
def workspace(open_workspace) -> Workspace:
    return open_workspace()


@pytest.fixture
def fox(workspace):
    return drawn(workspace, "a red fox in the snow", size="1024x1024")


@pytest.fixture
def owl(workspace):
    return drawn(workspace, "a red owl in the deep snow", size="1536x1024")


def test_what_is_asked_for_and_differs_is_listed(workspace, fox, owl):
    """With the words of the prompts that differ marked, and nothing that is the same."""
    rows = {row.name: row for row in differing(workspace.library, fox.asset, owl.asset)}

    assert [text for differs, text in rows["prompt"].first if differs] == ["fox"]
    assert [text for differs, text in rows["prompt"].second if differs] == ["owl", "deep"]
    assert rows["size"].texts() == ("1024x1024", "1536x1024")
    assert rows["pixels"].texts() == ("1024 x 1024", "1536 x 1024")
    assert "model" not in rows
    assert "route" not in rows


def test_a_prompt_is_put_together_again(workspace, fox):
    """Whatever is marked, no letter and no line break of the prompts is lost."""
    prompt = "a  red\tfox\n\nin <b>the</b> \u202esnow"
    (row,) = (
        row for row in differing(workspace.library, fox.asset, drawn(workspace, prompt).asset) if row.name == "prompt"
    )

    assert row.texts() == ("a red fox in the snow", prompt)


def test_very_long_prompts_are_not_marked(workspace):
    """Held against each other word by word they would take seconds."""
    one, other = (drawn(workspace, f"{word} " * 5_000) for word in ("fox", "owl"))
    (row,) = (row for row in differing(workspace.library, one.asset, other.asset) if row.name == "prompt")

    assert [differs for differs, _ in row.first + row.second] == [False, False]


def test_state_has_no_bytes(workspace, fox, owl):
    """It is small, and JSON."""
    state = Comparison(fox, owl, workspace=workspace).state()

    assert len(json.dumps(state)) < 5_000
    assert [picture["sha256"] for picture in state["pictures"]] == [fox.asset.sha256, owl.asset.sha256]


def test_pictures_are_named_in_any_way(workspace, fox, owl, tmp_path):
    """Assets, generations, addresses, and files, which are stored first."""
    workspace.library.name(fox, "fox")
    PIL.Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")

    comparison = Comparison("@fox", owl, owl.asset, str(tmp_path / "red.png"), workspace=workspace)

    assert comparison.assets[:3] == (fox.asset, owl.asset, owl.asset)
    assert workspace.library.assets([comparison.assets[3].sha256])


def test_one_generation_stands_for_all_its_pictures(workspace):
    """Given alone; among others it is its first."""
    several = drawn(workspace, "a hare", n=3)

    assert Comparison(several, workspace=workspace).assets == several.assets
    assert Comparison(f"@{several.id}", workspace=workspace).state()["pictures"][2]["number"] == 3
    assert Comparison(several, several.assets[1], workspace=workspace).assets == several.assets[:2]


@pytest.mark.parametrize("count", [0, 1, 13])
def test_too_few_or_too_many_are_refused(workspace, fox, count):
    """The message says how many may be given."""
    with pytest.raises(RequestInvalid, match=f"{count} picture") as caught:
        Comparison(*[fox.asset] * count, workspace=workspace)

    assert "2 to 12" in str(caught.value.hint)


def test_unknown_pictures_are_refused(workspace, fox):
    """As everywhere."""
    with pytest.raises(AssetNotFound):
        Comparison(fox, "@nobody", workspace=workspace)


def test_mode_and_pair_can_be_set(workspace, fox, owl):
    """From Python and from the page; nonsense is refused and changes nothing."""
    comparison = Comparison(fox, owl, fox, workspace=workspace)

    comparison.mode = "blink"
    comparison.on_show({"mode": "nonsense", "pair": [3, 2]})

    assert (comparison.mode, comparison.pair) == ("blink", (3, 2))
    for pair in ([1, 1], [0, 1], [1, 4]):
        with pytest.raises(RequestInvalid, match="pair is"):
            comparison.on_show({"pair": pair})
    for mode in ("nonsense", None, ["blink"]):
        with pytest.raises(RequestInvalid, match="mode is") as caught:
            comparison.mode = mode
        assert "side by side" in str(caught.value.hint)
    for pair in ("12", (1, 2, 3), (True, 2), None):
        with pytest.raises(RequestInvalid, match="pair is"):
            comparison.pair = pair
    assert comparison.pair == (3, 2)


def test_the_twin_is_painted_once_for_a_pair(workspace, fox, owl):
    """A mode changes what is said of it, and not a pixel; another pair, a lost file and the end do."""
    comparison = Comparison(fox, owl, fox, workspace=workspace)
    first, _ = comparison.picture()

    comparison.mode = "blink"
    again, facts = comparison.picture()
    assert again is first
    assert facts["mode"] == "blink"
    comparison.pair = (2, 3)
    assert comparison.picture()[0] is not first
    comparison.pair = (1, 2)
    fox.asset.path.unlink()
    assert comparison.picture()[0].data != first.data


def test_what_differs_late_is_shown(workspace):
    """The foot of the twin has the words that differ, however far in they are, and no row for how long it took."""
    start = "one and the same long beginning of a prompt, " * 9
    one, other = (
        drawn(workspace, f"{start}{end} at dusk, in oil on wood, quite large") for end in ("a fox", "a whale")
    )
    (row,) = (row for row in differing(workspace.library, one.asset, other.asset) if row.name == "prompt")

    said = _line(row)

    assert "fox" in said
    assert "whale" in said
    assert len(said) < 120
    assert _around("a" * 48, 3) == "a" * 48
    assert [len(_around("ab" * 50, at)) for at in (0, 40, 100)] == [48, 48, 48]
    assert _around("ab" * 50, 100).endswith("ab")


def test_the_difference_is_that_of_the_pixels(workspace):
    """A quarter that is another colour is a quarter; the same picture has none; another size is said."""
    base = PIL.Image.new("RGB", (40, 40), "white")
    other = base.copy()
    other.paste("red", (0, 0, 20, 20))
    comparison = Comparison(base, other, base.resize((20, 30)), workspace=workspace)

    reply = comparison.on_difference({})
    comparison.pair = (1, 3)
    stretched = comparison.on_difference({})

    assert reply.data["said"] == "25 % of the pixels differ"
    assert PIL.Image.open(BytesIO(reply.buffers[0])).size == (40, 40)
    assert stretched.data["said"].startswith("0 % of the pixels differ; the first (40 x 40) is stretched")
    assert Comparison(base, base, workspace=workspace).on_difference({}).data["said"] == "0 % of the pixels differ"


def test_pictures_are_sent_no_larger_than_they_are_shown(workspace):
    """1600 pixels a side, transparency kept."""
    base = PIL.Image.new("RGBA", (3000, 20), (255, 0, 0, 60))
    comparison = Comparison(base, base, workspace=workspace)

    reply = comparison.on_picture({"of": comparison.assets[0].sha256})

    assert (reply.data["type"], reply.data["width"]) == ("image/png", 1600)


def test_a_part_is_sent_with_all_its_pixels(workspace):
    """Of what is larger than its copy: not one pixel of the part is lost, and another box is refused."""
    base = PIL.Image.new("RGB", (4000, 2000), "white")
    base.paste("black", (3000, 1000, 3001, 2000))
    comparison = Comparison(base, base, workspace=workspace)
    of = comparison.assets[0].sha256

    reply = comparison.on_detail({"of": of, "box": [0.7, 0.5, 0.1, 0.25]})

    part = PIL.Image.open(BytesIO(reply.buffers[0])).convert("L")
    assert part.size == (400, 500)
    assert reply.data["box"] == [0.7, 0.5, 0.1, 0.25]
    assert part.getpixel((200, 100)) < 60
    assert part.getpixel((204, 100)) > 200
    for box in (None, [0, 0, 1], [0, 0, 0, 1], [0, 0, 2, 1], [float("nan"), 0, 1, 1], ["0", 0, 1, 1]):
        with pytest.raises(RequestInvalid, match="no part"):
            comparison.on_detail({"of": of, "box": box})


def test_a_picture_that_was_deleted_is_said(workspace, fox, owl):
    """On the page, and the twin is drawn all the same."""
    comparison = Comparison(fox, owl, workspace=workspace)
    fox.asset.path.unlink()

    with pytest.raises(AssetNotFound, match="gone"):
        comparison.on_picture({"of": fox.asset.sha256})
    with pytest.raises(AssetNotFound, match="gone"):
        comparison.on_detail({"of": fox.asset.sha256, "box": [0, 0, 1, 1]})
    with pytest.raises(RequestInvalid, match="gone"):
        comparison.on_difference({})
    assert comparison.picture()[1]["assets"] == [fox.asset.sha256, owl.asset.sha256]
