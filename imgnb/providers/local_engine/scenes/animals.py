"""Which animal a prompt names, and who draws it."""

from __future__ import annotations

from ..stage import Stage
from .birds import on_a_branch
from .sea import under_water, whale
from .sitting import BREEDS, sitting

OTHERS = ("owl", "bird", "robin", "sparrow", "parrot", "fish", "goldfish", "koi", "whale", "animal", "pet")


CHINESE = {
    "狐": "fox",
    "猫": "cat",
    "狗": "dog",
    "熊": "bear",
    "兔": "rabbit",
    "鸟": "bird",
    "鱼": "fish",
    "鲸": "whale",
}


WORDS = (*BREEDS, *OTHERS, *CHINESE)


def draw(stage: Stage) -> None:
    kind = _kind(stage)
    if kind in ("fish", "goldfish", "koi"):
        under_water(stage)
    elif kind == "whale":
        whale(stage)
    elif kind in ("owl", "bird", "robin", "sparrow", "parrot"):
        on_a_branch(stage, owl=kind == "owl")
    else:
        sitting(stage, BREEDS[kind])


def _kind(stage: Stage) -> str:
    """The animal that the prompt names; for "animal" and "pet" any."""
    for word in (*BREEDS, *OTHERS[:-2]):
        if stage.mentions(word):
            return word
    for sign, word in CHINESE.items():
        if stage.mentions(sign):
            return word
    return stage.rng("kind").choice(("fox", "cat", "rabbit", "bear", "owl"))
