"""How two prompts differ, word by word: in pieces that may be marked, and as one line of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from .wording import one_line

Runs = list[tuple[bool, str]]
"A text in pieces, and whether each differs."

MOST_WORDS = 3_000
"Longer prompts are shown without marks: comparing them word by word would take seconds."

AROUND = 3
"Words that are shown on either side of a change."

_LONGEST = 120
"Characters of what was taken out or put in, and of a prompt that is shown in place of its changes."

_MOST_CHANGES = 8

_WORD = re.compile(r"[\u2e80-\U0010ffff]\s*|[^\s\u2e80-\U0010ffff]+\s*|\s+")


def unmarked(text: str) -> Runs:
    """The text as one piece that does not differ."""
    return [(False, text)]


def marked(one: str, other: str) -> tuple[Runs, Runs]:
    """Both texts in pieces, cut between words, whitespace staying with what is before it."""
    changes = _changes(one, other)
    if changes is None:
        return unmarked(one), unmarked(other)
    mine: Runs = []
    theirs: Runs = []
    for same, first, second in changes:
        mine += _run(not same, "".join(first))
        theirs += _run(not same, "".join(second))
    return mine, theirs


def change(stored: str, asked: str) -> str:
    """What was changed from one prompt to the other, on one line: "… a [-red-] {+blue+} fox …"."""
    changes = _changes(stored, asked)
    if changes is None:
        return f"[-{one_line(stored, _LONGEST)}-] {{+{one_line(asked, _LONGEST)}+}}"
    differing = [at for at, (same, _, _) in enumerate(changes) if not same]
    if not differing:
        return "only its white space"
    shown, last = changes[: differing[:_MOST_CHANGES][-1] + 2], len(changes) - 1
    pieces = [
        _between(first, at == 0, at == last) if same else _changed(first, second)
        for at, (same, first, second) in enumerate(shown)
    ]
    more = len(differing) - _MOST_CHANGES
    return " ".join(filter(None, pieces)) + (f" and {more} more changes" if more > 0 else "")


def _changed(before: list[str], after: list[str]) -> str:
    taken, put = (one_line("".join(words), _LONGEST) for words in (before, after))
    return " ".join([*([f"[-{taken}-]"] if taken else []), *([f"{{+{put}+}}"] if put else [])])


def _between(words: list[str], is_first: bool, is_last: bool) -> str:
    """The words next to changes, of those that are the same."""
    if len(words) <= (AROUND if is_first or is_last else 2 * AROUND):
        kept = "".join(words)
    else:
        before = "" if is_first else "".join(words[:AROUND]).strip() + " "
        kept = f"{before}… {''.join(words[-AROUND:])}" if not is_last else f"{before}…"
    return one_line(kept, 2 * _LONGEST)


def _changes(one: str, other: str) -> list[tuple[bool, list[str], list[str]]] | None:
    """The words of both in runs, and whether they are the same; None where there are too many to compare."""
    first, second = _WORD.findall(one), _WORD.findall(other)
    if len(first) + len(second) > MOST_WORDS:
        return None
    return list(_runs(first, second))


def _runs(first: list[str], second: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    bare, others = [word.strip() for word in first], [word.strip() for word in second]
    for kind, a, b, c, d in SequenceMatcher(None, bare, others, autojunk=False).get_opcodes():
        yield kind == "equal", first[a:b], second[c:d]


def _run(differs: bool, text: str) -> Runs:
    """The text as a piece, its whitespace at the end as another that is not marked."""
    word = text.rstrip()
    return [piece for piece in ((differs, word), (False, text[len(word) :])) if piece[1]]
