"""What a request costs: an estimate before, the provider's own count after. USD, from the tables in models.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .capabilities import Capabilities
from .image_request import ImageRequest


@dataclass(frozen=True)
class Cost:
    """An amount and what it rests on: "usage", "estimate" or "free"; amount None where no price is known."""

    amount: float | None
    basis: str | None
    currency: str = "USD"


_MOST = 2**53
# Larger counts are nonsense, and would not fit into a float.

UNKNOWN = Cost(None, None)
FREE = Cost(0.0, "free")


def estimate(request: ImageRequest, model: str, capabilities: Capabilities) -> Cost:
    """The cost to expect: the price per picture at this size and quality, and that of the partials asked for.

    UNKNOWN where the size or quality is left to the model, or no price stands in the tables.
    """
    prices = _prices(model, capabilities)
    each = prices.get("image", {}).get(request.size, {}).get(request.quality)
    if each is None:
        return UNKNOWN
    tokens = (request.partial_images or 0) * capabilities.limits["partial_image_tokens"]
    partials = tokens * prices.get("tokens", {}).get("image_out", 0) / 1e6
    return Cost(round((request.n or 1) * (each + partials), 6), "estimate")


def price_usage(usage: Mapping[str, Any] | None, model: str, capabilities: Capabilities) -> Cost:
    """The cost of the tokens that the provider counted; UNKNOWN where it counted none or no token price is known."""
    tokens = _prices(model, capabilities).get("tokens")
    if not isinstance(usage, Mapping) or not usage or not tokens:
        return UNKNOWN
    inputs = _details(usage.get("input_tokens_details"))
    outputs = _details(usage.get("output_tokens_details"))
    image_in = _count(inputs.get("image_tokens"))
    text_in = _count(inputs.get("text_tokens", _count(usage.get("input_tokens")) - image_in))
    text_out = _count(outputs.get("text_tokens"))
    image_out = _count(outputs.get("image_tokens", _count(usage.get("output_tokens")) - text_out))
    if not any((text_in, image_in, text_out, image_out)):
        return UNKNOWN
    amount = (
        text_in * tokens["text_in"]
        + image_in * tokens["image_in"]
        + image_out * tokens["image_out"]
        + text_out * tokens["text_out"]
    )
    return Cost(round(amount / 1e6, 6), "usage")


def _prices(model: str, capabilities: Capabilities) -> Mapping[str, Any]:
    table = capabilities.model(model) or {}
    return capabilities.facts["prices"].get(table.get("price", model), {})  # type: ignore[no-any-return]


def _details(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int:
    return value if type(value) is int and 0 < value < _MOST else 0
