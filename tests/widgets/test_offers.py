"""What a studio offers for a route and a model."""

from __future__ import annotations

import pytest

from imgnb.errors import ConfigInvalid
from imgnb.widgets.form import Form
from imgnb.widgets.offers import offered


def offers_of(workspace, **values):
    return offered(workspace, Form().having(values))


def test_what_is_offered_is_in_the_tables(workspace):
    """Qualities, formats and sizes are those of the model."""
    newest = offers_of(workspace, model="gpt-image-2.6-flare")
    small = offers_of(workspace, model="gpt-image-1-mini")

    assert "max" in newest.qualities
    assert "svg" in newest.formats
    assert newest.free_size["multiple"] == 16
    assert "max" not in small.qualities
    assert "svg" not in small.formats
    assert small.free_size is None


def test_a_missing_key_is_named(workspace, monkeypatch):
    """A route whose key is not there says which variable it wants; with it, it wants none."""
    before = {route.name: route.missing for route in offers_of(workspace).routes}
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    assert before["openai"] == "OPENAI_API_KEY"
    assert before["local"] is None
    assert {route.name: route.missing for route in offers_of(workspace).routes}["openai"] is None


@pytest.mark.parametrize(
    ("values", "name", "becomes", "says"),
    [
        ({"size": "1000x1000"}, "size", "1008x1008", "not a multiple of 16: 1008x1008 is used"),
        ({"model": "gpt-image-1-mini", "size": "2048x2048"}, "size", "1024x1024", "1024x1024 is used"),
        ({"model": "gpt-image-1-mini", "quality": "max"}, "quality", None, "not offered by gpt-image-1-mini"),
        ({"output_format": "jpeg", "background": "transparent"}, "background", None, "not offered"),
        ({"model": "nothing"}, "model", None, "model nothing is not offered"),
        ({"n": 99}, "n", 10, "99 pictures are more"),
        ({"model": "gpt-image-2.6-flare", "output_format": "svg", "n": 3}, "n", 1, "3 pictures are more"),
        ({"size": "huge"}, "size", None, "the model decides"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_offered_falls_back_and_is_said(workspace, values, name, becomes, says):
    """A value that cannot be becomes the nearest or none, and a sentence says why."""
    form = Form().having(values)

    settled, notes = offered(workspace, form).settled(form)

    assert getattr(settled, name) == becomes
    assert says in " ".join(notes)


def test_what_is_offered_stays(workspace):
    """A form that may be sent is not touched."""
    form = Form().having({"size": "1536x1024", "quality": "high", "n": 2, "background": "auto"})

    assert offered(workspace, form).settled(form) == (form, ())


def test_formats_that_do_not_stream_have_no_previews(workspace):
    """Previews are offered only where they come."""
    assert offers_of(workspace, model="gpt-image-2.6-flare", output_format="gif").partials == 0
    assert offers_of(workspace).partials == 3


def test_a_route_that_does_not_exist_is_refused(workspace):
    """A wrong route is said, not replaced: another one might cost something."""
    with pytest.raises(ConfigInvalid, match="no route 'nowhere'"):
        offers_of(workspace, route="nowhere")


def test_no_more_pictures_than_may_go_in(workspace):
    """A form that is full takes no other one, and says so."""
    full = {"images": [f"{number:064x}" for number in range(offers_of(workspace).references)]}

    assert offers_of(workspace).no_reference == ""
    assert "take one out" in offers_of(workspace, **full).no_reference
