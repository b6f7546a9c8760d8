"""The part of the library's door that finds: by a query, by likeness, by what a cell has made."""

from __future__ import annotations

from collections.abc import Iterator

from ..records import Facets, Found, Generation
from ..request import ImageRequest
from . import facets, nearest, search
from .part import Part
from .plan import Filters, plan
from .rows import load_numbers

PAGE = 50


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

    def count(self, query: str = "", most: int = 1000) -> int:
        """How many the query finds; one more than `most` where there are more than that."""
        with self._store.database.reading() as connection:
            return len(search.numbers(connection, plan(connection, query), most + 1))

    def facets(self, query: str = "", *, limit: int = 12) -> Facets:
        """How many of what the query finds there are of each model, route, status, tag, rating, notebook and day."""
        with self._store.database.reading() as connection:
            return facets.facets(connection, plan(connection, query), limit)

    def nearest(self, request: ImageRequest) -> Generation | None:
        """The stored success most like the request, or None when nothing is like it."""
        with self._store.database.reading() as connection:
            return nearest.nearest(connection, self.path, request)

    def made_in(self, notebook: str | None, cell_id: str, prompt: str) -> Generation | None:
        """The newest success of this cell whose prompt or template is this; without such, of this notebook."""
        with self._store.database.reading() as connection:
            return nearest.made_in(connection, self.path, notebook, cell_id, prompt)

    def __iter__(self) -> Iterator[Generation]:
        before = None
        while page := self.find(status=None, trashed=None, before=before):
            yield from page
            before = page[-1].id

    def __len__(self) -> int:
        with self._store.database.reading() as connection:
            return nearest.count(connection)
