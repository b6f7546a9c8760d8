"""Prompts in few words: on one line, and how one differs from another."""

from __future__ import annotations

import difflib
import re

LONGEST = 2_000
"Characters of a prompt that are compared: difflib takes quadratic time."

ALIKE = 0.4
"The share of words that two prompts have in common at least, for one to be told by what differs."

_WORD = re.compile(r"[\u2e80-\U0010ffff]|\w+(?:['’]\w+)*")


def one_line(text: str, longest: int = 60) -> str:
    """The text on one line, without control characters, cut where it is longer."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 20 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def difference(prompt: str, before: str | None) -> str:
    """How a prompt differs from that of the picture it was made from: "+by night −in snow"; "" where it does not.

    The whole prompt where the two have hardly a word in common, or there was none before.
    """
    if before is None:
        return " ".join(prompt.split())
    new, old = prompt[:LONGEST], before[:LONGEST]
    words, words_before = (list(_WORD.finditer(text)) for text in (new, old))
    matcher = difflib.SequenceMatcher(None, _folded(words_before), _folded(words), autojunk=False)
    if matcher.ratio() < ALIKE:
        return " ".join(prompt.split())
    said = []
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if kind != "equal":
            said.append(_piece("+", new, words[from_new:to_new]))
            said.append(_piece("−", old, words_before[from_old:to_old]))
    return " ".join(filter(None, said))


def _folded(words: list[re.Match[str]]) -> list[str]:
    return [word[0].casefold() for word in words]


def _piece(sign: str, text: str, words: list[re.Match[str]]) -> str:
    return sign + " ".join(text[words[0].start() : words[-1].end()].split()) if words else ""
