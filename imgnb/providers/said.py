"""What a provider says, made fit to be kept and shown: without the key, and without characters that drive a terminal.

Its words end up in errors, records, notebooks and terminals, and nobody knows who stands behind a base URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .keys import Key

TEXT_LIMIT = 1_000_000
"How many characters of a text are kept: many times what any answer has."

DEEPEST = 20
"Levels of an answer's tables that are kept; no provider nests as deep."

# C0 and C1 but tab and line feed, and what turns the direction of writing; joiners of emoji and scripts stay. Half a
# surrogate pair is no character, and cannot be written down.
DRIVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")

_IN_A_KEY = "".join(chr(code) for code in range(0x21, 0x7F)).replace('"', "")


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(DRIVING.sub(" ", text).split())


def cut(text: str, limit: int) -> str:
    """At most so many characters, and no half of a word at the end: half a key would not be known as one and hidden."""
    return text if len(text) <= limit else text[: limit + 1].rstrip(_IN_A_KEY).rstrip()[:limit]


def near(text: str, position: int) -> str:
    """The words around a position of a longer text."""
    before, after = text[max(position - 40, 0) : position], text[position:]
    return cut((before.lstrip(_IN_A_KEY) if position > 40 else before) + after, 80)


def fit(value: Any, key: Key | None, depth: int = 0) -> Any:
    """A JSON value whose texts, at any depth, hold neither the key nor characters that drive a terminal."""
    if isinstance(value, str):
        plain = DRIVING.sub(" ", value)
        return (key.hidden_in(plain) if key is not None else plain)[:TEXT_LIMIT]
    if depth == DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {fit(name, key): fit(item, key, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [fit(item, key, depth + 1) for item in value]
    return value
