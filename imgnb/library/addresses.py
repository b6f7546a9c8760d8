"""What `@…` means: `@last`, `@name`, a generation's id, an asset's hash, each perhaps with `[n]`, counted from 1.

The beginning of an id or hash will do while it says which one is meant.
"""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, func, select

from ..errors import AssetNotFound
from ..records import Asset, Generation
from . import labels, tables
from .rows import ASSET, load, to_asset

_ROW = tables.generation.c
_OUTPUT = tables.output.c
_ADDRESS = re.compile(r"@?(?P<word>[^\[\]@]+?)(?:\[(?P<n>\d{1,9})\])?")
_HASH = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)
_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{3,25}", re.IGNORECASE)
_SHOWN = 5


def get(connection: Connection, root: Path, ref: str) -> Generation | Asset:
    """What is meant."""
    generation, sha256 = locate(connection, ref)
    if generation is not None:
        return load(connection, root, [generation])[0]
    asset = None if sha256 is None else stored(connection, root, sha256)
    assert asset is not None
    return asset


def maker(connection: Connection, root: Path, asset: Asset) -> Generation:
    """The newest generation that made the asset."""
    if (id := newest_maker(connection, asset.sha256)) is None:
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
            f"{ref!r} is not an address", hint="write @last, @name, @<start of an id or hash>, or one of them with [2]"
        )
    word, n = match["word"], match["n"]
    generation, asset = _locate_word(connection, word)
    if n is None:
        return generation, asset
    if generation is None:
        raise AssetNotFound(f"{ref!r}: @{word} is one picture, not a generation of several", hint=f"write @{word}")
    return None, _nth(connection, generation, int(n))


def fetched(connection: Connection, url: str) -> str | None:
    """The hash of the newest asset that was stored from this link."""
    asset = tables.asset.c
    query = select(asset.sha256).where(asset.source == url).order_by(asset.created_at.desc(), asset.sha256)
    return connection.scalar(query.limit(1))


def stored(connection: Connection, root: Path, sha256: str) -> Asset | None:
    """The asset with exactly this hash, if there is one."""
    row = connection.execute(select(*ASSET).where(tables.asset.c.sha256 == sha256)).first()
    if row is None:
        return None
    prompt = select(_ROW.prompt).where(_ROW.id == newest_maker(connection, sha256))
    return to_asset(row, root, alt=connection.scalar(prompt) or "")


def newest_maker(connection: Connection, asset: str) -> str | None:
    """The newest generation that made the asset."""
    newest: str | None = connection.scalar(select(func.max(_OUTPUT.generation)).where(_OUTPUT.asset == asset))
    return newest


def _locate_word(connection: Connection, word: str) -> tuple[str | None, str | None]:
    if word == "last":
        # The newest with a picture: that is what somebody who has lost a cell's output is looking for.
        newest = connection.scalar(select(func.max(_OUTPUT.generation)))
        if newest is None:
            raise AssetNotFound("the library has no picture yet", hint="generate one first")
        return newest, None
    if (named := labels.resolve(connection, word)) is not None:
        return None, named
    generations, assets = _starting_with(connection, word)
    if len(generations) + len(assets) > 1:
        shown = ", ".join(f"@{candidate}" for candidate in (*generations, *assets)[:_SHOWN])
        raise AssetNotFound(f"@{word} may mean {shown}", hint="write more of the one that is meant")
    if generations:
        return generations[0], None
    if assets:
        return None, assets[0]
    similar = ", ".join(f"@{name}" for name in labels.similar(connection, word))
    raise AssetNotFound(
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


def _nth(connection: Connection, generation: str, n: int) -> str:
    query = select(_OUTPUT.asset).where(_OUTPUT.generation == generation).order_by(_OUTPUT.position)
    assets: list[str] = list(connection.scalars(query))
    if not 1 <= n <= len(assets):
        raise AssetNotFound(
            f"generation {generation} has {len(assets)} picture{'' if len(assets) == 1 else 's'}, not a number {n}",
            hint="the first picture is [1]",
        )
    return assets[n - 1]
