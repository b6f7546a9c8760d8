"""The request's identity: what is in it, what is not, and that it never changes."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from imgnb import ImageRequest
from imgnb.errors import RequestInvalid
from imgnb.request import CARRIED, SHAPING, Reference

BASE = Reference("a" * 64, "image/png", Path("a.png"), source="@hero")
MASK = Reference("b" * 64, "image/png", Path("b.png"), role="mask")

GOLDEN = [
    (ImageRequest("x"), "r1:c5020bda9f90fa48a1b796abbff6fb3e74849f70d062807841cf83248b729138"),
    (
        ImageRequest("a fox", size="1024x1024", quality="low", n=2, extras={"style": "ink"}),
        "r1:5861007fdbc66c290d5ae0dd6b3be5f54f9bbdc10775c6b04147e5da404fc325",
    ),
    (
        ImageRequest("ein Füchslein 狐 \n$5", operation="edit", references=(BASE, MASK), svg={"model": "m"}),
        "r1:31c599305fe2beb840562e1ea5cf7890c08f724bc6d2a2fb9270d0198ff69899",
    ),
]


@pytest.mark.parametrize(("request_", "fingerprint"), GOLDEN, ids=["plain", "params", "edit"])
def test_fingerprints_never_change(request_, fingerprint):
    """A golden vector that breaks means that every stored picture would be paid again."""
    assert request_.fingerprint() == fingerprint


def test_canonical_json_is_sorted_and_holds_only_what_was_given():
    """What defaults fill in is not part of the identity."""
    request = ImageRequest("a fox", size="1024x1024", partial_images=2)

    assert (
        request.canonical()
        == b'{"operation":"generate","params":{"size":"1024x1024"},"prompt":"a fox","references":[]}'
    )


@pytest.mark.parametrize("param", CARRIED)
def test_what_does_not_shape_the_picture_is_not_in_the_fingerprint(param):
    """Moderation, user, streaming and previews leave the identity alone."""
    assert ImageRequest("x", **{param: "low"}).fingerprint() == ImageRequest("x").fingerprint()


@pytest.mark.parametrize("param", SHAPING)
def test_what_shapes_the_picture_is_in_the_fingerprint(param):
    """Each shaping parameter makes another request."""
    assert ImageRequest("x", **{param: "low"}).fingerprint() != ImageRequest("x").fingerprint()


def test_references_count_with_role_and_position_but_not_by_name():
    """The same bytes under another name are the same reference; another order is another request."""
    renamed = dataclasses.replace(BASE, source="file.png", path=Path("elsewhere.png"))
    other = dataclasses.replace(BASE, sha256="c" * 64)

    def edit(*references: Reference) -> str:
        return ImageRequest("x", operation="edit", references=references).fingerprint()

    assert edit(BASE) == edit(renamed)
    assert edit(BASE, other) != edit(other, BASE)
    assert edit(BASE, MASK) != edit(BASE, dataclasses.replace(MASK, role="image"))


def test_a_template_and_its_rendering_are_the_same_request():
    """How a prompt came about is recorded, not asked."""
    rendered = ImageRequest("a fox", template="a {{ animal }}", variables={"animal": "fox"})

    assert rendered.fingerprint() == ImageRequest("a fox").fingerprint()


def test_requests_are_frozen():
    """A request cannot change after its fingerprint was taken."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        ImageRequest("x").prompt = "y"


def test_differences_name_what_differs():
    """A missed replay can say why."""
    mine = ImageRequest("x", size="1024x1024", extras={"style": "ink"})
    theirs = ImageRequest("x", size="1536x1024")

    assert list(mine.differences(theirs)) == [("size", "1024x1024", "1536x1024"), ("style", "ink", None)]


def test_an_extra_with_the_name_of_a_parameter_is_that_parameter():
    """What is sent and what is fingerprinted are the same, and an extra that imgnb learns later stays the same request."""
    as_extra = ImageRequest("x", extras={"size": "7x7", "user": "me", "style": "ink"})

    assert as_extra == ImageRequest("x", size="7x7", user="me", extras={"style": "ink"})
    assert as_extra.params() == {"size": "7x7", "user": "me", "style": "ink"}
    with pytest.raises(RequestInvalid, match="twice"):
        ImageRequest("x", size="1024x1024", extras={"size": "7x7"})
    with pytest.raises(RequestInvalid, match="prompt"):
        ImageRequest("x", extras={"prompt": "y"})


class Scalar:
    """What numpy's numbers have in common."""

    shape = ()

    def __init__(self, value):
        self.item = lambda: value


def test_numpy_numbers_and_pythons_make_the_same_request():
    """A loop over an array replays what a loop over a range has drawn."""
    ours = ImageRequest("x", n=2, svg={"a": [1]}, extras={"seeds": [1.5, {"k": 3}]})
    theirs = ImageRequest("x", n=Scalar(2), svg={"a": (Scalar(1),)}, extras={"seeds": (Scalar(1.5), {"k": Scalar(3)})})

    assert ours == theirs
    assert ours.canonical() == theirs.canonical()


def test_a_request_does_not_change_with_what_it_was_made_from():
    """It keeps copies, is hashable, and survives pickle."""
    extras = {"a": {"b": [1]}}
    request = ImageRequest("x", extras=extras)
    before = request.fingerprint()
    extras["a"]["b"].append(2)

    assert request.fingerprint() == before
    assert {request, ImageRequest("x", extras={"a": {"b": [1]}})} == {request}
    assert pickle.loads(pickle.dumps(request)) == request


@pytest.mark.parametrize("value", [{1, 2}, b"x", float("nan"), object()], ids=["set", "bytes", "nan", "object"])
def test_what_is_not_json_has_no_identity(value):
    """Nothing is guessed into it: a set has no order, bytes no text, and NaN is not itself."""
    with pytest.raises((TypeError, ValueError)):
        ImageRequest("x", extras={"a": value}).fingerprint()
