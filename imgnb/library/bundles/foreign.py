"""Pictures of other programs become generations of their own, so that search, gallery and lineage have them.

Their operation is "import" and their fingerprint names the picture, not a request: no request is ever answered by one, as
nobody knows what exactly was asked. A picture that says nothing of a prompt is found by the name of its file.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from ..._version import __version__
from ...errors import BundleRefused, ImgnbError, ProtocolBroken
from ...pictures.metadata import LONGEST_PROMPT, Told, told, told_beside
from ...records.asset import EXTENSIONS
from .. import tables
from ..clock import milliseconds, new_id, now
from ..columns import to_json
from ..database import translated
from ..filing import add_asset, asset_columns
from ..given import Given
from ..journal import Kept
from ..keeping import UNKNOWN, add
from ..opening import Store
from ..spending import IMPORTED
from .limits import Limits, Progress
from .shape import shown

ROUTE = "imported"
FINGERPRINT = "import:"
NO_PROMPT = "the picture says nothing of a prompt: it is found by the name of its file"

_SUFFIXES = frozenset(
    (*(f".{extension}" for extension in EXTENSIONS.values() if extension != "bin"), ".jpeg", ".tiff", ".heif")
)
_LONGEST_SIDECAR = 4 * 1024**2
_ROW, _OUTPUT = tables.generation.c, tables.output.c


@dataclass(frozen=True)
class Came:
    """A picture that came in, or was there."""

    new: bool
    new_asset: bool
    bytes: int


def pictures_in(paths: Iterable[Path], limits: Limits) -> list[Path]:
    """The files that are meant: of a folder, the pictures in it and below, without following links."""
    found: list[Path] = []
    for path in paths:
        for one in _below(path) if path.is_dir() else (path,):
            found.append(one)
            if len(found) > limits.members:
                raise BundleRefused(f"there are more than {limits.members:,} pictures", hint="import them in parts")
    return found


def _below(folder: Path) -> Iterator[Path]:
    with translated(folder):
        entries = sorted(folder.iterdir())
    for path in entries:
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _below(path)
        elif path.suffix.lower() in _SUFFIXES:
            yield path


def bring_in(
    store: Store, paths: list[Path], limits: Limits, progress: Progress
) -> Iterator[tuple[Path, Came | ImgnbError]]:
    """Store each picture with what it says of itself; what cannot be stored is told beside its path."""
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    done, total = 0, sum(sizes)
    if total > limits.total:
        raise BundleRefused(f"the pictures have {total:,} bytes, more than {limits.total:,}", hint="import in parts")
    for path, size in zip(paths, sizes, strict=True):
        try:
            yield path, _bring_one(store, path, size, limits)
        except (ProtocolBroken, BundleRefused) as exc:
            yield path, exc
        progress(done := done + size, total)


def _bring_one(store: Store, path: Path, size: int, limits: Limits) -> Came:
    session = store.check_writable()
    if size > limits.picture:
        raise BundleRefused(f"{path} has {size:,} bytes, more than {limits.picture:,}", hint="raise the limit")
    given = Given(path)
    with store.database.reading() as connection:
        if _is_found(connection, given.sha256):
            return Came(False, False, size)
    with translated(store.root):
        kept = add(store.journal, session, given)
        said = _said(path)
    with store.database.writing() as connection:
        # Looked for again under the write lock: another import may have been faster.
        if _is_found(connection, kept.sha256):
            return Came(False, False, size)
        there = connection.scalar(select(tables.asset.c.sha256).where(tables.asset.c.sha256 == kept.sha256))
        add_asset(connection, {**asset_columns(kept), "source": _storable(path.name)})
        add_generation(connection, kept, path, said)
        return Came(True, there is None, size)


def _is_found(connection: Connection, sha256: str) -> bool:
    """Whether some generation has the picture, so that a search finds it."""
    asset = select(tables.asset.c.sha256).where(tables.asset.c.sha256 == sha256, tables.asset.c.media_type != UNKNOWN)
    makers = select(_OUTPUT.generation).where(or_(_OUTPUT.asset == sha256, _OUTPUT.derived == sha256)).limit(1)
    return connection.scalar(asset) is not None and connection.scalar(makers) is not None


def _said(path: Path) -> Told | None:
    """What lies beside the picture goes before what is in it: a person put it there."""
    for beside in (path.with_suffix(".json"), path.with_name(f"{path.name}.json"), path.with_suffix(".txt")):
        if (text := _text(beside)) is not None and (found := told_beside(text, beside.suffix)) is not None:
            return found
    return told(path)


def _text(path: Path) -> str | None:
    """What stands in the file, where there is one that can be read and is not too long."""
    with contextlib.suppress(OSError):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LONGEST_SIDECAR:
            return path.read_text(encoding="utf-8", errors="replace")
    return None


def add_generation(connection: Connection, kept: Kept, path: Path, said: Told | None) -> None:
    """Write the generation of a picture that came in; without a prompt, it is found by the name of its file."""
    id = new_id(after=connection.scalar(select(func.max(_ROW.id))))
    number = max(milliseconds(id), (connection.scalar(select(func.max(_ROW.number))) or 0) + 1)
    prompt = said.prompt if said else _storable(path.stem)[:LONGEST_PROMPT]
    row: dict[str, Any] = {
        "number": number,
        "id": id,
        "fingerprint": f"{FINGERPRINT}{kept.sha256}",
        "take": 1,
        "status": "succeeded",
        "session": IMPORTED,
        "operation": "import",
        "prompt": prompt,
        "prompt_sha256": hashlib.sha256(prompt.encode()).hexdigest(),
        "variables_json": "{}",
        "params_json": to_json(said.params if said else {}),
        "effective_json": to_json({"size": f"{kept.width}x{kept.height}"} if kept.width else {}),
        "mismatches_json": "[]",
        "notes_json": to_json([] if said else [NO_PROMPT]),
        "route": ROUTE,
        "route_owner": said.tool if said else "unknown",
        "base_url": "",
        "endpoint": "",
        "dialect": "",
        "model": (said.model if said else None) or "unknown",
        "partials_asked": 0,
        "partials_received": 0,
        # Nothing was to be paid here: without it the costs would list it as one whose price is not known.
        "cost_estimate": 0.0,
        "currency": "USD",
        "imgnb_version": __version__,
        "created_at": now(),
        "finished_at": now(),
        "unknown_events": 0,
    }
    connection.execute(insert(tables.generation).values(**row))
    connection.execute(insert(tables.output).values(generation=id, position=0, asset=kept.sha256, meta_json="{}"))  # fmt: skip


def _storable(name: str) -> str:
    """A file name as text: those of other systems may be bytes that are none."""
    return name.encode("utf-8", "replace").decode()


def refusal(path: Path, error: ImgnbError) -> tuple[str, str]:
    """The path, safe to print, and why it did not come in."""
    return shown(str(path)).strip("'\""), error.message
