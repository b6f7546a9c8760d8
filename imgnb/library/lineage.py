"""Which assets came from which: parents, children, everything behind and ahead, and a lineage of the nearest.

An asset leads to another where it went into the generation that made it, where it is a picture of the turn that the
generation goes on from, or where the other was derived from it here. A turn in words alone is passed through to what
it was said about.

The recursive selects keep nothing but nodes in their queue, which SQLite works off in the order of arrival: so they
come the nearest first, each once, and circles (an edit may give the very bytes of its base) end. CROSS JOIN fixes the
order of the loops: every step is a look-up by index, however big the library is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, TextClause, select, text

from ..errors import AssetNotFound, LibraryError
from ..records import Asset, Lineage, Link, Node
from ..records.wording import difference
from . import tables
from .labels import names
from .rows import HASHES, AnyRow, load_assets, newest_maker

MOST = 100_000
"Nodes that are walked to at most."

ANCESTORS = text(f"""
    WITH RECURSIVE line (kind, id) AS (
        SELECT 'asset', :asset
        UNION
        SELECT 'asset', input.asset
        FROM line CROSS JOIN output ON output.asset = line.id CROSS JOIN input ON input.generation = output.generation
        WHERE line.kind = 'asset'
        UNION
        SELECT iif(earlier.asset IS NULL, 'turn', 'asset'), coalesce(earlier.asset, generation.continues)
        FROM line CROSS JOIN output ON output.asset = line.id
        CROSS JOIN generation ON generation.id = output.generation
        LEFT JOIN output AS earlier ON earlier.generation = generation.continues
        WHERE line.kind = 'asset' AND generation.continues IS NOT NULL
        UNION
        SELECT 'asset', derivation.parent FROM line CROSS JOIN derivation ON derivation.asset = line.id
        WHERE line.kind = 'asset'
        UNION
        SELECT 'asset', input.asset FROM line CROSS JOIN input ON input.generation = line.id
        WHERE line.kind = 'turn'
        UNION
        SELECT iif(earlier.asset IS NULL, 'turn', 'asset'), coalesce(earlier.asset, generation.continues)
        FROM line CROSS JOIN generation ON generation.id = line.id
        LEFT JOIN output AS earlier ON earlier.generation = generation.continues
        WHERE line.kind = 'turn' AND generation.continues IS NOT NULL
        LIMIT {MOST})
    SELECT id FROM line WHERE kind = 'asset' AND id != :asset""")  # noqa: S608 - a number of ours

DESCENDANTS = text(f"""
    WITH RECURSIVE line (kind, id) AS (
        SELECT 'asset', :asset
        UNION
        SELECT iif(output.asset IS NULL, 'turn', 'asset'), coalesce(output.asset, input.generation)
        FROM line CROSS JOIN input ON input.asset = line.id
        LEFT JOIN output ON output.generation = input.generation
        WHERE line.kind = 'asset'
        UNION
        SELECT iif(later.asset IS NULL, 'turn', 'asset'), coalesce(later.asset, generation.id)
        FROM line CROSS JOIN output ON output.asset = line.id
        CROSS JOIN generation ON generation.continues = output.generation
        LEFT JOIN output AS later ON later.generation = generation.id
        WHERE line.kind = 'asset'
        UNION
        SELECT 'asset', derivation.asset FROM line CROSS JOIN derivation ON derivation.parent = line.id
        WHERE line.kind = 'asset'
        UNION
        SELECT iif(later.asset IS NULL, 'turn', 'asset'), coalesce(later.asset, generation.id)
        FROM line CROSS JOIN generation ON generation.continues = line.id
        LEFT JOIN output AS later ON later.generation = generation.id
        WHERE line.kind = 'turn'
        LIMIT {MOST})
    SELECT id FROM line WHERE kind = 'asset' AND id != :asset""")  # noqa: S608 - a number of ours

INTO = text(f"""
    WITH RECURSIVE turn (child, generation, earlier) AS (
        SELECT output.asset, generation.id, generation.continues
        FROM json_each(:hashes) AS wanted CROSS JOIN output ON output.asset = wanted.value
        CROSS JOIN generation ON generation.id = output.generation WHERE generation.continues IS NOT NULL
        UNION
        SELECT turn.child, turn.generation, generation.continues
        FROM turn CROSS JOIN generation ON generation.id = turn.earlier
        WHERE generation.continues IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM output WHERE output.generation = turn.earlier)
        LIMIT {MOST})
    SELECT 0 AS kind, input.asset AS parent, output.asset AS child, input.role, input.position, output.generation
    FROM json_each(:hashes) AS wanted CROSS JOIN output ON output.asset = wanted.value
    CROSS JOIN input ON input.generation = output.generation
    UNION ALL
    SELECT 1, output.asset, turn.child, 'turn', output.position, turn.generation
    FROM turn CROSS JOIN output ON output.generation = turn.earlier
    UNION ALL
    SELECT 1, input.asset, turn.child, 'turn', input.position, turn.generation
    FROM turn CROSS JOIN input ON input.generation = turn.earlier
    WHERE NOT EXISTS (SELECT 1 FROM output WHERE output.generation = turn.earlier)
    UNION ALL
    SELECT DISTINCT 2, derivation.parent, derivation.asset, derivation.kind, 0, NULL
    FROM json_each(:hashes) AS wanted CROSS JOIN derivation ON derivation.asset = wanted.value""")  # noqa: S608 - as above
"The links that end at these assets."

OUT_OF = text(f"""
    WITH RECURSIVE turn (parent, position, generation) AS (
        SELECT output.asset, output.position, output.generation
        FROM json_each(:hashes) AS wanted CROSS JOIN output ON output.asset = wanted.value
        UNION
        SELECT input.asset, input.position, input.generation
        FROM json_each(:hashes) AS wanted CROSS JOIN input ON input.asset = wanted.value
        WHERE NOT EXISTS (SELECT 1 FROM output WHERE output.generation = input.generation)
        UNION
        SELECT turn.parent, turn.position, generation.id
        FROM turn CROSS JOIN generation ON generation.continues = turn.generation
        WHERE NOT EXISTS (SELECT 1 FROM output WHERE output.generation = generation.id)
        LIMIT {MOST})
    SELECT 0 AS kind, input.asset AS parent, output.asset AS child, input.role, input.position, output.generation
    FROM json_each(:hashes) AS wanted CROSS JOIN input ON input.asset = wanted.value
    CROSS JOIN output ON output.generation = input.generation
    UNION ALL
    SELECT 1, turn.parent, output.asset, 'turn', turn.position, output.generation
    FROM turn CROSS JOIN generation ON generation.continues = turn.generation
    CROSS JOIN output ON output.generation = generation.id
    UNION ALL
    SELECT DISTINCT 2, derivation.parent, derivation.asset, derivation.kind, 0, NULL
    FROM json_each(:hashes) AS wanted CROSS JOIN derivation ON derivation.parent = wanted.value""")  # noqa: S608 - as above
"The links that begin at these assets."

_ROW = tables.generation.c
_MAKERS = select(HASHES.c.value.label("asset"), _ROW.id, _ROW.prompt, _ROW.created_at).join_from(
    HASHES, tables.generation, _ROW.id == newest_maker(HASHES.c.value)
)


def parents(connection: Connection, root: Path, asset: str) -> list[Asset]:
    """What the asset was made of: the inputs of its newest maker first, in their order."""
    return load_assets(connection, root, [link.parent for link in _links(connection, INTO, [asset], newest_first=True)])


def children(connection: Connection, root: Path, asset: str) -> list[Asset]:
    """What was made of the asset, in the order in which it was."""
    return load_assets(connection, root, [link.child for link in _links(connection, OUT_OF, [asset])])


def ancestors(connection: Connection, root: Path, asset: str) -> list[Asset]:
    """Everything that the asset goes back to, the nearest first, each once."""
    return load_assets(connection, root, _walk(connection, ANCESTORS, asset))


def descendants(connection: Connection, root: Path, asset: str) -> list[Asset]:
    """Everything that goes back to the asset, the nearest first, each once."""
    return load_assets(connection, root, _walk(connection, DESCENDANTS, asset))


def descending(connection: Connection, asset: str) -> list[str]:
    """The hashes of everything that goes back to the asset."""
    return _walk(connection, DESCENDANTS, asset)


def lineage(connection: Connection, root: Path, asset: str, limit: int) -> Lineage:
    """The asset and the nearest of its relatives, behind and ahead in turns, and the links between them."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise LibraryError(f"limit is {limit!r}", hint="give a whole number from 1")
    back, ahead = _walk(connection, ANCESTORS, asset), _walk(connection, DESCENDANTS, asset)
    both = dict.fromkeys(filter(None, chain.from_iterable(zip_longest([asset, *back], [None, *ahead]))))
    assets = load_assets(connection, root, list(both)[:limit])
    if not assets:
        raise AssetNotFound(f"asset {asset[:12]} is not in {root}", hint="see imgnb find")
    links = _links(connection, INTO, [found.sha256 for found in assets], newest_first=True)
    nodes = _nodes(connection, assets, links)
    inside = tuple(link for link in links if link.parent in nodes)
    return Lineage(assets[0], tuple(assets), inside, MappingProxyType(nodes), left_out=len(both) - len(assets))


def _walk(connection: Connection, way: TextClause, asset: str) -> list[str]:
    return list(connection.scalars(way, {"asset": asset}))


def _links(
    connection: Connection, statement: TextClause, assets: Sequence[str], *, newest_first: bool = False
) -> list[Link]:
    """Links in the order of their generations, in one of them first what was given, then the turn it goes on from."""
    rows: list[AnyRow] = list(connection.execute(statement, {"hashes": json.dumps(list(assets))}))
    rows.sort(key=lambda row: (row.kind, row.position))
    rows.sort(key=lambda row: row.generation or "", reverse=newest_first)
    links = (Link(row.parent, row.child, row.role, row.position, row.generation) for row in rows)
    return [link for link in dict.fromkeys(links) if link.parent != link.child]


def _nodes(connection: Connection, assets: Sequence[Asset], links: Sequence[Link]) -> dict[str, Node]:
    hashes = dict.fromkeys([*(asset.sha256 for asset in assets), *(link.parent for link in links)])
    rows = connection.execute(_MAKERS, {"hashes": json.dumps(list(hashes))})
    makers: dict[str, AnyRow] = {row.asset: row for row in rows}
    into: dict[str, list[Link]] = {}
    for link in links:
        into.setdefault(link.child, []).append(link)
    return {asset.sha256: _node(connection, asset, into.get(asset.sha256, []), makers) for asset in assets}


def _node(connection: Connection, asset: Asset, links: Sequence[Link], makers: dict[str, AnyRow]) -> Node:
    named, maker = tuple(names(connection, asset.sha256)), makers.get(asset.sha256)
    if maker is None:
        kind = next((link.role for link in links if link.generation is None), "")
        return Node(asset.sha256, named, difference=kind, when=asset.created_at)
    return Node(asset.sha256, named, maker.prompt, _difference(maker, links, makers), maker.id, maker.created_at)


def _difference(maker: AnyRow, links: Sequence[Link], makers: dict[str, AnyRow]) -> str:
    """How the prompt differs from that of the first image that went in, else of the turn before; a derivation's kind."""
    for role in ("image", "turn"):
        if link := next((link for link in links if link.role == role and link.generation), None):
            before = makers.get(link.parent)
            return difference(maker.prompt, before.prompt if before else None)
    return next((link.role for link in links if link.generation is None), difference(maker.prompt, None))
