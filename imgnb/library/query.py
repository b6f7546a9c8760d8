"""The grammar of a search: words, "phrases", wat*, -not, field:value, and where a query is not understood.

It is pure: from text to values. What a value means is read in `values.py`, what is asked of the library in
`conditions.py`. Whatever is no field is looked for as it stands, so that nothing that people type is obeyed as SQL.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import QueryInvalid
from .fields import FIELDS, SORTS, Field, field_named
from .values import read

MOST = 3_000
"Terms in a query."

_NAME = re.compile(r"[A-Za-z_][A-Za-z_.0-9]*", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_SIGNS = (">=", "<=", ">", "<", "=")


@dataclass(frozen=True)
class Word:
    """A word or phrase that must be in the text, or with `negated` must not."""

    text: str
    phrase: bool = False
    prefix: bool = False
    negated: bool = False


@dataclass(frozen=True)
class Condition:
    """That a field has one of the values, or compares so with the only one.

    `values` are as the field's kind reads them. None stands for nothing (`field:none`), Ellipsis for anything.
    """

    field: Field
    sign: str
    values: tuple[Any, ...]
    negated: bool
    position: int


@dataclass(frozen=True)
class Query:
    """What a search asks for."""

    text: str = ""
    words: tuple[Word, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sort: str = "newest"
    turned: bool = False

    def asks(self, *names: str) -> bool:
        """Whether one of these fields is asked about."""
        return any(condition.field.name in names for condition in self.conditions)


def parse(text: str, now: datetime) -> Query:
    """The query. Raises QueryInvalid, which says where, for what is not understood."""
    words: dict[Word, None] = {}
    conditions: list[Condition] = []
    sort, turned = "newest", False
    for term in _terms(text.replace("\0", " "), now):
        if isinstance(term, Word):
            words[term] = None
        elif term.field.kind == "order":
            sort, turned = term.values[0].lstrip("-"), term.negated != term.values[0].startswith("-")
        else:
            conditions.append(term)
        if len(words) + len(conditions) > MOST:
            raise QueryInvalid(text, len(text), f"there are more than {MOST} terms", hint="ask for fewer words")
    if sort == "newest" and turned:
        sort, turned = "oldest", False
    elif sort == "oldest" and turned:
        sort, turned = "newest", False
    return Query(text, tuple(words), tuple(conditions), sort, turned)


def _terms(text: str, now: datetime) -> Iterator[Word | Condition]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        term, position = _term(text, position, now)
        yield term


def _term(text: str, start: int, now: datetime) -> tuple[Word | Condition, int]:
    negated = text[start] == "-" and start + 1 < len(text) and not text[start + 1].isspace()
    position = start + negated
    if _opens(text, position):
        phrase, end = _quoted(text, position)
        if phrase.strip():
            return Word(phrase, phrase=True, negated=negated), end
        return Word('"', negated=negated), end
    if name := _NAME.match(text, position):
        after = name.end()
        if text[after : after + 1] == ":":
            if (field := field_named(name[0])) is not None:
                return _condition(text, field, start, after + 1, negated, now)
            _check_colon(text, name[0], position, after)
    end = _end(text, position)
    word = text[position:end]
    if len(word) > 1 and word.endswith("*") and any(character.isalnum() for character in word):
        return Word(word.rstrip("*"), prefix=True, negated=negated), end
    return Word(word, negated=negated), end


def _end(text: str, position: int) -> int:
    while position < len(text) and not text[position].isspace():
        position += 1
    return position


def _opens(text: str, position: int) -> bool:
    """Whether a phrase begins here; a quote that stands alone is a sign like any other."""
    alone = position + 1 >= len(text) or (text[position + 1].isspace() and '"' not in text[position + 1 :])
    return text[position : position + 1] == '"' and not alone


def _quoted(text: str, position: int) -> tuple[str, int]:
    end = text.find('"', position + 1)
    if end < 0:
        raise QueryInvalid(text, position, "this quote is not closed", hint='write "two words", or leave the quote out')
    return text[position + 1 : end], end + 1


def _check_colon(text: str, name: str, start: int, colon: int) -> None:
    """Raise for a field that there is not; links, times and `Scene: a fox` are words with a colon."""
    follows = text[colon + 1 : colon + 2]
    if not follows or follows.isspace() or follows in '/\\:")' or len(name) == 1:
        return
    close = difflib.get_close_matches(name.lower(), FIELDS, n=3, cutoff=0.6)
    usual = f"there are {', '.join(_USUAL)} and others, see README.md, Search."
    meant = f"did you mean {' or '.join(f'{one}:' for one in close)}?" if close else usual
    raise QueryInvalid(
        text, start, f"there is no field {name!r}", hint=f'{meant} As words it is written "{_word(text, start)}"'
    )


_USUAL = ("tag", "name", "rating", "model", "route", "status", "size", "cost", "day", "notebook", "ref", "sort")


def _word(text: str, start: int) -> str:
    return text[start : min(_end(text, start), start + 60)].replace('"', "")


def _condition(
    text: str, field: Field, start: int, position: int, negated: bool, now: datetime
) -> tuple[Condition, int]:
    sign = next((sign for sign in _SIGNS if text.startswith(sign, position)), "")
    position += len(sign)
    values, begun = [], position
    while True:
        value, place = "", position
        if text[position : position + 1] == '"':
            value, position = _quoted(text, position)
        else:
            while position < len(text) and not text[position].isspace() and text[position] != ",":
                position += 1
            value = text[place:position]
        if not value.strip():
            raise QueryInvalid(text, place, f"{field.name}: needs a value", hint=f"{field.name}: is {field.says}")
        values.append((value, place))
        if text[position : position + 1] != ",":
            break
        position += 1
    if position < len(text) and not text[position].isspace():
        raise QueryInvalid(text, position, "a space is missing after the quote")
    sign = sign.replace("=", "") if sign == "=" else sign
    if sign and len(values) > 1:
        raise QueryInvalid(text, begun, f"{sign} takes one value, not {len(values)}", hint=f"write {field.name}:a,b")
    if sign and not _has_order(field):
        raise QueryInvalid(text, begun, f"{field.name} has no order", hint=f"{field.name}: is {field.says}")
    meant = tuple(_read(text, field, value, place, sign, now) for value, place in values)
    return Condition(field, sign or "=", meant, negated, start), position


_ORDERED = ("number", "bytes", "size", "ratio", "day")


def _has_order(field: Field) -> bool:
    """Whether its values can be compared; what is in a JSON column may be a number."""
    return field.kind in _ORDERED or field.name == "rating" or field.name.startswith(_JSON)


_JSON = ("param.", "effective.", "usage.", "variable.")


def _read(text: str, field: Field, value: str, place: int, sign: str, now: datetime) -> Any:
    lowered = value.lower()
    if lowered in ("none", "any") and field.kind not in ("status", "state", "having", "order", "search"):
        if sign:
            raise QueryInvalid(text, place, f"{value} cannot be compared", hint=f"write {field.name}:{lowered}")
        return None if lowered == "none" else ...
    if field.kind == "order" and lowered.lstrip("-") not in SORTS:
        raise QueryInvalid(text, place, f"nothing can be sorted by {value!r}", hint=f"sort: is {field.says}")
    if sign and ".." in value:
        hint = f"write {field.name}:{value}, or one number with {sign}"
        raise QueryInvalid(text, place, f"{sign} takes one value, not a range", hint=hint)
    if sign and field.kind == "word" and not _NUMBER.fullmatch(value):
        raise QueryInvalid(text, place, f"{value!r:.60} is no number", hint=f"{sign} compares numbers")
    try:
        return read(field, value, now)
    except ValueError as error:
        expected = f"{field.name}: is {field.says}"
        raise QueryInvalid(text, place, str(error) or f"{value!r} is not understood", hint=expected) from None
