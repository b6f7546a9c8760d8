"""Finishing what the dead have left: their pictures come home, and their rows say how it ended.

A session is dead when its lock can be taken, and whoever takes it is its only heir for that moment. Should two be at
it all the same, nothing happens twice: every step can be repeated. Nothing of a living session is touched.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import select

from ..errors import LibraryError
from . import sessions, tables
from .clock import is_id
from .filing import file
from .journal import breadcrumbs
from .keeping import gather
from .opening import Store

_ROW = tables.generation.c


def recover(store: Store) -> None:
    """File what this session could not, and settle the affairs of every dead one; then raise the first trouble met."""
    own = store.check_writable()
    troubles: list[Exception] = []
    for generation_id in sorted(store.unfiled):
        with _noting(troubles):
            recover_generation(store, generation_id)
            store.unfiled.discard(generation_id)
    for session in sorted(_sessions(store) - {own}):
        with _noting(troubles):
            recover_session(store, session)
    for trouble in troubles:
        raise LibraryError(f"what a dead kernel has left stays where it is: {trouble}") from trouble


def recover_session(store: Store, session: str) -> bool:
    """Settle the affairs of one session; False if it is alive."""
    with sessions.burying(store.journal.incoming, session) as dead:
        if dead:
            for generation_id in _generations_of(store, session):
                recover_generation(store, generation_id)
            store.journal.clear(session)
    return dead


def recover_generation(store: Store, generation_id: str) -> None:
    """Bring home what has arrived for a generation and file it."""
    try:
        pictures = gather(store.journal, generation_id)
    except FileNotFoundError:
        return  # another heir is at it
    outcome = store.journal.outcome(generation_id)
    at_home = [kept for kept in pictures if kept.is_home(store.root)]
    told = {kept.sha256 for kept in breadcrumbs(store.journal.files(generation_id))}
    # What a breadcrumb tells of may be on a disk that is not there now.
    whole = len(at_home) == len(pictures) and told <= {kept.sha256 for kept in at_home}
    with store.database.writing() as connection:
        # A success is only filed with all its pictures; until there is room for them the row is "interrupted".
        file(connection, generation_id, outcome if whole else None, at_home)
    if whole:
        store.filed[generation_id] = [kept.path(store.root) for kept in at_home]
        store.tidy()


def _generations_of(store: Store, session: str) -> list[str]:
    query = select(_ROW.id).where(_ROW.session == session)
    left = store.journal.generation_ids()
    with store.database.reading() as connection:
        running = connection.scalars(query.where(_ROW.status == "running")).all()
        return sorted(filter(is_id, {*running, *connection.scalars(query.where(_ROW.id.in_(left)))}))


def _sessions(store: Store) -> set[str]:
    """Everybody who may have left something: living sessions are among them."""
    query = select(_ROW.session).distinct()
    left = store.journal.generation_ids()
    with store.database.reading() as connection:
        running = connection.scalars(query.where(_ROW.status == "running")).all()
        known = connection.scalars(query.where(_ROW.id.in_(left))).all()
    return {*running, *known, *sessions.left_behind(store.journal.incoming)}


@contextlib.contextmanager
def _noting(troubles: list[Exception]) -> Iterator[None]:
    """One broken file must not keep the others from coming home; nothing of what fails is removed."""
    try:
        yield
    except (LibraryError, OSError, ValueError, TypeError) as trouble:
        troubles.append(trouble)
