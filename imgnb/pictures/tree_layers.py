"""Which picture stands where in a family tree: layers from the roots on, ordered so that few links cross.

Pure: keys and pairs go in, rows of keys come out. How large a row becomes is tree_layout.py's.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence

Pair = tuple[str, str]


def forward(keys: Sequence[str], pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs (parent, child) between these keys, each once, without those that close a circle."""
    known, children = set(keys), defaultdict[str, list[str]](list)
    for parent, child in dict.fromkeys(pairs):
        if parent in known and child in known and parent != child:
            children[parent].append(child)
    back = _closing(keys, children)
    return [(parent, child) for parent in keys for child in children[parent] if (parent, child) not in back]


def _closing(keys: Sequence[str], children: dict[str, list[str]]) -> set[Pair]:
    """Return the pairs that lead back to where a walk came from; a loop, as Python's stack is not as deep as trees."""
    closing: set[Pair] = set()
    done: set[str] = set()
    for start in keys:
        path, open_ = ([(start, iter(children[start]))], {start}) if start not in done else ([], set())
        while path:
            key, rest = path[-1]
            child = next(rest, None)
            if child is None:
                path.pop()
                open_.discard(key)
                done.add(key)
            elif child in open_:
                closing.add((key, child))
            elif child not in done:
                open_.add(child)
                path.append((child, iter(children[child])))
    return closing


def layers(keys: Sequence[str], pairs: Sequence[Pair]) -> list[list[str]]:
    """Return the keys by their longest way from a root, each layer in an order that crosses few links."""
    depth = _depths(keys, pairs)
    made: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for key in keys:
        made[depth[key]].append(key)
    _uncross(made, pairs)
    return made


def _depths(keys: Sequence[str], pairs: Sequence[Pair]) -> dict[str, int]:
    parents, children = neighbours(pairs)
    waiting = {key: len(parents[key]) for key in keys}
    ready = [key for key in keys if not waiting[key]]
    depth = dict.fromkeys(keys, 0)
    for key in ready:  # grows while it is read
        for child in children[key]:
            depth[child] = max(depth[child], depth[key] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return depth


def neighbours(pairs: Iterable[Pair]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the parents of each child and the children of each parent."""
    parents, children = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for parent, child in pairs:
        parents[child].append(parent)
        children[parent].append(child)
    return parents, children


def _uncross(made: list[list[str]], pairs: Sequence[Pair]) -> None:
    """Sort each layer by where its parents stand, then by where its children stand, twice."""
    parents, children = neighbours(pairs)
    for _ in range(2):
        for layer in made[1:]:
            _sort(layer, parents, _places(made))
        for layer in reversed(made[:-1]):
            _sort(layer, children, _places(made))


def _places(made: list[list[str]]) -> dict[str, float]:
    return {key: (index + 0.5) / len(layer) for layer in made for index, key in enumerate(layer)}


def _sort(layer: list[str], others: dict[str, list[str]], place: dict[str, float]) -> None:
    own = {key: place[key] for key in layer}
    layer.sort(key=lambda key: _mean([place[other] for other in others[key]], own[key]))


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def through(made: list[list[str]], pairs: Sequence[Pair]) -> tuple[list[list[str]], dict[Pair, list[str]]]:
    """Return layers in which each link passes a waypoint in every layer it crosses, and those ways, ends included.

    Waypoints have names that no key has.
    """
    depth = {key: level for level, layer in enumerate(made) for key in layer}
    filled, ways, steps = [list(layer) for layer in made], {}, []
    unlike_any = "." * (1 + max(map(len, depth), default=0))
    for number, (parent, child) in enumerate(pairs):
        between = [f"{unlike_any}{number}.{level}" for level in range(depth[parent] + 1, depth[child])]
        for level, point in enumerate(between, depth[parent] + 1):
            filled[level].append(point)
        ways[parent, child] = way = [parent, *between, child]
        steps += list(itertools.pairwise(way))
    _uncross(filled, steps)
    return filled, ways
