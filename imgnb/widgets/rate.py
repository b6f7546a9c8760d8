"""Blind choices between two pictures, kept one by one, and the ranking and stars that follow from them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import LibraryError, RequestInvalid
from ..pictures import Preview
from ..records import Asset
from ..records.ranking import Ranking
from ..records.wording import one_line
from ..workspace import Workspace
from .large import large
from .pairing import Pair, about, next_pair, stars
from .panel import Given, Panel, Reply
from .sheets import thumb_sheet, with_foot

LIMIT, MOST = 24, 200
"How many pictures are rated unless it is said, and at most: of 200, a ranking takes 764 choices."


def rate(query: str = "", *, limit: int = LIMIT, seed: int = 0) -> Rating:
    """Ask, of the pictures that the query finds, which of two is better, and rank them by the answers.

    `limit` is how many of them at most; `seed` draws other pairs, and other sides.
    """
    return Rating(query, limit=limit, seed=seed)


class Rating(Panel):
    """A widget that asks. Each choice is in the library as soon as it is made; `ranking` is how they stand."""

    page = "rate"

    def __init__(
        self, query: str = "", *, limit: int = LIMIT, seed: int = 0, workspace: Workspace | None = None
    ) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or not 2 <= limit <= MOST:
            raise RequestInvalid(f"limit is {limit!r}", hint=f"give a whole number from 2 to {MOST}", param="limit")
        super().__init__("pictures rated by blind choices", workspace)
        self.query = query
        self.assets, self._more = _found(self.workspace, query, limit)
        self._dice = random.Random(seed)
        self._skipped: set[frozenset[str]] = set()
        self._made: list[tuple[int | None, Pair]] = []
        self._before: dict[str, int | None] = {}
        self._enough = False
        self._ranked: tuple[tuple[int, ...], Ranking] | None = None
        self.pair: Pair | None = None
        "The hashes of the two that are asked about, the left one first; None where there is nothing left to ask."
        self._turn()

    @property
    def ranking(self) -> Ranking:
        """How the pictures stand by all choices between them, the best first."""
        library = self.workspace.library
        made = tuple(choice.id for choice in library.choices(self.assets))
        # Reckoning it takes a second where there are hundreds of choices, and several ask for it after each of them.
        if self._ranked is None or self._ranked[0] != made:
            self._ranked = made, library.rank(self.assets, near=self._ranked[1] if self._ranked else None)
        return self._ranked[1]

    def choose(self, answer: str) -> int | None:
        """Answer about the pair: "left", "right", "tie" or "skip"; the number of the choice, None of one that is skipped."""
        if self.pair is None:
            raise RequestInvalid(self._ended(), hint="rate another query")
        if answer not in ("left", "right", "tie", "skip"):
            raise RequestInvalid(f"{answer!r} is no answer", hint="say left, right, tie or skip")
        left, right = (self._asset(sha256) for sha256 in self.pair)
        if len(self._there((left, right))) < 2:
            self._turn()
            self.changed()
            raise RequestInvalid(
                "one of the two is gone or in the trash", hint="nothing was stored; the next two are asked about"
            )
        number = None
        if answer == "skip":
            self._skipped.add(frozenset(self.pair))
        else:
            better, worse = (right, left) if answer == "right" else (left, right)
            library = self.workspace.library
            number = library.choose(better, worse, tie=answer == "tie", asked_by=self.query)
        self._made.append((number, self.pair))
        self._turn()
        self.changed()
        return number

    def undo(self) -> bool:
        """Take the last answer of this widget back, and ask again; False if there is none."""
        if not self._made:
            return False
        number, pair = self._made[-1]
        if number is not None:
            self.workspace.library.unchoose(number)
        self._made.pop()
        self._skipped.discard(frozenset(pair))
        self.pair, self._enough = pair, False
        if len(self._there([self._asset(sha256) for sha256 in pair])) < 2:
            self._turn()
        self.changed()
        return True

    def store(self, *, overwrite: bool = False) -> dict[str, int]:
        """Give the pictures that were compared 1 to 5 stars, a fifth each; returns them by hash.

        Raises LibraryError where one has other stars already, unless they are to be overwritten.
        """
        wanted = self._stars()
        had = {asset.sha256: self.workspace.library.rating(asset) for asset in self.assets if asset.sha256 in wanted}
        other = [sha256 for sha256, old in had.items() if old is not None and old != wanted[sha256]]
        if other and not overwrite:
            raise LibraryError(
                f"{len(other)} of them {'has' if len(other) == 1 else 'have'} other stars already",
                hint="store(overwrite=True) replaces them; unstore() brings them back",
            )
        for sha256, count in wanted.items():
            self.workspace.library.rate(self._asset(sha256), count)
        self._before = {**had, **self._before}
        self.changed()
        return wanted

    def unstore(self) -> bool:
        """Give back the stars that they had before `store`; False if there is nothing to give back."""
        if not self._before:
            return False
        for sha256, count in self._before.items():
            self.workspace.library.rate(self._asset(sha256), count)
        self._before = {}
        self.changed()
        return True

    # What the page and the twin show

    def state(self) -> dict[str, Any]:
        ranking = self.ranking
        target = about(len(self.assets))
        ranked = self._enough or self.pair is None
        return {
            "pair": None if self.pair is None else list(self.pair),
            "ranked": ranked,
            "made": ranking.choices,
            "about": target,
            "pictures": len(self.assets),
            "more": self._more,
            "undo": bool(self._made),
            # While it is asked, the page is not told who leads: the choice is to be blind.
            "ranking": self._rows() if ranked else [],
            "ended": self._ended() if self.pair is None else "",
            "stored": bool(self._before),
        }

    def picture(self) -> tuple[Preview, Mapping[str, Any]]:
        ranking = self.ranking
        captions = [
            (
                f"Place {row.place}" if row.choices else "–",
                f"{row.wins} won, {row.losses} lost" if row.choices else "not compared",
            )
            for row in ranking
        ]
        sheet = thumb_sheet(ranking.assets, captions)
        if not self._closed:
            sheet = with_foot(sheet, "imgnb rate · run this cell in a live notebook to use it")
        return sheet, {"assets": [asset.sha256 for asset in ranking.assets[:24]], "choices": ranking.choices}

    # What the page asks for

    def on_choose(self, given: Given) -> dict[str, Any]:
        """An answer, if it is about the pair that is asked about: two pages may answer at once."""
        if self.pair is None or given.get("pair") != list(self.pair):
            return {"taken": False}
        self.choose(str(given.get("answer")))
        return {"taken": True}

    def on_undo(self, _: Given) -> dict[str, Any]:
        return {"undone": self.undo()}

    def on_rank(self, given: Given) -> None:
        """Show the ranking, or go on asking."""
        self._enough = given.get("show") is True
        self._asks_on = True
        self.changed()

    def on_store(self, given: Given) -> dict[str, Any]:
        try:
            return {"stored": len(self.store(overwrite=given.get("overwrite") is True))}
        except LibraryError as exc:
            if given.get("overwrite") is True or "other stars" not in exc.message:
                raise
            return {"asks": f"{exc.message}."}

    def on_unstore(self, _: Given) -> dict[str, Any]:
        return {"undone": self.unstore()}

    def on_picture(self, given: Given) -> Reply:
        """A picture as large as it is shown."""
        return large(self.workspace.library, given.get("of"))

    # How it goes

    _asks_on = False
    "Whether it goes on asking after as many choices as a ranking takes."

    def _turn(self) -> None:
        """Go on to the next pair; at about as many choices as a ranking takes, show how they stand."""
        library = self.workspace.library
        there = self._there(self.assets)
        made = library.choices(there)
        asked = {frozenset((choice.better, choice.worse)) for choice in made} | self._skipped
        strength = {row.asset.sha256: row.strength for row in self.ranking}
        self.pair = next_pair([asset.sha256 for asset in there], asked, strength, self._dice)
        self._enough = bool(self._made) and not self._asks_on and len(made) >= about(len(there))

    def _there(self, assets: Sequence[Asset]) -> list[Asset]:
        """Those that can still be asked about: not in the trash, and with a file."""
        now = self.workspace.library.assets([asset.sha256 for asset in assets])
        here = {asset.sha256 for asset in now if not asset.trashed and asset.path.is_file()}
        return [asset for asset in assets if asset.sha256 in here]

    def _ended(self) -> str:
        """Why there is nothing left to ask."""
        left = len(self._there(self.assets))
        if left < 2:
            return f"{left or 'none'} of {len(self.assets)} pictures {'is' if left == 1 else 'are'} left: the others are gone or in the trash"
        return "every two of them have been compared"

    def _rows(self) -> list[dict[str, Any]]:
        names = {sha256: name for name, sha256 in self.workspace.library.names().items()}
        return [
            {
                **row.to_dict(),
                "alt": row.asset.alt,
                "address": f"@{names.get(row.asset.sha256, row.asset.sha256[:12])}",
                "prompt": one_line(row.asset.alt, 120),
            }
            for row in self.ranking
        ]

    def _asset(self, sha256: str) -> Asset:
        return next(asset for asset in self.assets if asset.sha256 == sha256)

    def _stars(self) -> dict[str, int]:
        here = {asset.sha256 for asset in self._there(self.assets)}
        rows = [row for row in self.ranking if row.choices and row.asset.sha256 in here]
        places = [1 + sum(other.strength > row.strength * (1 + 1e-5) for other in rows) for row in rows]
        return {row.asset.sha256: count for row, count in zip(rows, stars(places), strict=True)}


def _found(workspace: Workspace, query: str, limit: int) -> tuple[tuple[Asset, ...], bool]:
    """The first pictures that the query finds, each once, and whether there are more."""
    found: dict[str, Asset] = {}
    for generation in workspace.library.walk(query):
        for asset in generation.assets:
            if not asset.trashed:
                found.setdefault(asset.sha256, asset)
        if len(found) > limit:
            break
    if len(found) < 2:
        raise RequestInvalid(
            f"{query!r} finds {len(found)} picture{'' if len(found) == 1 else 's'}: there is nothing to choose between",
            hint="take a wider query; imgnb.rate() rates the newest",
        )
    return tuple(found.values())[:limit], len(found) > limit
