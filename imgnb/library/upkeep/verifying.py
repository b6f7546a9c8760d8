"""Whether a library is what it says it is: every byte of every picture, and every row that can be derived from others.

Bytes are read shelf by shelf in the order of their hashes, so that whoever is stopped knows where to go on. Kernels may
write meanwhile: what looks wrong is looked at once more before it is said.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from ...errors import LibraryError
from ...records import blob_path
from ...records.asset import EXTENSIONS
from .. import tables
from ..keeping import UNKNOWN
from ..opening import Store
from . import derived, leftovers, rederiving
from .reading import Read, in_order, read
from .report import Follow, Problem, Report, Step, nobody
from .resuming import Bookmark
from .shelves import ON_SHELF, SHELVES, Item, Row, beginning, is_arriving, look_up, shelf

BOOKMARK = "verify.json"
_HASHES = select(tables.asset.c.sha256).where(ON_SHELF).order_by(tables.asset.c.sha256)


@dataclass(frozen=True)
class Sample:
    """Some of the pictures: a number of them, or a share, as chance has it with this seed."""

    count: int | None
    share: float
    seed: int
    asked: str

    @classmethod
    def parse(cls, asked: str | int | float, seed: int | None = None) -> Sample:
        """Read "200" or "5%". Raises LibraryError for anything else."""
        text = str(asked).strip()
        seed = random.SystemRandom().randrange(2**31) if seed is None else seed
        try:
            count, share = (None, float(text[:-1]) / 100) if text.endswith("%") else (int(text), 1.0)
        except ValueError:
            count, share = -1, 0.0
        if not 0 < share <= 1 or (count is not None and count < 1):
            raise LibraryError(f"{text!r} is no sample", hint="give a number of pictures, or a share such as 5%")
        return cls(count, share, seed, text)

    def of(self, hashes: int) -> frozenset[int]:
        """Which of so many are looked at."""
        count = self.count if self.count is not None else max(1, round(hashes * self.share))
        return frozenset(random.Random(self.seed).sample(range(hashes), min(count, hashes)))


def verify(
    store: Store,
    *,
    sample: str | int | float | None = None,
    seed: int | None = None,
    restart: bool = False,
    follow: Follow = nobody,
) -> Report:
    """Look at everything, or at a sample of the pictures and at all rows, and say what is wrong."""
    begun = time.monotonic()
    chosen = None if sample is None else Sample.parse(sample, seed)
    keep = chosen is None and store.refusal is None
    mark = Bookmark.find(store.root / BOOKMARK) if keep and not restart else Bookmark(store.root / BOOKMARK)
    before = mark.bytes
    since = f"{mark.begun[:16].replace('T', ' ')} UTC"
    notes: tuple[str, ...] = (
        (f"goes on after {mark.after[:12]}, where one of {since} was stopped",) if mark.after else ()
    )
    if (nothing := _no_folder(store)) is not None:
        mark.problems = [nothing]
    else:
        items = _sampled(store, chosen) if chosen else _every(store, mark.after)
        _read_pictures(store, mark, items, follow, keep=keep, total=0 if chosen else _total(store))
    problems = list(mark.problems)
    if chosen is None:
        problems += leftovers.problems(store)
    else:
        notes += ("files without rows are not looked for in a sample",)
    generations = 0
    total = _generations(store)
    for count, found in rederiving.pages(store):
        generations += count
        problems += found
        follow(Step("fingerprints", generations, total))
    problems += derived.problems(store, follow)
    if keep:
        mark.remove()
    return Report(
        tuple(problems), mark.pictures, mark.bytes, generations, time.monotonic() - begun, mark.bytes - before, mark.emptied,
        chosen.asked if chosen else None, chosen.seed if chosen else None, notes,
    )  # fmt: skip


def judge(store: Store, item: Item, found: Read | None) -> Iterator[Problem]:
    """What is wrong with a picture whose bytes were read; None where it has no file."""
    if found is not None and found.error is not None:
        yield Problem("unreadable", item.sha256, found.error)
    elif item.row is None:
        yield from _judge_orphan(store, item, found)
    elif found is None or found.gone:
        yield from _judge_missing(store, item.row)
    elif found.sha256 != item.sha256:
        yield Problem("damaged", item.sha256, f"its bytes ({found.bytes:,}) have another hash, {found.sha256[:12]}…")
    else:
        yield from _judge_facts(store, item, item.row, found)


def _read_pictures(
    store: Store, mark: Bookmark, items: Iterator[Item], follow: Follow, *, keep: bool, total: int
) -> None:
    def open_and_read(item: Item) -> Read | None:
        path = item.path(store.root)
        return None if path is None else read(path)

    try:
        for item, found in in_order(open_and_read, items):
            mark.problems.extend(judge(store, item, found))
            mark.after, mark.pictures = item.sha256, mark.pictures + 1
            mark.bytes += found.bytes if found else 0
            mark.emptied += bool(item.row and item.row.emptied and found is None)
            if keep:
                mark.write()
            follow(Step("pictures", mark.bytes, total, in_bytes=True))
    except BaseException:
        if keep:
            mark.write(now=True)
        raise


def _no_folder(store: Store) -> Problem | None:
    """One sentence in place of a million, where all pictures are elsewhere."""
    if (store.root / "blobs").is_dir() or not (total := _total(store)):
        return None
    return Problem("missing", "blobs", f"the folder with all pictures ({total:,} bytes) is not there")


def _every(store: Store, after: str) -> Iterator[Item]:
    for digits in SHELVES:
        if digits >= after[:2]:
            yield from shelf(store, digits, after)


def _sampled(store: Store, sample: Sample) -> Iterator[Item]:
    """The chosen pictures, in the order of their hashes; only their own files are looked at."""
    with store.database.reading() as connection:
        count = connection.scalar(select(func.count()).select_from(tables.asset)) or 0
    chosen, number = sample.of(count), 0
    for digits in SHELVES:
        with store.database.reading() as connection:
            hashes = connection.scalars(_HASHES, beginning(digits)).all()
        for sha256 in hashes:
            if number in chosen and (row := look_up(store, sha256)) is not None:
                path = blob_path(store.root, sha256, row.media_type)
                yield Item(sha256, row, (path,) if path.exists() else ())
            number += 1


def _judge_orphan(store: Store, item: Item, found: Read | None) -> Iterator[Problem]:
    path = item.paths[0]
    if found is None or found.gone or look_up(store, item.sha256) is not None or is_arriving(store, item.sha256, path):
        return
    if found.sha256 != item.sha256:
        yield Problem("damaged", item.sha256, "no row knows it, and its bytes have another hash")
    else:
        what = found.picture.media_type if found.picture else "no picture that imgnb knows"
        yield Problem("orphan", item.sha256, f"no row knows this file ({what}, {found.bytes:,} bytes)")


def _judge_missing(store: Store, row: Row) -> Iterator[Problem]:
    again = look_up(store, row.sha256)
    if again is None or again.emptied or blob_path(store.root, row.sha256, again.media_type).exists():
        return
    yield Problem("missing", row.sha256, f"its bytes ({again.media_type}, {again.bytes:,}) are not in blobs/")


def _judge_facts(store: Store, item: Item, row: Row, found: Read) -> Iterator[Problem]:
    if (
        row.emptied
        and (again := look_up(store, row.sha256)) is not None
        and again.emptied
        and any(path.exists() for path in item.paths)
    ):
        yield Problem("emptied", row.sha256, "gc had deleted its bytes, and they are there again")
    if row.bytes != found.bytes:
        yield Problem("size", row.sha256, f"the row says {row.bytes:,} bytes, the file has {found.bytes:,}")
    is_known, says = found.picture is not None, f"the row says {row.media_type}"
    actual = found.picture.media_type if found.picture else UNKNOWN
    if actual != row.media_type and (row.media_type != UNKNOWN or not is_known):
        yield Problem(
            "media type", row.sha256, f"{says}, the bytes are {actual if is_known else 'no picture that imgnb knows'}"
        )
    elif EXTENSIONS.get(row.media_type, "bin") not in [path.suffix[1:] for path in item.paths]:
        yield Problem("media type", row.sha256, f"{says}, the file is called {item.paths[0].name[64:]}")


def _total(store: Store) -> int:
    with store.database.reading() as connection:
        return int(connection.scalar(select(func.coalesce(func.sum(tables.asset.c.bytes), 0))) or 0)


def _generations(store: Store) -> int:
    with store.database.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables.generation)) or 0)
