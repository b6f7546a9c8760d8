"""Which flat colour a subject is asked on, so that it can be cut out of it, and how that is asked for."""

from __future__ import annotations

import re

KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "#00FF00",
        (
            "green", "lime", "emerald", "jade", "olive", "mint", "teal", "turquoise", "moss", "grass", "lawn", "meadow",
            "leaf", "leaves", "foliage", "plant", "tree", "palm", "bush", "hedge", "forest", "jungle", "garden", "ivy",
            "fern", "clover", "cactus", "succulent", "bamboo", "flower", "rose", "tulip", "herb", "basil", "salad",
            "lettuce", "spinach", "broccoli", "cucumber", "avocado", "kiwi", "pear", "pea", "bean", "vegetable", "frog",
            "toad", "lizard", "iguana", "gecko", "chameleon", "crocodile", "alligator", "turtle", "tortoise", "snake",
            "dinosaur", "dragon", "parrot", "grasshopper", "caterpillar", "goblin", "orc", "zombie", "elf", "alien",
            "grün", "vert", "verde", "зелёный", "绿", "緑",
        ),
    ),
    (
        "#FF00FF",
        (
            "magenta", "pink", "fuchsia", "purple", "violet", "lilac", "lavender", "mauve", "plum", "orchid", "peony",
            "rose", "blossom", "flamingo", "raspberry", "beet", "amethyst", "rosa", "lila", "紫", "粉",
        ),
    ),
    ("#0000FF", ()),
)  # fmt: skip
"Each key colour, and the words of prompts whose subject may have it; the last one is taken when all others may not."


def key_for(prompt: str) -> str:
    """Return the first key colour, such as "#00FF00", that the prompt's subject is not likely to have."""
    words = re.findall(r"\w+", prompt.lower())
    return next(key for key, taken in KEYS if not _speaks_of(words, taken) or key == KEYS[-1][0])


def instruction(key: str) -> str:
    """Return the sentence that asks for the subject alone on a background of that colour; it goes after the prompt."""
    return (
        f"Show the subject alone and complete on a perfectly flat {key} background: one uniform colour up to every "
        "edge of the picture, with no shadow, no gradient, no texture, no floor and no reflection, and with nothing "
        "of that colour in the subject."
    )


def rgb(key: str) -> tuple[int, int, int]:
    """Return the channels of a colour written as "#RRGGBB". Raises ValueError where it is not."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", key):
        raise ValueError(f"the key colour {key!r} is not of the form #RRGGBB")
    return int(key[1:3], 16), int(key[3:5], 16), int(key[5:7], 16)


def _speaks_of(words: list[str], taken: tuple[str, ...]) -> bool:
    return any(_is(word, name) for word in words for name in taken)


def _is(word: str, name: str) -> bool:
    # Chinese and Japanese set no spaces between words.
    return word in (name, f"{name}s", f"{name}es", f"{name}ish", f"{name}y") or (name >= "\u3000" and name in word)
