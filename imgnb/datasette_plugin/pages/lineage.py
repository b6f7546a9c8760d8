"""The lineage of a picture: as one picture, as a list that can be read out, and as Mermaid text to take away."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...records import Asset, Lineage, Link, Node
from ..reading import ask
from .page import page

if TYPE_CHECKING:
    from ...library import Library
    from ...pictures import Preview

NEAREST = 60
"Relatives that are shown."

KEPT = 16
"Pictures of lineages that are kept in memory."

DEEPEST = 40
"Levels of the list; what is deeper follows on the last one."


@dataclass(frozen=True)
class Entry:
    """An asset in the list, in which role it went in, and what came of it."""

    asset: Asset
    node: Node
    roles: tuple[str, ...] = ()
    below: tuple[Entry, ...] = ()
    again: bool = False
    "Whether it stands in the list already."


async def show(datasette: Any, request: Any) -> Any:
    """The page."""
    found, alt, mermaid, entries = await ask(datasette, _look, request.url_vars["sha256"])
    return await page(
        datasette, request, "lineage", lineage=found, alt=alt, mermaid=mermaid, entries=entries, here=found.asset
    )


async def picture(datasette: Any, request: Any) -> Any:
    """The picture alone; a browser that has it asks whether it still holds."""
    from datasette.utils.asgi import Response

    wanted = request.headers.get("if-none-match", "")
    tag, made = await ask(datasette, _picture, request.url_vars["sha256"], wanted)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if made is None:
        return Response(b"", status=304, headers=headers, content_type="image/jpeg")
    return Response(made.data, headers=headers, content_type=made.media_type)


def _look(library: Library, sha256: str) -> tuple[Lineage, str, str, tuple[Entry, ...]]:
    found = library.lineage(library.asset(f"@{sha256}"), limit=NEAREST)
    return found, found._alt(), found.mermaid(), tuple(entries(found))


def _picture(library: Library, sha256: str, wanted: str) -> tuple[str, Preview | None]:
    found = library.lineage(library.asset(f"@{sha256}"), limit=NEAREST)
    said = json.dumps(found.to_dict(), sort_keys=True, default=str)
    tag = f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
    known = [one.strip().removeprefix("W/") for one in wanted.split(",")]
    return tag, None if tag in known else _drawn(tag, _Held(found))


class _Held:
    """A lineage that counts as the same as any other: what is drawn is told apart by its tag."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=KEPT)
def _drawn(tag: str, held: _Held) -> Preview:
    return held.lineage.picture()


def entries(lineage: Lineage) -> Iterator[Entry]:
    """The list, what everything was made of at the top; each asset has its place once."""
    assets = {asset.sha256: asset for asset in lineage.assets}
    children: dict[str, dict[str, list[Link]]] = defaultdict(lambda: defaultdict(list))
    for link in lineage.links:
        if link.parent in assets and link.child in assets:
            children[link.parent][link.child].append(link)
    made = {link.child for link in lineage.links}
    oldest_first = [asset.sha256 for asset in reversed(lineage.assets)]
    listed: set[str] = set()
    # First what came of nothing here; then those that go round in a circle.
    for sha256 in [*(one for one in oldest_first if one not in made), *(one for one in oldest_first if one in made)]:
        if sha256 not in listed:
            yield _entry(lineage, assets, children, sha256, listed, 0)


def _entry(
    lineage: Lineage,
    assets: dict[str, Asset],
    children: dict[str, dict[str, list[Link]]],
    sha256: str,
    listed: set[str],
    depth: int,
) -> Entry:
    here = Entry(assets[sha256], lineage.labels.get(sha256) or Node(sha256))
    if sha256 in listed:
        return replace(here, again=True)
    listed.add(sha256)
    below: list[Entry] = []
    for child, links in children[sha256].items():
        entry = _entry(lineage, assets, children, child, listed, depth + 1)
        entry = replace(entry, roles=tuple(dict.fromkeys(link.role for link in links)))
        # Levels are the template's recursion, too.
        below += [entry] if depth < DEEPEST else [replace(entry, below=()), *entry.below]
    return replace(here, below=tuple(below))
