"""Terms such as `tag:hero` that links put into a query and take out again; the grammar itself is the library's.

Only what a link wrote is taken out: the rest of the query stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_VALUE = r'(?:"[^"]*"|[^\s,"][^\s,]*)'
# As the grammar reads them: a phrase, a field with its values, or whatever stands between two spaces.
_PIECE = re.compile(rf'-?(?:"[^"]*"|[A-Za-z_][A-Za-z_.0-9]*:(?:[<>]=?|=)?{_VALUE}(?:,{_VALUE})*(?=\s|$)|\S+)')
_SORT = re.compile(r'(-?)sort:=?"?(-?)([a-z]+)"?', re.IGNORECASE)
_OPPOSITE = {"newest": "oldest", "oldest": "newest"}


def term(field: str, value: str) -> str:
    """The term that asks for this value, in quotes where it needs them; "" where no term can.

    Stars, `none` and `any` mean more than themselves even in quotes.
    """
    if "*" in value or "\0" in value or not value.strip() or value.lower() in ("none", "any"):
        return ""
    if re.fullmatch(r"[\w./@+-]+", value) and ".." not in value and not value.startswith("-"):
        return f"{field}:{value}"
    if '"' not in value:
        return f'{field}:"{value}"'
    # A quote within a word is one of its signs, if none begins it; the = keeps what follows from being one.
    return "" if value.startswith('"') or re.search(r"[\s,]", value) else f"{field}:={value}"


def pieces(query: str) -> list[str]:
    """The query term by term."""
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


def sort_of(query: str, orders: Collection[str]) -> tuple[str, str]:
    """The query without the orders that it asks for, and the last of them, "" where there is none of these."""
    kept, order = [], ""
    for piece in pieces(query):
        found = _SORT.fullmatch(piece)
        if found is None or (name := found[3].lower()) not in orders:
            kept.append(piece)
        elif bool(found[1]) == bool(found[2]):
            order = name
        else:
            order = _OPPOSITE.get(name, f"-{name}")
    return (" ".join(kept), order) if order else (query, "")
