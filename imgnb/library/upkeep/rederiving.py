"""Fingerprints and prompt hashes, derived anew from what was recorded, a few hundred generations at a time."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, bindparam, select

from ...errors import ImgnbError
from ...request import ImageRequest
from ...request.image_request import PARAMS, Operation
from ...request.references import Reference, Role
from ...request.turn import Turn
from .. import tables
from ..opening import Store
from ..rows import AnyRow
from .report import Problem

BATCH = 500
SCHEME = "r1:"
"Other fingerprints are not ours to derive: an imported picture has one of its own."

_ROW = tables.generation.c
_INPUT, _OUTPUT = tables.input_.c, tables.output.c
_FIELDS = (
    _ROW.number, _ROW.id, _ROW.fingerprint, _ROW.operation, _ROW.prompt, _ROW.prompt_sha256, _ROW.params_json, _ROW.continues,
)  # fmt: skip
_PAGE = select(*_FIELDS).where(_ROW.number > bindparam("after")).order_by(_ROW.number).limit(BATCH)
_INPUTS = (
    select(_INPUT.generation, _INPUT.role, _INPUT.asset)
    .where(_INPUT.generation.in_(bindparam("ids", expanding=True)))
    .order_by(_INPUT.generation, _INPUT.position)
)
_EARLIER = select(_ROW.id, _ROW.fingerprint).where(_ROW.id.in_(bindparam("ids", expanding=True)))
_PICTURES = (
    select(_OUTPUT.generation, _OUTPUT.asset)
    .where(_OUTPUT.generation.in_(bindparam("ids", expanding=True)))
    .order_by(_OUTPUT.generation, _OUTPUT.position)
)


def pages(store: Store) -> Iterator[tuple[int, list[Problem]]]:
    """Look at every generation, page by page: how many, and what is wrong with them. No transaction stays open."""
    after: int | None = -(2**63)
    while after is not None:
        with store.database.reading() as connection:
            rows = connection.execute(_PAGE, {"after": after}).all()
            yield len(rows), [problem for problem in _problems(connection, rows) if problem]
        after = rows[-1].number if rows else None


def _problems(connection: Connection, rows: Sequence[AnyRow]) -> Iterator[Problem | None]:
    references, turns = _references(connection, rows), _turns(connection, rows)
    for row in rows:
        same_prompt = hashlib.sha256(_bytes(row.prompt)).hexdigest() == row.prompt_sha256
        derived = _fingerprint(row, references[row.id], turns.get(row.continues))
        same_print = derived == row.fingerprint or not row.fingerprint.startswith(SCHEME)
        if not same_print:
            kind, message = "fingerprint", f"its record has {derived or 'none'}, the row says {row.fingerprint[:80]}"
            yield Problem(
                kind if same_prompt else "prompt", row.id, message if same_prompt else "prompt and hash differ"
            )
        elif not same_prompt:
            yield Problem("prompt hash", row.id, "the hash of its prompt is not that of its prompt")


def _fingerprint(row: AnyRow, references: tuple[Reference, ...], earlier: Turn | None) -> str | None:
    """The fingerprint of what was recorded; None where that makes no request."""
    try:
        params: dict[str, Any] = json.loads(row.params_json)
        known = {name: value for name, value in params.items() if name in PARAMS}
        extras = {name: value for name, value in params.items() if name not in PARAMS}
        request = ImageRequest(
            row.prompt, cast(Operation, row.operation), **known, extras=extras, references=references, continues=earlier
        )
        return request.fingerprint()
    except (ValueError, TypeError, AttributeError, ImgnbError):
        return None


def _references(connection: Connection, rows: Sequence[AnyRow]) -> dict[str, tuple[Reference, ...]]:
    found: dict[str, list[Reference]] = defaultdict(list)
    for row in connection.execute(_INPUTS, {"ids": [row.id for row in rows]}):
        found[row.generation].append(Reference(row.asset, "", Path(), cast(Role, row.role)))
    return defaultdict(tuple, {id: tuple(references) for id, references in found.items()})


def _turns(connection: Connection, rows: Sequence[AnyRow]) -> dict[str | None, Turn]:
    """What the rows go on from: of a turn only its fingerprint and its pictures count."""
    ids = sorted({row.continues for row in rows if row.continues})
    pictures: dict[str, list[Reference]] = defaultdict(list)
    for row in connection.execute(_PICTURES, {"ids": ids}) if ids else ():
        pictures[row.generation].append(Reference(row.asset, "", Path()))
    earlier = connection.execute(_EARLIER, {"ids": ids}) if ids else ()
    return {row.id: Turn(row.id, row.fingerprint, "", outputs=tuple(pictures[row.id])) for row in earlier}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
