"""What `@…` means: `@last`, `@name`, `@name~1`, a generation's id, an asset's hash, each perhaps with `[n]`, from 1.

The beginning of an id or hash will do while it says which one is meant. `@name~1` is what the name meant before its
present meaning. A generation's n-th picture is what stands for it: its composite or cutout, where there is one.
"""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, bindparam, exists, func, not_, select

from ..errors import AssetNotFound
from ..records import Asset, Generation
from ..records.wording import one_line
from . import labels, tables
from .rows import load, load_assets, newest_maker

_ROW = tables.generation.c
_OUTPUT = tables.output.c
_ADDRESS = re.compile(r"@?(?P<word>[^\[\]@~]+)(?:~(?P<back>\d{1,9})|\[(?P<n>\d{1,9})\])?")
_HASH = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)
_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{3,25}", re.IGNORECASE)
_SHOWN = 5
_MAKER = select(newest_maker(bindparam("asset")))
_LAST = (
    select(_OUTPUT.generation)
    .where(not_(exists().where(tables.trash.c.asset == _OUTPUT.asset)))
    .order_by(_OUTPUT.generation.desc())
    .limit(1)
)


def get(connection: Connection, root: Path, ref: str) -> Generation | Asset:
    """What is meant."""
    generation, sha256 = locate(connection, ref)
    if generation is not None:
        return load(connection, root, [generation])[0]
    return load_assets(connection, root, [str(sha256)])[0]


def maker(connection: Connection, root: Path, asset: Asset) -> Generation:
    """The newest generation that made the asset, or whose picture it stands for."""
    if (id := connection.scalar(_MAKER, {"asset": asset.sha256})) is None:
        raise AssetNotFound(
            f"no generation made @{asset.sha256[:12]}: the picture was added from elsewhere",
            hint="ask for the asset instead",
        )
    return load(connection, root, [id])[0]


def locate(connection: Connection, ref: str) -> tuple[str | None, str | None]:
    """The id of the generation or the hash of the asset that is meant, the other being None."""
    match = _ADDRESS.fullmatch(ref.strip())
    if match is None:
        raise AssetNotFound(
            f"{ref!r} is not an address",
            hint="write @last, @name, @<start of an id or hash>, one of them with [2], or @name~1 for what it meant before",
        )
    word, n = match["word"], match["n"]
    if match["back"] is not None:
        return None, _meaning(connection, word, int(match["back"]))
    generation, asset = _locate_word(connection, word)
    if n is None:
        return generation, asset
    if generation is None:
        raise AssetNotFound(f"{ref!r}: @{word} is one picture, not a generation of several", hint=f"write @{word}")
    return None, _nth(connection, generation, int(n))


def from_source(connection: Connection, source: str) -> str | None:
    """The hash of the newest asset that was stored with this source, such as the link it was fetched from."""
    asset = tables.asset.c
    query = select(asset.sha256).where(asset.source == source).order_by(asset.created_at.desc(), asset.sha256)
    return connection.scalar(query.limit(1))


def stored(connection: Connection, root: Path, sha256: str) -> Asset | None:
    """The asset with exactly this hash, if there is one."""
    return next(iter(load_assets(connection, root, [sha256])), None)


def _locate_word(connection: Connection, word: str) -> tuple[str | None, str | None]:
    if word == "last":
        # The newest with a picture: that is what somebody who has lost a cell's output is looking for.
        newest = connection.scalar(_LAST)
        if newest is None:
            raise AssetNotFound("the library has no picture yet", hint="generate one first")
        return newest, None
    if (named := labels.resolve(connection, word)) is not None:
        return None, named
    generations, assets = _starting_with(connection, word)
    if len(generations) + len(assets) > 1:
        told = [*_told_generations(connection, generations), *_told_assets(connection, assets)]
        more = " and others" if len(told) > _SHOWN else ""
        raise AssetNotFound(
            f"@{word} may mean {', '.join(told[:_SHOWN])}{more}", hint="write more of the one that is meant"
        )
    if generations:
        return generations[0], None
    if assets:
        return None, assets[0]
    raise _unknown(connection, word)


def _meaning(connection: Connection, word: str, back: int) -> str:
    """What a name meant so many meanings ago; 0 is what it means now."""
    now, before = labels.resolve(connection, word), labels.earlier(connection, word)
    if now is None and not before:
        raise _unknown(connection, word)
    if back == 0 and now is None:
        raise AssetNotFound(f"@{word} means nothing now", hint=f"@{word}~1 is what it meant last")
    if back > len(before):
        number = f"{len(before) or 'no'} earlier meaning{'' if len(before) == 1 else 's'}"
        raise AssetNotFound(
            f"@{word} has {number}, not {back}",
            hint=f"the first is @{word}~{len(before)}" if before else f"write @{word}",
        )
    return str(now) if back == 0 else before[back - 1]


def _unknown(connection: Connection, word: str) -> AssetNotFound:
    similar = ", ".join(f"@{name}" for name in labels.similar(connection, word))
    return AssetNotFound(
        f"nothing in the library is called @{word}",
        hint=f"did you mean {similar}?" if similar else "see the library's names, or search it by words of the prompt",
    )


def _starting_with(connection: Connection, word: str) -> tuple[list[str], list[str]]:
    generations: list[str] = []
    assets: list[str] = []
    # A range on the key, because LIKE would not use the index.
    if _ID.fullmatch(word):
        start = word.upper()
        ids = select(_ROW.id).where(_ROW.id >= start, _ROW.id < start + "~").order_by(_ROW.id)
        generations = list(connection.scalars(ids.limit(_SHOWN + 1)))
    if _HASH.fullmatch(word):
        key, start = tables.asset.c.sha256, word.lower()
        assets = list(
            connection.scalars(select(key).where(key >= start, key < start + "~").order_by(key).limit(_SHOWN + 1))
        )
    return generations, assets


def _told_generations(connection: Connection, ids: list[str]) -> list[str]:
    """Candidates with a few words that tell them apart."""
    rows = connection.execute(select(_ROW.id, _ROW.created_at, _ROW.prompt).where(_ROW.id.in_(ids)).order_by(_ROW.id))
    return [_told(row.id, row.created_at, row.prompt) for row in rows]


def _told_assets(connection: Connection, hashes: list[str]) -> list[str]:
    found = load_assets(connection, Path(), hashes)
    return [_told(asset.sha256, asset.created_at, asset.alt or asset.media_type) for asset in found]


def _told(key: str, created_at: str, words: str) -> str:
    return f"@{key} ({created_at[:10]}, {one_line(words, 30)})"


def _nth(connection: Connection, generation: str, n: int) -> str:
    query = (
        select(func.coalesce(_OUTPUT.derived, _OUTPUT.asset))
        .where(_OUTPUT.generation == generation)
        .order_by(_OUTPUT.position)
    )
    assets: list[str] = list(connection.scalars(query))
    if not 1 <= n <= len(assets):
        raise AssetNotFound(
            f"generation {generation} has {len(assets)} picture{'' if len(assets) == 1 else 's'}, not a number {n}",
            hint="the first picture is [1]",
        )
    return assets[n - 1]
