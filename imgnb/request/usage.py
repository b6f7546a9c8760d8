"""What a provider counted: tokens by kind, of the model that drew and of the one that wrote.

The shapes are those of the OpenAI SDK (openai 3.52, `types/images_response.py`, `ToolUsage` in
`types/responses/response.py`). Anything else counts as nothing: usage comes from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("text_in", "text_in_cached", "image_in", "image_in_cached", "image_out", "text_out")
"Kinds of tokens that have prices of their own."

_MOST = 2**53
# Larger counts are nonsense, and would not fit into a float.


@dataclass(frozen=True)
class Tokens:
    """One count, each token in exactly one of the kinds."""

    text_in: int = 0
    text_in_cached: int = 0
    image_in: int = 0
    image_in_cached: int = 0
    image_out: int = 0
    text_out: int = 0

    @classmethod
    def of(cls, usage: object) -> Tokens:
        """The tokens of a usage; what has no details is text going in and pictures coming out."""
        counted = _table(usage)
        inputs, outputs = _table(counted.get("input_tokens_details")), _table(counted.get("output_tokens_details"))
        image_in = _count(inputs.get("image_tokens"))
        text_in = _count(inputs.get("text_tokens", _count(counted.get("input_tokens")) - image_in))
        text_out = _count(outputs.get("text_tokens"))
        image_out = _count(outputs.get("image_tokens", _count(counted.get("output_tokens")) - text_out))
        text_cached, image_cached = _cached(counted, inputs, text_in, image_in)
        return cls(text_in - text_cached, text_cached, image_in - image_cached, image_cached, image_out, text_out)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def cost(self, prices: Mapping[str, float]) -> float:
        """What they come to at prices per million. A kind that has no price costs what text does."""
        return sum(int(count) * _price(kind, prices) for kind, count in vars(self).items()) / 1e6


def counted(usage: object, *, converses: bool = False) -> tuple[Tokens, Tokens]:
    """The tokens of the model that drew, and of the one that wrote: a conversation's main model, or an SVG's author.

    A conversation counts the main model's own; what its tool drew stands beside it, or nowhere.
    """
    table = _table(usage)
    tools = table.get("tool_usage")
    if converses or isinstance(tools, Mapping):
        return Tokens.of(_table(tools).get("image_gen")), Tokens.of(table)
    return Tokens.of(table), Tokens.of(table.get("svg_usage"))


def _price(kind: str, prices: Mapping[str, float]) -> float:
    uncached = kind.removesuffix("_cached")
    text = "text_in" if uncached.endswith("_in") else "text_out"
    return next(prices[name] for name in (kind, uncached, text) if name in prices)


def _cached(usage: Mapping[str, Any], inputs: Mapping[str, Any], text_in: int, image_in: int) -> tuple[int, int]:
    """Tokens of text and of images that came from the provider's cache; where it does not tell them apart, text first."""
    details = _table(usage.get("cached_tokens_details")) or _table(inputs.get("cached_tokens_details"))
    if details:
        text = _count(details.get("cached_text_tokens", details.get("text_tokens")))
        image = _count(details.get("cached_image_tokens", details.get("image_tokens")))
    else:
        cached = _count(usage.get("cached_tokens")) or _count(inputs.get("cached_tokens"))
        text, image = min(cached, text_in), max(cached - text_in, 0)
    return min(text, text_in), min(image, image_in)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int:
    return value if type(value) is int and 0 < value < _MOST else 0
