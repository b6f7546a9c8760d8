"""What the embedded engine's server remembers of what it drew."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from imgnb.providers.local_api.drawing import Drawing
from imgnb.providers.local_engine import Sketch
from imgnb.request import ImageRequest

from ..library.conftest import png


def drawing(prompt: str, **faults: str) -> Drawing:
    request = ImageRequest(prompt=prompt, size="160x160", partial_images=2)
    return Drawing(request, "gpt-image-2", (), None, None, faults)


def test_what_was_drawn_among_the_last_is_not_drawn_again() -> None:
    """The same bytes, partials too, with not a pixel painted."""
    first, again = drawing("a fox that is asked for twice"), drawing("a fox that is asked for twice")
    came = [*first.sharpening(first.first), first.finished(first.first)]

    assert [*again.sharpening(again.first), again.finished(again.first)] == came
    assert len(set(came)) == 3
    assert "_picture" in vars(first.first)
    assert "_picture" not in vars(again.first)


def test_a_fault_lies_on_one_answer_alone() -> None:
    """What is remembered is the picture, not what a fault made of it."""
    prompt = "a fox that claims to be huge"
    huge, plain = drawing(prompt, huge="1"), drawing(prompt)

    assert huge.finished(huge.first) != plain.finished(plain.first)


WHOLE = Sketch("a fox", images=(png(1), png(2)), mask=png(3), markup=png(4), model="m", background="auto")
OTHER = {str: "webp", int: 7, tuple: (png(2), png(1))}


@pytest.mark.parametrize("name", [one.name for one in fields(Sketch)])
def test_each_field_is_in_a_sketch_s_name(name: str) -> None:
    """Two sketches that differ in anything have different names; equal ones have the same."""
    value = getattr(WHOLE, name)
    other = replace(WHOLE, **{name: OTHER.get(type(value), png(5))})

    assert other != WHOLE
    assert other.name != WHOLE.name
    assert replace(other, **{name: value}).name == WHOLE.name


def test_a_picture_s_place_is_in_a_sketch_s_name() -> None:
    """The same bytes as reference, mask or markup are different sketches; so is a lone surrogate in the prompt."""
    one, two, three = png(1), png(2), png(3)
    sketches = [
        Sketch("x", images=(one, two, three)),
        Sketch("x", images=(one, two), mask=three),
        Sketch("x", images=(one, two), markup=three),
        Sketch("x", images=(one,), mask=two, markup=three),
        Sketch("x", images=(one,), mask=three, markup=two),
        Sketch("x\ud800", images=(one,), mask=three, markup=two),
    ]

    assert len({sketch.name for sketch in sketches}) == len(sketches)
