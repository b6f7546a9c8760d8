"""The plain output beside a widget's: two keys, one constant text, updated in place."""

from __future__ import annotations

from imgnb.pictures import strip
from imgnb.widgets.twin import HIGH, Twin
from tests.magics.conftest import _shell, shell, shown, workspace

__all__ = ["_shell", "shell", "shown", "workspace"]


def test_it_is_one_output_that_is_updated(shown):
    """The text stays, the picture changes, and every output of it becomes the same."""
    twin = Twin("a gallery")
    assert not twin.shown
    twin.show(strip("one", "note"), {"assets": []})
    twin.update(strip("two", "note"), {"assets": ["x"]})

    first, second = shown
    assert twin.shown
    assert (first["update"], second["update"]) == (False, True)
    assert first["transient"] == second["transient"]
    assert {len(output["data"]) for output in shown} == {2}
    assert {output["data"]["text/plain"] for output in shown} == {"a gallery"}
    assert [output["metadata"]["imgnb"]["assets"] for output in shown] == [[], ["x"]]


def test_the_same_is_not_sent_again(shown):
    """Painting what is there already costs nothing."""
    twin = Twin("a gallery")
    twin.show(strip("one", "note"), {})
    twin.update(strip("one", "note"), {})

    assert len(shown) == 1


def test_nothing_is_updated_before_it_is_shown(shown):
    """There is no output to be updated."""
    Twin("a gallery").update(strip("one", "note"), {})

    assert shown == []


def test_shown_twice_it_is_two_outputs_of_one_id(shown):
    """Both follow one update."""
    twin = Twin("a gallery")
    twin.show(strip("one", "note"), {})
    twin.show(strip("two", "note"), {})

    assert [output["update"] for output in shown] == [False, False]
    assert shown[0]["transient"] == shown[1]["transient"]


def test_it_stays_low(shown):
    """A notebook is not filled by a high picture."""
    import PIL.Image

    from imgnb.pictures.encode import encode

    Twin("a gallery").show(encode(PIL.Image.new("RGB", (200, 4000), "teal")), {})

    (output,) = shown
    sizes = [facts["height"] for key, facts in output["metadata"].items() if key.startswith("image/")]
    assert sizes == [HIGH]
