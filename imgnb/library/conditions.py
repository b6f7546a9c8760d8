"""What each field of a search asks of the library, as clauses, by the kind of the field."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from ..errors import AssetNotFound
from . import addresses, lineage
from .clauses import NOTHING, Clause, any_of, contains, glob, labelled, literally, made, marks, of, pictured, where
from .clock import beginning
from .fields import HAVING, LONGEST, STATES, Field
from .query import Condition
from .values import Between, whole

_SLACK = 86_400_000
# Milliseconds by which an id may be off the clock: after it was set back, ids go on from the last one.

INDEXED = ("cell", "session")
FULL_TEXT = ("prompt", "revised_prompt", "text")


def clause(connection: Connection, condition: Condition) -> Clause:
    """The condition as a clause. Raises AssetNotFound for addresses that mean nothing."""
    found = any_of([_one(connection, condition, value) for value in condition.values])
    return found.turned() if condition.negated else found


def _one(connection: Connection, condition: Condition, value: Any) -> Clause:
    field = condition.field
    if value is None or value is ...:
        present = _present(connection, field)
        return present if value is ... else present.turned()
    if field.kind == "label":
        return _LABELS[field.name](connection, condition.sign, value)
    return _KINDS[field.kind](connection, field, condition.sign, value)


def _present(connection: Connection, field: Field) -> Clause:
    """That the field says something."""
    if field.kind == "label":
        return labelled(field.sql.split(".")[0], "1", ())
    if field.kind == "address":
        return of("input", "1", ()) if field.name == "ref" else Clause(
            "generation.continues IS NOT NULL OR EXISTS (SELECT 1 FROM input WHERE input.generation = generation.id)"
        )  # fmt: skip
    if field.kind == "size":
        return pictured("asset.width IS NOT NULL", ())
    empty = "('', '{}', '[]')"
    return _on(field, f"coalesce({_expression(field)}, '') NOT IN {empty}", ())


def _expression(field: Field) -> str:
    if field.sql == "error":
        return "generation.error_kind"
    return field.sql if "." in field.sql else f"generation.{field.sql}"


def _on(field: Field, condition: str, values: tuple[Any, ...]) -> Clause:
    if field.of == "picture":
        return pictured(condition, values, outputs="output." in field.sql)
    return Clause(condition, values) if field.of == "generation" else of(field.of, condition, values)


def compared(expression: str, sign: str, value: Any) -> tuple[str, tuple[Any, ...]]:
    """The expression held against a number or a range."""
    if isinstance(value, Between):
        bounds = [(">=", value.low), ("<=", value.high)]
        if sign == ">":
            bounds = [(">", value.high if value.high is not None else value.low)]
        elif sign == "<":
            bounds = [("<", value.low if value.low is not None else value.high)]
        given = [(sign, whole(bound)) for sign, bound in bounds if bound is not None]
        return " AND ".join(f"{expression} {sign} ?" for sign, _ in given), tuple(bound for _, bound in given)
    return f"{expression} {sign} ?", (whole(value),)


def _number(_: Connection, field: Field, sign: str, value: Any) -> Clause:
    return _on(field, *compared(field.sql, sign, value))


def _ratio(_: Connection, field: Field, sign: str, value: Any) -> Clause:
    if sign == "=" and not isinstance(value, Between):
        # 1792x1024 counts as 16:9 would: providers round to multiples of 16.
        return _on(field, *compared(field.sql, "=", Between(value * 0.98, value * 1.02)))
    return _on(field, *compared(field.sql, sign, value))


def _size(_: Connection, __: Field, sign: str, value: Any) -> Clause:
    if isinstance(value, tuple):
        if sign == "=":
            return pictured("asset.width = ? AND asset.height = ?", value)
        value = max(value)
    return pictured(*compared(LONGEST, sign, value))


def _word(_: Connection, field: Field, sign: str, value: str) -> Clause:
    expression = _expression(field)
    if sign != "=":  # what is in a JSON column may be a number
        try:
            return _on(field, f"CAST({expression} AS REAL) {sign} ?", (float(value),))
        except ValueError:
            return NOTHING
    if "*" in value and value != "*":
        return _on(field, f"lower({expression}) GLOB lower(?)", (glob(value),))
    if field.name in INDEXED:
        return where(expression, "= ?", (value,))
    if field.name == "dialect":
        return by_dialect(value.lower())
    return _on(field, f"CAST({expression} AS TEXT) = ? COLLATE NOCASE", (value,))


def by_dialect(value: str) -> Clause:
    """That it went over this protocol; all but the usual one are indexed."""
    if value == "images":
        return Clause("generation.dialect = ?", (value,))
    return where("generation.dialect", "= ? AND generation.dialect != 'images'", (value,))


def _type(_: Connection, field: Field, __: str, value: str) -> Clause:
    wanted = {"jpg": "jpeg", "svg": "svg+xml", "tif": "tiff", "bin": "octet-stream"}.get(value, value)
    plain = literally(wanted)
    return _on(field, "asset.media_type LIKE ? ESCAPE '\\'", (plain if "/" in wanted else f"%/{plain}",))


def _flag(_: Connection, field: Field, __: str, value: str) -> Clause:
    return _on(field, f"{field.sql} = ?", (int(value == "yes"),))


def _words(_: Connection, field: Field, __: str, value: str) -> Clause:
    value = value.rstrip("*") or value
    if field.sql == "error":
        text = "coalesce(generation.error_kind, '') || ' ' || coalesce(generation.error_message, '')"
        return contains(f"({text} || ' ' || coalesce(generation.error_code, ''))", value.split())
    inner = contains(_expression(field), value.split())
    return _on(field, inner.sql, inner.values)


def _days(connection: Connection, field: Field, sign: str, value: Between) -> Clause:
    if field.name == "before":
        sign = "<"
    elif field.name == "after":
        sign = ">="
    low, high = {
        "=": (value.low, value.high), ">=": (value.low, None), "<": (None, value.low),
        ">": (value.high, None), "<=": (None, value.high),
    }[sign]  # fmt: skip
    if sign != "=" and low is high is None:
        low, high = {">": (value.low, None), "<=": (None, value.low)}.get(sign, (None, value.high))
    bounds = [(sign, bound) for sign, bound in ((">=", low), ("<", high)) if bound is not None]
    sql = " AND ".join(f"{field.sql} {sign} ?" for sign, _ in bounds) or "1"
    values = tuple(bound for _, bound in bounds)
    if field.name == "finished":
        return Clause(sql, values)
    low_number = None if low is None else _first_from(connection, _milliseconds(low) - _SLACK)
    high_number = None if high is None else _last_until(connection, _milliseconds(high) + _SLACK)
    return Clause(sql, values, low=low_number, high=high_number)


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)


# Numbers are in the order of the ids, and ids begin with their time: so a stretch of time is a stretch of the table.


def _first_from(connection: Connection, milliseconds: int) -> int:
    sql = "SELECT number FROM generation WHERE id >= ? ORDER BY id LIMIT 1"
    found = connection.exec_driver_sql(sql, (beginning(milliseconds),)).scalar()
    return _BEYOND if found is None else int(found)


def _last_until(connection: Connection, milliseconds: int) -> int:
    sql = "SELECT number FROM generation WHERE id < ? ORDER BY id DESC LIMIT 1"
    found = connection.exec_driver_sql(sql, (beginning(milliseconds) + "~",)).scalar()
    return -1 if found is None else int(found)


_BEYOND = 2**62


def _id(_: Connection, field: Field, __: str, value: str) -> Clause:
    start = value.removeprefix("@").rstrip("*")
    start = start.upper() if field.name in ("id", "continues") else start.lower()
    if field.name == "fingerprint" and ":" not in start:
        start = f"r1:{start}"
    between = (start, start + "~")
    if field.name == "hash":
        inner = "asset.sha256 >= ? AND asset.sha256 < ?"
        leader = made(f"SELECT asset.sha256 AS asset FROM asset WHERE {inner}")  # noqa: S608
        return Clause(pictured(inner, ()).sql, between, leader, between * 2, slow=len(start) < _TELLING)
    column = field.sql
    return Clause(
        f"+{column} >= ? AND +{column} < ?",
        between,
        f"SELECT generation.number FROM generation WHERE {column} >= ? AND {column} < ?",  # noqa: S608
        between,
    )


_TELLING = 4
# With fewer characters of a hash, much of all pictures begins so.


def _status(connection: Connection, _: Field, __: str, value: str) -> Clause:
    if value == "any":
        return Clause("1")
    if value == "trashed":
        return _trashed(connection)
    hits = None if value == "running" else sum(count for _, count in _tally(connection, "status", value))
    return where("generation.status", "= ?", (value,), hits)


def _trashed(connection: Connection) -> Clause:
    hits = sum(count for _, count in _tally(connection, "status", "trashed"))
    return Clause("generation.trashed", (), made("SELECT trash.asset FROM trash"), (), hits)


def _known(connection: Connection, field: Field, _: str, value: str) -> Clause:
    """By the values that there are, which the tally knows: in whatever letters, and with stars."""
    found = [_among(connection, f"generation.{field.sql}", field.name, value)]
    if field.name == "model":
        answered = _among(connection, "generation.model_answered", "answered", value)
        if answered is not NOTHING:
            found.append(answered)
    return any_of(found)


def _among(connection: Connection, column: str, facet: str, value: str) -> Clause:
    spelled: dict[str, int] = {}
    for known, count in _tally(connection, facet):
        if _is_meant(facet, known, value):
            spelled[known] = spelled.get(known, 0) + count
    # What runs now is not in the tally yet.
    running = f"SELECT DISTINCT {column} FROM generation WHERE generation.status = 'running' AND {column} IS NOT NULL"  # noqa: S608
    new = [one for one in connection.exec_driver_sql(running).scalars() if _is_meant(facet, one, value)]
    spelled |= {one: COUNT_OF_RUNNING for one in new if one not in spelled}
    if not spelled:
        return NOTHING
    if facet == "answered":
        inner = f"IN {marks(list(spelled))} AND generation.model_answered IS NOT generation.model"
        return where(column, inner, tuple(spelled), sum(spelled.values()))
    return where(column, f"IN {marks(list(spelled))}", tuple(spelled), sum(spelled.values()))


COUNT_OF_RUNNING = 100
# Nobody runs more at once of what has never ended.


def _is_meant(facet: str, known: str, value: str) -> bool:
    known, value = known.casefold(), value.casefold()
    if "*" in value and fnmatch.fnmatchcase(known, glob(value)):
        return True
    ends = facet == "notebook" and (known.endswith("/" + value.lstrip("/")) or known.endswith("\\" + value))
    return known == value or ends


def _tally(connection: Connection, facet: str, value: str | None = None) -> Iterator[tuple[str, int]]:
    sql = "SELECT value, sum(count) FROM tally WHERE facet = ? AND count > 0"
    if value is None:
        rows = connection.exec_driver_sql(f"{sql} GROUP BY value", (facet,))
    else:
        rows = connection.exec_driver_sql(f"{sql} AND value = ? GROUP BY value", (facet, value))
    yield from ((str(row[0]), int(row[1])) for row in rows)


def _address(connection: Connection, field: Field, _: str, value: str) -> Clause:
    hashes = _hashes(connection, value)
    if field.name == "from":
        after = {sha256 for one in hashes for sha256 in lineage.descending(connection, one)}
        listed = json.dumps(sorted(after))
        return Clause(
            """EXISTS (SELECT 1 FROM output WHERE output.generation = generation.id
                AND (output.asset IN (SELECT value FROM json_each(?)) OR output.derived IN (SELECT value FROM json_each(?))))""",
            (listed, listed),
            made("SELECT value AS asset FROM json_each(?)"),
            (listed, listed),
        )
    return Clause(
        f"EXISTS (SELECT 1 FROM input WHERE input.generation = generation.id AND input.asset IN {marks(hashes)})",  # noqa: S608
        tuple(hashes),
        f"""SELECT generation.number FROM input CROSS JOIN generation ON generation.id = input.generation
            WHERE input.asset IN {marks(hashes)}""",  # noqa: S608
        tuple(hashes),
    )


def _hashes(connection: Connection, ref: str) -> list[str]:
    """The assets that an address means: of a generation, all its pictures and what stands for them."""
    id, sha256 = addresses.locate(connection, ref)
    if sha256 is not None:
        return [sha256]
    rows = connection.exec_driver_sql("SELECT asset, derived FROM output WHERE generation = ?", (id,)).all()
    hashes = [one for row in rows for one in row if one]
    if not hashes:
        raise AssetNotFound(f"{ref} has no picture", hint="name one that has")
    return hashes


def _state(connection: Connection, _: Field, __: str, value: str) -> Clause:
    if value == "trashed":
        return _trashed(connection)
    if value == "starred":
        return tagged(connection, "=", "star")
    if value == "edit":
        return Clause(STATES[value])
    return Clause(STATES[value], (), _LEADERS.get(value, ""))


_LEADERS: Mapping[str, str] = {
    "replaced": """SELECT generation.number FROM output CROSS JOIN generation ON generation.id = output.generation
        WHERE output.derived IS NOT NULL""",
    "continued": """SELECT generation.number FROM generation AS later
        CROSS JOIN generation ON generation.id = later.continues WHERE later.continues IS NOT NULL""",
    "reference": "SELECT generation.number FROM input CROSS JOIN generation ON generation.id = input.generation",
    "mask": """SELECT generation.number FROM input CROSS JOIN generation ON generation.id = input.generation
        WHERE input.role = 'mask'""",
}


def _having(_: Connection, __: Field, ___: str, value: str) -> Clause:
    if value in ("name", "tag", "note", "rating"):
        return labelled(value, "1", ())
    return Clause(HAVING[value], (), _LEADERS.get(value, ""))


_KINDS: Mapping[str, Callable[[Connection, Field, str, Any], Clause]] = {
    "word": _word,
    "known": _known,
    "number": _number,
    "bytes": _number,
    "ratio": _ratio,
    "size": _size,
    "type": _type,
    "flag": _flag,
    "words": _words,
    "day": _days,
    "id": _id,
    "status": _status,
    "address": _address,
    "state": _state,
    "having": _having,
}


def tagged(connection: Connection, _: str, value: str) -> Clause:
    """That a picture has this tag, in whatever letters: SQLite folds only those of ASCII."""
    known = [(tag, count) for tag, count in _tally(connection, "tag") if _is_meant("tag", tag, value)]
    if not known:
        return NOTHING
    spelled = [tag for tag, _ in known]
    return labelled("tag", f"tag.tag IN {marks(spelled)}", spelled, sum(count for _, count in known))


def named(_: Connection, __: str, value: str) -> Clause:
    """That a picture has this name."""
    name = value.removeprefix("@")
    return labelled(
        "name", "name.name GLOB ?" if "*" in name else "name.name = ?", (glob(name) if "*" in name else name,)
    )


def _rated(connection: Connection, sign: str, value: Any) -> Clause:
    condition, values = compared("rating.stars", sign, value)
    stars = compared("CAST(value AS INTEGER)", sign, value)[0]
    sql = f"SELECT sum(count) FROM tally WHERE facet = 'rating' AND {stars}"  # noqa: S608 - bound
    return labelled("rating", condition, values, connection.exec_driver_sql(sql, values).scalar_one() or 0)


def _noted(_: Connection, __: str, value: str) -> Clause:
    inner = contains("note.text", value.split())
    return labelled("note", inner.sql, inner.values)


_LABELS: Mapping[str, Callable[[Connection, str, Any], Clause]] = {
    "tag": tagged,
    "name": named,
    "rating": _rated,
    "note": _noted,
}
