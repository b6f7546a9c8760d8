"""Breadcrumbs: what must be known to finish the job when the process dies between the bytes and their rows.

Before a picture gets its final name, a small file beside it says what it is; before the rows are written, another says
how the run ended. They go when the rows are committed. Who picks them up is `recovery.py`. Both `incoming/` and the
rescue folder may hold them. They outlive a process that is killed; should the power fail before the rows are committed,
the spool, which is synced, still says whose picture it is, and it says itself what it is.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..events import Spooled
from ..records import blob_path
from .blobs import SpoolSink, is_ours, is_stored, make_rescue_folder, rescue_folder
from .clock import is_id
from .database import FULL


@dataclass(frozen=True)
class Kept:
    """A picture that arrived whole: what it is, and which request it answers."""

    generation_id: str
    index: int
    sha256: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    has_alpha: bool | None
    frames: int | None
    kept_at: int
    "Nanoseconds; of two pictures with one index the later one takes it."
    meta: Mapping[str, Any] = field(default_factory=dict)

    def order(self) -> tuple[int, int, str]:
        """By index, the latest of one index first."""
        return self.index, -self.kept_at, self.sha256

    def path(self, root: Path) -> Path:
        """The final name of the bytes."""
        return blob_path(root, self.sha256, self.media_type)

    def is_home(self, root: Path) -> bool:
        """Whether the bytes lie under their final name."""
        return is_stored(root, self.sha256, self.media_type, self.bytes)


class Journal:
    """The files of unfinished generations, by generation id."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.rescue = rescue_folder(root)

    def open_sink(self, generation_id: str, index: int) -> SpoolSink:
        return SpoolSink(self.incoming, generation_id, index, self.rescue)

    def generation_ids(self) -> set[str]:
        """Everybody who has left something here."""
        ids = {path.name.split(".", 1)[0] for path in self._files() if path.suffix in (".json", ".part", ".spool")}
        return set(filter(is_id, ids))

    def write_kept(self, kept: Kept) -> None:
        self._write(f"{kept.generation_id}.{kept.index}.{kept.sha256[:16]}.json", asdict(kept))

    def files(self, generation_id: str) -> list[Path]:
        """Everything that lies here of a generation."""
        return list(self._files(generation_id))

    def write_outcome(self, generation_id: str, columns: Mapping[str, Any]) -> None:
        self._write(f"{generation_id}.outcome.json", columns)

    def outcome(self, generation_id: str) -> dict[str, Any] | None:
        """How the run ended, as columns of `generation`, where that was written down."""
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError):
                columns = _read(folder / f"{generation_id}.outcome.json")
                return columns if isinstance(columns, dict) else None
        return None

    def clear(self, generation_id: str) -> None:
        """Remove what is left of a generation whose rows are committed."""
        for path in self._files(generation_id):
            # Whoever else recovers may be faster, and a file that stays is only looked at once more.
            with contextlib.suppress(OSError):
                path.unlink()

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        data = json.dumps(document, ensure_ascii=True, default=dict).encode()
        try:
            _write(self.incoming / name, data)
        except OSError as error:
            if error.errno not in FULL:
                raise
            make_rescue_folder(self.rescue)
            _write(self.rescue / name, data)

    def _folders(self) -> list[Path]:
        # All that there are: the library may have been moved since, and then this one has another name.
        rescue = sorted(self.rescue.parent.iterdir()) if is_ours(self.rescue.parent) else []
        return [folder for folder in (self.incoming, *filter(is_ours, rescue)) if folder.is_dir()]

    def _files(self, generation_id: str = "") -> Iterator[Path]:
        prefix = f"{generation_id}." if generation_id else ""
        for folder in self._folders():
            yield from (folder / name for name in sorted(os.listdir(folder)) if name.startswith(prefix))


def breadcrumbs(files: Iterable[Path]) -> list[Kept]:
    """The pictures whose breadcrumbs are among the files."""
    crumbs = (path for path in files if path.suffix == ".json" and not path.name.endswith(".outcome.json"))
    return [kept for path in crumbs if (kept := _kept(path)) is not None]


def spools(files: Iterable[Path]) -> list[tuple[int, Spooled]]:
    """The pictures that have arrived whole, with their index."""
    return [
        (int(index), Spooled(digest, path.stat().st_size, path))
        for path in files
        if path.suffix == ".spool"
        for _, index, digest, _ in [path.name.split(".")]
    ]


def parts(files: Iterable[Path]) -> list[tuple[int, Path]]:
    """The files that were still being written, with their index."""
    return [(int(path.name.split(".")[1]), path) for path in files if path.suffix == ".part"]


def _kept(path: Path) -> Kept | None:
    """What a breadcrumb says; after a power cut it may be empty, and then the spool speaks for itself."""
    try:
        return Kept(**_read(path))
    except TypeError:
        return None


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def _write(path: Path, data: bytes) -> None:
    # Not by `whole_file`: also half of it begins with the id of its generation, whose heir sees to it.
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
