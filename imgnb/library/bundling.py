"""The part of the library's door through which parts of it leave, and come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LibraryError
from ..records import Asset, Generation
from .part import Part

if TYPE_CHECKING:
    from .bundles.exporting import Exported
    from .bundles.importing import Arriving, Imported
    from .bundles.limits import Limits, Progress


class Bundling(Part):
    """Export and import. What travels is a zip that holds all rows and bytes, or records alone; folders are for people."""

    walk: Any
    generation: Any
    labels: Any
    "What the other parts of the door do."

    def export(
        self,
        what: str | Iterable[Generation | Asset],
        target: str | Path,
        *,
        records_only: bool = False,
        everything: bool = False,
        ancestors: bool = True,
        progress: Progress | None = None,
    ) -> Exported:
        """Write what a search finds, or these items, to a `.zip`, to a folder for people, or with `records_only` to a `.jsonl`.

        A zip brings whatever the rows point to, and with `ancestors` what the pictures go back to; it holds a gallery,
        index.html. Paths of this machine are left out of it: notebooks and references keep their file names. Records alone
        keep them; from these `imgnb rebuild` makes a database. With `everything`, failures, the trash and pictures that no
        generation has go along, too.
        """
        from .bundles import exporting, gathering, sidecars

        path, told = _target(target, records_only), progress or _silent
        if everything and isinstance(what, str) and what.strip():
            raise LibraryError(
                f"everything is to be exported, and {what!r:.80} to be searched for", hint="leave one out"
            )
        if everything and not records_only and path.suffix.lower() != ".zip":
            raise LibraryError(
                f"a folder for people does not hold everything, and {path} would be one",
                hint="export to a .zip, or say what is to be found, without --all",
            )
        found = self.walk(what) if isinstance(what, str) else what
        choose = gathering.everything if everything else exporting.generations_of(_ids(found), ancestors=ancestors)
        if records_only:
            return exporting.export_records(self._store, choose, path, whole=everything, progress=told)
        if path.suffix.lower() == ".zip":
            return exporting.export_bundle(self._store, choose, path, whole=everything, progress=told)
        return sidecars.export_folder(self._generations(found), self.labels, path, told)

    def export_pack(
        self,
        items: Iterable[Generation | Asset],
        target: Path,
        members: Mapping[str, bytes | Path],
        *,
        alone: Iterable[Asset] = (),
        ancestors: bool = False,
        progress: Progress | None = None,
    ) -> Exported:
        """Write these items, and what they point to, to a zip that brings members below `notebook/`, too.

        It is a bundle that `import_` takes, without a gallery. A member may be a file. `alone` are pictures that go along
        without what made them.
        """
        from .bundles import exporting

        hashes = [asset.sha256 for asset in alone]
        choose = exporting.generations_of(_ids(items), ancestors=ancestors, alone=hashes)
        return exporting.export_pack(self._store, choose, target, members, progress=progress or _silent)

    def arriving(self, path: Path, *, limits: Limits | None = None) -> AbstractContextManager[Arriving]:
        """A bundle that was read and believed, to be looked at before it comes in. Raises BundleRefused."""
        from .bundles import importing
        from .bundles.limits import DEFAULT

        return importing.arriving(self._store, path, limits or DEFAULT)

    def import_(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        limits: Limits | None = None,
        progress: Progress | None = None,
    ) -> Imported:
        """Merge bundles (a zip, its unpacked folder, records), and store pictures with what they say of their making.

        What is there stays as it is; the same again changes nothing. A bundle comes in whole or not at all: BundleRefused
        says why. Pictures that cannot be read are named in the result.
        """
        from .bundles import importing
        from .bundles.limits import DEFAULT

        given = (paths,) if isinstance(paths, str | Path) else paths
        every = [Path(path).expanduser() for path in given]
        return importing.import_all(self._store, every, limits or DEFAULT, progress or _silent)

    def _generations(self, items: Iterable[Generation | Asset]) -> Iterator[Generation]:
        """The items as generations; an asset stands for the one that made it."""
        for item in items:
            yield item if isinstance(item, Generation) else self.generation(f"@{item.sha256}")


def _ids(items: Iterable[Generation | Asset]) -> Iterator[Asset | str]:
    """Of generations only the id is kept: a million of them fit in memory, their records do not."""
    return (item.id if isinstance(item, Generation) else item for item in items)


def _target(target: str | Path, records_only: bool) -> Path:
    """Where to write. Raises LibraryError for what is no place for a bundle."""
    path = Path(target).expanduser()
    if records_only:
        path = path / "records.jsonl" if path.is_dir() or str(target).endswith("/") else path
        wanted = path.suffix == ".jsonl"
    else:
        wanted = path.is_dir() or path.suffix.lower() == ".zip" or not path.suffix or str(target).endswith("/")
    if not wanted or (path.suffix.lower() in (".zip", ".jsonl") and path.is_dir()):
        kind = "records.jsonl" if records_only else "a .zip, or a folder"
        raise LibraryError(f"{path} is no place for an export", hint=f"give {kind}")
    return path


def _silent(done: int, total: int) -> None:
    """Tell nobody."""
