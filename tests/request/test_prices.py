"""What pictures cost: the published figures, and the provider's own count."""

from __future__ import annotations

import pytest

from imgnb import ImageRequest
from imgnb.errors import ConfigInvalid
from imgnb.request.capabilities import Capabilities
from imgnb.request.prices import UNKNOWN

FACTS = Capabilities.load()
ASKED = ImageRequest("x")


@pytest.mark.parametrize(
    ("params", "amount"),
    [
        ({"size": "1024x1024", "quality": "low"}, 0.006),
        ({"size": "1536x1024", "quality": "high"}, 0.165),
        ({"size": "1024x1024", "quality": "low", "n": 3}, 0.018),
        ({"size": "1024x1024", "quality": "low", "partial_images": 2}, 0.012),
    ],
)
def test_estimates_follow_the_published_prices(params, amount):
    """Price per picture, and 100 output tokens for each partial."""
    assert FACTS.price("gpt-image-2").estimate(ImageRequest("x", **params)).amount == pytest.approx(amount)


def test_nothing_is_estimated_where_the_model_decides():
    """Without a size or quality there is no honest figure."""
    assert FACTS.price("gpt-image-2").estimate(ImageRequest("x")) == UNKNOWN


def test_usage_is_priced_by_kind_of_token():
    """Text in, image in and image out have prices of their own."""
    usage = {
        "input_tokens": 1_500_000,
        "input_tokens_details": {"text_tokens": 1_000_000, "image_tokens": 500_000},
        "output_tokens": 1_000_000,
    }

    cost = FACTS.price("gpt-image-2-2026-04-21").actual(usage, ASKED, 1)

    assert (cost.amount, cost.basis) == (5.0 + 4.0 + 30.0, "usage")


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"input_tokens": "many"}, {"output_tokens": 10**400}, {"output_tokens": True}, {"input_tokens_details": [1]},
     [1], "many"],
    ids=["none", "empty", "nonsense", "endless", "bool", "list of details", "list", "text"],
)  # fmt: skip
def test_missing_or_hostile_usage_costs_nothing_known(usage):
    """What the provider did not count is not priced."""
    assert FACTS.price("gpt-image-2").actual(usage, ASKED, 1) == UNKNOWN


def test_a_users_table_prices_a_model():
    """Prices are data, too: a config names them for models of its own."""
    tokens = {"text_in": 1.0, "image_in": 1.0, "image_out": 2.0, "text_out": 1.0}
    facts = Capabilities.load({"my-model": {}}, {"my-model": {"tokens": tokens}})

    assert facts.price("my-model").actual({"input_tokens": 0, "output_tokens": 1_000_000}, ASKED, 1).amount == 2.0


@pytest.mark.parametrize(
    "table",
    [
        {"tokens": {"text_in": 1.0}},
        {"tokens": {"text_in": "1", "image_in": 1, "image_out": 1, "text_out": 1}},
        {"tokens": 3},
        {"image": {"1024x1024": 0.1}},
        {"image": 3},
        {"token": {}},
    ],
    ids=["incomplete", "text", "number", "flat", "no table", "misspelt"],
)
def test_a_price_that_cannot_be_reckoned_with_is_refused_at_once(table):
    """Before anything is sent, not when a picture has come and is to be filed."""
    with pytest.raises(ConfigInvalid, match="'my-model'"):
        Capabilities.load({}, {"my-model": table})


def test_the_shipped_prices_pass_their_own_check():
    """What a user's table must be, ours is."""
    assert Capabilities.load({}, FACTS.facts["prices"]).facts["prices"] == FACTS.facts["prices"]
