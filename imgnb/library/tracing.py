"""The part of the library's door that says what came from what, and keeps what is made here of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import LibraryError
from ..records import Asset, Generation, Lineage
from . import derivations, lineage
from .derivations import Change
from .part import Part, hash_of

Remixer = Callable[[Generation, str | None, Mapping[str, Any]], Generation]
"Asks for a generation anew, with another prompt or None for its own, and these parameters and options changed."


class Tracing(Part):
    """Derivations and lineage."""

    remixer: Remixer | None = None
    "Who asks for a generation anew; whoever opened the library to generate sets it."

    # What is made here of a picture

    def derive(self, parent: Asset, kind: str, recipe: Mapping[str, Any], make: derivations.Make) -> Asset:
        """The asset that this recipe makes of `parent`: what it made before, where that is there, else what `make` gives.

        Raises ProtocolBroken when that is no picture. Of two processes that make it at once, the first one's counts.
        """
        return derivations.derive(self._store, parent, kind, recipe, make)

    def derived(self, parent: Asset, kind: str, recipe: Mapping[str, Any]) -> Asset | None:
        """The asset that this recipe has made of `parent`, where it has and its bytes are there."""
        with self._store.database.reading() as connection:
            return derivations.derived(connection, self.path, parent, kind, recipe)

    def made_as(self, asset: Asset) -> tuple[str, ...]:
        """The kinds of derivations by which the asset was made of others."""
        with self._store.database.reading() as connection:
            return derivations.kinds(connection, hash_of(asset))

    def stand_in(self, generation_id: str, position: int, asset: Asset) -> None:
        """Let the asset stand for a picture of the generation from now on; what stands for it already stays."""
        with self._store.database.reading() as connection:
            if derivations.has_stand_in(connection, generation_id, position):
                return  # so that a composite is replayed from a library that can only be read
        self._store.check_writable()
        with self._store.database.writing() as connection:
            derivations.stand_in(connection, generation_id, position, hash_of(asset))

    def judge(self, generation_id: str, changes: Mapping[int, Change], mismatches: tuple[str, ...] = ()) -> Generation:
        """Write how far an edit kept to its base, {position: (changed, drift)}, add to its mismatches, and return it anew."""
        self._store.check_writable()
        with self._store.database.writing() as connection:
            return derivations.judge(connection, self.path, generation_id, changes, mismatches)

    # What came from what

    def parents(self, asset: Asset | Generation) -> list[Asset]:
        """What the asset was made of: references, pictures of the turn that was gone on from, what it was derived from."""
        with self._store.database.reading() as connection:
            return lineage.parents(connection, self.path, hash_of(asset))

    def children(self, asset: Asset | Generation) -> list[Asset]:
        """What was made of the asset, in the order in which it was."""
        with self._store.database.reading() as connection:
            return lineage.children(connection, self.path, hash_of(asset))

    def ancestors(self, asset: Asset | Generation) -> list[Asset]:
        """Everything that the asset goes back to, the nearest first, each once."""
        with self._store.database.reading() as connection:
            return lineage.ancestors(connection, self.path, hash_of(asset))

    def descendants(self, asset: Asset | Generation) -> list[Asset]:
        """Everything that goes back to the asset, the nearest first, each once."""
        with self._store.database.reading() as connection:
            return lineage.descendants(connection, self.path, hash_of(asset))

    def lineage(self, item: Asset | Generation, *, limit: int = 60) -> Lineage:
        """The asset, or a generation's first picture, with the nearest of its relatives, `limit` assets in all."""
        asset = item.asset if isinstance(item, Generation) else item
        with self._store.database.reading() as connection:
            return lineage.lineage(connection, self.path, hash_of(asset), limit)

    def remix(self, generation: Generation, prompt: str | None, changes: Mapping[str, Any]) -> Generation:
        """Ask for the generation anew. Raises LibraryError where the library was opened only to be looked into."""
        if self.remixer is None:
            raise LibraryError(
                f"the library {self.path} was opened to be looked into, not to generate",
                hint="use imgnb.generate in a project whose library it is; asset.recipe() says what with",
            )
        return self.remixer(generation, prompt, changes)
