"""The part of the library's door that remembers which of two pictures was liked better, and ranks by it."""

from __future__ import annotations

from collections.abc import Iterable

from ..records import Asset, Generation
from ..records.ranking import Choice, Ranking
from . import choices
from .part import hash_of
from .searching import Searching


class Choosing(Searching):
    """Choices and rankings, of what searches find."""

    def choose(
        self, better: Asset | Generation, worse: Asset | Generation, *, tie: bool = False, asked_by: str = ""
    ) -> int:
        """Store that of two pictures one is liked better, or with `tie` neither, and return the choice's number.

        Raises LibraryError for one and the same, AssetNotFound for what is not in this library.
        """
        one, other = hash_of(better), hash_of(worse)
        choices.check_two(one, other)
        self._store.check_writable()
        with self._store.database.writing() as connection:
            return choices.add(connection, one, other, tie, asked_by)

    def unchoose(self, number: int) -> bool:
        """Take a choice back; False if there is none of this number."""
        self._store.check_writable()
        with self._store.database.writing() as connection:
            return choices.remove(connection, number)

    def choices(self, assets: Iterable[Asset | Generation] | None = None) -> list[Choice]:
        """All choices, or those between these pictures, in the order in which they were made."""
        among = None if assets is None else [hash_of(asset) for asset in assets]
        with self._store.database.reading() as connection:
            return choices.between(connection, among)

    def rank(self, of: str | Iterable[Asset | Generation] = "", *, near: Ranking | None = None) -> Ranking:
        """These pictures, or of those that a query finds all that were compared, the strongest first.

        Only choices between them count. A list is ranked whole, also what was never compared. An earlier ranking that it
        is `near` to makes it faster.
        """
        hashes = self._compared(of) if isinstance(of, str) else [hash_of(item) for item in of]
        if not hashes and isinstance(of, str) and of.strip() and next(iter(self.walk(of)), None) is None:
            return Ranking(nothing="nothing was found")
        with self._store.database.reading() as connection:
            return choices.ranking(connection, self.path, hashes, near)

    def _compared(self, query: str) -> list[str]:
        with self._store.database.reading() as connection:
            made = choices.between(connection)
            left = choices.outside_trash(connection, [sha256 for one in made for sha256 in (one.better, one.worse)])
        compared = dict.fromkeys(left)
        if not query.strip():
            return list(compared)
        found: dict[str, None] = {}
        for generation in self.walk(query):
            found |= {asset.sha256: None for asset in generation.assets if asset.sha256 in compared}
            if len(found) == len(compared):
                break
        return list(found)
