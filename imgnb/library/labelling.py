"""The part of the library's door that labels assets and throws them away."""

from __future__ import annotations

from typing import overload

from ..errors import LibraryError
from ..records import STAR, Asset, Found, Generation, Labels
from . import labels, trash
from .part import Part, hash_of
from .rows import load_assets


class Labelling(Part):
    """Names, tags, stars, notes and the trash. Where nothing changes nothing is written: then it may be read-only."""

    def check_name(self, name: str) -> None:
        """Raise LibraryError when this cannot be a name, before anything is spent on what is to carry it."""
        labels.check_name(name.removeprefix("@"))

    def name(self, asset: Asset | Generation, name: str) -> Asset | None:
        """Point a name at an asset, and return the asset that had it before; None where it is new or was there already.

        Where it pointed before goes into the history: `@name~1` is what it meant before, `@name~2` before that.
        """
        name = name.removeprefix("@")
        labels.check_name(name)
        with self._store.database.reading() as connection:
            if labels.resolve(connection, name) == hash_of(asset):
                return None
        self._store.check_writable()
        with self._store.database.writing() as connection:
            before = labels.move(connection, name, hash_of(asset))
            return next(iter(load_assets(connection, self.path, [before] if before else [])), None)

    def unname(self, name: str) -> bool:
        """Take a name away; False if there was none. `@name~1` is then what it meant last."""
        name = name.removeprefix("@")
        with self._store.database.reading() as connection:
            if labels.resolve(connection, name) is None:
                return False
        self._store.check_writable()
        with self._store.database.writing() as connection:
            return labels.remove(connection, name)

    def names(self, asset: Asset | None = None) -> dict[str, str]:
        """All names, or those of one asset, with the hash of their asset."""
        with self._store.database.reading() as connection:
            return labels.names(connection, None if asset is None else hash_of(asset))

    def tag(self, asset: Asset | Generation, *tags: str) -> tuple[str, ...]:
        """Tag the asset, and return all its tags.

        A tag is one word of at most 64 characters, without commas, `@` and `:`. Its letters are kept as they were first
        written in this library; "Hero" and "hero" are the same tag.
        """
        for tag in tags:
            labels.check_tag(tag)
        with self._store.database.reading() as connection:
            if not labels.missing(connection, hash_of(asset), tags):
                return labels.tags_of(connection, hash_of(asset))
        self._store.check_writable()
        with self._store.database.writing() as connection:
            labels.add_tags(connection, hash_of(asset), tags)
            return labels.tags_of(connection, hash_of(asset))

    def untag(self, asset: Asset | Generation, *tags: str) -> tuple[str, ...]:
        """Take tags off the asset, in whatever letters, and return those that are left."""
        with self._store.database.reading() as connection:
            if len(labels.missing(connection, hash_of(asset), tags)) == len({tag.casefold() for tag in tags}):
                return labels.tags_of(connection, hash_of(asset))
        self._store.check_writable()
        with self._store.database.writing() as connection:
            labels.remove_tags(connection, hash_of(asset), tags)
            return labels.tags_of(connection, hash_of(asset))

    @overload
    def tags(self, asset: None = None) -> dict[str, int]: ...

    @overload
    def tags(self, asset: Asset) -> tuple[str, ...]: ...

    def tags(self, asset: Asset | None = None) -> dict[str, int] | tuple[str, ...]:
        """Every tag in use with the number of assets that have it; of one asset, its tags."""
        with self._store.database.reading() as connection:
            return labels.tags(connection) if asset is None else labels.tags_of(connection, hash_of(asset))

    def star(self, asset: Asset | Generation, on: bool = True) -> None:
        """Star the asset, or take its star away: that is the tag "star"."""
        if on:
            self.tag(asset, STAR)
        else:
            self.untag(asset, STAR)

    def rate(self, asset: Asset | Generation, stars: int | None) -> None:
        """Say how much the asset is liked, from 1 to 5; None takes that back."""
        labels.check_stars(stars)
        if self.rating(asset) == stars:
            return
        self._store.check_writable()
        with self._store.database.writing() as connection:
            labels.rate(connection, hash_of(asset), stars)

    def rating(self, asset: Asset | Generation) -> int | None:
        """How much the asset is liked, from 1 to 5; None where nobody has said."""
        with self._store.database.reading() as connection:
            return labels.stars_of(connection, hash_of(asset))

    def note(self, asset: Asset | Generation, text: str) -> None:
        """Add a note to those of the asset; one that it has already is not added again."""
        if not isinstance(text, str) or not text.strip():
            raise LibraryError(f"{text!r} is no note", hint="say something")
        text = text.strip()
        if text in self.notes_on(asset):
            return
        self._store.check_writable()
        with self._store.database.writing() as connection:
            labels.add_note(connection, hash_of(asset), text)

    def notes_on(self, asset: Asset | Generation) -> tuple[str, ...]:
        """The asset's notes, the first first. (`notes` are those of the library itself, on how it could be opened.)"""
        with self._store.database.reading() as connection:
            return labels.notes_of(connection, hash_of(asset))

    def labels(self, asset: Asset | Generation) -> Labels:
        """Names, tags, stars and notes of the asset."""
        with self._store.database.reading() as connection:
            return labels.labels_of(connection, hash_of(asset))

    def trash(self, item: Asset | Generation) -> int:
        """Throw an asset, or the pictures of a generation, into the trash; how many assets that are. No bytes are deleted.

        A picture and what was made of it to stand for it go together. A generation all of whose pictures are there is
        not found any more and answers no request; its id, and the hashes and names of its pictures, still lead to it.
        """
        with self._store.database.reading() as connection:
            if not trash.outside(connection, item):
                return 0
        self._store.check_writable()
        with self._store.database.writing() as connection:
            return trash.put(connection, item)

    def restore(self, item: Asset | Generation) -> int:
        """Take an asset, or the pictures of a generation, out of the trash; how many assets that are."""
        with self._store.database.reading() as connection:
            if not trash.inside(connection, item):
                return 0
        self._store.check_writable()
        with self._store.database.writing() as connection:
            return trash.take(connection, item)

    def trashed(self) -> Found[Asset]:
        """The assets in the trash, the last that were thrown away first."""
        with self._store.database.reading() as connection:
            return Found(trash.load(connection, self.path))
