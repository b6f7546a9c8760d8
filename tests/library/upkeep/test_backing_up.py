"""Backups, compacting and stats: one file that is whole while kernels write, a smaller one, and true numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from imgnb.errors import LibraryError, LibraryFull, LibraryLocked
from imgnb.library import Library
from imgnb.request import ImageRequest

from ..conftest import FOX, draw, png
from ..processes import child
from ..test_trouble import fill, small_disk
from .conftest import database

__all__ = ["small_disk"]


def generations(file: Path) -> list[str]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert not connection.execute("PRAGMA foreign_key_check").fetchall()
        return [row[0] for row in connection.execute("SELECT id FROM generation ORDER BY id")]


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_backup_is_made_while_another_thread_writes(tmp_path: Path, journal: str) -> None:
    """It ends, is whole, has all that was there before it, and every write gets through."""
    stop, drawn = Event(), []
    with Library(tmp_path / "library", journal=journal) as library:  # type: ignore[arg-type]
        before = [draw(library, ImageRequest(f"fox {n} " * 500), png(n)).id for n in range(30)]

        def write() -> None:
            while not stop.is_set():
                drawn.append(draw(library, FOX, png(100 + len(drawn))).id)

        writer = Thread(target=write)
        writer.start()
        try:
            size = library.backup(tmp_path / "backup.db")
        finally:
            stop.set()
            writer.join()
        assert library.verify().problems == ()

    kept = generations(tmp_path / "backup.db")
    assert set(before) <= set(kept) <= {*before, *drawn}
    assert size == (tmp_path / "backup.db").stat().st_size
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("library", "backup.db")] == []


def test_a_backup_writes_over_nothing_unasked(library: Library, tmp_path: Path) -> None:
    """A file that is there stays, unless it is forced; a folder and the library's own files are never written over."""
    target = tmp_path / "mine.txt"
    target.write_text("mine")

    for refused in (target, tmp_path, tmp_path / "nowhere" / "x.db"):
        with pytest.raises(LibraryError):
            library.backup(refused)
    for own in ("library.db", "library.db-wal"):
        with pytest.raises(LibraryError, match="own file"):
            library.backup(library.path / own, force=True)
    assert target.read_text() == "mine"
    library.backup(target, force=True)
    assert len(generations(target)) == 2


def test_a_backup_that_does_not_fit_leaves_nothing(small_disk: Path, library: Library) -> None:
    """Half a backup under a whole one's name would be worse than none."""
    fill(small_disk, leave=10_000)

    with pytest.raises(LibraryFull, match="a backup takes"):
        library.backup(small_disk / "backup.db")

    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_compacting_gives_room_back_and_changes_nothing(library: Library) -> None:
    """The file gets smaller, and every row and number is what it was."""
    with database(library) as connection:
        connection.execute("CREATE TABLE ballast (text TEXT)")
        connection.executemany("INSERT INTO ballast VALUES (?)", [("x" * 3000,)] * 500)
        connection.execute("DROP TABLE ballast")
    before = [generation.to_dict() for generation in library]

    done = library.compact()

    assert done.after < done.before - 1_000_000
    assert done.after == (library.path / "library.db").stat().st_size
    assert [generation.to_dict() for generation in library] == before
    assert library.find("fox") != []
    assert library.verify().problems == ()


def test_compacting_is_refused_while_other_kernels_have_the_library_open(library: Library) -> None:
    """They are named; nobody is kept waiting for minutes."""

    def holds(say: Callable[[str], None]) -> None:
        other = Library(library.path)
        assert other._store.session
        say(other._store.session.id)
        Event().wait(60)

    with child(holds) as process, pytest.raises(LibraryLocked, match=process.hear()):
        library.compact()
    library.compact()


def test_stats_count_what_is_there(library: Library) -> None:
    """Counts, bytes and dates are those of rows and files."""
    library.trash(draw(library, ImageRequest("thrown"), png(50)))
    (library.path / "thumbs").mkdir()
    (library.path / "thumbs" / "x").write_bytes(b"12345")

    stats = library.stats()

    assert stats["generations"] == {"succeeded": 3}
    assert stats["media_types"] == {"image/png": {"assets": 5, "bytes": stats["bytes"]}}
    assert stats["disk"]["pictures"] == sum(p.stat().st_size for p in (library.path / "blobs").rglob("*.png"))
    assert stats["disk"]["thumbs"] == 5
    assert stats["disk"]["database"] == (library.path / "library.db").stat().st_size
    assert stats["trash"] == {"assets": 1, "bytes": len(png(50))}
    assert stats["labels"] == {"names": 1, "tags": 1, "ratings": 1, "notes": 1, "choices": 0, "saved_searches": 0}
    assert stats["first"] <= stats["last"]
    assert (stats["journal"], stats["cost"]) == ("wal", {"USD": pytest.approx(0.12)})
    library.gc(0)
    assert library.stats()["disk"]["pictures"] == sum(p.stat().st_size for p in (library.path / "blobs").rglob("*.png"))


def test_without_wal_it_works_and_says_so(tmp_path: Path) -> None:
    """The setting for disks that WAL is not made for: drawn, found, verified, and in the library's notes."""
    with Library(tmp_path / "library", journal="delete") as library:
        draw(library)
        assert library.stats()["journal"] == "delete"
        assert "without WAL" in library.notes[0]
        assert library.verify().problems == ()
        assert not (library.path / "library.db-wal").exists()
    for journal in ("wal", "delete", "wal"):
        with Library(tmp_path / "library", journal=journal) as library:  # type: ignore[arg-type]
            assert (library.stats()["journal"], len(library.notes)) == (journal, int(journal == "delete"))
