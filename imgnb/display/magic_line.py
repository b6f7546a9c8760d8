"""From a magic's line and body to what is wanted: pure text work, no IPython, no workspace.

The options stand in `request/options.py`. A value may be quoted with double quotes; an apostrophe and a
backslash are ordinary characters, because prompts are full of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from keyword import iskeyword
from typing import Any

from ..request.options import BY_NAME, Option, literal
from .cell_source import MAGIC, prompt_of, words_of


class UsageInvalid(ValueError):
    """The line cannot be understood; the message says why and what would."""


@dataclass(frozen=True)
class Wanted:
    """What a line and body say: request parameters, options of imgnb, the prompt, and words that are no options."""

    prompt: str
    params: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[str, ...] | None = None
    "None where no picture is to be edited; an edit that names none is refused later, as anybody's is."


def parse(line: str, body: str | None = None, *, images: bool = False) -> Wanted:
    """What a magic's line, and for a cell magic its body, ask for. With `images`, the line's words name references.

    Raises UsageInvalid with one sentence that says which word and what would be right.
    """
    params: dict[str, Any] = {}
    options: dict[str, Any] = {}
    words: list[str] = []
    tokens = split(line)
    while tokens:
        token = tokens.pop(0)
        if token == "--":  # noqa: S105 - the end of options, not a password
            words += tokens
            break
        if not re.match(r"--?[A-Za-z]", token):
            words.append(token)
            continue
        name, sign, value = token.partition("=")
        option = _option(name)
        if option.kind in ("flag", "off"):
            if sign:
                raise UsageInvalid(f"{name} takes no value")
            value = ""
        elif not sign:
            if not tokens:
                raise UsageInvalid(f"{name} needs a value: {option.help}")
            value = tokens.pop(0)
        _put(params if option.asked else options, option, value)
    return _wanted(words, body, params, options, images)


def _wanted(
    words: list[str], body: str | None, params: dict[str, Any], options: dict[str, Any], images: bool
) -> Wanted:
    if images:
        if body is None and words:
            *words, last = words
            return Wanted(last, params, options, tuple(words))
        return Wanted(_prompt(body or ""), params, options, tuple(words))
    if body is None:
        return Wanted(" ".join(words), params, options)
    if words:
        raise UsageInvalid(f"{' '.join(words)!r} is no option; the prompt goes into the lines below")
    return Wanted(_prompt(body), params, options)


def _prompt(body: str) -> str:
    """The prompt in a body. A second magic in it is refused: it would be sent, and paid for, as a prompt."""
    for line in body.splitlines():
        if MAGIC.match(line):
            raise UsageInvalid(f"{line.split()[0]} stands inside a prompt; put it into a cell of its own")
    return prompt_of(body)


def split(line: str) -> list[str]:
    """The words of a line, as `words_of` says; UsageInvalid where a quote is not closed."""
    try:
        return words_of(line)
    except ValueError as exc:
        raise UsageInvalid("a double quote is not closed") from exc


def _option(name: str) -> Option:
    if name in BY_NAME:
        return BY_NAME[name]
    dashed = name.replace("_", "-")
    if dashed in BY_NAME:
        return BY_NAME[dashed]
    close = get_close_matches(name, BY_NAME, 1)
    way = f"did you mean {close[0]}?" if close else "see --help; -p key=value sends anything"
    raise UsageInvalid(f"there is no option {name}; {way}")


def _put(table: dict[str, Any], option: Option, value: str) -> None:
    if option.kind == "pair":
        key, sign, text = value.partition("=")
        if not sign or not key:
            raise UsageInvalid(f"-p {value} is not key=value")
        table.setdefault(option.sets, {})[key] = literal(text)
    elif option.kind == "number":
        if not re.fullmatch(r"[+-]?\d{1,9}", value):
            raise UsageInvalid(f"{option.long} {value} is not a whole number: {option.help}")
        table[option.sets] = int(value)
    elif option.kind == "name":
        if not value.isidentifier() or iskeyword(value):
            raise UsageInvalid(f"{option.long} {value} is not a variable's name")
        table[option.sets] = value
    elif option.kind == "text" and option.closed and value not in option.values:
        raise UsageInvalid(f"{option.long} is {value}; use {', '.join(option.values)}")
    elif option.kind == "json":
        table[option.sets] = _object(option, value)
    else:
        table[option.sets] = {"flag": True, "off": False}.get(option.kind, value)


def _object(option: Option, value: str) -> dict[str, Any]:
    try:
        found = json.loads(value.replace("'", '"'))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageInvalid(f"{option.long} {value} is not a JSON object; write it without spaces, with single quotes")
    return found
