"""Verify: what is whole is called whole, and every kind of harm is found, with its way out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imgnb.errors import LibraryError, LibraryReadOnly
from imgnb.events import Image
from imgnb.library import Library
from imgnb.library.clock import now
from imgnb.library.upkeep.report import WAYS_OUT, Report, Step
from imgnb.library.upkeep.verifying import BOOKMARK
from imgnb.request import ImageRequest
from imgnb.request.references import Reference

from ..conftest import FOX, ORIGIN, SUCCESS, draw, png
from ..processes import Child
from ..test_trouble import read_only
from .conftest import age, database, flip


def kinds(report: Report) -> list[str]:
    return [problem.kind for problem in report.problems]


def test_a_library_in_use_is_well(library: Library) -> None:
    """Labels, references, conversations, the trash, failures, words and templates: nothing of it is a problem."""
    hero = library.asset("@hero")
    reference = Reference(hero.sha256, hero.media_type, hero.path, "image", source="@hero")
    edit = draw(library, ImageRequest("on the moon, 🌙 \u202eabc", operation="edit", references=(reference,)), png(5))
    draw(library, ImageRequest("and now at night", continues=library.turn(edit)), png(6))
    draw(library, ImageRequest("x" * 32_000, extras={"seed": 7}, svg={"a": 1.5}, n=2, stream=True), png(7))
    library.trash(edit)
    library.derive(hero, "conversion", {"to": "png"}, lambda: png(8))

    report = library.verify()

    assert report.problems == ()
    assert report
    assert (report.pictures, report.generations) == (8, 5)
    assert report.bytes == sum(path.stat().st_size for path in (library.path / "blobs").rglob("*.png"))
    assert not (library.path / BOOKMARK).exists()


def harm_bit(library: Library) -> None:
    flip(library.asset("@hero").path)


def harm_missing(library: Library) -> None:
    library.asset("@hero").path.unlink()


def harm_all(library: Library) -> None:
    shutil.rmtree(library.path / "blobs")


def harm_orphan(library: Library) -> None:
    with database(library) as connection:
        for sql in ("DELETE FROM output WHERE position = 1", "DELETE FROM asset WHERE sha256 NOT IN "
                    "(SELECT asset FROM output) AND source IS NULL"):  # fmt: skip
            connection.execute(sql)
    for path in (library.path / "blobs").rglob("*.png"):
        age(path)


def harm_name(library: Library) -> None:
    stray = library.path / "blobs" / "notes.txt"
    stray.write_text("mine")


def harm_leftover(library: Library) -> None:
    path = library.path / "incoming" / "half.tmp"
    path.write_bytes(b"half")
    age(path)


def sql(statement: str) -> Callable[[Library], None]:
    def harm(library: Library) -> None:
        with database(library) as connection:
            connection.execute(statement)

    return harm


HARMS: dict[str, tuple[Callable[[Library], None], set[str]]] = {
    "a flipped bit": (harm_bit, {"damaged"}),
    "a file gone": (harm_missing, {"missing"}),
    "the folder gone": (harm_all, {"missing"}),
    "a row gone": (harm_orphan, {"orphan"}),
    "a file of somebody else": (harm_name, {"misnamed"}),
    "half a file": (harm_leftover, {"leftover"}),
    "a size": (sql("UPDATE asset SET bytes = bytes + 1 WHERE source = 'photo.png'"), {"size"}),
    "a media type": (sql("UPDATE asset SET media_type = 'image/apng' WHERE source = 'photo.png'"), {"media type"}),
    "another media type": (sql("UPDATE asset SET media_type = 'image/gif' WHERE source = 'photo.png'"), {"media type"}),
    "a prompt": (sql("UPDATE generation SET prompt = prompt || '!' WHERE take = 1"), {"prompt"}),
    "a prompt's hash": (sql("UPDATE generation SET prompt_sha256 = 'abc' WHERE take = 1"), {"prompt hash"}),
    "a parameter": (sql("UPDATE generation SET params_json = '{}' WHERE take = 1"), {"fingerprint"}),
    "parameters that are none": (sql("UPDATE generation SET params_json = '[1' WHERE take = 1"), {"fingerprint"}),
    "label text": (sql("UPDATE generation SET label_text = 'x' WHERE take = 1"), {"labels"}),
    "hidden": (sql("UPDATE generation SET trashed = 1 WHERE take = 1"), {"trashed"}),
    "a count": (sql("UPDATE tally SET count = 7 WHERE facet = 'route'"), {"counts"}),
    "a count too many": (sql("INSERT INTO tally VALUES ('tag', '', 'ghost', 1)"), {"counts"}),
    "a count of stars": (sql("DELETE FROM tally WHERE facet = 'rating'"), {"counts"}),
    "full text": (sql("INSERT INTO prompt_fts (prompt_fts) VALUES ('delete-all')"), {"full text"}),
    "words that nobody wrote": (
        sql("INSERT INTO prompt_fts (rowid, prompt) SELECT number, 'ghost' FROM generation"),
        {"full text"},
    ),
    "a name of nothing": (sql("UPDATE name SET asset = 'gone'"), {"reference"}),
}


@pytest.mark.parametrize("harm", HARMS)
def test_harm_is_found(library: Library, harm: str) -> None:
    """Each kind of harm is said once, with what it is about and a way out, and nothing else is."""
    act, expected = HARMS[harm]
    act(library)

    report = library.verify()

    assert set(kinds(report)) == expected
    assert not report
    for problem in report.problems:
        assert problem.what
        assert problem.message
        assert problem.way_out == WAYS_OUT[problem.kind]


def test_a_damaged_index_is_found(library: Library) -> None:
    """An index that has lost a row answers wrongly without any error: SQLite's own check finds it."""
    with database(library) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'generation_by_status'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    library.close()
    file = library.path / "library.db"
    data = bytearray(file.read_bytes())
    at = (root - 1) * size
    data[at + 3 : at + 5] = b"\0\0"  # the page says that it holds no cells
    file.write_bytes(data)

    with Library(library.path) as again:
        assert "database" in kinds(again.verify())
        assert again.verify(repair=True)
        assert again.verify().problems == ()


def test_what_is_being_written_is_no_problem(library: Library) -> None:
    """A picture that has arrived and has no row yet, and the sessions of other kernels, are left alone."""
    claim = library.claim(FOX, ORIGIN, replay=False)
    assert claim.generation_id
    sink = library.open_sink(claim.generation_id)(0)
    sink.write(png(20))
    library.keep(claim.generation_id, Image(0, sink.finish(), {}))
    for path in (library.path / "blobs").rglob("*.png"):
        age(path)

    def looks(say: Callable[[str], None]) -> None:
        with Library(library.path) as other:
            say(str(other.verify(repair=True).problems))

    assert Child(looks).end() == (0, ["()"])
    assert library.finish(claim.generation_id, SUCCESS).asset.bytes == png(20)
    assert library.verify().problems == ()


def test_one_that_was_stopped_goes_on(library: Library) -> None:
    """Stopped by Ctrl-C, what was read is not read again, and what was found is in the report; restart begins anew."""
    hashes = sorted(path.stem for path in (library.path / "blobs").rglob("*.png"))
    flip(library.asset(f"@{hashes[0]}").path)

    def stop(step: Step) -> None:
        if step.stage == "pictures":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.verify(follow=stop)
    assert json.loads((library.path / BOOKMARK).read_text())["after"] == hashes[0]
    flip(library.asset(f"@{hashes[0]}").path)

    with pytest.raises(KeyboardInterrupt):
        library.verify(restart=True, follow=stop)
    assert json.loads((library.path / BOOKMARK).read_text())["problems"] == []
    flip(library.asset(f"@{hashes[0]}").path)
    went_on = library.verify()

    assert went_on.problems == ()
    assert went_on.pictures == len(hashes)
    assert hashes[0][:12] in went_on.notes[0]
    assert [problem.what for problem in library.verify().problems] == [hashes[0]]


@pytest.mark.parametrize("text", ["", "{}", '{"after": 1, "problems": [{}]}', "\0\0"])
def test_a_bookmark_that_was_cut_is_none(library: Library, text: str) -> None:
    """Whatever lies in its place, everything is read."""
    (library.path / BOOKMARK).write_text(text)

    assert library.verify().pictures == 4


def test_a_sample_is_chance_with_a_seed(library: Library) -> None:
    """The same seed reads the same pictures; the seed is said, and half of four are two."""
    for seed in range(20):
        flip(library.asset("@hero").path)
        half = library.verify(sample="50%", seed=seed)
        assert (half.pictures, half.seed, half.sample) == (2, seed, "50%")
        assert kinds(half) == kinds(library.verify(sample="50%", seed=seed))
        flip(library.asset("@hero").path)
    assert library.verify(sample=1).pictures == 1
    assert library.verify(sample="99").pictures == 4
    assert library.verify(sample=3).seed is not None


@pytest.mark.parametrize("sample", ["0", "-1", "0%", "101%", "many", "", "nan%", "1.5"])
def test_what_is_no_sample_is_refused(library: Library, sample: str) -> None:
    """A sample is a number of pictures or a share of them."""
    with pytest.raises(LibraryError, match="is no sample"):
        library.verify(sample=sample)


def test_a_library_that_can_only_be_read_is_verified(library: Library) -> None:
    """Reading is enough to find what is wrong; mending it is refused."""
    flip(library.asset("@hero").path)

    with Library(library.path, read_only=True) as reader:
        assert kinds(reader.verify()) == ["damaged"]
        with pytest.raises(LibraryError):
            reader.verify(repair=True)


def test_a_library_on_a_medium_that_cannot_be_written_is_verified(library: Library) -> None:
    """It is read there as anywhere; nothing is put into it, and mending it says why it cannot be."""
    library.trash(library.asset("@hero"))
    library.close()
    before = {path: path.stat().st_mtime_ns for path in library.path.rglob("*")}

    with read_only(library.path), Library(library.path) as reader:
        assert reader.verify().problems == ()
        assert reader.stats()["assets"] == 4
        assert len(reader.gc(0, dry_run=True).items) == 0
        for act in (lambda: reader.verify(repair=True), lambda: reader.gc(0), reader.compact):
            with pytest.raises(LibraryReadOnly):
                act()

    assert {path: path.stat().st_mtime_ns for path in library.path.rglob("*")} == before


def test_a_moved_library_and_one_behind_a_link_are_the_same(library: Library, tmp_path: Path) -> None:
    """Nothing in it knows where it lies; whoever opens it through a link shares locks and rescue folder."""
    library.close()
    moved, link = tmp_path / "elsewhere" / "pictures", tmp_path / "link"
    moved.parent.mkdir()
    library.path.rename(moved)
    link.symlink_to(moved)

    with Library(link) as one, Library(moved) as other:
        assert one._store.journal.rescue == other._store.journal.rescue
        assert one._store.session
        assert other._store.is_alive(one._store.session.id)
        new = draw(one, FOX, png(30))
        assert other.generation(new.id).asset.bytes == png(30)
        assert one.verify(repair=True).problems == other.verify().problems == ()


@pytest.mark.parametrize("begun", ["2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z", "", "soon"])
def test_a_bookmark_of_long_ago_is_none(library: Library, begun: str) -> None:
    """What was read before may be damaged by now, and is read again."""
    flip(library.asset("@hero").path)
    mark = {"after": "ff" * 32, "pictures": 4, "bytes": 4, "emptied": 0, "begun": begun, "problems": []}
    (library.path / BOOKMARK).write_text(json.dumps(mark))

    assert kinds(library.verify()) == ["damaged"]


def test_who_can_only_read_has_no_bookmark(library: Library) -> None:
    """It could not be removed at the end, and would go on from there for ever."""
    mark = {"after": "ff" * 32, "pictures": 4, "bytes": 4, "emptied": 0, "begun": now(), "problems": []}
    (library.path / BOOKMARK).write_text(json.dumps(mark))
    flip(library.asset("@hero").path)

    with Library(library.path, read_only=True) as reader:
        assert kinds(reader.verify()) == ["damaged"]
