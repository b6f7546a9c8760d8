"""Everything that a query finds, as places that can be gone to at random: for a page whose scrollbar covers all of it.

A place takes ten bytes: the number of a generation, and which of its pictures. What is to be seen is loaded for a page of
places, when it is asked for. What was found stays as it was; what was thrown away since is marked when it is loaded.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ..records import Asset
from .opening import Store
from .plan import Plan
from .rows import load_assets
from .search import everything

MOST = 200_000
"Pictures that are listed; a query says which ones, better than a scrollbar of millions."

_ALT = 500
"Characters of a prompt that go with a picture; the generation has all of it."

_POSITIONS = """SELECT generation.number, output.position FROM generation CROSS JOIN output
    ON output.generation = generation.id WHERE generation.number {}"""

_THROWN = """SELECT generation.number, output.position FROM trash CROSS JOIN output ON output.asset = trash.asset
    CROSS JOIN generation ON generation.id = output.generation"""

_PAGE = """SELECT coalesce(output.derived, output.asset) AS sha256, substr(generation.prompt, 1, ?) AS prompt
    FROM json_each(?) AS wanted
    CROSS JOIN generation ON generation.number = json_extract(wanted.value, '$[0]')
    CROSS JOIN output ON output.generation = generation.id AND output.position = json_extract(wanted.value, '$[1]')
    ORDER BY wanted.key"""

_OF = """SELECT generation.number, output.position FROM output CROSS JOIN generation ON generation.id = output.generation
    WHERE {} = ?"""

_FEW = 2_000
"So many generations are looked up one by one; for more, all between the first and the last are read."


@dataclass(frozen=True)
class Listing:
    """The pictures that a query found, in its order."""

    numbers: array[int] = field(repr=False)
    positions: array[int] = field(repr=False)
    cut: bool
    "Whether there are more than are listed."
    _store: Store = field(repr=False)

    def __len__(self) -> int:
        return len(self.numbers)

    def page(self, first: int, count: int) -> list[Asset]:
        """So many pictures from this place on, with the beginning of their prompts."""
        begin, end = max(0, first), max(0, first) + max(0, count)
        wanted = list(zip(self.numbers[begin:end], self.positions[begin:end], strict=True))
        with self._store.database.reading() as connection:
            rows = connection.exec_driver_sql(_PAGE, (_ALT, json.dumps(wanted))).all()
            known = load_assets(connection, self._store.root, list(dict.fromkeys(row.sha256 for row in rows)))
        assets = {asset.sha256: asset for asset in known}
        return [replace(assets[row.sha256], alt=row.prompt) for row in rows]

    def place(self, sha256: str) -> int | None:
        """Where this picture stands first; None where it was not found."""
        with self._store.database.reading() as connection:
            wanted = {
                (number, position)
                for column in ("output.derived", "output.asset")
                for number, position in connection.exec_driver_sql(_OF.format(column), (sha256,))
            }
        places = enumerate(zip(self.numbers, self.positions, strict=True))
        return next((place for place, one in places if one in wanted), None) if wanted else None


def listing(store: Store, connection: Connection, plan: Plan, most: int | None = None) -> Listing:
    """All pictures of what the plan asks for, or of the `most` first, that are not in the trash: at most so many."""
    found = everything(connection, plan, most)
    thrown = any(
        one.field.name == "is" and "trashed" in one.values and not one.negated for one in plan.query.conditions
    )
    pictures = _pictures(connection, found, thrown=thrown)
    numbers, positions = array("q"), array("i")
    for number in found:
        for position in pictures.get(number, ()):
            numbers.append(number)
            positions.append(position)
        if len(numbers) > MOST:
            break
    cut = len(numbers) > MOST or (most is not None and len(found) >= most)
    return Listing(numbers[:MOST], positions[:MOST], cut, store)


def _pictures(connection: Connection, found: Sequence[int], *, thrown: bool) -> dict[int, list[int]]:
    """The positions of the pictures of each generation; those in the trash only where they are `thrown` ones."""
    if not found:
        return {}
    if len(found) <= _FEW:
        which, given = "IN (SELECT value FROM json_each(?))", [json.dumps(list(found))]
    else:
        which, given = "BETWEEN ? AND ?", [str(min(found)), str(max(found))]
    pictures: dict[int, list[int]] = {}
    for number, position in connection.exec_driver_sql(_POSITIONS.format(which), tuple(given)):
        pictures.setdefault(number, []).append(position)
    for number, position in [] if thrown else connection.exec_driver_sql(_THROWN):
        if position in pictures.get(number, ()):
            pictures[number].remove(position)
    return pictures
