"""What leaves a library arrives in another whole, and once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imgnb.errors import LibraryError
from imgnb.library import Library

from ..conftest import FOX, ORIGIN, draw, png
from ..processes import Child, die_at
from .conftest import inside, records_of, tampered


def rows(library: Library) -> list[tuple[object, ...]]:
    """Every row of content and labels, apart from what only this machine is told by."""
    connection = sqlite3.connect(library.path / "library.db")
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        assert not connection.execute("PRAGMA foreign_key_check").fetchall()
        return [
            (table, *row)
            for table, columns in {
                "asset": "sha256, media_type, bytes, width, height, has_alpha, frames, created_at",
                "generation": "id, number, fingerprint, take, status, prompt, params_json, cost, created_at, label_text",
                "output": "*",
                "input": "generation, position, role, asset, sent",
                "attempt": "*",
                "derivation": "*",
                "name": "*",
                "name_history": "name, asset, created_at, moved_at",
                "tag": "*",
                "rating": "*",
                "note": "asset, text",
                "tally": "*",
            }.items()
            for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2")
        ]
    finally:
        connection.close()


def test_everything_arrives(stocked: Library, other: Library, tmp_path: Path) -> None:
    """All rows of a library are those of another after export and import; so are the bytes."""
    imported = other.import_(stocked.export("", tmp_path / "all.zip", everything=True).path)

    assert rows(other) == rows(stocked)
    assert imported.generations == len(stocked) == len(other)
    assert {name for name in inside(other)[1] if name.startswith("blobs")} == {
        name for name in inside(stocked)[1] if name.startswith("blobs")
    }
    assert other.asset("@hero").bytes == png(1)


def test_progress_is_told_in_bytes(stocked: Library, other: Library, tmp_path: Path) -> None:
    """From nothing to all, never backwards, for what goes out and what comes in."""
    for act in (
        lambda tell: stocked.export("", tmp_path / "b.zip", progress=tell),
        lambda tell: other.import_(tmp_path / "b.zip", progress=tell),
    ):
        told: list[tuple[int, int]] = []
        act(lambda done, total, told=told: told.append((done, total)))

        assert told[0][0] == 0
        assert told[-1][0] == told[-1][1] > 0
        assert told == sorted(told)


def test_a_second_import_changes_nothing(bundle: Path, other: Library) -> None:
    """The same bundle again adds no row and no file, and says so."""
    first = other.import_(bundle)
    before = rows(other), inside(other)

    again = other.import_(bundle)

    assert first.changed
    assert not again.changed
    assert again.already == first.generations
    assert (rows(other), inside(other)) == before


def test_the_same_part_gives_the_same_file(stocked: Library, bundle: Path, other: Library, tmp_path: Path) -> None:
    """Byte for byte, also out of the library that it was imported into."""
    other.import_(bundle)

    assert stocked.export("", tmp_path / "again.zip").path.read_bytes() == bundle.read_bytes()
    assert records_of(other.export("", tmp_path / "round.zip").path) == records_of(bundle)


def test_what_is_found_brings_what_it_goes_back_to(stocked: Library, other: Library, tmp_path: Path) -> None:
    """An edit comes with the fox it was made of and its lineage; without ancestors, with the fox's bytes alone."""
    other.import_(stocked.export("winter", tmp_path / "winter.zip").path)

    assert {generation.prompt for generation in other} == {"make it winter", FOX.prompt}
    assert [asset.sha256 for asset in other.find("winter")[0].asset.ancestors()] == [
        asset.sha256 for asset in stocked.find("winter")[0].asset.ancestors()
    ]
    alone = stocked.export("winter", tmp_path / "alone.zip", ancestors=False)
    assert alone.generations == 1
    assert {record["record"] for record in records_of(alone.path)} == {"asset", "generation", "derivation", "name"}


def test_an_imported_picture_answers(stocked: Library, bundle: Path, other: Library) -> None:
    """A colleague's picture is what the same request is answered by."""
    other.import_(bundle)

    answer = other.answer(FOX.fingerprint())

    assert answer is not None
    assert answer.id == stocked.answer(FOX.fingerprint()).id


def test_a_turn_comes_with_those_before_it(library: Library, other: Library, tmp_path: Path) -> None:
    """Whatever a generation goes on from goes along, also without ancestors."""
    first = draw(library, replace(FOX, operation="converse"))
    second = draw(library, replace(FOX, prompt="a hat", operation="converse", continues=library.turn(first)), png(2))

    other.import_(library.export([second], tmp_path / "turn.zip", ancestors=False).path)

    assert other.get(f"@{second.id}").continues == first.id
    assert len(other) == 2


def test_paths_of_this_machine_stay_here(stocked: Library, tmp_path: Path) -> None:
    """Neither folders, nor sessions, nor kernels are in a bundle; file names are."""
    draw(stocked, replace(FOX, prompt="a desk"), png(8), origin=replace(ORIGIN, notebook="/home/ada/secret/report.ipynb", kernel="kernel-1"))  # fmt: skip
    path = stocked.export("", tmp_path / "shared.zip").path

    with zipfile.ZipFile(path) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist() if not name.startswith(("blobs", "thumbs")))
    for hidden in (b"/home", b"secret", b"private", b"kernel-1"):
        assert hidden not in text
    assert b"report.ipynb" in text
    assert b"photo.png" in text
    assert str(stocked._store.session.id).encode() not in text


def test_takes_that_collide_get_the_next(bundle: Path, other: Library) -> None:
    """Two libraries' first takes of one request are takes 1 and 2, and that is said."""
    mine = draw(other, FOX, png(9))

    imported = other.import_(bundle)

    takes = {generation.take for generation in other.find("fox snow")}
    assert takes == {1, 2}
    assert other.get(f"@{mine.id}").take == 1
    assert any("take 2 here" in note for note in imported.notes)


def test_what_is_there_with_other_content_stays(bundle: Path, other: Library, tmp_path: Path) -> None:
    """An id that stands for something else in the bundle is left alone and named."""
    other.import_(bundle)

    def change(records):
        for record in records:
            if record.get("prompt") == FOX.prompt:
                record["status"] = "failed"

    imported = other.import_(tampered(bundle, change))

    assert imported.kept == (other.find("fox snow")[0].id,)
    assert other.find("fox snow")[0].status == "succeeded"


def test_labels_come_together(stocked: Library, bundle: Path, other: Library) -> None:
    """Tags and notes are added up; where name or rating differ the library's own stays, and the other is said."""
    fox = draw(other, FOX, png(1))
    owl = draw(other, replace(FOX, prompt="an owl"), png(9))
    other.name(owl, "hero")
    other.tag(fox, "forest", "mine")
    other.rate(fox, 2)

    imported = other.import_(bundle)

    labels = other.labels(fox.asset)
    assert labels.tags == ("forest", "mine")
    assert labels.notes == ("too <b>dark</b>",)
    assert labels.stars == 2
    assert other.asset("@hero").sha256 == owl.asset.sha256
    assert other.asset("@hero~1").sha256 == fox.asset.sha256
    assert {note.split()[0] for note in imported.notes} >= {"@hero", f"@{fox.asset.sha256[:12]}"}
    assert not other.import_(bundle).changed


def test_older_pictures_stand_where_they_belong(library: Library, other: Library, tmp_path: Path) -> None:
    """Newest first is by the time of drawing, not of the import."""
    draw(library, replace(FOX, prompt="older"), png(1))
    draw(other, replace(FOX, prompt="newer"), png(2))

    other.import_(library.export("", tmp_path / "older.zip").path)

    assert [generation.prompt for generation in other.find()] == ["newer", "older"]


def test_an_unpacked_bundle_is_one_too(bundle: Path, other: Library, tmp_path: Path) -> None:
    """The folder that a zip unpacks to is imported as the zip is."""
    shutil.unpack_archive(bundle, tmp_path / "unpacked")

    assert other.import_(tmp_path / "unpacked").generations == 2
    assert not other.import_(bundle).changed


def test_records_and_blobs_make_the_library_again(stocked: Library, tmp_path: Path) -> None:
    """A lost database comes back from the records and the bytes beside it, paths included."""
    draw(stocked, replace(FOX, prompt="a desk"), png(8), origin=replace(ORIGIN, notebook="/home/ada/report.ipynb"))
    stocked.export("", tmp_path / "records.jsonl", records_only=True, everything=True)
    shutil.copytree(stocked.path / "blobs", tmp_path / "again" / "blobs")

    with Library(tmp_path / "again") as again:
        again.import_(tmp_path / "records.jsonl")

        assert rows(again) == rows(stocked)
        assert again.answer(FOX.fingerprint()) is not None
        assert again.find("desk")[0].notebook == "/home/ada/report.ipynb"


def test_bytes_that_are_gone_are_said(stocked: Library, other: Library, tmp_path: Path) -> None:
    """A row whose bytes are lost travels, says so, and answers nothing."""
    stocked.find("fox snow")[0].asset.path.unlink()

    exported = stocked.export("", tmp_path / "gone.zip")
    other.import_(exported.path)

    assert len(exported.gone) == 1
    assert other.find("fox snow")
    assert other.answer(FOX.fingerprint()) is None


def test_a_flipped_bit_is_not_exported(stocked: Library, tmp_path: Path) -> None:
    """A bundle holds no bytes that are not those of their hash; nothing is left under its name."""
    path = stocked.find("fox snow")[0].asset.path
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)

    with pytest.raises(LibraryError, match="were changed"):
        stocked.export("", tmp_path / "flipped.zip")

    assert not list(tmp_path.glob("*.zip*"))
    assert not list(tmp_path.glob(".*.part"))


def test_a_library_that_is_only_read_is_exported(stocked: Library, tmp_path: Path) -> None:
    """Taking along takes no writing."""
    with Library(stocked.path, read_only=True) as reader:
        assert reader.export("", tmp_path / "read.zip").generations == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes")
def test_two_imports_at_once_are_one(bundle: Path, tmp_path: Path) -> None:
    """Two processes that import the same bundle both end well, and leave one copy."""

    def bring_in(say):
        with Library(tmp_path / "shared") as library:
            say("ready")
            library.import_(bundle)

    children = [Child(bring_in) for _ in range(2)]
    for child in children:
        assert child.hear() == "ready"
    assert [child.end() for child in children] == [(0, []), (0, [])]

    with Library(tmp_path / "shared") as library:
        assert len(library) == 2
        assert not library.import_(bundle).changed
        assert not [path for path in (library.path / "incoming").iterdir() if path.suffix in (".part", ".spool")]


def test_a_folder_is_for_people(stocked: Library, tmp_path: Path) -> None:
    """Each picture has a name that can be read, and beside it what it was made with."""
    exported = stocked.export("fox", tmp_path / "people")

    names = sorted(path.name for path in exported.path.iterdir())
    (first, *_) = [json.loads(path.read_bytes()) for path in sorted(exported.path.glob("*.json"))]
    assert len(names) == 4
    assert all("-a-red-fox-in-the-snow-" in name for name in names)
    assert first["prompt"] == FOX.prompt
    assert first["params"] == {"size": "1024x1024"}


@pytest.mark.parametrize("target", ["picture.png", "records.jsonl"], ids=str)
def test_a_target_that_is_none_is_refused(stocked: Library, tmp_path: Path, target: str) -> None:
    """A bundle is not written over a picture."""
    with pytest.raises(LibraryError, match="no place for an export"):
        stocked.export("", tmp_path / target)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_an_import_that_is_killed_can_be_repeated(bundle: Path, tmp_path: Path) -> None:
    """Wherever it dies: nothing half-written has a final name, the next open clears up, the next import completes."""
    whole: set[str] = set()
    for step in range(1, 400, 4):
        root = tmp_path / f"killed-{step}"
        with Library(root):
            pass

        def bring_in(say, root=root, step=step):
            with Library(root) as library:
                die_at(step, root)
                library.import_(bundle)

        status, _ = Child(bring_in).end()

        for blob in (path for path in (root / "blobs").rglob("*") if path.is_file()):
            assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.stem
        with Library(root) as library:
            assert not [path for path in (root / "incoming").iterdir() if path.suffix in (".part", ".spool")]
            library.import_(bundle)
            assert len(library) == 2
            assert not library.import_(bundle).changed
            files = inside(library)[1]
        whole = whole or files
        assert files == whole
        if status == 0:
            break
    else:
        pytest.fail("it was killed at every step: raise their number")


def test_what_rows_hold_that_no_record_says_leaves_nobody_behind(
    stocked: Library, other: Library, tmp_path: Path
) -> None:
    """Half surrogates in what was answered, costs and times that older imports took: their own export comes in."""
    with closing(sqlite3.connect(stocked.path / "library.db")) as connection, connection:
        connection.execute("""UPDATE generation SET effective_json = '{"a\\ud800":"\\udfff"}', cost = -5.0""")
        connection.execute(
            "UPDATE generation SET created_at = '0000-00-00T00:00:00Z', finished_at = '2026-19-39T29:59:69Z'"
        )
        connection.execute("UPDATE trash SET created_at = 'yesterday'")

    imported = other.import_(stocked.export("", tmp_path / "all.zip", everything=True).path)

    assert imported.generations == len(stocked)
    fox = other.find("fox snow")[0]
    assert (fox.cost, fox.created_at[:4] >= "2026") == (None, True)
    assert dict(fox.effective) == {"a?": "?"}


def test_records_that_shrink_like_a_bomb_come_back(library: Library, other: Library, tmp_path: Path) -> None:
    """What a library exports it imports, also prompts of one letter."""
    for letter in "ab":
        draw(library, replace(FOX, prompt=letter * 900_000), png(ord(letter)))

    assert other.import_(library.export("", tmp_path / "long.zip").path).generations == 2


@pytest.mark.parametrize(("mine", "past"), [(png(9), (1, 8, 3)), (png(1), (8, 3))], ids=["other", "same"])
def test_the_past_of_a_name_comes_also_where_the_name_is(
    bundle: Path, other: Library, mine: bytes, past: tuple[int, ...]
) -> None:
    """Whichever picture has it here; what had it last is found first."""
    other.name(other.add(png(8), source="a"), "hero")
    other.name(other.add(mine, source="b"), "hero")

    other.import_(bundle)

    assert [other.asset(f"@hero~{n}").bytes for n in range(1, len(past) + 1)] == [png(seed) for seed in past]
    assert not other.import_(bundle).changed


def test_each_difference_is_said(stocked: Library, other: Library, tmp_path: Path) -> None:
    """A saved search that asks for other things, and a picture that is in the trash there."""
    blur = draw(other, replace(FOX, prompt="a blur"), png(6))
    stocked.save_search("best", "rating:>=4")
    other.save_search("best", "rating:5")

    notes = other.import_(stocked.export("", tmp_path / "all.zip", everything=True).path).notes

    assert any("'best'" in note for note in notes)
    assert any(note.startswith(f"@{blur.asset.sha256[:12]} stays here") for note in notes)
    assert other.asset(f"@{blur.asset.sha256}")


def test_what_stands_in_later_arrives(library: Library, other: Library, tmp_path: Path) -> None:
    """A cutout that was made after the first import is in the second; one that is here already stays, and that is said."""
    fox = draw(library, FOX, png(1))
    other.import_(library.export("", tmp_path / "first.zip").path)
    cutout = library.derive(fox.originals[0], "cutout", {"tolerance": 3}, lambda: png(5))
    library.stand_in(fox.id, 0, cutout)

    imported = other.import_(library.export("", tmp_path / "second.zip").path)

    assert imported.changed
    assert other.find("fox")[0].asset.sha256 == cutout.sha256
    assert not other.import_(tmp_path / "second.zip").changed


@pytest.mark.parametrize("records_only", [False, True], ids=["zip", "records"])
def test_what_was_emptied_on_purpose_is_not_missed(
    stocked: Library, other: Library, tmp_path: Path, records_only: bool
) -> None:
    """Bytes that gc has deleted out of the trash are known to be gone where their record arrives."""
    assert stocked.gc(0).bytes
    target = tmp_path / ("all.jsonl" if records_only else "all.zip")
    path = stocked.export("", target, everything=True, records_only=records_only).path
    if records_only:
        shutil.copytree(stocked.path / "blobs", other.path / "blobs", dirs_exist_ok=True)

    other.import_(path)

    report = other.verify()
    assert (report.problems, report.emptied) == ((), stocked.verify().emptied)
    assert report.emptied


def test_a_folder_for_people_is_never_everything(stocked: Library, tmp_path: Path) -> None:
    """It holds pictures that were drawn; failures and the trash have no place in it."""
    with pytest.raises(LibraryError, match="does not hold everything"):
        stocked.export("", tmp_path / "people", everything=True)

    assert not (tmp_path / "people").exists()


def test_a_target_that_cannot_be_written_is_named(stocked: Library, tmp_path: Path) -> None:
    """Not the file beside it that would have become it, and not another library."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(LibraryError, match=r"x\.zip cannot be written") as caught:
        stocked.export("", tmp_path / "file" / "x.zip")

    assert ".part" not in str(caught.value)
    assert "IMGNB_LIBRARY" not in (caught.value.hint or "")


def test_every_picture_brings_what_made_it(library: Library, other: Library, tmp_path: Path) -> None:
    """Of several that are exported as pictures, not the last one alone."""
    made = [draw(library, replace(FOX, prompt=f"fox {n}"), png(n)) for n in range(3)]

    other.import_(library.export([one.asset for one in made], tmp_path / "out.zip").path)

    assert {generation.id for generation in other} == {one.id for one in made}
