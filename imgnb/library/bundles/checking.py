"""A bundle is read once before anything is written: what its records say must hold together, and its bytes be there.

Fingerprints are derived again from what was asked, so that no record answers a request other than its own: where one says
otherwise, the derived one is taken.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, cast

from sqlalchemy import Connection, select

from ...errors import BundleRefused, ImgnbError
from ...request import ImageRequest
from ...request.image_request import PARAMS, Operation
from ...request.references import Reference, Role
from ...request.turn import Turn
from .. import tables
from ..clock import milliseconds
from .limits import Limits
from .packs import Pack, RecordsPack
from .records_json import AssetRecord, DerivationRecord, GenerationRecord, NameRecord, Record, parse
from .shape import FORMAT, MANIFEST, RECORDS, VERSION, shown

_DAY = 24 * 60 * 60 * 1000
_LONGEST_MANIFEST = 1024**2


@dataclass
class Plan:
    """What a bundle holds, after it has been believed."""

    generations: int = 0
    assets: set[str] = field(default_factory=set)
    wanted: dict[str, int] = field(default_factory=dict)
    "The bytes that each picture is said to have, of those that the bundle brings."
    fingerprints: dict[str, str] = field(default_factory=dict)
    "Of generations whose record has that of another request: their own."
    passed_over: dict[int, str] = field(default_factory=dict)
    "Lines that are left out, and why: none, unless bad ones were to be passed over."
    _names: set[str] = field(default_factory=set)
    _turns: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    "Fingerprint and pictures of each generation, for those that go on from it."


def believed(pack: Pack, plan: Plan, limits: Limits) -> Iterator[Record]:
    """The records as they are to be written."""
    for _, record in _parsed(pack, limits, plan):
        if isinstance(record, GenerationRecord) and (own := plan.fingerprints.get(record.row["id"])):
            record.row["fingerprint"] = own
        yield record


def _parsed(pack: Pack, limits: Limits, plan: Plan, lenient: bool = False) -> Iterator[tuple[int, Record]]:
    """The records of a bundle, in order, with the numbers of their lines."""
    with pack.opened(RECORDS, limits.records) as member:
        for number, line in enumerate(member.lines(limits.line), 1):
            if not line or number in plan.passed_over:
                continue
            with _passing_over(plan, number, lenient):
                yield number, parse(line, number)


@contextmanager
def _passing_over(plan: Plan, number: int, lenient: bool) -> Iterator[None]:
    try:
        yield
    except BundleRefused as exc:
        if not lenient:
            raise
        plan.passed_over[number] = exc.message


def check(pack: Pack, connection: Connection, limits: Limits, *, lenient: bool = False) -> Plan:
    """What the bundle holds. Raises BundleRefused where that does not hold together.

    With `lenient`, records that do not are passed over, and those that speak of them.
    """
    manifest = _manifest(pack)
    if RECORDS not in pack.members:
        _refuse(f"{pack.path} has no {RECORDS}")
    plan = Plan()
    for number, record in _parsed(pack, limits, plan, lenient):
        with _passing_over(plan, number, lenient):
            _check_record(plan, record, connection)
    if isinstance(pack, RecordsPack):
        plan.wanted.clear()
        return plan
    if lenient:
        plan.wanted = {sha256: size for sha256, size in plan.wanted.items() if sha256 in pack.blobs}
    _check_bytes(plan, pack, limits, lenient)
    if not lenient and (manifest["generations"], manifest["assets"]) != (plan.generations, len(plan.assets)):
        _refuse(f"{pack.path} has {plan.generations} generations and {len(plan.assets)} assets, and promised others")
    return plan


def _manifest(pack: Pack) -> dict[str, Any]:
    if isinstance(pack, RecordsPack):
        return {}
    if MANIFEST not in pack.members:
        raise BundleRefused(f"{pack.path} is no bundle: it has no {MANIFEST}", hint="imgnb export makes one")
    with pack.opened(MANIFEST, _LONGEST_MANIFEST) as member:
        try:
            manifest = json.loads(b"".join(member.blocks()))
        except (ValueError, RecursionError) as exc:
            raise BundleRefused(f"{MANIFEST} is not JSON: {exc}", hint="the bundle was damaged on the way") from exc
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BundleRefused(f"{pack.path} is no bundle of imgnb", hint="imgnb export makes one")
    version, maker = manifest.get("version"), shown(str(manifest.get("imgnb")))
    if type(version) is not int or version < 1:
        _refuse(f"the manifest has the version {shown(str(version))}")
    if version > VERSION:
        raise BundleRefused(
            f"the bundle is of version {version}, made by imgnb {maker}; this imgnb knows {VERSION}",
            hint="pip install --upgrade imgnb; meanwhile its index.html shows it",
        )
    if any(type(manifest.get(name)) is not int for name in ("generations", "assets")):
        _refuse("the manifest does not say how much there is")
    return manifest


def _check_record(plan: Plan, record: Record, connection: Connection) -> None:
    match record:
        case AssetRecord():
            _check_new(record.row["sha256"], plan.assets)
            plan.assets.add(record.row["sha256"])
            if record.has_bytes:
                plan.wanted[record.row["sha256"]] = record.row["bytes"]
        case GenerationRecord():
            _check_generation(plan, record, connection)
            plan.generations += 1
        case DerivationRecord():
            _check_here(plan, (record.row["parent"], record.row["asset"]))
        case NameRecord():
            _check_new(record.name, plan._names)
            _check_here(plan, [sha256 for sha256 in (record.asset,) if sha256])
            _check_here(plan, (row["asset"] for row in record.history))
            plan._names.add(record.name)


def _check_generation(plan: Plan, record: GenerationRecord, connection: Connection) -> None:
    id = record.row["id"]
    _check_new(id, plan._turns)
    if milliseconds(id) > time.time() * 1000 + _DAY:
        # Ids go on from the last one: after one of the year 10000 no new ones would be left.
        _refuse(f"the generation {id} is of the future")
    _check_here(plan, (row["asset"] for row in (*record.outputs, *record.inputs)))
    _check_here(plan, (row["derived"] for row in record.outputs if row["derived"]))
    _check_here(plan, (row["sent"] for row in record.inputs if row["sent"]))
    if record.row["prompt_sha256"] != hashlib.sha256(record.row["prompt"].encode()).hexdigest():
        _refuse(f"the generation {id} has not the prompt that it says")
    own = _fingerprint(record, _turn(plan, record, connection))
    if own != record.row["fingerprint"]:
        plan.fingerprints[id] = own
    outputs = sorted(record.outputs, key=lambda row: row["position"])
    plan._turns[id] = (own, tuple(row["asset"] for row in outputs))


def _turn(plan: Plan, record: GenerationRecord, connection: Connection) -> Turn | None:
    """The turn that it goes on from, in the bundle or in the library."""
    before = record.row["continues"]
    if before is None:
        return None
    fingerprint, pictures = plan._turns.get(before) or _stored_turn(connection, before) or ("", ())
    if not fingerprint:
        _refuse(f"the generation {record.row['id']} goes on from {before}, which is neither before it nor here")
    return Turn(before, fingerprint, "", outputs=tuple(_reference(sha256) for sha256 in pictures))


def _stored_turn(connection: Connection, id: str) -> tuple[str, tuple[str, ...]] | None:
    row, output = tables.generation.c, tables.output.c
    fingerprint = connection.scalar(select(row.fingerprint).where(row.id == id))
    pictures = select(output.asset).where(output.generation == id).order_by(output.position)
    return None if fingerprint is None else (fingerprint, tuple(connection.scalars(pictures)))


def _fingerprint(record: GenerationRecord, turn: Turn | None) -> str:
    row = record.row
    if row["operation"] == "import":
        return str(row["fingerprint"])
    params = json.loads(row["params_json"])
    try:
        return ImageRequest(
            prompt=row["prompt"],
            operation=cast(Operation, row["operation"]),
            **{name: value for name, value in params.items() if name in PARAMS},
            extras={name: value for name, value in params.items() if name not in PARAMS},
            references=tuple(
                _reference(item["asset"], item["role"])
                for item in sorted(record.inputs, key=lambda item: item["position"])
            ),
            continues=turn,
        ).fingerprint()
    except (ImgnbError, ValueError, TypeError) as exc:
        raise BundleRefused(f"the generation {row['id']} holds no request: {exc}", hint=_HINT) from exc


def _reference(sha256: str, role: str = "image") -> Reference:
    return Reference(sha256, "", Path(), cast(Role, role))


def _check_bytes(plan: Plan, pack: Pack, limits: Limits, lenient: bool) -> None:
    for sha256, size in plan.wanted.items():
        if sha256 not in pack.blobs:
            _refuse(f"the bytes of asset {sha256[:12]} are not in {pack.path}")
        if not 0 <= size <= limits.picture:
            _refuse(f"asset {sha256[:12]} has {size:,} bytes, more than {limits.picture:,}")
    for sha256, name in pack.blobs.items():
        if sha256 not in plan.wanted and not lenient:
            _refuse(f"{shown(name)} is in no record")
    if (total := sum(plan.wanted.values())) > limits.total:
        _refuse(f"the pictures have {total:,} bytes, more than {limits.total:,}")


def _check_new(key: str, known: Iterable[str]) -> None:
    if key in known:
        _refuse(f"{key} is in the records twice")


def _check_here(plan: Plan, hashes: Iterable[str]) -> None:
    for sha256 in hashes:
        if sha256 not in plan.assets:
            _refuse(f"asset {sha256[:12]} is spoken of, and not in the bundle")


_HINT = "the bundle is damaged, or was not made by imgnb; nothing came in"


def _refuse(what: str) -> NoReturn:
    raise BundleRefused(what, hint=_HINT)
