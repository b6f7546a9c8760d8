"""Repair: nothing is deleted, no row is dropped, what can come home does, and a second time changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imgnb.errors import LibraryError
from imgnb.library import Library
from imgnb.library.clock import now

from ..conftest import png
from .conftest import age, contents, database, flip
from .test_verifying import HARMS

HOPELESS = {
    "a flipped bit", "a file gone", "the folder gone", "a prompt", "a parameter", "parameters that are none", "a name of nothing",
}  # fmt: skip
"What needs a backup."


def every_row(root: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(root / "library.db")) as connection:
        tables = ("asset", "generation", "output", "input", "name", "tag", "rating", "note", "tally")
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables}


def every_byte(root: Path) -> list[str]:
    """The hashes of all files but those that SQLite and locks need."""
    files = [path for folder in ("blobs", "incoming", "quarantine") for path in (root / folder).rglob("*")]
    kept = [path for path in files if path.is_file() and path.suffix not in (".lock",)]
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in kept if not path.name.endswith(".txt"))


@pytest.mark.parametrize("harm", HARMS)
def test_no_byte_and_no_row_is_lost_to_a_repair(library: Library, harm: str) -> None:
    """Whatever was wrong: all bytes are somewhere, all rows are there, and what can be mended is well."""
    HARMS[harm][0](library)
    rows, found = every_row(library.path), every_byte(library.path)

    report = library.verify(repair=True)

    assert set(found) <= set(every_byte(library.path))
    for table, before in rows.items():
        assert len(every_row(library.path)[table]) >= len(before) or table == "tally"
    assert bool(report) == (harm not in HOPELESS)
    assert all(problem.repaired for problem in report.problems) == (harm not in HOPELESS)
    again = library.verify()
    assert bool(again) == (harm not in HOPELESS), again.problems


@pytest.mark.parametrize("harm", HARMS)
def test_a_second_repair_changes_nothing(library: Library, harm: str) -> None:
    """What is right stays as it is, to the byte and to the row."""
    HARMS[harm][0](library)
    library.verify(repair=True)
    rows, found = every_row(library.path), every_byte(library.path)

    library.verify(repair=True)

    assert (every_row(library.path), every_byte(library.path)) == (rows, found)


def test_damaged_bytes_move_to_quarantine_with_a_note(library: Library) -> None:
    """They can be looked at there, and the note says why and where they were."""
    hero = library.asset("@hero")
    flip(hero.path)
    harmed = hero.path.read_bytes()

    (problem,) = library.verify(repair=True).problems

    assert (problem.kind, problem.what) == ("missing", hero.sha256)
    assert f"quarantine/{hero.path.name}" in problem.message
    assert not hero.path.exists()
    assert (library.path / "quarantine" / hero.path.name).read_bytes() == harmed
    note = (library.path / "quarantine" / f"{hero.path.name}.txt").read_text()
    assert "another hash" in note
    assert f"blobs/{hero.sha256[:2]}" in note


@pytest.mark.parametrize("place", ["quarantine/copy.png", "incoming/copy.tmp", "blobs/ff/copy.png", "blobs/copy"])
def test_a_whole_copy_in_the_wrong_place_comes_home(library: Library, place: str) -> None:
    """Its bytes say which picture it is, whatever it is called and wherever it lies."""
    hero = library.asset("@hero")
    copy = library.path / place
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(hero.path.read_bytes())
    age(copy)
    flip(hero.path)

    report = library.verify(repair=True)

    assert report, report.problems
    assert hero.bytes == png(1)
    assert not copy.exists()
    assert library.verify().problems == ()


def test_an_orphan_is_adopted(library: Library) -> None:
    """A whole picture that no row knows becomes an asset that can be found, dated by its file."""
    data = png(40)
    sha256 = hashlib.sha256(data).hexdigest()
    for name in (f"{sha256[:2]}/{sha256[2:4]}/{sha256}.png", "stray.png"):
        path = library.path / "blobs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        age(path)

    assert library.verify(repair=True)

    adopted = library.asset(f"@{sha256}")
    assert (adopted.bytes, adopted.width) == (data, 4)
    assert library.from_source("adopted") == adopted
    assert adopted.created_at < library.asset("@hero").created_at
    assert library.verify().problems == ()


def test_an_asset_without_its_row_gets_it_back(library: Library) -> None:
    """Names, tags and generations that name a picture whose row is gone find it again."""
    hero = library.asset("@hero")
    with database(library) as connection:
        connection.execute("DELETE FROM asset WHERE sha256 = ?", (hero.sha256,))
    age(hero.path)

    report = library.verify(repair=True)

    assert {problem.kind for problem in report.problems} == {"orphan", "reference"}
    assert report, report.problems
    assert library.asset("@hero").sha256 == hero.sha256
    assert library.verify().problems == ()


def test_links_are_not_followed(library: Library, tmp_path: Path) -> None:
    """A link in a downloaded library is no reason to move what it leads to."""
    mine = tmp_path / "mine.png"
    mine.write_bytes(png(50))
    (library.path / "blobs" / "link.png").symlink_to(mine)
    (library.path / "blobs" / "aa").mkdir(exist_ok=True)
    (library.path / "blobs" / "aa" / "there").symlink_to(tmp_path)

    library.verify(repair=True)

    assert mine.read_bytes() == png(50)
    assert "stray" not in contents(library.path)


@pytest.mark.parametrize("absolute", [False, True])
def test_a_bookmark_moves_no_file_of_the_user(library: Library, tmp_path: Path, absolute: bool) -> None:
    """Paths that somebody has written into it are not acted on."""
    mine = tmp_path / "precious.txt"
    mine.write_text("mine")
    what = str(mine) if absolute else "../precious.txt"
    for kind in ("misnamed", "leftover", "damaged"):
        problem = {"kind": kind, "what": what, "message": "x", "repaired": None}
        mark = {"after": "00" * 32, "pictures": 1, "bytes": 1, "emptied": 0, "begun": now(), "problems": [problem]}
        (library.path / "verify.json").write_text(json.dumps(mark))
        library.verify(repair=True)

    assert mine.read_text() == "mine"


@pytest.mark.parametrize("folder", ["blobs", "incoming", "quarantine", "thumbs"])
def test_a_folder_that_leads_out_is_not_repaired(library: Library, tmp_path: Path, folder: str) -> None:
    """A picture or a paper in somebody's home is not taken away from there, and nothing is put there."""
    home = tmp_path / "home"
    home.mkdir()
    for name, data in (("mine.png", png(50)), ("hero.png", png(1)), ("paper.txt", b"mine")):
        (home / name).write_bytes(data)
        age(home / name)
    flip(library.asset("@hero").path)
    place = library.path / folder
    if place.exists():
        place.rename(tmp_path / "before")
    place.symlink_to(home)

    with contextlib.suppress(LibraryError):
        library.verify(repair=True)

    names = {path.name for path in home.iterdir()}
    assert {name for name in names if not name.endswith(".lock")} == {"mine.png", "hero.png", "paper.txt"}


def test_pictures_on_another_disk_are_read(library: Library, tmp_path: Path) -> None:
    """`blobs` may be a link: all that is named right is verified there."""
    (library.path / "blobs").rename(tmp_path / "disk")
    (library.path / "blobs").symlink_to(tmp_path / "disk")
    assert library.verify().problems == ()

    flip(library.asset("@hero").path)

    assert [problem.kind for problem in library.verify().problems] == ["damaged"]
