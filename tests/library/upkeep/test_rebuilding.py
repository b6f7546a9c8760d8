"""Rebuild: a database that is text, cut, gone or full of holes gives a new one with all that can still be read."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from imgnb.errors import LibraryError, LibraryLocked, LibraryTooNew
from imgnb.library import Library, rebuild
from imgnb.library.migrations import LATEST
from imgnb.request import ImageRequest

from ..conftest import FOX, draw, png
from ..processes import KILLED, Child, die_at
from ..test_migrating import OLD
from .conftest import age, contents


@pytest.fixture
def closed(library: Library) -> Path:
    """A library that nobody has open."""
    library.close()
    return library.path


def text(file: Path) -> None:
    file.write_text("this is no database\n")


def half(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


HARMS: dict[str, Callable[[Path], None]] = {
    "text": text,
    "nothing": lambda file: file.write_bytes(b""),
    "gone": Path.unlink,
    "half": half,
    "a header alone": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "zeros": lambda file: file.write_bytes(b"SQLite format 3\0" + b"\0" * 20_000),
}


@pytest.mark.parametrize("harm", HARMS)
def test_whatever_the_file_is_a_new_one_has_every_picture(closed: Path, harm: str) -> None:
    """No blob changes, all are assets again, the old file is kept to the bit, and the new one is well."""
    file = closed / "library.db"
    blobs = contents(closed)
    HARMS[harm](file)
    old = file.read_bytes() if file.exists() else None

    made = rebuild(closed)

    assert contents(closed) == blobs
    assert made.assets == len(blobs)
    if old is not None:
        assert made.kept
        assert (closed / made.kept).read_bytes() == old
    with Library(closed) as library:
        for name, data in blobs.items():
            assert library.asset(f"@{name[:12]}").bytes == data
        assert library.verify().problems == ()
        assert draw(library, FOX, png(60)).asset.bytes == png(60)


@pytest.mark.parametrize("harm", ["text", "nothing", "gone"])
def test_a_backup_gives_back_what_the_file_cannot(library: Library, tmp_path: Path, harm: str) -> None:
    """Prompts, labels and takes come from the backup, what was drawn since is adopted."""
    backup = tmp_path / "backup.db"
    library.backup(backup)
    before = [generation.to_dict() for generation in library]
    since = draw(library, FOX, png(61)).asset
    labels = library.asset("@hero").labels
    library.close()
    HARMS[harm](library.path / "library.db")

    made = rebuild(library.path, sources=[backup])

    assert (made.generations, made.adopted) == (2, 1)
    with Library(library.path) as again:
        assert [generation.to_dict() for generation in again] == before
        assert again.asset("@hero").labels == labels
        assert again.asset(f"@{since.sha256}").bytes == png(61)
        assert again.find("fox", tag="cover") == again.find("fox", name="hero") != []
        assert again.verify().problems == ()


def test_a_well_file_is_taken_over_as_it_is(library: Library) -> None:
    """With nothing broken, nothing is lost: rows, labels, history, trash, conversations, and notes that are the same twice."""
    hero = library.asset("@hero")
    library.name(library.generation("@last"), "hero")
    library.note(hero, "twice")
    edit = draw(library, ImageRequest("and at night", continues=library.turn(library.generation("@last"))), png(70))
    library.trash(edit)
    library.close()
    before = rows(library.path)

    with pytest.raises(LibraryError, match="seems to be well"):
        rebuild(library.path)
    rebuild(library.path, force=True, sources=[library.path / "library.db"])

    assert rows(library.path) == before
    with Library(library.path) as again:
        assert again.verify().problems == ()


def rows(root: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(root / "library.db")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        kept = [name for name in names if not name.startswith(("prompt_fts", "schema_version", "sqlite_"))]
        return {name: sorted(connection.execute(f"SELECT * FROM {name} WHERE 1"), key=repr) for name in kept}


def test_a_library_of_an_earlier_version_is_rebuilt(tmp_path: Path) -> None:
    """Its tables have fewer columns, and numbers that are no times."""
    shutil.copyfile(OLD, tmp_path / "library.db")
    half_of_nothing = (tmp_path / "library.db").stat().st_size

    rebuild(tmp_path, force=True)

    assert half_of_nothing
    with Library(tmp_path) as library:
        assert library.schema_version == LATEST
        assert [generation.status for generation in library] == ["failed", "succeeded"]
        assert library.generation("@hero").prompt == FOX.prompt
        assert [problem.kind for problem in library.verify().problems] == ["missing"]


def test_rows_around_broken_pages_are_taken_over(tmp_path: Path) -> None:
    """Of a file with pages overwritten in its middle, whatever lies on other pages comes back."""
    root = tmp_path / "library"
    with Library(root) as library:
        for number in range(150):
            draw(library, ImageRequest(f"fox number {number} " + "in the snow " * 60), png(number))
        library.compact()
        ids = [generation.id for generation in library]
    file = root / "library.db"
    with closing(sqlite3.connect(file)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        (first,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'generation'").fetchone()
    data = bytearray(file.read_bytes())
    leaves = [
        at for at in range(first * size, len(data), size) if data[at] == 13 and b"in the snow" in data[at : at + size]
    ]
    broken = leaves[len(leaves) // 3 :: 9]
    assert len(broken) > 2
    whole = bytes(data)
    for at in broken:
        data[at : at + size] = b"\xff" * size
    file.write_bytes(data)

    made = rebuild(root)

    lost = sum(whole.count(b"fox number", at, at + size) for at in broken)
    assert len(ids) - made.generations == lost > len(broken)
    assert made.assets == 150
    with Library(root) as library:
        assert {generation.id for generation in library} <= set(ids)
        assert library.verify().problems == ()


def test_living_kernels_keep_a_rebuild_waiting_and_the_other_way_round(library: Library) -> None:
    """Nobody writes into a file that is about to be exchanged; who has it open is named."""
    assert library._store.session
    with pytest.raises(LibraryLocked, match=library._store.session.id):
        rebuild(library.path, force=True)
    library.close()

    def opens(say: Callable[[str], None]) -> None:
        try:
            Library(library.path).close()
        except LibraryLocked as error:
            say(error.message)

    heard: list[str] = []
    rebuild(library.path, force=True, follow=lambda _: heard or heard.extend(Child(opens).end()[1]))
    (library.path / "library.db").unlink()
    rebuild(library.path, follow=lambda _: heard or heard.extend(Child(opens).end()[1]))

    assert heard == ["the library is being rebuilt"]
    Library(library.path).close()


@pytest.mark.slow
def test_a_rebuild_killed_at_any_step_loses_nothing(closed: Path, tmp_path: Path) -> None:
    """Whenever it dies, the next one ends well, with all that was there."""
    half(closed / "library.db")
    blobs = contents(closed)
    for step in range(1, 400):
        root = tmp_path / f"killed-{step}"
        shutil.copytree(closed, root)

        def act(_: Callable[[str], None], root: Path = root, step: int = step) -> None:
            die_at(step, root)
            rebuild(root)

        status, lines = Child(act).end()
        assert status in (0, KILLED), lines
        made = rebuild(root, force=True)
        assert (made.assets, contents(root)) == (len(blobs), blobs)
        kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (root / "quarantine").glob("*.db")}
        assert hashlib.sha256((closed / "library.db").read_bytes()).hexdigest() in kept
        shutil.rmtree(root)
        if status == 0:
            break
    assert 10 < step < 400


def test_what_is_no_library_is_left_alone(tmp_path: Path, library: Library) -> None:
    """A folder that is not there, a source that is no database, a library of a newer imgnb."""
    with pytest.raises(LibraryError, match="there is no library"):
        rebuild(tmp_path / "nowhere")
    with pytest.raises(LibraryError, match="there is no"):
        rebuild(library.path, sources=[tmp_path / "nothing.db"])
    library.close()
    with closing(sqlite3.connect(library.path / "library.db")) as connection, connection:
        connection.execute("INSERT INTO schema_version VALUES (999, 'm999', '9', 'then')")
    with pytest.raises(LibraryTooNew):
        rebuild(library.path)


def test_records_that_were_exported_come_back(library: Library, tmp_path: Path) -> None:
    """Of the sidecar's generations everything is there, and their pictures are not adopted as strangers."""
    library.export("", tmp_path / "records.jsonl", records_only=True, everything=True)
    before = [generation.to_dict() for generation in library]
    library.close()
    text(library.path / "library.db")

    made = rebuild(library.path, sources=[tmp_path / "records.jsonl"])

    assert (made.generations, made.assets, made.adopted) == (2, 4, 0)
    with Library(library.path) as again:
        assert [generation.prompt for generation in again] == [record["prompt"] for record in before]
        assert [generation.id for generation in again] == [record["id"] for record in before]
        assert again.asset("@hero").bytes == png(1)
        assert again.answer(FOX.fingerprint()) is not None
        assert again.verify().problems == ()


def test_records_come_back_though_a_picture_is_gone(library: Library, tmp_path: Path) -> None:
    """One lost file must not cost the prompts of all others."""
    library.export("", tmp_path / "records.jsonl", records_only=True, everything=True)
    library.asset("@hero").path.unlink()
    library.close()
    text(library.path / "library.db")

    rebuild(library.path, sources=[tmp_path / "records.jsonl"])

    with Library(library.path) as again:
        assert len(again) == 2
        assert [problem.kind for problem in again.verify().problems] == ["missing"]


def test_a_picture_that_says_how_it_was_made_is_found_by_its_prompt(closed: Path) -> None:
    """Adopted without any record, its own metadata is what is known of it."""
    data = png(77)
    said = b"parameters\0a brass owl\nSteps: 20, Sampler: Euler a, Seed: 7, Size: 4x4"
    chunk = len(said).to_bytes(4, "big") + b"tEXt" + said + zlib.crc32(b"tEXt" + said).to_bytes(4, "big")
    data = data[:33] + chunk + data[33:]
    sha256 = hashlib.sha256(data).hexdigest()
    path = closed / "blobs" / sha256[:2] / sha256[2:4] / f"{sha256}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

    rebuild(closed, force=True)

    with Library(closed) as library:
        (owl,) = library.find("brass")
        assert owl.asset.bytes == data
        assert owl.operation == "import"
        assert library.verify().problems == ()


def test_broken_records_are_passed_over_and_named(library: Library, tmp_path: Path) -> None:
    """One line that is none, and one that speaks of what is not there, do not cost all others."""
    path = library.export("", tmp_path / "records.jsonl", records_only=True, everything=True).path
    lines = path.read_bytes().splitlines(keepends=True)
    hero = library.asset("@hero").sha256.encode()
    kept = [line for line in lines if b'"record":"asset"' not in line or hero not in line]
    path.write_bytes(b"".join([*kept[:1], b'{"record": "spell"}\n', *kept[1:]]))
    library.close()
    text(library.path / "library.db")

    made = rebuild(library.path, sources=[path])

    assert any(note.startswith("line 2 was passed over") for note in made.notes)
    assert any("is spoken of" in note for note in made.notes)
    assert made.generations == 1
    assert made.assets == 4


def test_a_backup_throws_nothing_away_again(library: Library, tmp_path: Path) -> None:
    """What was in the trash at the time of the backup, and was drawn again since, is outside it and stays."""
    made = draw(library, ImageRequest("a robot"), png(80))
    library.trash(made)
    library.gc(0)
    library.backup(tmp_path / "backup.db")
    again = draw(library, ImageRequest("a robot"), png(80))
    library.close()

    rebuild(library.path, sources=[tmp_path / "backup.db"])

    with Library(library.path) as after:
        assert after.trashed() == []
        assert after.gc(0).items == ()
        assert after.generation(again.id).asset.bytes == png(80)
    text(library.path / "library.db")
    rebuild(library.path, sources=[tmp_path / "backup.db"])
    with Library(library.path) as after:
        assert [asset.sha256 for asset in after.trashed()] == [again.asset.sha256]
        assert after.gc().items == ()


def test_a_rebuild_of_long_ago_replaces_nothing(library: Library, closed: Path) -> None:
    """Where the library was used since, what a killed rebuild had made goes to quarantine, and only with force."""
    stale = (closed / "library.db").read_bytes()
    with Library(closed) as again:
        new = draw(again, ImageRequest("since then"), png(88))
    (closed / "rebuilt.db").write_bytes(stale)

    with pytest.raises(LibraryError, match="seems to be well"):
        rebuild(closed)
    rebuild(closed, force=True)

    with Library(closed) as again:
        assert again.generation(new.id).prompt == "since then"
    assert (closed / "quarantine" / "rebuilt.db").read_bytes() == stale


def test_a_rebuild_that_was_killed_is_finished_with_its_sources(closed: Path, tmp_path: Path) -> None:
    """What it had made is read as well as the backup that is given now."""
    shutil.copyfile(closed / "library.db", closed / "rebuilt.db")
    with Library(tmp_path / "other") as other:
        draw(other, ImageRequest("elsewhere"), png(89))
        other.backup(tmp_path / "backup.db")
    (closed / "library.db").unlink()

    rebuild(closed, sources=[tmp_path / "backup.db"])

    with Library(closed) as again:
        assert {generation.prompt for generation in again} == {FOX.prompt, "elsewhere"}
    assert not (closed / "rebuilt.db").exists()


def test_a_wal_without_its_file_is_kept(closed: Path) -> None:
    """It may have rows that are nowhere else."""
    (closed / "library.db").unlink()
    (closed / "library.db-wal").write_bytes(b"rows")

    rebuild(closed)

    (kept,) = (closed / "quarantine").glob("*.db-wal")
    assert kept.read_bytes() == b"rows"


def test_an_empty_database_beside_pictures_is_not_well(closed: Path) -> None:
    """Whoever opens a library that has lost its file makes a new one: it can be rebuilt without being asked twice."""
    (closed / "library.db").unlink()
    Library(closed).close()

    assert rebuild(closed).assets == 4


def test_a_schema_that_is_no_text_is_damage(closed: Path) -> None:
    """Bytes in it that are no UTF-8 do not stop a rebuild."""
    file = closed / "library.db"
    data = file.read_bytes()
    file.write_bytes(data.replace(b"tablegenerationgeneration", b"tablegener\xff\xfeiongeneration"))
    assert file.read_bytes() != data

    assert rebuild(closed).assets == 4


def test_a_picture_that_nobody_waits_for_is_adopted(library: Library) -> None:
    """A spool whose generation is in no row is a leftover, which a repair and a rebuild take home."""
    spools = []
    for seed in (71, 72):
        sha256 = hashlib.sha256(png(seed)).hexdigest()
        spools.append(library.path / "incoming" / f"01J0000000000000000000000{seed % 10}.0.{sha256}.spool")
        spools[-1].write_bytes(png(seed))
        age(spools[-1])
        if seed == 71:
            assert [problem.kind for problem in library.verify().problems] == ["leftover"]
            assert library.verify(repair=True)
            assert library.asset(f"@{sha256}").bytes == png(71)
    library.close()

    rebuild(library.path, force=True)

    with Library(library.path) as again:
        assert again.asset(f"@{sha256}").bytes == png(72)
        assert again.verify().problems == ()


def test_a_rebuild_older_than_a_damaged_library_replaces_nothing(library: Library, closed: Path) -> None:
    """Rows that were written since are only in the damaged file: they are read, and the old attempt goes to quarantine."""
    shutil.copyfile(closed / "library.db", closed / "rebuilt.db")
    age(closed / "rebuilt.db")
    with Library(closed) as again:
        hero = again.asset("@hero")
        again.untag(hero, "cover")
    text(closed / "library.db")

    rebuild(closed)

    assert (closed / "quarantine" / "rebuilt.db").exists()
    with Library(closed) as again:
        assert again.asset(f"@{hero.sha256}").labels.tags == ()
