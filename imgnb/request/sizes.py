"""Sizes as data: which are legal under a rule of models.toml, and the legal one nearest to an illegal one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Size = tuple[int, int]
"(width, height) in pixels."

_RATIO = re.compile(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*")
_PATTERN = re.compile(r"\s*(\d{1,9})\s*[xX×*]\s*(\d{1,9})\s*")


def parse_size(text: str) -> Size | None:
    """`(width, height)` of "1024x1024"; None when the text is not two numbers."""
    match = _PATTERN.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def format_size(size: Size) -> str:
    """The size as the providers write it: "1024x1024"."""
    return f"{size[0]}x{size[1]}"


def nearest_ratio(text: str, ratios: Sequence[str]) -> str | None:
    """Of these ratios ("16:9") the one most like a size in pixels or another ratio; None when the text is neither."""
    wanted = parse_size(text) or parse_ratio(text)
    if wanted is None or 0 in wanted:
        return None
    return min(ratios, key=lambda ratio: stretch(parse_ratio(ratio) or (1, 1), wanted))


def parse_ratio(text: str) -> Size | None:
    """`(16, 9)` of "16:9"; None when the text is no ratio."""
    match = _RATIO.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def broken_rule(size: Size, rule: Mapping[str, Any]) -> str | None:
    """Why this size is not legal under the rule, in a few words; None when it is."""
    width, height = size
    if "multiple" not in rule:
        return None if format_size(size) in rule["usual"] else "is not one of the sizes it offers"
    long, short = max(size), min(size)
    if short == 0:
        return "has an edge of 0 pixels"
    if long > rule["max_edge"]:
        return f"has an edge longer than {rule['max_edge']} pixels"
    if width % rule["multiple"] or height % rule["multiple"]:
        return f"has an edge that is not a multiple of {rule['multiple']}"
    if long > short * rule["max_ratio"]:
        return f"is longer than {rule['max_ratio']:g}:1"
    if rule.get("below_max_ratio") and long == short * rule["max_ratio"]:
        return f"is {rule['max_ratio']:g}:1, and must be shorter"
    if width * height < rule["min_pixels"]:
        return f"has fewer than {rule['min_pixels']:,} pixels"
    if width * height > rule["max_pixels"]:
        return f"has more than {rule['max_pixels']:,} pixels"
    return None


def nearest_size(size: Size, rule: Mapping[str, Any]) -> Size:
    """The legal size most like this one: the same shape first, then as many pixels as it may have; ties go up."""
    width, height = max(size[0], 1), max(size[1], 1)
    if "multiple" not in rule:
        usual = [found for text in rule["usual"] if (found := parse_size(text))]
        return min(usual, key=lambda other: (stretch(other, (width, height)), abs(other[0] - width)))
    target = _within(float(width), float(height), rule)
    legal = [candidate for candidate in _around(target, rule) if broken_rule(candidate, rule) is None]
    return min(legal, key=lambda other: (abs(other[0] - target[0]) + abs(other[1] - target[1]), -other[0] * other[1]))


def _within(width: float, height: float, rule: Mapping[str, Any]) -> tuple[float, float]:
    """Pull a size inside the rule's limits, keeping its shape as far as the ratio allows."""
    ratio = rule["max_ratio"]
    width, height = max(width, height / ratio), max(height, width / ratio)
    scale = min(rule["max_edge"] / max(width, height), (rule["max_pixels"] / (width * height)) ** 0.5, 1.0)
    scale = max(scale, (rule["min_pixels"] / (width * height)) ** 0.5) if scale == 1.0 else scale
    return width * scale, height * scale


def _around(target: tuple[float, float], rule: Mapping[str, Any]) -> Iterator[Size]:
    step = rule["multiple"]
    for across in range(-2, 4):
        for down in range(-2, 4):
            width = (int(target[0] // step) + across) * step
            height = (int(target[1] // step) + down) * step
            if width > 0 and height > 0:
                yield width, height


def stretch(one: Size, other: Size) -> float:
    """How far two shapes differ: 1.0 when they are the same."""
    a, b = one[0] * other[1], one[1] * other[0]
    return max(a, b) / min(a, b)
