"""How strong each of many is, from choices between two: the model of Bradley and Terry, without a database.

Strengths are such that of two, i is preferred with the probability p_i / (p_i + p_j). They are found by the
minorization-maximization of Hunter (2004), doi:10.1214/aos/1079120141, which gets better with each step. A tie counts
half for both. A weak prior (a tie, of little weight, between everything and one of strength 1) keeps what was never
beaten finite, and makes comparable what was never compared, not even by way of others.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

PRIOR = 0.2
"How many choices the prior counts for. Three real ones outweigh it by far."

_STEPS = 5_000
_LEAPS = 40
_CLOSE = 1e-7
"The share by which the last step may still have changed a strength."


@dataclass(frozen=True)
class Strength:
    """How one stands. Strengths have a geometric mean of 1."""

    strength: float
    error: float
    "The standard error of the strength's natural logarithm, those of the others being given."
    wins: int
    losses: int
    ties: int


def strengths(
    names: Iterable[str],
    choices: Sequence[tuple[str, str, bool]],
    prior: float = PRIOR,
    start: Mapping[str, float] | None = None,
) -> dict[str, Strength]:
    """Return how strong each name is; `choices` are (better, worse, whether it was a tie) between names.

    Without a prior (0) each must have won and lost, and all hang together, or there is no answer. `start` is where the
    steps begin: from strengths that were found before, few are left to take after one more choice.
    """
    order = list(dict.fromkeys(names))
    won, met = _counted(choices)
    found = _maximized({name: (start or {}).get(name, 1.0) for name in order}, won, met, prior)
    wins, losses = (Counter(pair[side] for *pair, tie in choices if not tie) for side in (0, 1))
    ties = Counter(name for better, worse, tie in choices if tie for name in (better, worse))
    mean = math.exp(sum(map(math.log, found.values())) / len(order)) if order else 1.0
    return {
        name: Strength(found[name] / mean, _error(name, found, met, prior), wins[name], losses[name], ties[name])
        for name in order
    }


def _counted(choices: Iterable[tuple[str, str, bool]]) -> tuple[dict[str, float], dict[str, Counter[str]]]:
    """What each has won, ties being half, and how often each met each other."""
    won: dict[str, float] = defaultdict(float)
    met: dict[str, Counter[str]] = defaultdict(Counter)
    for better, worse, tie in choices:
        won[better] += 0.5 if tie else 1.0
        won[worse] += 0.5 if tie else 0.0
        met[better][worse] += 1
        met[worse][better] += 1
    return won, met


def _maximized(
    found: dict[str, float], won: dict[str, float], met: dict[str, Counter[str]], prior: float
) -> dict[str, float]:
    if prior:
        _approached(found, won, met, prior)
    for _ in range(_STEPS):
        farthest = 0.0
        for name in found:  # each uses what the ones before have become: fewer steps than all at once
            mine = found[name]
            weight = sum(count / (mine + found[other]) for other, count in met.get(name, {}).items())
            weight += prior / (mine + 1.0)
            if weight:
                found[name] = (won.get(name, 0.0) + prior / 2) / weight
                farthest = max(farthest, abs(found[name] - mine) / mine)
        if farthest < _CLOSE:
            break
        _scale(found, prior)
    return found


def _approached(found: dict[str, float], won: dict[str, float], met: dict[str, Counter[str]], prior: float) -> None:
    """Come near by Newton's method on the logarithms, which takes ten steps where the other takes thousands."""
    _scale(found, prior)
    for _ in range(_LEAPS):
        slope: dict[str, float] = {}
        bend: dict[str, float] = {}
        ties: dict[str, list[tuple[str, float]]] = {}
        for name, mine in found.items():
            likely = prior * mine / (mine + 1.0)
            bend[name] = likely / (mine + 1.0)
            ties[name] = [
                (other, n * mine * found[other] / (mine + found[other]) ** 2) for other, n in met.get(name, {}).items()
            ]
            likely += sum(n * mine / (mine + found[other]) for other, n in met.get(name, {}).items())
            slope[name] = won.get(name, 0.0) + prior / 2 - likely
            bend[name] += sum(weight for _, weight in ties[name])
        step = _solved(bend, ties, slope)
        longest = max(map(abs, step.values()), default=0.0)
        for name, length in step.items():
            found[name] *= math.exp(length / max(1.0, longest))  # from afar a whole step would lead too far
        if longest < _CLOSE:
            break


def _solved(
    bend: dict[str, float], ties: dict[str, list[tuple[str, float]]], slope: dict[str, float]
) -> dict[str, float]:
    """The step for which the slopes are made up: by conjugate gradients, each scaled by its own bend."""
    step = dict.fromkeys(slope, 0.0)
    rest = dict(slope)
    way = {name: value / bend[name] for name, value in rest.items()}
    size = sum(rest[name] * way[name] for name in rest)
    enough = 1e-20 * size
    for _ in range(2 * len(slope)):
        if size <= enough or size < 1e-26:
            break
        bent = {name: bend[name] * way[name] - sum(weight * way[other] for other, weight in ties[name]) for name in way}
        far = size / sum(way[name] * bent[name] for name in way)
        for name in step:
            step[name] += far * way[name]
            rest[name] -= far * bent[name]
        before, size = size, sum(value * value / bend[name] for name, value in rest.items())
        way = {name: rest[name] / bend[name] + size / before * way[name] for name in way}
    return step


def _scale(found: dict[str, float], prior: float) -> None:
    """Move all together towards where the prior wants them: choices say nothing of that, and step by step it takes long."""
    if prior and found:
        pull = sum(0.5 - value / (value + 1.0) for value in found.values())
        give = sum(value / (value + 1.0) ** 2 for value in found.values())
        factor = math.exp(max(-1.0, min(1.0, pull / give)))
        for name in found:
            found[name] *= factor


def _error(name: str, found: dict[str, float], met: dict[str, Counter[str]], prior: float) -> float:
    mine = found[name]
    information = prior * mine / (mine + 1.0) ** 2
    for other, count in met.get(name, {}).items():
        information += count * mine * found[other] / (mine + found[other]) ** 2
    return 1 / math.sqrt(information) if information else math.inf
