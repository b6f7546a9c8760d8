"""What stands in the source of a cell with one of the magics: pure text work."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

MAGIC = re.compile(r"%%(imagegen|imageedit|imagechat)\b")


def prompt_of(body: str) -> str:
    """The prompt in a cell's body: without the comment lines above it that Quarto and nbval read, stripped."""
    lines = body.splitlines()
    while lines and re.match(r"\s*(#\||#@|#\s*NBVAL_|$)", lines[0]):
        lines.pop(0)
    return "\n".join(lines).strip()


def words_of(line: str) -> list[str]:
    """The words of a line. Double quotes hold several together; an apostrophe and a backslash are letters.

    Raises ValueError where a quote is not closed.
    """
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = lexer.escape = lexer.escapedquotes = ""
    lexer.quotes = '"'
    return list(lexer)


def hoisted(lines: Sequence[str]) -> list[str]:
    """The lines of a cell with one of the cell magics above leading `#|` and comment lines.

    Quarto reads its options from the first lines only, Jupyter wants the magic there: so the same cell works in both.
    """
    for number, line in enumerate(lines):
        if MAGIC.match(line):
            return [line, *lines[:number], *lines[number + 1 :]] if number else list(lines)
        if not re.match(r"\s*(#|$)", line):
            break
    return list(lines)
