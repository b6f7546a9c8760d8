"""Names: movable labels on assets. A name that moves leaves its old place in the history."""

from __future__ import annotations

import difflib
import re

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as delete_from

from ..errors import LibraryError
from . import tables
from .clock import now

_NAME = tables.name.c
_GRAMMAR = re.compile(r"[A-Za-z][\w.-]*")
_HEX = re.compile(r"[0-9a-f]{4,}", re.IGNORECASE)


def check_name(name: str) -> None:
    """Raise LibraryError when `@name` would not say which asset is meant."""
    if not _GRAMMAR.fullmatch(name):
        raise LibraryError(
            f"{name!r} cannot be a name", hint="start with a letter; then letters, digits, '_', '-' and '.' may follow"
        )
    if name.lower() == "last":
        raise LibraryError("'last' cannot be a name", hint="@last is always the newest picture; take another word")
    if _HEX.fullmatch(name):
        raise LibraryError(
            f"{name!r} cannot be a name: it reads like the beginning of a hash", hint=f"take {name}-1 or my-{name}"
        )


def move(connection: Connection, name: str, asset: str) -> None:
    """Point a name at an asset; where it pointed before goes into the history."""
    old = connection.execute(select(_NAME.asset, _NAME.created_at).where(_NAME.name == name)).first()
    if old is None:
        connection.execute(insert(tables.name).values(name=name, asset=asset, created_at=now()))
    elif old.asset != asset:
        _remember(connection, name, old.asset, old.created_at)
        connection.execute(update(tables.name).where(_NAME.name == name).values(asset=asset, created_at=now()))


def remove(connection: Connection, name: str) -> bool:
    """Take a name away; False if there was none. Where it pointed goes into the history."""
    old = connection.execute(select(_NAME.asset, _NAME.created_at).where(_NAME.name == name)).first()
    if old is not None:
        _remember(connection, name, old.asset, old.created_at)
        connection.execute(delete_from(tables.name).where(_NAME.name == name))
    return old is not None


def resolve(connection: Connection, name: str) -> str | None:
    """The hash of the asset that has this name."""
    return connection.scalar(select(_NAME.asset).where(_NAME.name == name))


def names(connection: Connection, asset: str | None = None) -> dict[str, str]:
    """All names, or those of one asset, in alphabetical order, with the hash of their asset."""
    query = select(_NAME.name, _NAME.asset).order_by(_NAME.name)
    rows = connection.execute(query if asset is None else query.where(_NAME.asset == asset))
    return {row.name: row.asset for row in rows}


def similar(connection: Connection, name: str) -> list[str]:
    """Names that may have been meant, the likeliest first."""
    known = {known.lower(): known for known in names(connection)}
    return [known[match] for match in difflib.get_close_matches(name.lower(), known)]


def _remember(connection: Connection, name: str, asset: str, created_at: str) -> None:
    connection.execute(
        insert(tables.name_history).values(name=name, asset=asset, created_at=created_at, moved_at=now())
    )
