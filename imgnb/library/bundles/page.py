"""The gallery that lies in a bundle: one HTML file that opens from the disk, without a server and without the network.

Prompts are data of others: they stand in a JSON block in which nothing can end it, and reach the page as text only. The
policy in the head lets nothing run but the script whose hash it names, and nothing load but pictures beside the page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, func, select

from ...records import Asset
from .. import tables
from ..rows import HASHES
from .gathering import batches
from .shape import blob_name

MOST = 50_000
"Pictures that a page shows, the newest: more would take long to open."
_LONGEST_PROMPT = 4_000

_ROW, _OUTPUT = tables.generation.c, tables.output.c
_SHOWN = func.coalesce(_OUTPUT.derived, _OUTPUT.asset).label("asset")
_CARDS = (
    select(
        _SHOWN, _ROW.id, _ROW.prompt, _ROW.created_at, _ROW.route, _ROW.route_owner,
        func.coalesce(_ROW.model_answered, _ROW.model).label("model"), _ROW.cost, _ROW.currency, _ROW.take,
    )
    .join_from(HASHES, tables.generation, HASHES.c.value == _ROW.id)
    .join(tables.output, _OUTPUT.generation == _ROW.id)
    .order_by(_ROW.id.desc(), _OUTPUT.position)
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """A picture of a generation, as the page tells of it."""

    asset: str
    generation: str
    prompt: str
    created_at: str
    route: str
    model: str
    cost: float | None
    currency: str
    names: tuple[str, ...]
    tags: tuple[str, ...]
    stars: int | None


def cards(connection: Connection, ids: set[str]) -> list[Card]:
    """The pictures of these generations, the newest first, as many as a page shows."""
    found: list[Card] = []
    for some in batches(sorted(ids, reverse=True)):
        rows = connection.execute(_CARDS, {"hashes": json.dumps(some)}).all()
        labels = _labels(connection, {row.asset for row in rows})
        for row in rows:
            names, tags, stars = labels[row.asset]
            found.append(
                Card(row.asset, row.id, row.prompt, row.created_at, row.route, row.model, row.cost, row.currency,
                     tuple(names), tuple(tags), stars)
            )  # fmt: skip
        if len(found) >= MOST:
            break
    return found[:MOST]


def _labels(connection: Connection, hashes: set[str]) -> dict[str, tuple[list[str], list[str], int | None]]:
    given = {"hashes": json.dumps(sorted(hashes))}
    labels: dict[str, list[Any]] = {sha256: [[], [], None] for sha256 in hashes}
    for place, table, value in ((0, tables.name, "name"), (1, tables.tag, "tag")):
        query = select(table.c.asset, table.c[value]).join_from(HASHES, table, HASHES.c.value == table.c.asset)
        for asset, word in connection.execute(query.order_by(table.c[value]), given):
            labels[asset][place].append(word)
    rating = tables.rating.c
    query = select(rating.asset, rating.stars).join_from(HASHES, tables.rating, HASHES.c.value == rating.asset)
    for asset, stars in connection.execute(query, given):
        labels[asset][2] = stars
    return {sha256: (names, tags, stars) for sha256, (names, tags, stars) in labels.items()}


def write_page(shown: list[Card], thumbs: Mapping[str, str], assets: Mapping[str, Asset]) -> Iterator[bytes]:
    """The page, piece by piece."""
    style, script = _part("page.css"), _part("page.js")
    head, _, rest = _part("page.html").partition("{{ pictures }}")
    policy = (
        f"default-src 'none'; img-src 'self' file:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = {"{{ policy }}": html.escape(policy), "{{ style }}": style, "{{ script }}": script}
    for place, text in filled.items():
        head, rest = head.replace(place, text), rest.replace(place, text)
    yield head.encode()
    for number, card in enumerate(shown):
        yield (",\n" if number else "\n").encode() + _data(card, thumbs.get(card.asset), assets[card.asset])
    yield rest.encode()


def _data(card: Card, thumb: str | None, asset: Asset) -> bytes:
    """A card as a line of the page's data: without `<`, so that nothing in it can end the block."""
    full = blob_name(asset.sha256, asset.media_type)
    # A browser draws these by itself; an SVG in an <img> runs no script and loads nothing.
    drawable = asset.media_type in ("image/svg+xml", "image/gif", "image/webp", "image/png", "image/jpeg", "image/avif")
    data = {
        "file": full,
        "thumb": thumb or (full if drawable else None),
        "drawn": drawable,
        "prompt": card.prompt[:_LONGEST_PROMPT],
        "model": card.model,
        "route": card.route,
        "time": card.created_at[:16].replace("T", " "),
        "size": [asset.width, asset.height],
        "bytes": asset.byte_count,
        "cost": None if card.cost is None else f"{card.cost:g} {card.currency}",
        "id": card.generation,
        "hash": card.asset,
        "names": card.names,
        "tags": card.tags,
        "stars": card.stars,
    }
    kept = {name: value for name, value in data.items() if value not in (None, (), [None, None])}
    text = json.dumps(kept, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode("ascii")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _part(name: str) -> str:
    return (files(__package__) / "static" / name).read_text(encoding="utf-8").strip("\n")
