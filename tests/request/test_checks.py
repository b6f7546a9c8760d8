"""What may be sent, and what the message says when something may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgnb import ImageRequest
from imgnb.errors import ConfigInvalid, ModelRetired, PromptInvalid, RequestInvalid, SizeUnsupported
from imgnb.request import PARAMS, Reference
from imgnb.request.capabilities import Capabilities
from imgnb.request.checks import check
from imgnb.request.rules import Rules
from imgnb.request.sizes import broken_rule, nearest_size, parse_size

FACTS = Capabilities.load()
MODEL = "gpt-image-2"


def refused(model: str = MODEL, prompt: str = "x", **params: object) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as caught:
        check(ImageRequest(prompt, **params), model, FACTS)
    return caught.value


def picture(width: int = 1024, height: int = 1024, role: str = "image", kind: str = "png", **more: object) -> Reference:
    return Reference("a" * 64, f"image/{kind}", Path("a.png"), role=role, width=width, height=height, **more)


@pytest.mark.parametrize(
    ("size", "nearest"),
    [
        ("1920x1080", "1920x1088"),
        ("4096x4096", "2880x2880"),
        ("0x0", "816x816"),
        ("1x1", "816x816"),
        ("5000x10", "3840x1280"),
        ("16x3840", "1280x3840"),
        ("100000x100000", "2880x2880"),
        ("999999999x999999999", "2880x2880"),
    ],
)
def test_an_illegal_size_names_the_nearest_legal_one(size, nearest):
    """Instead of a silent default, the way out."""
    error = refused(size=size)

    assert isinstance(error, SizeUnsupported)
    assert size in error.message
    assert error.hint.endswith(nearest)


@pytest.mark.parametrize("width", [1, 15, 16, 640, 1000, 1920, 3839, 3840, 9999])
@pytest.mark.parametrize("height", [1, 17, 720, 1080, 2160, 5000])
def test_the_nearest_size_is_always_legal(width, height):
    """Whatever is asked, what is proposed can be asked."""
    rule = FACTS.size_rule(MODEL)

    assert broken_rule(nearest_size((width, height), rule), rule) is None


def test_a_legal_size_is_its_own_nearest():
    """A size that is right is not moved."""
    rule = FACTS.size_rule(MODEL)

    assert all(nearest_size(parse_size(size), rule) == parse_size(size) for size in rule["usual"])


@pytest.mark.parametrize("size", ["big", "1024", "1024x", "1024x1024x3", "-5x10", "1e3x1e3", ""])
def test_a_size_that_is_none_is_refused(size):
    """Non-numeric sizes get an example."""
    assert "1024x1024" in refused(size=size).hint


@pytest.mark.parametrize(
    ("params", "param", "says"),
    [
        ({"n": 0}, "n", "1 to 10"),
        ({"n": 11}, "n", "1 to 10"),
        ({"n": True}, "n", "1 to 10"),
        ({"partial_images": 4}, "partial_images", "0 to 3"),
        ({"output_compression": 50}, "output_compression", "jpeg or webp"),
        ({"output_compression": 0}, "output_compression", "jpeg or webp"),
        ({"output_compression": 101, "output_format": "jpeg"}, "output_compression", "0 to 100"),
        ({"background": "transparent", "output_format": "jpeg"}, "background", "png or webp"),
        ({"quality": "hihg"}, "quality", "did you mean 'high'?"),
        ({"quality": "max"}, "quality", "gpt-image-2.5-flare"),
        ({"output_format": "gif"}, "output_format", "gpt-image-2.6"),
        ({"frame_count": 3}, "frame_count", "gif"),
        ({"svg": {"model": "m"}}, "svg", "svg"),
        ({"input_fidelity": "high"}, "input_fidelity", "leave it out"),
        ({"operation": "edit"}, "image", "@last"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_parameters_are_refused_before_sending(params, param, says):
    """What, which value, and the way out."""
    error = refused(**params)

    assert error.param == param
    assert says in error.hint


@pytest.mark.parametrize("name", PARAMS)
@pytest.mark.parametrize("value", [3, -1.5, "x", [1], {"a": 1}, True], ids=repr)
def test_any_value_is_taken_or_refused_in_our_words(name, value):
    """No type of value ends in anything but a warning or a RequestInvalid that names the parameter."""
    for model in (MODEL, "new-model"):
        request = ImageRequest("x", **{name: value})
        refused = None
        try:
            check(request, request.model or model, FACTS)
        except RequestInvalid as error:
            refused = error
        assert refused is None or (refused.hint and refused.param in (name, "model"))


@pytest.mark.parametrize(
    "prompt", ["", "   \n", "x" * 32_001, "fox \ud83e"], ids=["empty", "blank", "long", "surrogate"]
)
def test_prompts_must_say_something_and_fit(prompt):
    """Empty and 32,001-character prompts are refused."""
    assert isinstance(refused(prompt=prompt), PromptInvalid)


def test_a_prompt_of_the_limit_is_taken():
    """32,000 characters are fine."""
    assert check(ImageRequest("x" * 32_000), MODEL, FACTS) == ()


@pytest.mark.parametrize("model", ["dall-e-3", "dall-e-2", "gpt-image-1"])
def test_a_retired_model_names_its_replacement(model):
    """Shut-down models are refused with what to use."""
    error = refused(model=model)

    assert isinstance(error, ModelRetired)
    assert "gpt-image-2" in error.hint


def test_unknown_models_and_extras_pass_with_a_warning():
    """What imgnb does not know may be new; it says so and helps with typing errors."""
    warnings = check(ImageRequest("x", extras={"qualty": 1}, quality="ultra", size="7x7"), "gpt-image2", FACTS)

    assert len(warnings) == 3
    assert "did you mean 'quality'?" in warnings[0]
    assert "did you mean 'gpt-image-2'?" in warnings[1]


def test_a_route_refuses_what_its_table_says():
    """Known refusals cost nothing."""
    with pytest.raises(RequestInvalid, match="transparent"):
        check(
            ImageRequest("x", background="transparent"),
            MODEL,
            FACTS,
            rules=Rules(refuses={"background": {"transparent": "use gpt-image-1.5"}}),
        )


def test_masks_must_fit_the_first_image():
    """Size, format and alpha of a mask are judged before it is sent."""
    base = picture()
    for mask, says in [
        (picture(512, 512, role="mask", has_alpha=True), "make the mask 1024x1024"),
        (picture(role="mask", has_alpha=False), "alpha 0"),
    ]:
        assert says in refused(operation="edit", references=(base, mask)).hint
    good = ImageRequest("x", operation="edit", references=(base, picture(role="mask", has_alpha=True)))
    assert check(good, MODEL, FACTS) == ()


def test_sixteen_images_are_the_limit():
    """The seventeenth image is refused."""
    assert "16" in refused(operation="edit", references=(picture(),) * 17).hint


@pytest.mark.parametrize("kind", ["gif", "svg+xml"])
def test_images_are_of_a_kind_that_is_taken(kind):
    """PNG, JPEG and WebP go in, and nothing else."""
    assert "convert" in refused(operation="edit", references=(picture(kind=kind),)).hint


def test_a_large_mask_is_warned_of():
    """The references disagree on the limit: more than the lower one may be refused."""
    mask = picture(role="mask", has_alpha=True, bytes=4_000_000)

    assert "4,000,000" in check(ImageRequest("x", operation="edit", references=(picture(), mask)), MODEL, FACTS)[0]


@pytest.mark.parametrize(
    ("table", "says"),
    [({"qualtiy": ["a"]}, "'quality'"), ({"quality": "turbo"}, "a list"), ({"sizes": "odd"}, "free or fixed")],
)
def test_a_users_table_that_cannot_be_used_says_why(table, says):
    """Before it would break a request."""
    with pytest.raises(ConfigInvalid) as caught:
        Capabilities.load({"my-model": table})

    assert says in caught.value.hint


def test_a_users_table_adds_models_and_changes_them():
    """Facts are data: a config overrides any of them."""
    facts = Capabilities.load({"my-model": {"quality": ["turbo"], "sizes": "fixed"}, MODEL: {"transparent": "no"}})

    assert facts.choices("quality", "my-model") == ("turbo",)
    assert check(ImageRequest("x", quality="turbo"), "my-model", facts) == ()
    with pytest.raises(RequestInvalid, match="no transparent"):
        check(ImageRequest("x", background="transparent"), MODEL, facts)
