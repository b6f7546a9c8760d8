"""The only door to the library.

What each act does stands in the module that is named after it; here, and in `labelling.py`, `tracing.py`, `searching.py`,
`choosing.py`, `browsing.py`, `bundling.py` and `upholding.py`, is only who may do it, in which transaction.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import LibraryError
from ..events import Cancel, Image, OpenSink, Sink
from ..records import Asset, AttemptRecord, Generation
from ..records.door import enter, leave
from ..request import ImageRequest
from ..request.turn import Turn
from . import addresses, blobs, claims, conversations, costs, filing, keeping, recovery, spending, tables, trash
from .accepted import Accepted
from .browsing import Browsing
from .budgets import Allowance, Balance, Budget
from .bundling import Bundling
from .choosing import Choosing
from .claims import Claim
from .clock import now
from .costs import Usual
from .database import translated
from .given import Given
from .labelling import Labelling
from .opening import open_store
from .origin import Origin
from .outcome import Outcome
from .rows import load, load_assets
from .tracing import Tracing
from .upholding import Upholding

POLL = 0.15
# Seconds between two looks at a generation that another kernel is drawing.
_SOME = 500
# Ids in one statement: SQLite takes some thousands of values.


class Library(Browsing, Labelling, Tracing, Choosing, Bundling, Upholding):
    """A folder with a database and the bytes of every picture. Opening it finishes what a dead kernel has left."""

    def __init__(
        self,
        path: str | Path,
        *,
        journal: Literal["wal", "delete"] = "wal",
        busy_timeout: float = 30.0,
        read_only: bool = False,
    ) -> None:
        root = Path(path).expanduser().absolute()
        self._store = open_store(root, journal, busy_timeout, read_only=read_only)
        self.path = self._store.root
        self.schema_version = self._store.schema_version
        self.notes = self._store.notes
        if self._store.refusal is None:
            try:
                self.recover()
            except LibraryError as error:
                # What is left stays where it is; the library can be used all the same.
                self.notes += (f"recovery is put off: {error.message}",)
        enter(self)

    # Requests

    def answer(self, fingerprint: str, accepted: Accepted = Accepted()) -> Generation | None:  # noqa: B008 - it is frozen
        """The stored success that answers, of those that are accepted: by default the newest of any real route."""
        with self._store.database.reading() as connection:
            return claims.find_answer(connection, self.path, fingerprint, accepted)

    def pinned(self, fingerprint: str, hashes: Sequence[str], generation: str | None = None) -> Generation | None:
        """The stored success with exactly these pictures, as they came or finished, whatever its route or take; None while one is in the trash."""
        with self._store.database.reading() as connection:
            return claims.find_pinned(connection, self.path, fingerprint, hashes, generation)

    def trashed_answer(self, fingerprint: str, accepted: Accepted = Accepted()) -> Generation | None:  # noqa: B008 - it is frozen
        """The newest stored success that would answer if its pictures were not in the trash."""
        with self._store.database.reading() as connection:
            return claims.find_answer(connection, self.path, fingerprint, accepted, trashed=True)

    def claim(
        self,
        request: ImageRequest,
        origin: Origin,
        accepted: Accepted = Accepted(),  # noqa: B008 - it is frozen
        *,
        replay: bool = True,
        allowance: Allowance | None = None,
    ) -> Claim:
        """The stored answer, or who is drawing it now, or a new running generation, whichever comes first.

        Raises BudgetExceeded where a new one would pass its allowance.
        """
        return claims.claim(self._store, request, origin, accepted, replay=replay, allowance=allowance)

    def redirect(self, generation_id: str, origin: Origin, allowance: Allowance) -> None:
        """Let a running generation go another way. Raises BudgetExceeded where that may cost more than is left."""
        claims.redirect(self._store, generation_id, origin, allowance)

    def record_sent(self, generation_id: str, sent: Sequence[str | None]) -> None:
        """Write down which conversions went in, by the position of the reference that each stands for."""
        claims.record_sent(self._store, generation_id, sent)

    def wait(self, generation_id: str, cancel: Cancel, timeout: float) -> bool:
        """Wait until that generation no longer runs or its kernel has died; False when the time is over before."""
        deadline = time.monotonic() + timeout
        while True:
            with self._store.database.reading() as connection:
                query = select(tables.generation.c.status, tables.generation.c.session)
                row = connection.execute(query.where(tables.generation.c.id == generation_id)).first()
            if row is None or row.status != "running" or not self._store.is_alive(row.session):
                return True
            if time.monotonic() >= deadline:
                return False
            cancel.sleep(POLL)

    def open_sink(self, generation_id: str) -> OpenSink:
        """A function that opens the sink of the generation's n-th picture."""
        self._store.check_writable()

        def open_sink(index: int) -> Sink:
            return self._store.journal.open_sink(generation_id, index)

        return open_sink

    def keep(self, generation_id: str, image: Image) -> Asset:
        """Give an arrived picture its final name, leaving a breadcrumb; bytes that are no picture have no width."""
        self._store.check_writable()
        with translated(self.path):
            kept = keeping.keep(self._store.journal, generation_id, image.index, image.spooled, image.meta)
        return Asset(
            kept.sha256, kept.media_type, kept.bytes, kept.width, kept.height, kept.has_alpha, kept.frames, now(),
            self.path,
        )  # fmt: skip

    def record_attempt(self, generation_id: str, attempt: AttemptRecord) -> None:
        """Store an HTTP call of the generation; the same number again replaces it."""
        self._store.check_writable()
        statement = upsert(tables.attempt).values(generation=generation_id, **vars(attempt))
        with self._store.database.writing() as connection:
            connection.execute(statement.on_conflict_do_update(set_=vars(attempt)))

    def finish(self, generation_id: str, outcome: Outcome) -> Generation:
        """File how the run ended and every picture that was kept; filing it again changes nothing.

        Raises LibraryLocked or LibraryFull when that cannot be done now; `recover`, or the next open, will do it.
        """
        self._store.check_writable()
        return filing.finish(self._store, generation_id, outcome)

    def tidy(self) -> None:
        """Remove what is left in `incoming/` of generations that are filed; the next claim, and closing, do it as well."""
        self._store.tidy()

    def recover(self) -> None:
        """Finish what dead kernels have left, and what this one could not file; safe at any time, and again."""
        recovery.recover(self._store)

    # Looking up

    def get(self, ref: str) -> Generation | Asset:
        """What `@last`, `@last[2]`, `@name`, `@name~1`, `@<start of a generation's id>` or `@<start of a hash>` means."""
        with self._store.database.reading() as connection:
            return addresses.get(connection, self.path, ref)

    def asset(self, ref: str) -> Asset:
        """The asset that is meant; of a generation, its first picture."""
        found = self.get(ref)
        return found.asset if isinstance(found, Generation) else found

    def assets(self, hashes: Sequence[str]) -> list[Asset]:
        """The assets with exactly these hashes, in this order; what is unknown is left out."""
        with self._store.database.reading() as connection:
            return load_assets(connection, self.path, hashes)

    def generations(self, ids: Sequence[str]) -> list[Generation]:
        """The generations with exactly these ids, in this order; what is unknown is left out."""
        with self._store.database.reading() as connection:
            some = (ids[at : at + _SOME] for at in range(0, len(ids), _SOME))
            return [one for part in some for one in load(connection, self.path, part)]

    def generation(self, ref: str) -> Generation:
        """The generation that is meant; of an asset, the newest that made it, or whose picture it stands for."""
        with self._store.database.reading() as connection:
            found = addresses.get(connection, self.path, ref)
            return found if isinstance(found, Generation) else addresses.maker(connection, self.path, found)

    def turn(self, generation: Generation) -> Turn:
        """The generation as a turn that a conversation can go on from, with all that came before it."""
        return conversations.turn(self._store, generation.id)

    def upload(self, sha256: str, route: str, base_url: str) -> str | None:
        """The id under which a server keeps this picture for a route's account, if it was sent there."""
        with self._store.database.reading() as connection:
            return conversations.upload(connection, sha256, route, base_url)

    def record_upload(self, sha256: str, route: str, base_url: str, file_id: str | None) -> None:
        """Remember under which id a server keeps a picture; None forgets it."""
        self._store.check_writable()
        with self._store.database.writing() as connection:
            conversations.record_upload(connection, sha256, route, base_url, file_id)

    def balances(self, of: Sequence[Budget], notebook: str | None = None) -> list[Balance]:
        """What counts against budgets now: what was paid in their time or place, and what running requests may cost."""
        session = self._store.session.id if self._store.session else ""
        with self._store.database.reading() as connection:
            return [spending.balance(connection, budget, session, notebook) for budget in of]

    def costs(self, by: str | Sequence[str] = "day", *, frame: bool = True, since: date | None = None) -> Any:
        """What was paid, by "day", "route", "model", "notebook" or several of them, each currency apart.

        A pandas DataFrame where pandas is there, else (or without `frame`) a list of dicts with the same columns: what it
        is by, currency, generations, pictures, cost, and without_price (generations that may have been charged without
        anybody saying how much). The newest day first, then USD before credits, the dearest first. `since` is the first day.
        """
        groups = (by,) if isinstance(by, str) else tuple(by)
        with self._store.database.reading() as connection:
            rows = costs.costs(connection, groups, since)
        return costs.as_table(rows, groups) if frame else rows

    def usual_cost(
        self, request: ImageRequest, model: str, route: str, main_model: str | None = None, partial: float = 0.0
    ) -> Usual | None:
        """What a picture like this has cost here, without its partials at `partial` each; None without any."""
        with self._store.database.reading() as connection:
            return costs.usual(connection, request, model, route, main_model, partial)

    def stored_request(self, generation: Generation) -> ImageRequest:
        """The request that a generation recorded; its fingerprint is the same."""
        return claims.restore(self._store, generation)

    def __bool__(self) -> bool:
        return True  # an empty library is a library

    # Pictures from elsewhere

    def add(self, data: bytes | Path, *, source: str) -> Asset:
        """Store a picture from elsewhere, once however often it is added; one that is there is returned unwritten.

        Raises ProtocolBroken if it is none, is cut, or changes while it is read.
        """
        given = Given(data)
        if (known := self._stored(given.sha256)) is not None:
            return known
        session = self._store.check_writable()
        with translated(self.path):
            kept = keeping.add(self._store.journal, session, given)
        values = {**filing.asset_columns(kept), "source": source}
        with self._store.database.writing() as connection:
            trash.returned(connection, kept.sha256)
            filing.add_asset(connection, values)
        return self.asset(kept.sha256)

    def _stored(self, sha256: str) -> Asset | None:
        """The asset with this hash, if it is known as a picture and all its bytes are there."""
        with self._store.database.reading() as connection:
            asset = addresses.stored(connection, self.path, sha256)
            emptied = trash.emptied_at(connection, sha256)
        if asset is None or emptied or asset.media_type == keeping.UNKNOWN:
            return None
        if not blobs.is_stored(self.path, sha256, asset.media_type, asset.byte_count):
            return None
        keeping.whole(asset.path)
        return asset

    def from_source(self, source: str) -> Asset | None:
        """The picture that was added with this source, if one was; the newest of several."""
        with self._store.database.reading() as connection:
            sha256 = addresses.from_source(connection, source)
        return None if sha256 is None else self.asset(sha256)

    def fetched(self, url: str) -> Asset | None:
        """The picture that was stored under this link, if it was fetched before; its newest bytes."""
        return self.from_source(url)

    def pixels(self, digest: str) -> Asset | None:
        """The picture that was added with `source=f"pixels:{digest}"`: the same pixels need not be encoded again."""
        return self.from_source(f"pixels:{digest}")

    # Opening and closing

    def check_writable(self) -> None:
        """Raise the reason, a LibraryError, where this library can only be read."""
        self._store.check_writable()

    def close(self) -> None:
        """Let go of the files; the library must not be used after it, and its records can ask it nothing more."""
        leave(self)
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Library({str(self.path)!r})"
