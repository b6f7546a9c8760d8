"""Who answers a request: a stored success, somebody who is already asking, or a new call.

`answer` is the look-up that every replay makes; `claim` decides, under the write lock, so that two kernels asking for
the same thing at once pay once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import BYTES_GONE, AssetNotFound, PromptInvalid, RequestInvalid
from ..records import Generation, blob_path
from ..request.image_request import PARAMS, ImageRequest, Operation
from ..request.references import Reference
from . import spending, tables
from .accepted import Accepted
from .blobs import is_stored
from .budgets import Allowance
from .clock import milliseconds, new_id, now
from .columns import to_json
from .conversations import turn
from .opening import Store
from .origin import SKETCHES, Origin
from .recovery import recover_session
from .rows import ASSET, load

LAST_TAKE = 1_000_000

_ROW = tables.generation.c
_INPUT = tables.input_.c
_FILES = (
    select(
        tables.asset.c.sha256, tables.asset.c.media_type, tables.asset.c.bytes, tables.trash.c.asset.label("trashed")
    )
    .join_from(tables.output, tables.asset, tables.output.c.asset == tables.asset.c.sha256)
    .outerjoin(tables.trash, tables.trash.c.asset == tables.output.c.asset)
    .where(tables.output.c.generation == bindparam("id"))
)
_PICTURES = (
    select(_ROW.id, tables.output.c.asset, tables.output.c.derived)
    .outerjoin_from(tables.generation, tables.output, tables.output.c.generation == _ROW.id)
    .where(_ROW.fingerprint == bindparam("fingerprint"), _ROW.status == "succeeded")
    .order_by(_ROW.number.desc(), tables.output.c.position)
)
_THROWN = select(tables.trash.c.asset).where(tables.trash.c.asset.in_(bindparam("hashes", expanding=True))).limit(1)
_MADE_OF = (
    select(tables.derivation.c.asset)
    .where(tables.derivation.c.parent == bindparam("parent"), tables.derivation.c.asset == bindparam("asset"))
    .limit(1)
)
_IN_WORDS = select(func.count()).where(_ROW.id == bindparam("id"), _ROW.operation == "converse", _ROW.text.is_not(None))
_INPUTS = (
    select(*ASSET, tables.input_.c.role, tables.input_.c.source)
    .join_from(tables.input_, tables.asset, tables.input_.c.asset == tables.asset.c.sha256)
    .where(tables.input_.c.generation == bindparam("id"))
    .order_by(tables.input_.c.position)
)


@dataclass(frozen=True)
class Claim:
    """Exactly one of the three: the stored answer, whoever is drawing it now, or the id under which to draw it."""

    answer: Generation | None = None
    busy: str | None = None
    generation_id: str | None = None


def claim(
    store: Store,
    request: ImageRequest,
    origin: Origin,
    accepted: Accepted,
    *,
    replay: bool,
    allowance: Allowance | None = None,
) -> Claim:
    """The stored answer, or who is drawing it now, or a new running generation.

    Raises BudgetExceeded where a new one would pass a budget; whoever draws already has been counted.
    """
    fingerprint = request.fingerprint()
    _check_take(accepted.take)

    def stored(connection: Connection) -> Generation | None:
        return find_answer(connection, store.root, fingerprint, accepted)

    if replay:
        with store.database.reading() as connection:
            if answer := stored(connection):
                return Claim(answer=answer)
    session = store.check_writable()
    _check_references(request)
    if replay:
        _settle_dead(store, fingerprint, session)
    store.tidy()
    with store.database.writing() as connection:
        # Asked again under the write lock: another kernel may have finished or begun in the meantime.
        if replay and (answer := stored(connection)):
            return Claim(answer=answer)
        if replay and (busy := _find_busy(connection, store, fingerprint, accepted)):
            return Claim(busy=busy)
        if allowance is not None:
            spending.check(connection, allowance, session, origin.notebook)
        return Claim(generation_id=_start(connection, session, request, origin, fingerprint, accepted.take))


def redirect(store: Store, generation_id: str, origin: Origin, allowance: Allowance) -> None:
    """Write down that a running generation goes another way, if its budgets allow for that."""
    session = store.check_writable()
    with store.database.writing() as connection:
        spending.check(connection, allowance, session, origin.notebook, apart_from=generation_id)
        changed = update(tables.generation).where(_ROW.id == generation_id, _ROW.status == "running")
        connection.execute(changed.values(**origin.columns()))


def record_sent(store: Store, generation_id: str, sent: Sequence[str | None]) -> None:
    """Write down which conversions went in; nothing where nothing was converted."""
    store.check_writable()
    of = (_INPUT.generation == generation_id, _INPUT.sent.is_not(None) | _INPUT.position.in_(_converted(sent)))
    with store.database.writing() as connection:
        for position in connection.scalars(select(_INPUT.position).where(*of)).all():
            here = (_INPUT.generation == generation_id, _INPUT.position == position)
            connection.execute(update(tables.input_).where(*here).values(sent=sent[position]))


def _converted(sent: Sequence[str | None]) -> list[int]:
    return [position for position, sha256 in enumerate(sent) if sha256 is not None]


def find_answer(
    connection: Connection, root: Path, fingerprint: str, accepted: Accepted, *, trashed: bool = False
) -> Generation | None:
    """The newest stored success that answers; only one whose pictures are all on the disk, not all in the trash, counts.

    A conversation's answer may be words alone. Elsewhere words are no picture, and it is asked again. With `trashed`,
    the newest that would answer if it were not in the trash.
    """
    _check_take(accepted.take)
    asked: dict[str, Any] = {"fingerprint": fingerprint}
    asked |= {"routes": accepted.routes} if accepted.routes is not None else {}
    asked |= {"dialect": accepted.dialect} if accepted.dialect else {}
    asked |= {"take": accepted.take} if accepted.take is not None else {}
    by = (accepted.routes is not None, bool(accepted.dialect), accepted.take is not None)
    for owners in _owners(accepted):
        for id in connection.scalars(_ANSWERS[(*by, owners)], asked).all():
            if _counts(connection, root, id, trashed):
                return load(connection, root, [id])[0]
    return None


def find_pinned(
    connection: Connection, root: Path, fingerprint: str, hashes: Sequence[str], generation: str | None = None
) -> Generation | None:
    """The stored success with exactly these pictures, as they came or finished; `generation` first, else the newest.

    Only one whose pictures are all on the disk counts, and none while one of these is in the trash. Without hashes, an
    answer in words.
    """
    if hashes and connection.scalar(_THROWN, {"hashes": list(hashes)}) is not None:
        return None
    pictures: dict[str, list[tuple[str, str | None]]] = {}
    for row in connection.execute(_PICTURES, {"fingerprint": fingerprint}):
        of = pictures.setdefault(row.id, [])
        of += [] if row.asset is None else [(row.asset, row.derived)]
    for id in sorted(pictures, key=lambda id: id != generation):
        if _are(connection, pictures[id], hashes) and _counts(connection, root, id, trashed=False):
            return load(connection, root, [id])[0]
    return None


def _are(connection: Connection, pictures: Sequence[tuple[str, str | None]], hashes: Sequence[str]) -> bool:
    """Whether these are the pictures with these hashes, or what those were made of."""
    return len(pictures) == len(hashes) and all(
        sha256 in of or connection.scalar(_MADE_OF, {"parent": of[0], "asset": sha256}) is not None
        for of, sha256 in zip(pictures, hashes, strict=True)
    )


def restore(store: Store, generation: Generation) -> ImageRequest:
    """The request that the generation recorded, its references as they lie in the library."""
    with store.database.reading() as connection:
        inputs = connection.execute(_INPUTS, {"id": generation.id}).all()
    given = {name: value for name, value in generation.params.items() if name in PARAMS}
    return ImageRequest(
        prompt=generation.prompt,
        operation=cast(Operation, generation.operation),
        **given,
        extras={name: value for name, value in generation.params.items() if name not in PARAMS},
        references=tuple(
            Reference(
                row.sha256, row.media_type, blob_path(store.root, row.sha256, row.media_type), row.role, row.width,
                row.height, row.has_alpha, row.bytes, row.source,
            )
            for row in inputs
        ),
        continues=turn(store, generation.continues) if generation.continues else None,
        template=generation.template,
        variables=generation.variables,
    )  # fmt: skip


def _check_take(take: int | None) -> None:
    if take is not None and not 1 <= take <= LAST_TAKE:
        raise RequestInvalid(f"take is {take}", hint=f"use a whole number from 1 to {LAST_TAKE:,}", param="take")


def _check_references(request: ImageRequest) -> None:
    for reference in request.references:
        if not reference.path.is_file():
            raise AssetNotFound(
                f"the bytes of the reference {reference.source or reference.sha256[:12]} are not in the library",
                hint=BYTES_GONE,
            )


def _settle_dead(store: Store, fingerprint: str, own: str) -> None:
    """A kernel that died while it drew this may have left the answer."""
    with store.database.reading() as connection:
        query = select(_ROW.session).where(_ROW.fingerprint == fingerprint, _ROW.status == "running").distinct()
        running = connection.scalars(query).all()
    for session in running:
        if session != own:
            recover_session(store, session)


def _find_busy(connection: Connection, store: Store, fingerprint: str, accepted: Accepted) -> str | None:
    """The generation that is being drawn by a living kernel and will answer."""
    conditions = [_ROW.fingerprint == fingerprint, _ROW.status == "running"]
    if accepted.routes is not None:
        conditions.append(_ROW.route.in_(accepted.routes))
    elif not accepted.sketches:
        conditions.append(_ROW.route_owner != SKETCHES)
    if accepted.dialect:
        conditions.append(_ROW.dialect == accepted.dialect)
    query = select(_ROW.id, _ROW.session, _ROW.route, _ROW.take_wanted).where(*conditions).order_by(_ROW.number.desc())
    for row in connection.execute(query).all():
        coming = row.take_wanted or _next_take(connection, fingerprint, row.route)
        if accepted.take in (None, coming) and store.is_alive(row.session):
            return str(row.id)
    return None


def _start(
    connection: Connection, session: str, request: ImageRequest, origin: Origin, fingerprint: str, take: int | None
) -> str:
    id = new_id(after=connection.scalar(select(func.max(_ROW.id))))
    number = max(milliseconds(id), (connection.scalar(select(func.max(_ROW.number))) or 0) + 1)
    given = _asked(request, fingerprint)
    endings = {"effective_json": "{}", "mismatches_json": "[]", "notes_json": "[]", "partials_received": 0}
    connection.execute(
        insert(tables.generation).values(
            number=number,
            id=id,
            take_wanted=take,
            status="running",
            session=session,
            created_at=now(),
            continues=request.continues.generation_id if request.continues else None,
            **given,
            **endings,
            **origin.columns(),
        )
    )
    references = [
        {"generation": id, "position": position, "role": r.role, "asset": r.sha256, "source": r.source}
        for position, r in enumerate(request.references)
    ]
    if references:
        try:
            connection.execute(insert(tables.input_), references)
        except IntegrityError as error:
            raise AssetNotFound(
                "a reference of the request is not in the library", hint="add it with Library.add first"
            ) from error
    return id


def _asked(request: ImageRequest, fingerprint: str) -> dict[str, Any]:
    try:
        prompt = request.prompt.encode()
        # Parameters may hold one, too.
        request.canonical().decode()
    except UnicodeError as error:
        raise PromptInvalid(
            "the request holds half a surrogate pair, which is no text", hint="take the broken character out"
        ) from error
    return {
        "fingerprint": fingerprint,
        "operation": request.operation,
        "prompt": request.prompt,
        "prompt_sha256": hashlib.sha256(prompt).hexdigest(),
        "template": request.template,
        "variables_json": to_json(request.variables),
        "params_json": to_json(request.params()),
    }


def _owners(accepted: Accepted) -> tuple[str, ...]:
    if (
        not accepted.sketches
    ):  # also where a route is named: it may have been moved to an engine that sketches for a while
        return ("real",)
    return ("any",) if accepted.routes is not None else ("real", "sketch")


def _answers(by_route: bool, by_dialect: bool, by_take: bool, owners: str) -> Select[str]:
    conditions = [_ROW.fingerprint == bindparam("fingerprint"), _ROW.status == "succeeded"]
    if by_route:
        conditions.append(_ROW.route.in_(bindparam("routes", expanding=True)))
    if by_dialect:
        conditions.append(_ROW.dialect == bindparam("dialect"))
    newest = [_ROW.number.desc()]
    if by_take:
        # One whose bytes are gone keeps its number; what was drawn in its place, and got another, stands in for it.
        conditions.append(or_(_ROW.take == bindparam("take"), _ROW.take_wanted == bindparam("take")))
        newest.insert(0, (_ROW.take == bindparam("take")).desc())
    if owners != "any":
        conditions.append(_ROW.route_owner != SKETCHES if owners == "real" else _ROW.route_owner == SKETCHES)
    return select(_ROW.id).where(and_(*conditions)).order_by(*newest)


_ANSWERS = {
    (by_route, by_dialect, by_take, owners): _answers(by_route, by_dialect, by_take, owners)
    for by_route, by_dialect, by_take in product((False, True), repeat=3)
    for owners in ("any", "real", "sketch")
}
# Built once: building a statement takes longer than running it.


def _counts(connection: Connection, root: Path, id: str, trashed: bool) -> bool:
    files = connection.execute(_FILES, {"id": id}).all()
    if not files:
        return not trashed and bool(connection.scalar(_IN_WORDS, {"id": id}))
    if all(file.trashed for file in files) != trashed:
        return False
    return all(is_stored(root, file.sha256, file.media_type, file.bytes) for file in files)


def _next_take(connection: Connection, fingerprint: str, route: str) -> int:
    newest = select(func.max(_ROW.take)).where(_ROW.fingerprint == fingerprint, _ROW.route == route, _ROW.take > 0)
    return int(connection.scalar(newest) or 0) + 1
