"""gc: what lies in the trash for long and is not needed loses its bytes; rows, prompts and everything else stay."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from imgnb.errors import LibraryError
from imgnb.events import Image
from imgnb.library import Library
from imgnb.pictures import thumbs
from imgnb.pictures.encode import Preview
from imgnb.records import Generation
from imgnb.request import ImageRequest
from imgnb.request.references import Reference

from ..conftest import ORIGIN, SUCCESS, draw, png
from ..processes import KILLED, Child, die_at
from .conftest import age, contents, database

ROBOT = ImageRequest("a robot with a teapot")


@pytest.fixture
def thrown(library: Library) -> Generation:
    """A generation in the trash that nothing needs."""
    made = draw(library, ROBOT, png(80), png(81))
    library.trash(made)
    return made


def test_old_trash_loses_its_bytes_and_keeps_its_prompt(library: Library, thrown: Generation) -> None:
    """The record can be read and asked for anew; nobody takes what is gone for damage, or for an answer."""
    before = contents(library.path)

    collected = library.gc(0)

    assert [(item.kind, item.what) for item in collected.items] == [
        ("trash", sha256) for sha256 in sorted(asset.sha256 for asset in thrown.assets)
    ]
    assert collected.bytes == len(png(80)) + len(png(81))
    assert set(before) - set(contents(library.path)) == {asset.path.name for asset in thrown.assets}
    assert library.generation(thrown.id).prompt == ROBOT.prompt
    assert library.answer(thrown.fingerprint) is library.trashed_answer(thrown.fingerprint) is None
    assert library.trashed() == []
    report = library.verify()
    assert (report.problems, report.emptied) == ((), 2)
    with pytest.raises(LibraryError, match="were deleted by imgnb gc"):
        library.restore(thrown)
    assert library.gc(0).items == ()


def test_a_dry_run_deletes_nothing(library: Library, thrown: Generation) -> None:
    """It lists what would go, and that is what goes."""
    before = contents(library.path)

    listed = library.gc(0, dry_run=True)

    assert contents(library.path) == before
    assert listed.dry_run
    assert len(library.trashed()) == 2
    assert library.gc(0).items == listed.items


def test_young_trash_stays(library: Library, thrown: Generation) -> None:
    """Thirty days are the default; what was thrown away a moment ago can be brought back."""
    assert library.gc().items == library.gc("1h").items == ()
    assert library.restore(thrown) == 2


@pytest.mark.parametrize("text", ["", "soon", "-1", "1y", "30 days", "9" * 400, "9999999", "d", "²d"])
def test_what_is_no_age_is_refused(library: Library, text: str) -> None:
    """Nothing is deleted on a misunderstanding."""
    with pytest.raises(LibraryError, match="is no age"):
        library.gc(text)


def name(library: Library, made: Generation) -> None:
    library.name(made.originals[0], "kept")


def edit(library: Library, made: Generation) -> None:
    asset = made.originals[0]
    reference = Reference(asset.sha256, asset.media_type, asset.path)
    draw(library, ImageRequest("with a hat", operation="edit", references=(reference,)), png(90))


def turn(library: Library, made: Generation) -> None:
    draw(library, ImageRequest("and at night", continues=library.turn(made)), png(91))


def derive(library: Library, made: Generation) -> None:
    library.derive(made.originals[0], "cutout", {"by": "hand"}, lambda: png(92))


def sibling(library: Library, made: Generation) -> None:
    library.restore(made.originals[1])


USES: dict[str, Callable[[Library, Generation], None]] = {
    "a name": name,
    "an edit": edit,
    "a conversation": turn,
    "a derivation": derive,
    "the other picture of its generation": sibling,
}


@pytest.mark.parametrize("use", USES)
def test_what_something_outside_the_trash_needs_stays(library: Library, thrown: Generation, use: str) -> None:
    """An input of a kept generation, what a name means, a parent, an earlier turn, a part of an answer."""
    USES[use](library, thrown)

    assert library.gc(0).kept > 0

    assert thrown.originals[0].bytes == png(80)
    assert library.verify().problems == ()


def test_what_is_only_needed_by_the_trash_goes(library: Library, thrown: Generation) -> None:
    """Base and edit in the trash together go together."""
    edit(library, thrown)
    library.trash(library.generation("@last"))

    assert len(library.gc(0).items) == 3


def test_the_very_bytes_drawn_again_are_back(library: Library, thrown: Generation) -> None:
    """Drawn or given once more, they are stored, and nothing says that they were deleted."""
    library.gc(0)

    again = draw(library, ROBOT, png(80), png(81))
    assert again.asset.bytes == png(80)
    assert library.answer(ROBOT.fingerprint()) == again
    library.trash(again)
    library.gc(0)
    given = library.add(png(81), source="again.png")

    assert given.bytes == png(81)
    assert library.trashed() == [given]
    assert library.verify().problems == ()


def test_bytes_that_are_just_arriving_again_stay(library: Library, thrown: Generation) -> None:
    """Another kernel has drawn the same picture and not yet filed it: it found the bytes there, and counts on them."""
    claim = library.claim(ROBOT, ORIGIN, replay=False)
    assert claim.generation_id
    for index, data in enumerate((png(80), png(81))):
        sink = library.open_sink(claim.generation_id)(index)
        sink.write(data)
        library.keep(claim.generation_id, Image(index, sink.finish(), {}))

    assert library.gc(0).items == ()

    assert [asset.bytes for asset in library.finish(claim.generation_id, SUCCESS).assets] == [png(80), png(81)]
    assert library.verify().problems == ()


@pytest.mark.slow
def test_a_gc_killed_at_any_step_is_finished_by_the_next(library: Library, thrown: Generation) -> None:
    """Between the word and the deed, and in it: afterwards the bytes are gone, and nothing is damaged."""
    library.close()
    for step in range(1, 200):
        with Library(library.path) as again:
            again.restore(thrown) if step == 1 else draw(again, ROBOT, png(80), png(81))
            again.trash(again.asset(f"@{thrown.originals[0].sha256}"))
            for generation in again.find("robot", trashed=None):
                again.trash(generation)

        def act(_: Callable[[str], None], step: int = step) -> None:
            with Library(library.path) as victim:
                die_at(step, library.path)
                victim.gc(0)

        status, lines = Child(act).end()
        assert status in (0, KILLED), lines
        with Library(library.path) as again:
            again.gc(0)
            assert not {asset.path.name for asset in thrown.assets} & set(contents(library.path))
            assert again.verify().problems == ()
        if status == 0:
            break
    assert 5 < step < 200


def test_files_that_nobody_needs_go(library: Library) -> None:
    """Previews of pictures that are not there, halves in incoming, all but the two newest backups of migrations."""
    hero = library.asset("@hero")
    preview = Preview("image/png", png(1), 4, 4)
    thumbs.keep(library.path, hero.sha256, 256, preview)
    thumbs.keep(library.path, "ab" * 32, 256, preview)
    (library.path / "thumbs" / "ab" / "notes.txt").write_text("mine")
    half, whole = library.path / "incoming" / "half.tmp", library.path / "incoming" / "whole.tmp"
    half.write_bytes(png(1)[:50])
    whole.write_bytes(png(95))
    age(half), age(whole)
    backups = library.path / "backups"
    backups.mkdir()
    for stamp in ("v1-20250101T000000000", "v2-20260101T000000000", "v1-20260301T000000000"):
        (backups / f"library-{stamp}.db").write_bytes(b"x")

    collected = library.gc()

    assert [(item.kind, Path(item.what).name) for item in collected.items] == [
        ("thumb", f"{'ab' * 32}-256.png"),
        ("leftover", "half.tmp"),
        ("backup", "library-v1-20250101T000000000.db"),
    ]
    assert whole.exists()
    assert (library.path / "thumbs" / "ab" / "notes.txt").exists()
    assert thumbs.find(library.path, hero.sha256, 256) is not None
    assert sorted(os.listdir(backups)) == ["library-v1-20260301T000000000.db", "library-v2-20260101T000000000.db"]


def test_bytes_that_were_copied_back_are_in_the_trash_again(library: Library, thrown: Generation) -> None:
    """What gc has deleted and somebody has put back is the next gc's only when it is old once more, and then it is said."""
    path = thrown.asset.path
    library.gc(0)
    with database(library) as connection:
        connection.execute("UPDATE trash SET created_at = '2020-01-01T00:00:00.000Z'")
    path.write_bytes(png(80))

    assert library.gc().items == ()

    assert path.read_bytes() == png(80)
    assert library.verify().problems == ()
    assert [item.what for item in library.gc(0).items] == [thrown.asset.sha256]


def test_verify_gives_back_what_was_copied_back(library: Library, thrown: Generation) -> None:
    """It says so, and its repair lets the picture be restored."""
    library.gc(0)
    thrown.asset.path.write_bytes(png(80))

    assert [problem.kind for problem in library.verify().problems] == ["emptied"]
    assert library.verify(repair=True)
    assert library.restore(thrown.asset) == 1
    assert library.verify().problems == ()


def test_bytes_that_are_added_or_imported_again_can_be_restored(
    library: Library, thrown: Generation, tmp_path: Path
) -> None:
    """By hand and then by add, or out of a bundle: whoever brings bytes has them."""
    library.export(library.trashed(), tmp_path / "all.zip")
    library.gc(0)
    thrown.asset.path.write_bytes(png(80))
    library.add(png(80), source="again.png")
    assert thrown.asset in library.trashed()

    library.import_(tmp_path / "all.zip")

    assert {asset.sha256 for asset in library.trashed()} == {asset.sha256 for asset in thrown.assets}
    assert library.gc().items == ()


def test_what_a_dead_gc_had_set_aside_goes_or_comes_home(library: Library, thrown: Generation) -> None:
    """Still to go, it goes and is listed; wanted by now, it has its name again."""
    library.gc(0)
    aside = library.path / "incoming" / f"{thrown.asset.path.name}.emptied"
    aside.write_bytes(png(80))
    wanted = library.asset("@hero").path
    wanted.rename(library.path / "incoming" / f"{wanted.name}.emptied")

    assert [item.what for item in library.gc().items] == [f"incoming/{aside.name}"]

    assert not aside.exists()
    assert wanted.read_bytes() == png(1)
    assert library.verify().problems == ()


def test_a_long_conversation_keeps_all_its_turns(library: Library, thrown: Generation) -> None:
    """Of turns that went one from the other, those in the trash stay while the last is outside."""
    second = draw(library, ImageRequest("and at night", continues=library.turn(thrown)), png(91))
    draw(library, ImageRequest("and in rain", continues=library.turn(second)), png(92))
    library.trash(second)

    assert library.gc(0).items == ()

    assert (thrown.asset.bytes, second.asset.bytes) == (png(80), png(91))


@pytest.mark.parametrize("folder", ["incoming", "blobs", "thumbs", "backups"])
def test_a_folder_that_leads_out_is_not_tidied(
    library: Library, thrown: Generation, tmp_path: Path, folder: str
) -> None:
    """Nothing in somebody's home goes, whatever it is called."""
    home = tmp_path / "home"
    (home / "ab").mkdir(parents=True)
    for name in (".bashrc", "half.tmp", "library-v1-20250101T000000000.db", f"ab/{'ab' * 32}-256.png", "ab/.profile"):
        (home / name).write_text("mine")
        age(home / name)
    place = library.path / folder
    if place.exists():
        place.rename(tmp_path / "before")
    place.symlink_to(home)
    before = sorted(home.rglob("*"))

    with contextlib.suppress(LibraryError):
        library.gc(0)

    assert sorted(home.rglob("*")) == before


def test_only_previews_go_from_their_folder(library: Library) -> None:
    """A dotfile is nobody's half preview, and a folder that is called like one is no reason to stop."""
    folder = library.path / "thumbs" / "ab"
    (folder / f"{'ab' * 32}-256.png").mkdir(parents=True)
    mine, half = folder / ".profile", folder / f".{'ab' * 32}-512.png.7-8"
    for path in (mine, half):
        path.write_text("x")
        age(path)

    assert [item.what for item in library.gc().items] == [f"thumbs/ab/{half.name}"]
    assert mine.exists()


def test_what_a_killed_rebuild_has_left_goes(library: Library) -> None:
    """Verify says that it is there, gc deletes it, and all is well."""
    copy = library.path / "incoming" / "salvage.tmp" / "copy.db"
    copy.parent.mkdir()
    for path in (copy, library.path / "rebuilding.db"):
        path.write_bytes(b"x")

    assert {problem.what for problem in library.verify().problems} == {
        item.what for item in library.gc(dry_run=True).items
    }
    assert len(library.gc().items) == 2
    assert not copy.parent.exists()
    assert library.verify().problems == ()
