"""The gallery: pages through the library, finds, and lets pictures be chosen and labelled.

The page knows places, not pictures: it asks for those that are in sight. What is chosen is a trait, so that the next cell
has it, and what a cell assigns is to be seen on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from ..errors import AssetNotFound, ImgnbError, RequestInvalid
from ..pictures import Preview, stored_preview, strip
from ..records import Asset, Generation
from ..workspace import Workspace
from .panel import Given, Panel, Reply, _texts
from .sheets import MOST as ON_SHEET
from .sheets import thumb_sheet, with_foot
from .tiles import facts_of, item, line, title
from .wording import in_words

if TYPE_CHECKING:
    from ..library.listing import Listing

CHUNK = 200
"Pictures of which a page is told at once."

CHOSEN = 1_000
"Pictures that can be chosen at once by a range or by all."

TWIN_AFTER = 0.6
"Seconds after which the twin is painted."

_LARGE = 1024
_PROMPT = 32_000
"Characters of a prompt beside a picture at large: as many as providers take."
_FACETS = ("model", "route", "tag", "rating", "day", "notebook")
_FOOT = "imgnb gallery · run this cell in a live notebook to use it"


@dataclass(frozen=True)
class _Found:
    """What a search brought; until `listing` is made there are only the first pictures."""

    serial: int = 0
    first: tuple[Asset, ...] = ()
    total: int = 0
    listing: Listing | None = None
    cut: bool = False


class Gallery(Panel):
    """The pictures that a query finds. `query` and `selected` follow the page, and the page follows them."""

    page: ClassVar[str] = "gallery"

    query = traitlets.Unicode()
    "As `library.find` takes it; assigning it searches. Raises QueryInvalid, and then stays as it was."
    selected = traitlets.TraitType[Any, Any](())
    "The chosen assets, a tuple in the order of choosing; may be assigned, also with addresses, and observed."

    def __init__(self, query: str = "", workspace: Workspace | None = None) -> None:
        super().__init__("imgnb gallery", workspace)
        self._found = _Found()
        self._waits = False
        if query:
            self.query = query
        else:
            self._search("")

    # What its user does

    def select(self, *refs: str | Asset | Generation) -> None:
        """Choose these as well."""
        self.selected = (*self.selected, *self._meant(refs))

    def clear(self) -> None:
        """Choose nothing."""
        self.selected = ()

    def refresh(self) -> None:
        """Search anew: pictures may have been made or thrown away since."""
        self._search(self.query)
        self.changed()

    def __len__(self) -> int:
        return self._found.total

    def __bool__(self) -> bool:
        return True  # an empty gallery is a gallery

    def __iter__(self) -> Iterator[Asset]:
        for first in range(0, len(self), CHUNK):
            yield from self._assets(first, CHUNK)

    # What it shows

    def state(self) -> dict[str, Any]:
        """The first page and what is chosen; the page asks for everything else."""
        found = self._found
        return {
            "query": self.query,
            "serial": found.serial,
            "total": found.total,
            "complete": found.listing is not None,
            "cut": found.cut,
            "first": self._items(found.first),
            "selected": [asset.sha256 for asset in self.selected],
        }

    def picture(self) -> tuple[Preview, Mapping[str, Any]]:
        """What is chosen, or else the first that were found, on one sheet."""
        shown = list(self.selected or self._found.first)[:ON_SHEET]
        foot = _FOOT if not self._closed else "imgnb gallery"
        if not shown:
            return with_foot(strip("nothing was found", "note"), foot), {"assets": []}
        labels = self.workspace.library.labels_on(shown)
        mark = "* " if self.selected else ""
        captions = [(mark + title(asset, labels[asset.sha256]), line(asset.alt)) for asset in shown]
        many = f"{len(self.selected)} selected (*) · " if self.selected else ""
        facts = {"assets": [asset.sha256 for asset in shown], "query": self.query, "selected": len(self.selected)}
        return with_foot(thumb_sheet(shown, captions), many + foot), facts

    def _ipython_display_(self) -> None:
        # The page's thumbnails come first: where there is a page, the twin is painted once they are there.
        self._waits = self._watched
        try:
            super()._ipython_display_()
        finally:
            self._waits = False
        if self._watched and not self._closed:
            self._desk.later("twin", self._paint, after=TWIN_AFTER)

    def _drawn(self) -> tuple[Preview, Mapping[str, Any]]:
        if self._waits:
            return strip("imgnb gallery", "note"), {"widget": self.page, "stage": "open", "assets": []}
        return super()._drawn()

    # What the page asks

    def on_search(self, given: Given) -> dict[str, Any]:
        """Look for something else, or for the same anew."""
        query = _text(given.get("query"))
        if query == self.query:
            self.refresh()
        else:
            self.query = query
        return {}

    def on_page(self, given: Given) -> dict[str, Any]:
        """The pictures of some places; `stale` where something else was looked for meanwhile."""
        first, count, found = _whole(given.get("first")), _whole(given.get("count")), self._found
        if given.get("serial") != found.serial:
            return self._stale()
        return {"items": self._items(self._assets(first, min(count, 4 * CHUNK)))}

    def on_place(self, given: Given) -> dict[str, Any]:
        """Where a picture stands in what is found; null where it is not there."""
        found, wanted = self._found, _text(given.get("of"))
        if given.get("serial") != found.serial:
            return self._stale()
        if found.listing is not None:
            return {"place": found.listing.place(wanted)}
        return {"place": next((at for at, one in enumerate(found.first) if one.sha256 == wanted), None)}

    def on_about(self, given: Given) -> dict[str, Any]:
        """What one can go by: facets of what is found, and saved searches."""
        library = self.workspace.library
        facets = library.facets(self.query)
        counts = {name: dict(facets.counts.get(name, {})) for name in _FACETS}
        return {"facets": counts, "among": facets.among, "saved": library.saved_searches()}

    def on_select(self, given: Given) -> dict[str, Any]:
        """Choose exactly these; or without `of`, more (`add`) or fewer (`drop`), however many are chosen already."""
        if "of" in given:
            self.selected = self._known(_texts(given["of"], CHOSEN))
            return {}
        dropped = set(_texts(given.get("drop", []), CHOSEN))
        kept = (asset for asset in self.selected if asset.sha256 not in dropped)
        self.selected = (*kept, *self._known(_texts(given.get("add", []), CHOSEN)))
        return {}

    def on_range(self, given: Given) -> dict[str, Any]:
        """Choose what stands from one place to another, in that order, beside what is to be kept: at most a thousand."""
        first, last = _whole(given.get("first")), _whole(given.get("last"))
        kept = self._known(_texts(given.get("keep", []), CHOSEN))
        if given.get("serial") != self._found.serial:
            return self._stale()
        many = abs(last - first) + 1
        count = min(many, CHOSEN)
        between = self._assets(first if first <= last else first - count + 1, count)
        wanted = (*kept, *(between if first <= last else reversed(between)))
        self.selected = tuple(dict.fromkeys(wanted))[:CHOSEN]
        return {"cut": many > CHOSEN}

    def on_label(self, given: Given) -> dict[str, Any]:
        """Star (or not), rate, or tag these."""
        library, assets = self.workspace.library, self._known(_texts(given.get("of"), CHOSEN))
        for asset in assets:
            if "star" in given:
                library.star(asset, bool(given["star"]))
            if "stars" in given:
                library.rate(asset, given["stars"] or None)
            if "tag" in given:
                library.tag(asset, *_text(given["tag"]).split())
        return self._told(assets)

    def on_trash(self, given: Given) -> dict[str, Any]:
        """Throw these away, or with `back` bring them back."""
        library, assets = self.workspace.library, self._known(_texts(given.get("of"), CHOSEN))
        for asset in assets:
            (library.restore if given.get("back") else library.trash)(asset)
        if not given.get("back"):
            gone = {asset.sha256 for asset in assets}
            self.selected = tuple(asset for asset in self.selected if asset.sha256 not in gone)
        return self._told(self._known([asset.sha256 for asset in assets]))

    def on_look(self, given: Given) -> Reply:
        """One picture at large, and what is known of it."""
        asset = self._one(_text(given.get("of")))
        about: dict[str, Any] = {"title": title(asset, self.workspace.library.labels(asset)), "facts": facts_of(asset)}
        try:
            made = self.workspace.library.generation(f"@{asset.sha256}")
            about |= {"prompt": made.prompt, "facts": [*facts_of(asset), made.model, made.created_at[:10]]}
        except AssetNotFound:  # nobody drew it: it was added
            about["prompt"] = asset.alt
        if len(about["prompt"]) > _PROMPT:
            about["prompt"] = f"{about['prompt'][:_PROMPT]}…\n(cut here: {len(about['prompt']):,} characters)"
        try:
            shown = stored_preview(asset, _LARGE)
        except OSError:
            raise AssetNotFound("the bytes of this picture are gone", hint="imgnb recipe says how to draw it") from None
        return Reply({**about, "type": shown.media_type}, [shown.data])

    # Traits

    @traitlets.validate("selected")
    def _to_assets(self, proposal: Any) -> tuple[Asset, ...]:
        return tuple(dict.fromkeys(self._meant(proposal["value"])))

    @traitlets.validate("query")
    def _to_query(self, proposal: Any) -> str:
        # Looked for before it is taken: what is not understood changes nothing.
        self._search(proposal["value"])
        if proposal["value"] == self.query:
            self.changed()  # nothing will say so: the trait stays, and yet the places are new ones
        return str(proposal["value"])

    @traitlets.observe("query", "selected")
    def _follow(self, _: object) -> None:
        self.changed()

    # How it goes

    def _stale(self) -> dict[str, Any]:
        # Whoever asks for places of another search has missed what was found since.
        self.changed()
        return {"stale": True}

    def _search(self, query: str) -> None:
        library, serial = self.workspace.library, self._found.serial + 1
        listing = library.listing(query, CHUNK if self._watched else None)
        if self._watched and listing.cut:
            # Of much, the first page is there before all of it is listed.
            first = tuple(listing.page(0, CHUNK))
            self._found = _Found(serial, first, len(first))
            self._desk.later("listing", lambda: self._list(query, serial))
        else:
            self._take(listing, serial)

    def _list(self, query: str, serial: int) -> None:
        if serial != self._found.serial:
            return
        try:
            self._take(self.workspace.library.listing(query), serial)
        except ImgnbError as exc:  # on the desk nobody would see it
            self.tell("trouble", message=exc.message, hint=in_words(exc.hint or ""))
        self.changed()

    def _take(self, listing: Listing, serial: int) -> None:
        first = tuple(listing.page(0, CHUNK))
        self._found = _Found(serial, first, len(listing), listing, listing.cut)

    def _assets(self, first: int, count: int) -> Sequence[Asset]:
        found = self._found
        if found.listing is None:
            return found.first[first : first + count]
        return found.listing.page(first, count)

    def _items(self, assets: Sequence[Asset]) -> list[dict[str, Any]]:
        labels = self.workspace.library.labels_on(assets)
        return [item(asset, labels[asset.sha256]) for asset in assets]

    def _told(self, assets: Sequence[Asset]) -> dict[str, Any]:
        items = self._items(assets)
        self.tell("labelled", items=items)
        self._desk.later("twin", self._paint) if self._twin.shown else None
        return {"items": items}

    def _meant(self, refs: Any) -> list[Asset]:
        several = isinstance(refs, Iterable) and not isinstance(refs, str | Asset | Generation)
        return [self._one(ref) for ref in (refs if several else [refs])]

    def _one(self, ref: Any) -> Asset:
        if isinstance(ref, Asset):
            return ref
        if isinstance(ref, Generation):
            return ref.asset
        if not isinstance(ref, str):
            raise RequestInvalid(f"{ref!r:.80} is no picture", hint="give an Asset, or an address: '@hero'")
        return self.workspace.library.asset(ref if ref.startswith("@") else f"@{ref}")

    def _known(self, hashes: Sequence[str]) -> tuple[Asset, ...]:
        return tuple(self.workspace.library.assets(hashes))


def gallery(query: str = "", *, workspace: Workspace | None = None) -> Gallery:
    """The pictures of the library that the query finds, to be looked through, chosen and labelled.

    `gallery.selected` are the chosen assets. Raises QueryInvalid where the query is not understood.
    """
    return Gallery(query, workspace)


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError(f"expected a text, not {given!r:.40}")
    return given


def _whole(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise ValueError(f"expected a whole number, not {given!r:.40}")
    return given
