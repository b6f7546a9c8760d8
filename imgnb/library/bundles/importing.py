"""What comes in: bundles one after the other, then the pictures, each kind by its own way, told in one result.

Of a bundle everything is read and believed before anything is written; then all its bytes are in place before the first
row is. So a refused bundle leaves nothing, and one that is imported twice, or by two at once, is there once.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ...errors import AssetNotFound, ImgnbError
from ..opening import Store
from . import foreign, staging
from .checking import Plan, believed, check
from .limits import Limits, Progress
from .merging import merge
from .packs import Pack, open_pack
from .records_json import GenerationRecord
from .shape import MANIFEST, NOTEBOOK

_MOST_NAMED = 100
"Lines that are named, of those that were passed over."


@dataclass(frozen=True)
class Imported:
    """What came in, what was there, and what was refused."""

    generations: int = 0
    assets: int = 0
    bytes: int = 0
    "Of the pictures that were written."
    labels: int = 0
    "Names, tags, ratings and notes that were added."
    already: int = 0
    "Generations that were there."
    kept: tuple[str, ...] = ()
    "Ids of generations that are there with other content, and stayed as they are."
    refused: tuple[tuple[str, str], ...] = ()
    "Files that did not come in, and why."
    notes: tuple[str, ...] = ()
    "What the library and a bundle say differently."

    @property
    def changed(self) -> bool:
        """Whether anything came in."""
        return bool(self.generations or self.assets or self.labels or self.bytes)

    def __add__(self, other: Imported) -> Imported:
        return Imported(**{name: value + getattr(other, name) for name, value in vars(self).items()})


def import_all(
    store: Store, paths: Sequence[Path], limits: Limits, progress: Progress, *, lenient: bool = False
) -> Imported:
    """Import bundles and pictures. Raises BundleRefused for the first bundle that is not to be had; those before it are in.

    With `lenient`, single records that are not to be had are passed over, and named in the notes.
    """
    for path in paths:
        if not path.exists():
            raise AssetNotFound(f"there is no file {path}", hint="give bundles, pictures, or folders of pictures")
    bundles = [path for path in paths if _is_bundle(path)]
    imported = Imported()
    for path in bundles:
        imported += import_bundle(store, path, limits, progress, lenient=lenient)
    pictures = foreign.pictures_in([path for path in paths if path not in bundles], limits)
    return imported + _import_pictures(store, pictures, limits, progress)


def import_bundle(store: Store, path: Path, limits: Limits, progress: Progress, *, lenient: bool = False) -> Imported:
    """Merge one bundle: a zip, the folder that one was unpacked into, or records alone."""
    with arriving(store, path, limits, lenient=lenient) as bundle:
        return bundle.merge(progress)


@contextmanager
def arriving(store: Store, path: Path, limits: Limits, *, lenient: bool = False) -> Iterator[Arriving]:
    """A bundle that is believed, before anything of it is written. Raises BundleRefused for one that is not."""
    store.check_writable()
    with open_pack(path, limits) as pack:
        with store.database.reading() as connection:
            plan = check(pack, connection, limits, lenient=lenient)
        yield Arriving(store, pack, plan, limits)


@dataclass(frozen=True)
class Arriving:
    """A bundle whose records hold together, and which can come in."""

    _store: Store
    _pack: Pack
    _plan: Plan
    _limits: Limits

    @property
    def notebook(self) -> frozenset[str]:
        """The names, below `notebook/`, of what it brings apart from records and pictures."""
        found = (name for name in self._pack.members if name.startswith(NOTEBOOK) and not name.endswith("/"))
        return frozenset(name.removeprefix(NOTEBOOK) for name in found)

    @property
    def assets(self) -> frozenset[str]:
        """The hashes of all pictures in its records."""
        return frozenset(self._plan.assets)

    def is_there(self, sha256: str) -> bool:
        """Whether it brings the bytes of this picture."""
        return sha256 in self._plan.wanted

    def read(self, name: str, most: int) -> bytes:
        """The bytes of what lies below `notebook/` under this name. Raises BundleRefused for more than `most`."""
        with self._pack.opened(f"{NOTEBOOK}{name}", most) as member:
            return b"".join(member.blocks())

    def answers(self) -> set[tuple[str, tuple[str, ...]]]:
        """Fingerprint and pictures of each success in its records, with what stands for a picture in its stead."""
        found = set()
        for record in believed(self._pack, self._plan, self._limits):
            if isinstance(record, GenerationRecord) and record.row["status"] == "succeeded":
                outputs = sorted(record.outputs, key=lambda row: row["position"])
                found.add((record.row["fingerprint"], tuple(row["derived"] or row["asset"] for row in outputs)))
        return found

    def merge(self, progress: Progress) -> Imported:
        """Let it come in."""
        store, pack, plan, limits = self._store, self._pack, self._plan, self._limits
        needed = list(staging.missing(store, plan.wanted))
        facts = staging.bring_in(store, pack, needed, plan.wanted, limits, progress) if needed else {}
        merged = merge(store, believed(pack, plan, limits), facts)
        return Imported(
            merged.generations,
            merged.assets,
            sum(fact["bytes"] for fact in facts.values()),
            merged.labels,
            merged.already,
            tuple(merged.kept),
            notes=(*_left_out(plan.passed_over), *_corrected(len(plan.fingerprints)), *merged.notes),
        )


def _left_out(passed_over: Mapping[int, str]) -> tuple[str, ...]:
    named = tuple(f"line {number} was passed over: {why}" for number, why in islice(passed_over.items(), _MOST_NAMED))
    more = len(passed_over) - len(named)
    return (*named, f"and {more:,} more lines were") if more else named


def _corrected(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} generations had the fingerprint of another request; they answer their own",)


def _import_pictures(store: Store, paths: list[Path], limits: Limits, progress: Progress) -> Imported:
    imported = Imported()
    for path, came in foreign.bring_in(store, paths, limits, progress):
        if isinstance(came, ImgnbError):
            imported = replace(imported, refused=(*imported.refused, foreign.refusal(path, came)))
        elif came.new:
            imported += Imported(generations=1, assets=int(came.new_asset), bytes=came.bytes)
        else:
            imported += Imported(already=1)
    return imported


def _is_bundle(path: Path) -> bool:
    """Whether this is to be read as a bundle. A broken zip is, too: so it is refused, with the reason."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    # A pipe would be waited for.
    return path.is_file() and _looks_packed(path)


def _looks_packed(path: Path) -> bool:
    return path.suffix.lower() in (".zip", ".jsonl") or zipfile.is_zipfile(path)
