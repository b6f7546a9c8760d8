"""What can be done about a problem. Nothing is deleted: what is damaged moves to `quarantine/`, and no row is dropped.

Each repair looks again before it acts, so that it can be repeated, and leaves alone what is right by now.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select, update

from ...errors import ImgnbError
from ...records import blob_path
from .. import tables
from ..database import translated
from ..opening import Store
from . import adopting, derived, leftovers, quarantine, returning
from .inside import check_no_links, is_inside, is_link
from .reading import Read, in_order, read
from .report import Follow, Problem, Report, Step, nobody
from .shelves import SHELVES, look_up, shelf, strangers

_HASH = re.compile(r"[0-9a-f]{64}")
_Homes = dict[str, Path]
"Whole files by the hash of their bytes, wherever in the library they lie."


def repair(store: Store, report: Report, follow: Follow = nobody) -> Report:
    """Do what can be done about the report's problems, and return it with what was done."""
    store.check_writable()
    check_no_links(store.root, "incoming", quarantine.FOLDER)
    homeless = any(problem.kind in ("missing", "damaged", "reference") for problem in report.problems)
    with translated(store.root):
        spare = _spare(store, follow) if homeless else {}
        done: dict[str, str] = {}
        # Files first: a row can only be judged when its bytes are where they belong.
        problems = tuple(_repaired(store, one, spare, done) for one in _expanded(store, report.problems))
        leftovers.remove_work_folder(store)
        return replace(report, problems=problems)


def _repaired(store: Store, problem: Problem, spare: _Homes, done: dict[str, str]) -> Problem:
    if problem.kind in _WHOLE:
        # Once for all problems of a kind: everything of that kind is derived anew.
        if problem.kind not in done:
            done[problem.kind] = _rederive(store, problem.kind)
        return problem.done(done[problem.kind]) if done[problem.kind] else problem
    act = _ACTS.get(problem.kind)
    what = act(store, problem, spare) if act else None
    return what if isinstance(what, Problem) else problem.done(what) if what else problem


def _expanded(store: Store, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Of a folder that was lost, each picture is a problem of its own once some of them may have been found."""
    for problem in problems:
        if problem.what != "blobs":
            yield problem
            continue
        for digits in SHELVES:
            for item in shelf(store, digits):
                if item.row and not item.row.emptied:
                    yield Problem("missing", item.sha256, "its bytes are not in blobs/")


def _rederive(store: Store, kind: str) -> str:
    try:
        with store.database.writing() as connection:
            derived.rederive(connection, kind)
    except ImgnbError:
        return ""
    return "derived anew" if kind != "database" or not list(derived._database(store)) else ""


def _damaged(store: Store, problem: Problem, spare: _Homes) -> str | Problem | None:
    paths = _files_of(store, problem.what)
    moved = []
    for path in paths:
        found = read(path)
        if found.error is None and not found.gone and found.sha256 != problem.what and is_inside(store.root, path):
            moved.append(quarantine.put(store.root, path, f"{problem.message}; it should be {problem.what}"))
            spare.setdefault(found.sha256, moved[-1])
    row = look_up(store, problem.what)
    if row is None or row.emptied:
        return f"moved to {_names(store, moved)}" if moved else "right by now"
    if home := _missing(store, problem, spare):
        return f"moved to {_names(store, moved)}; {home}" if moved else home
    where = f"its bytes were damaged, and are {_names(store, moved)} now" if moved else problem.message
    return Problem("missing", problem.what, f"{where}; there is no other copy in the library")


def _missing(store: Store, problem: Problem, spare: _Homes) -> str | None:
    row = look_up(store, problem.what)
    if row is None or row.emptied:
        return "right by now"
    if (own := blob_path(store.root, row.sha256, row.media_type)).exists() and read(own).sha256 == row.sha256:
        return "right by now"
    path = spare.get(row.sha256)
    if path is None or read(path).sha256 != row.sha256:
        return None
    adopting.move(store.root, path, row.sha256, row.media_type)
    return f"found as {leftovers.name_of(store, path)}" if path.is_relative_to(store.root) else "found elsewhere"


def _facts(store: Store, problem: Problem, _: _Homes) -> str | None:
    """Size, media type and the file's ending: the hash says that the bytes are right."""
    row = look_up(store, problem.what)
    own = blob_path(store.root, problem.what, row.media_type) if row else None
    for path in sorted(_files_of(store, problem.what), key=lambda path: path != own):
        found = read(path)
        if row is not None and found.sha256 == problem.what:
            with store.database.writing() as connection:
                adopting.correct(connection, store.root, path, found)
            return "row and file say what the bytes are"
    return None


def _orphan(store: Store, problem: Problem, _: _Homes) -> str | None:
    for path in _files_of(store, problem.what):
        found = read(path)
        if found.sha256 == problem.what:
            return _adopted(store, path, found)
    return None


def _misnamed(store: Store, problem: Problem, _: _Homes) -> str | None:
    path = store.root / problem.what
    if not is_inside(store.root, path):
        return None if path.is_symlink() or path.exists() else "right by now"
    if is_link(store.root / "blobs"):
        return None  # nothing is moved to another disk, or to somebody's home
    found = read(path)
    row = look_up(store, found.sha256)
    if row is not None and not row.emptied and not blob_path(store.root, row.sha256, row.media_type).exists():
        adopting.move(store.root, path, row.sha256, row.media_type)
        return f"it is {row.sha256[:12]}, and was missed"
    if row is None and found.picture is not None and found.picture.whole:
        return _adopted(store, path, found)
    return f"moved to {_names(store, [quarantine.put(store.root, path, problem.message)])}"


def _adopted(store: Store, path: Path, found: Read) -> str:
    with store.database.writing() as connection:
        adopting.adopt(connection, store.root, path, found)
    return "adopted"


def _emptied(store: Store, problem: Problem, _: _Homes) -> str | None:
    row = look_up(store, problem.what)
    if row is None or not row.emptied:
        return "right by now"
    # Under whichever name its bytes lie: the file's ending is a problem of its own.
    back = [path for path in _files_of(store, problem.what) if returning.take_one_back(store.database, path)]
    return "it is in the trash again" if back else None


def _prompt_hash(store: Store, problem: Problem, _: _Homes) -> str | None:
    row = tables.generation.c
    with store.database.writing() as connection:
        prompt = connection.scalar(select(row.prompt).where(row.id == problem.what)) or ""
        sha256 = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()
        connection.execute(update(tables.generation).where(row.id == problem.what).values(prompt_sha256=sha256))
    return "the hash is that of the prompt"


def _reference(store: Store, problem: Problem, spare: _Homes) -> str | None:
    """Rows that name an asset which has lost its row: its bytes bring it back."""
    adopted = 0
    for column in _NAMING:
        query = select(column).where(column.is_not(None), column.not_in(select(tables.asset.c.sha256))).distinct()
        with store.database.reading() as connection:
            lost = connection.scalars(query).all()
        for sha256 in lost:
            if (path := spare.get(sha256)) and read(path).sha256 == sha256:
                _adopted(store, path, read(path))
                adopted += 1
    with store.database.reading() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM pragma_foreign_key_check").scalar()
    return None if left else f"{adopted} pictures have their rows again" if adopted else "right by now"


_NAMING = (
    tables.output.c.asset, tables.output.c.derived, tables.input_.c.asset, tables.input_.c.sent, tables.derivation.c.parent,
    tables.derivation.c.asset, tables.name.c.asset, tables.name_history.c.asset, tables.tag.c.asset, tables.rating.c.asset,
    tables.note.c.asset, tables.trash.c.asset, tables.upload.c.asset,
    tables.choice.c.better, tables.choice.c.worse,
)  # fmt: skip

_WHOLE = ("labels", "trashed", "counts", "full text", "database")
_ACTS: Mapping[str, Callable[[Store, Problem, _Homes], str | Problem | None]] = {
    "damaged": _damaged,
    "missing": _missing,
    "size": _facts,
    "media type": _facts,
    "orphan": _orphan,
    "emptied": _emptied,
    "misnamed": _misnamed,
    "leftover": _misnamed,
    "prompt hash": _prompt_hash,
    "reference": _reference,
}


def _spare(store: Store, follow: Follow) -> _Homes:
    """Every file that may be a picture in the wrong place: quarantine, incoming, rescue, wrong names, second copies."""
    files = [*quarantine.files(store.root), *strangers(store.root), *_second(store)]
    for folder in (store.journal.incoming, store.journal.rescue):
        if folder.is_dir() and not folder.is_symlink():
            files += [folder / name for name in os.listdir(folder) if not name.endswith((".lock", ".json"))]
    homes: _Homes = {}
    if is_link(store.root / "blobs"):
        return homes
    for number, (path, found) in enumerate(in_order(read, filter(_is_plain, files)), 1):
        follow(Step("looking for copies", number, len(files)))
        if found.sha256:
            homes.setdefault(found.sha256, path)
    return homes


def _second(store: Store) -> Iterator[Path]:
    """Files named by a hash, with another ending than their row has, or without any row."""
    for digits in SHELVES:
        for item in shelf(store, digits):
            own = item.path(store.root) if item.row else None
            yield from (path for path in item.paths if path != own)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _files_of(store: Store, sha256: str) -> list[Path]:
    folder = store.root / "blobs" / sha256[:2] / sha256[2:4]
    return sorted(folder.glob(f"{sha256}.*")) if _HASH.fullmatch(sha256) else []


def _names(store: Store, paths: Sequence[Path]) -> str:
    return ", ".join(leftovers.name_of(store, path) for path in paths)
