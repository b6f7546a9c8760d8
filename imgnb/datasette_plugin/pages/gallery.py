"""The gallery: every picture of every generation that a search finds, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...errors import AssetNotFound, RequestInvalid
from ...records import Asset, Generation, Labels
from ..reading import ask
from . import say, terms
from .page import asked, page

if TYPE_CHECKING:
    from ...library import Library

PAGE = 48
"Generations on a page."
MOST = 1000
"What is found is counted up to here."
ACTIVE = 12
"Terms that have a link that takes them out: each link holds all the others."
SORTS = ("newest", "oldest", "relevance", "rating", "cost", "seconds", "size")
_REVERSED = {"newest": "oldest", "oldest": "newest"}

FACETS: Mapping[str, str] = {
    "model": "Model",
    "route": "Route",
    "status": "Status",
    "tag": "Tag",
    "rating": "Rating",
    "notebook": "Notebook",
    "day": "Day",
}
_MANY = ("tag",)
# A picture may have several of these, so that a second one is added to the first.


@dataclass(frozen=True)
class Wish:
    """What the URL asks for."""

    query: str = ""
    sort: str = ""
    before: str = ""
    after: str = ""

    @property
    def order(self) -> str:
        """The order that counts."""
        return self.sort or "newest"

    def sorted(self, order: str) -> str:
        """The query as the library takes it, in this order."""
        return self.query if order == "newest" else f"{self.query} sort:{order}".strip()


@dataclass(frozen=True)
class Tile:
    """One picture, or what stands where none came."""

    generation: Generation
    asset: Asset | None
    alt: str
    labels: Labels
    number: int = 1


@dataclass(frozen=True)
class Choice:
    """A value of a facet: how many there are, and the query that chooses it, or lets it go."""

    value: str
    said: str
    count: int
    chosen: bool
    query: str | None
    "None where no query can ask for it."


@dataclass(frozen=True)
class Facet:
    """What a gallery can be narrowed by."""

    name: str
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Shown:
    """A page of the gallery."""

    tiles: tuple[Tile, ...] = ()
    facets: tuple[Facet, ...] = ()
    among: int | None = None
    "The newest of what was found, that were counted; None where all were."
    count: int = 0
    older: str = ""
    newer: str = ""
    "Where the page before ends; only in time is there a way back."
    first: bool = True
    saved: Mapping[str, str] = field(default_factory=dict)
    empty: bool = False
    "Whether there is nothing at all in the library."
    error: RequestInvalid | None = None


async def show(datasette: Any, request: Any) -> Any:
    """The page; a query that does not parse is shown with what is wrong with it, and answered with 400."""
    wish = Wish(*(asked(request, name).strip() for name in ("q", "sort", "before", "after")))
    # An order in the query was typed there just now: it is taken over, and none is left that a later choice would not move.
    query, typed = terms.sort_of(wish.query, SORTS)
    wish = replace(wish, query=query, sort=typed or (wish.sort if wish.sort.removeprefix("-") in SORTS else ""))
    shown = await ask(datasette, look, wish)
    return await page(
        datasette, request, "gallery", 400 if shown.error else 200, wish=wish, shown=shown, sorts=SORTS, most=MOST,
        active=[piece for piece in terms.pieces(wish.query) if ":" in piece][:ACTIVE], without=terms.without,
    )  # fmt: skip


def look(library: Library, wish: Wish) -> Shown:
    """Everything that the page shows."""
    saved = library.saved_searches()
    try:
        found, first, more = _found(library, wish)
        counts = library.facets(wish.sorted("newest"), limit=12)
        count = library.count(wish.sorted("newest"), most=MOST)
    except (RequestInvalid, AssetNotFound) as error:
        return Shown(saved=saved, error=error if isinstance(error, RequestInvalid) else _unknown(error))
    return Shown(
        tiles=tuple(tiles(library, found)),
        facets=tuple(_facets(wish.query, counts.counts)),
        among=counts.among,
        count=count,
        older=found[-1].id if more else "",
        newer=found[0].id if found and not first and wish.order in _REVERSED else "",
        first=first,
        saved=saved,
        empty=not found and not wish.query and not len(library),
    )


def tiles(library: Library, found: list[Generation]) -> Iterator[Tile]:
    """A tile for each picture, and one for each generation without."""
    labels = library.labels_on(asset for generation in found for asset in generation.assets)
    for generation in found:
        # What failed because no picture came has those bytes, and is told by its error.
        pictures = [asset for asset in generation.assets if generation.status != "failed" or asset.width]
        for number, asset in enumerate(pictures, 1):
            alt = say.alt(generation.prompt, number, len(pictures))
            yield Tile(generation, asset, alt, labels[asset.sha256], number)
        if not pictures:
            yield Tile(generation, None, "", Labels())


def _found(library: Library, wish: Wish) -> tuple[list[Generation], bool, bool]:
    """A page, whether it is the first one, and whether another comes after it."""
    back = _REVERSED.get(wish.order)
    if wish.after and back:
        # Backwards from the page before this one; where less than a page is there, that is the first.
        found = list(library.find(wish.sorted(back), limit=PAGE + 1, before=wish.after))
        if len(found) > PAGE:
            return found[PAGE - 1 :: -1], False, True
    found = list(library.find(wish.sorted(wish.order), limit=PAGE + 1, before=wish.before or None))
    return found[:PAGE], not wish.before, len(found) > PAGE


def _facets(query: str, counts: Mapping[str, Mapping[str, int]]) -> Iterator[Facet]:
    for name, title in FACETS.items():
        choices = tuple(_choice(query, name, str(value), count) for value, count in counts.get(name, {}).items())
        if choices:
            yield Facet(name, title, choices)


def _choice(query: str, name: str, value: str, count: int) -> Choice:
    wanted = terms.term(name, value)
    chosen = terms.has(query, wanted)
    to: str | None
    if not wanted:
        to = None
    elif chosen:
        to = terms.without(query, wanted)
    elif name in _MANY:
        to = terms.with_term(query, wanted)
    else:
        to = terms.with_only(query, name, wanted)
    said = say.stars(int(value)) if name == "rating" and value.isdigit() else say.day(value) if name == "day" else value
    return Choice(value, said, count, chosen, to)


def _unknown(error: AssetNotFound) -> RequestInvalid:
    return RequestInvalid(error.message, hint=error.hint)
