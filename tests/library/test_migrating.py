"""Libraries of earlier versions: opened, brought up to date, and answering as before."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from imgnb.errors import LibraryError, LibraryTooNew
from imgnb.library import Library
from imgnb.library.migrations import LATEST

from .conftest import FOX, draw, png
from .processes import KILLED, Child, child, die_at
from .test_trouble import fill, small_disk

__all__ = ["small_disk"]

OLD = Path(__file__).with_name("version-1.db")
"A library as imgnb wrote it before conversations: one success named hero, drawn from FOX, and one failure."


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The old library with the picture that it knows."""
    root = tmp_path / "library"
    sha256 = "15c2a192249c7994bef8f89db9ec4e90292b61878b21bd04c7a26c5c3e6efc7d"
    blob = root / "blobs" / sha256[:2] / sha256[2:4] / f"{sha256}.png"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(png())
    shutil.copyfile(OLD, root / "library.db")
    return root


def test_an_old_library_is_brought_up_to_date(old: Path) -> None:
    """Its rows answer as before, with nothing said of what it could not know, and new ones can be filed."""
    with Library(old) as library:
        made = library.answer(FOX.fingerprint())
        (failed,) = library.find(status="failed")
        new = draw(library, FOX, png(7))

        assert library.schema_version == LATEST
        assert made is not None
        assert made.asset == library.asset("@hero")
        assert (made.main_model, made.continues, made.response_id, made.unknown_events) == (None, None, None, 0)
        assert [(item.status, item.base_url) for item in failed.attempts] == [(500, "")]
        assert library.answer(FOX.fingerprint()) == new


def test_bringing_up_to_date_happens_once(old: Path) -> None:
    """Each step is on record, and opening again adds none."""
    for _ in range(2):
        Library(old).close()

    with sqlite3.connect(old / "library.db") as connection:
        steps = connection.execute("SELECT version, name FROM schema_version ORDER BY version").fetchall()
    connection.close()
    assert [version for version, _ in steps] == list(range(1, LATEST + 1))
    assert steps[1] == (2, "m002_conversations")


def version(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(connection.execute("SELECT max(version) FROM schema_version").fetchone()[0])


def test_what_it_was_is_kept(old: Path) -> None:
    """Before anything changes, the file is copied as it is; a library that is new, or up to date, needs no copy."""
    for _ in range(2):
        Library(old).close()

    (backup,) = (old / "backups").iterdir()
    assert backup.name.startswith("library-v1-")
    assert version(backup) == 1
    for suffix in ("-wal", "-shm", "-journal"):
        assert not backup.with_name(backup.name + suffix).exists()
    with Library(old.parent / "new") as library:
        draw(library)
    Library(old.parent / "new").close()
    assert not (old.parent / "new" / "backups").exists()


@pytest.mark.slow
def test_a_migration_killed_at_any_step_leaves_the_old_file_or_the_new_one(old: Path) -> None:
    """All missing steps are one act: whoever dies in it leaves version 1, and the next open does it all."""
    seen: set[int] = set()
    for step in range(1, 200):
        root = old.parent / f"killed-{step}"
        shutil.copytree(old, root)

        def act(_: Callable[[str], None], root: Path = root, step: int = step) -> None:
            die_at(step, root)
            Library(root).close()

        status, lines = Child(act).end()
        assert status in (0, KILLED), lines
        seen.add(version(root / "library.db"))
        with Library(root) as library:
            assert library.schema_version == LATEST
            assert library.generation("@hero").asset.bytes == png()
            assert library.verify().problems == ()
        shutil.rmtree(root)
        if status == 0:
            break
    assert 5 < step < 200
    assert seen == {1, LATEST}


def test_a_migration_killed_inside_its_transaction_is_undone(old: Path) -> None:
    """Killed after each single statement of the steps, what the next one finds is version 1."""
    for statement in (1, 5, 20, 60):

        def act(_: Callable[[str], None], statement: int = statement) -> None:
            from sqlalchemy import Engine, event

            count = 0

            def die(*_: object) -> None:
                nonlocal count
                count += 1
                if count == statement:
                    os.kill(os.getpid(), 9)

            with pytest.MonkeyPatch.context() as patch:
                from imgnb.library import migrations

                steps = [lambda c, step=step: (event.listen(Engine, "after_cursor_execute", die), step(c)) for step in migrations.STEPS[1:]]  # fmt: skip
                patch.setattr(migrations, "STEPS", (migrations.STEPS[0], *steps))
                Library(old)

        assert Child(act).end()[0] == KILLED
        assert version(old / "library.db") == 1
    with Library(old) as library:
        assert library.generation("@hero").prompt == FOX.prompt


def test_of_two_kernels_one_migrates_and_the_other_waits(old: Path) -> None:
    """Both end with the library open; there is one backup, and each step was made once."""

    def opens(say: Callable[[str], None]) -> None:
        with Library(old, busy_timeout=0.05) as library:
            say(f"{library.schema_version} {library.generation('@hero').prompt}")

    with child(opens) as one, child(opens) as other:
        heard = [one.hear(), other.hear()]

    assert heard == [f"{LATEST} {FOX.prompt}"] * 2
    assert len(list((old / "backups").iterdir())) == 1


def test_without_room_for_a_backup_nothing_changes(small_disk: Path, old: Path) -> None:
    """The old file is as it was, and the message says what to do."""
    root = small_disk / "library"
    shutil.copytree(old, root)
    fill(small_disk, leave=40_000)

    with pytest.raises(LibraryError, match="no backup of it can be made") as caught:
        Library(root)

    assert "free some space" in caught.value.hint
    assert version(root / "library.db") == 1
    (small_disk / "filler").unlink()
    with Library(root) as library:
        assert library.schema_version == LATEST


def test_a_folder_that_takes_no_backup_keeps_its_version(old: Path) -> None:
    """A file in place of the folder of backups is somebody's: nothing is migrated."""
    (old / "backups").write_text("mine")

    with pytest.raises(LibraryError):
        Library(old)

    assert version(old / "library.db") == 1
    assert (old / "backups").read_text() == "mine"


def test_a_library_of_a_newer_imgnb_is_read_and_not_written(library: Library) -> None:
    """What an older imgnb does not know, it does not change."""
    drawn = draw(library)
    library.close()
    with closing(sqlite3.connect(library.path / "library.db")) as connection, connection:
        connection.execute("INSERT INTO schema_version VALUES (99, 'm099_later', '9.9', '2030')")

    with Library(library.path) as later:
        assert later.answer(drawn.fingerprint) == drawn
        for write in (lambda: draw(later), later.compact, later.gc, lambda: later.verify(repair=True)):
            with pytest.raises(LibraryTooNew):
                write()
