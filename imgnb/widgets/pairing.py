"""Which two pictures to ask about next, so that each choice teaches most. Pure, and the same again for the same seed."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

Pair = tuple[str, str]


def next_pair(
    names: Sequence[str], asked: Collection[frozenset[str]], strength: Mapping[str, float], dice: random.Random
) -> Pair | None:
    """The one that was compared least, with, of those that it has not met, one compared as little, then as strong.

    None where every two have met. What is equal is drawn by lot, and so is which one stands on the left.
    """
    met = Counter(name for pair in asked for name in pair)
    lots = {name: dice.random() for name in names}
    for one in sorted(names, key=lambda name: (met[name], lots[name])):
        others = [other for other in names if other != one and frozenset((one, other)) not in asked]
        if others:
            other = min(others, key=lambda name: (met[name], _apart(strength, one, name), lots[name]))
            return (one, other) if dice.random() < 0.5 else (other, one)
    return None


def about(count: int) -> int:
    """How many choices make a ranking that can be relied on, of so many pictures: as sorting them would take."""
    every = count * (count - 1) // 2
    return min(every, max(count - 1, round(count * math.log2(count) / 2))) if count > 1 else 0


def stars(places: Sequence[int]) -> list[int]:
    """From places (from 1; equals share one) to stars: the first fifth has five, and so on; alone, three."""
    count = len(places)
    if count < 2:
        return [3] * count
    shared = Counter(places)
    middle = (place + (shared[place] - 1) / 2 for place in places)
    return [5 - min(4, math.floor((place - 0.5) * 5 / count)) for place in middle]


def _apart(strength: Mapping[str, float], one: str, other: str) -> float:
    return abs(math.log(strength.get(one, 1.0)) - math.log(strength.get(other, 1.0)))
