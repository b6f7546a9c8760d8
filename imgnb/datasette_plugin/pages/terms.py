"""Terms such as `tag:hero` that links put into a query and take out again; the grammar itself is the library's.

Only what a link wrote is taken out: the rest of the query stays as it was typed.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r'(?:[^\s"]|"[^"]*"?)+')


def term(field: str, value: str) -> str:
    """The term that asks for this value, in quotes where it needs them."""
    value = " ".join(value.split())
    plain = re.fullmatch(r"[\w./@+-]+", value) and ".." not in value and not value.startswith("-")
    return f"{field}:{value}" if plain else f'{field}:"{value}"'


def pieces(query: str) -> list[str]:
    """The query word by word; what stands in quotes is one."""
    return _PIECE.findall(query)


def has(query: str, wanted: str) -> bool:
    """Whether the term stands in the query."""
    return wanted.casefold() in (piece.casefold() for piece in pieces(query))


def with_term(query: str, added: str) -> str:
    """The query and the term."""
    return query if has(query, added) else " ".join([*pieces(query), added])


def without(query: str, removed: str) -> str:
    """The query without the term."""
    return " ".join(piece for piece in pieces(query) if piece.casefold() != removed.casefold())


def with_only(query: str, field: str, added: str) -> str:
    """The query with this term in place of every other one of its field: a picture has one model, but many tags."""
    kept = [piece for piece in pieces(query) if not piece.casefold().startswith(f"{field}:")]
    return " ".join([*kept, added])


def sort_of(query: str) -> str:
    """The order that the query itself asks for; "" where it does not."""
    given = [piece for piece in pieces(query) if piece.casefold().startswith("sort:")]
    return given[-1][5:] if given else ""
