"""The part of the library's door that finds: by a query, by likeness, by what a cell has made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import RequestInvalid
from ..records import Asset, Facets, Found, Generation
from ..request import ImageRequest
from . import addresses, asking, facets, frames, nearest, saved, search, similar
from .listing import Listing, listing
from .part import Part, hash_of
from .plan import Filters, plan
from .query import parse
from .rows import load_assets, load_numbers
from .similar import Hashes, Progress

PAGE = 50
_AT_ONCE = 500


class Searching(Part):
    """Searches. A query is written as `README.md` says under "Search"; one that is not understood raises QueryInvalid."""

    def find(
        self,
        query: str = "",
        *,
        model: str | None = None,
        route: str | None = None,
        status: str | None = "succeeded",
        name: str | None = None,
        dialect: str | None = None,
        tag: str | None = None,
        trashed: bool | None = False,
        limit: int = PAGE,
        before: str | None = None,
    ) -> Found[Generation]:
        """What the query asks for and the filters let pass, the newest first unless it says otherwise.

        `before` the id of the last one gives the next page. Of themselves only those are found that succeeded and are not
        in the trash: a query with `status:` or `is:trashed`, or `status=None` (any) and `trashed` (True: only; None: either)
        say otherwise.
        """
        filters = Filters(model, route, status, name, dialect, tag, trashed)
        with self._store.database.reading() as connection:
            asked = plan(connection, query, filters)
            return Found(load_numbers(connection, self.path, search.numbers(connection, asked, limit, before)))

    def walk(self, query: str = "") -> Iterator[Generation]:
        """Everything that the query finds, in its order: looked for once, and loaded as it is needed."""
        with self._store.database.reading() as connection:
            numbers = search.everything(connection, plan(connection, query))
        for first in range(0, len(numbers), _AT_ONCE):
            with self._store.database.reading() as connection:
                page = load_numbers(connection, self.path, numbers[first : first + _AT_ONCE])
            yield from page

    def listing(self, query: str = "", most: int | None = None) -> Listing:
        """All pictures that the query finds, in its order, as places to go to at random: see `listing.page`.

        With `most`, those of the first so many requests: it is `cut` where there may be more.
        """
        with self._store.database.reading() as connection:
            asked = plan(connection, query, Filters(status="succeeded", trashed=False))
            return listing(self._store, connection, asked, most)

    def count(self, query: str = "", most: int = 1000) -> int:
        """How many the query finds; one more than `most` where there are more than that."""
        with self._store.database.reading() as connection:
            return search.count(connection, plan(connection, query), most)

    def facets(self, query: str = "", *, limit: int = 12) -> Facets:
        """How many of what the query finds there are of each model, route, status, tag, rating, notebook and day."""
        with self._store.database.reading() as connection:
            return facets.facets(connection, plan(connection, query), limit)

    # Saved searches

    def save_search(self, name: str, query: str) -> None:
        """Keep a search under a name, in the place of one that had it; `search:name` is what it asks for."""
        saved.check_name(name)
        now = datetime.now(UTC)
        with self._store.database.reading() as connection:
            saved.expanded(connection, parse(query, now), now, (name,))
            plan(connection, query)
        self._store.check_writable()
        with self._store.database.writing() as connection:
            saved.save(connection, name, query)

    def saved_searches(self) -> dict[str, str]:
        """The queries that were saved, by name."""
        with self._store.database.reading() as connection:
            return saved.all_of(connection)

    def forget_search(self, name: str) -> bool:
        """Let go of a saved search; False if there was none of that name."""
        self._store.check_writable()
        with self._store.database.writing() as connection:
            return saved.forget(connection, name)

    # Likeness

    @cached_property
    def _hashes(self) -> Hashes:
        return Hashes(self._store)

    def similar(
        self, like: str | Asset | Generation, *, limit: int = 20, progress: Progress | None = None
    ) -> Found[Asset]:
        """The pictures that look most like this one (`@hero`, or an asset), the nearest first.

        The result's `distances` say in how many of 64 bits their perceptual hashes differ: up to about 10 they look alike.
        The first time, all pictures are hashed; `progress(done, all)` is told of it, and it can be interrupted.
        """
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise RequestInvalid(f"limit is {limit!r}", hint="give a whole number from 1")
        sha256 = hash_of(self._meant(like))
        with self._store.database.reading() as connection:
            asset = load_assets(connection, self.path, [sha256])[0]
        wanted = self._hashes.of(asset)
        self._hashes.complete(progress)
        with self._store.database.reading() as connection:
            near = self._hashes.nearest(connection, wanted, asset.sha256, limit)
            return Found(*similar.load(connection, self.path, near))

    def _meant(self, like: str | Asset | Generation) -> Asset | Generation:
        if not isinstance(like, str):
            return like
        with self._store.database.reading() as connection:
            return addresses.get(connection, self.path, like)

    # Tables

    def to_pandas(self, query: str = "") -> Any:
        """What the query finds as a DataFrame: a row for each picture, one without picture of what brought none.

        Raises LibraryError where pandas is not installed.
        """
        frames.frame((), (), True)  # before anything is looked for
        with self._store.database.reading() as connection:
            found = search.everything(connection, plan(connection, query))
            names, rows = frames.rows(connection, found)
        return frames.frame(names, rows, True)

    def sql(
        self,
        query: str,
        params: Sequence[Any] | Mapping[str, Any] = (),
        *,
        frame: bool | None = None,
        timeout: float = asking.TIMEOUT,
    ) -> Any:
        """What one SELECT gives, as a DataFrame where pandas is there, else a list of dicts; it can only read.

        Values are given for `?` or `:name`, and never have to be quoted. `frame` True insists on a DataFrame, False on dicts.
        """
        names, rows = asking.ask(self._store.database, query, params, timeout)
        return frames.frame(names, rows, frame)

    # What is like a request, and how much there is

    def nearest(self, request: ImageRequest) -> Generation | None:
        """The stored success most like the request, or None when nothing is like it."""
        with self._store.database.reading() as connection:
            return nearest.nearest(connection, self.path, request)

    def made_in(self, cell_id: str, prompt: str) -> Generation | None:
        """The newest success of this cell whose prompt or template is this."""
        with self._store.database.reading() as connection:
            return nearest.made_in(connection, self.path, cell_id, prompt)

    def drawn_in(self, notebook: Path, prompt: str) -> list[Generation]:
        """The successes of this notebook whose prompt or template is this, the newest first."""
        with self._store.database.reading() as connection:
            return nearest.drawn_in(connection, self.path, notebook, prompt)

    def __iter__(self) -> Iterator[Generation]:
        before = None
        while page := self.find(status=None, trashed=None, before=before):
            yield from page
            before = page[-1].id

    def __len__(self) -> int:
        with self._store.database.reading() as connection:
            return nearest.count(connection)
