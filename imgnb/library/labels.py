"""Labels on assets: names that move and remember where they were, tags, stars and notes.

Nothing is written where nothing changes; whoever writes has looked first, and looks again under the write lock.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import AssetNotFound, LibraryError
from ..records import Labels
from . import tables
from .clock import now

LONGEST_TAG = 64

_NAME = tables.name.c
_HISTORY = tables.name_history.c
_TAG = tables.tag.c
_GRAMMAR = re.compile(r"[A-Za-z][\w.-]*")
_HEX = re.compile(r"[0-9a-f]{4,}", re.IGNORECASE)
_TAG_GRAMMAR = re.compile(r"[^\s,@:]+")

_ASSET: BindParameter[str] = bindparam("asset")
_NAMES_OF = select(_NAME.name).where(_NAME.asset == _ASSET).order_by(_NAME.name)
_TAGS_OF = select(_TAG.tag).where(_TAG.asset == _ASSET)
_STARS_OF = select(tables.rating.c.stars).where(tables.rating.c.asset == _ASSET)
_NOTES_OF = select(tables.note.c.text).where(tables.note.c.asset == _ASSET).order_by(tables.note.c.id)


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


def move(connection: Connection, name: str, asset: str) -> str | None:
    """Point a name at an asset; where it pointed before goes into the history, and is returned."""
    old = connection.execute(select(_NAME.asset, _NAME.created_at).where(_NAME.name == name)).first()
    if old is None:
        check_here(connection, asset)
        connection.execute(insert(tables.name).values(name=name, asset=asset, created_at=now()))
        return None
    if old.asset == asset:
        return None
    check_here(connection, asset)
    _remember(connection, name, old.asset, old.created_at)
    connection.execute(update(tables.name).where(_NAME.name == name).values(asset=asset, created_at=now()))
    return str(old.asset)


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


def earlier(connection: Connection, name: str) -> list[str]:
    """The hashes of the assets that had this name before, the newest first."""
    query = select(_HISTORY.asset).where(_HISTORY.name == name).order_by(_HISTORY.id.desc())
    return list(connection.scalars(query))


def names(connection: Connection, asset: str | None = None) -> dict[str, str]:
    """All names, or those of one asset, in alphabetical order, with the hash of their asset."""
    query = select(_NAME.name, _NAME.asset).order_by(_NAME.name)
    rows = connection.execute(query if asset is None else query.where(_NAME.asset == asset))
    return {row.name: row.asset for row in rows}


def similar(connection: Connection, name: str) -> list[str]:
    """Names that may have been meant, the likeliest first."""
    known = {known.lower(): known for known in names(connection)}
    return [known[match] for match in difflib.get_close_matches(name.lower(), known)]


def check_tag(tag: str) -> None:
    """Raise LibraryError when this cannot be a tag: one word of at most 64 characters without commas, `@` and `:`."""
    if not isinstance(tag, str) or not _TAG_GRAMMAR.fullmatch(tag) or not tag.isprintable():
        raise LibraryError(f"{tag!r} cannot be a tag", hint="a tag is one word, without commas, '@' and ':'")
    if len(tag) > LONGEST_TAG:
        raise LibraryError(
            f"the tag {tag[:20]!r}… has {len(tag)} characters",
            hint=f"use at most {LONGEST_TAG}; longer things can be said in a note",
        )


def tags_of(connection: Connection, asset: str) -> tuple[str, ...]:
    """The asset's tags in alphabetical order."""
    return tuple(sorted(connection.scalars(_TAGS_OF, {"asset": asset}), key=str.casefold))


def tags(connection: Connection) -> dict[str, int]:
    """Every tag in use, in alphabetical order, with the number of assets that have it."""
    rows = connection.execute(select(_TAG.tag, func.count()).group_by(_TAG.tag)).all()
    return {row.tag: row[1] for row in sorted(rows, key=lambda row: (row.tag.casefold(), row.tag))}


def missing(connection: Connection, asset: str, wanted: Iterable[str]) -> list[str]:
    """Those of the tags that the asset does not have, each once."""
    there = {tag.casefold() for tag in tags_of(connection, asset)}
    return list({tag.casefold(): tag for tag in reversed(list(wanted)) if tag.casefold() not in there}.values())[::-1]


def add_tags(connection: Connection, asset: str, wanted: Iterable[str]) -> None:
    """Tag the asset. A tag that the library knows in other letters is written as it was written first."""
    check_here(connection, asset)
    known = {tag.casefold(): tag for tag in connection.scalars(select(_TAG.tag).distinct())}
    for tag in missing(connection, asset, wanted):
        spelled = known.get(tag.casefold(), tag)
        connection.execute(insert(tables.tag).values(asset=asset, tag=spelled, created_at=now()))


def remove_tags(connection: Connection, asset: str, unwanted: Iterable[str]) -> None:
    """Take tags off the asset, in whatever letters they were written."""
    folded = {tag.casefold() for tag in unwanted}
    there = [tag for tag in tags_of(connection, asset) if tag.casefold() in folded]
    connection.execute(delete_from(tables.tag).where(_TAG.asset == asset, _TAG.tag.in_(there)))


def check_stars(stars: int | None) -> None:
    """Raise LibraryError for anything but 1 to 5, and None for no rating."""
    if stars is not None and (isinstance(stars, bool) or not isinstance(stars, int) or not 1 <= stars <= 5):
        raise LibraryError(f"{stars!r} is no rating", hint="give 1 to 5 stars, or None to take the rating away")


def stars_of(connection: Connection, asset: str) -> int | None:
    """How much the asset is liked, 1 to 5."""
    return connection.scalar(_STARS_OF, {"asset": asset})


def rate(connection: Connection, asset: str, stars: int | None) -> None:
    """Rate the asset, or with None take its rating away."""
    if stars is None:
        connection.execute(delete_from(tables.rating).where(tables.rating.c.asset == asset))
        return
    check_here(connection, asset)
    row = {"asset": asset, "stars": stars, "created_at": now()}
    connection.execute(upsert(tables.rating).values(**row).on_conflict_do_update(set_=row))


def notes_of(connection: Connection, asset: str) -> tuple[str, ...]:
    """The asset's notes, the first first."""
    return tuple(connection.scalars(_NOTES_OF, {"asset": asset}))


def add_note(connection: Connection, asset: str, text: str) -> None:
    """Add a note, unless the asset has it."""
    check_here(connection, asset)
    if text not in notes_of(connection, asset):
        connection.execute(insert(tables.note).values(asset=asset, text=text, created_at=now()))


def labels_of(connection: Connection, asset: str) -> Labels:
    """Everything that the asset carries."""
    return Labels(
        names=tuple(connection.scalars(_NAMES_OF, {"asset": asset})),
        tags=tags_of(connection, asset),
        stars=stars_of(connection, asset),
        notes=notes_of(connection, asset),
    )


def check_here(connection: Connection, asset: str) -> None:
    """Raise AssetNotFound when the asset is not in this library, before a row would point at nothing."""
    if connection.scalar(select(tables.asset.c.sha256).where(tables.asset.c.sha256 == asset)) is None:
        raise AssetNotFound(
            f"asset {asset[:12]} is not in this library", hint="add it first: library.add(asset.bytes, source=...)"
        )


def _remember(connection: Connection, name: str, asset: str, created_at: str) -> None:
    connection.execute(
        insert(tables.name_history).values(name=name, asset=asset, created_at=created_at, moved_at=now())
    )
