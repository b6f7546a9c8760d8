"""Whatever moment the process dies: a picture that has arrived is not lost, and neither is its link to its request."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from imgnb.events import Image
from imgnb.library import Library
from imgnb.library.blobs import make_rescue_folder
from imgnb.library.journal import Journal
from imgnb.records import Generation

from .conftest import FOX, ORIGIN, SUCCESS, png
from .processes import KILLED, Child, die_at

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")]

PICTURES = (png(1), png(2))
FOREVER = 400


def run(root: Path, say: Callable[[str], None]) -> None:
    """Two pictures from claim to finish, telling what has arrived."""
    with Library(root) as library:
        claim = library.claim(FOX, ORIGIN, replay=True)
        assert claim.generation_id is not None
        open_sink = library.open_sink(claim.generation_id)
        for index, data in enumerate(PICTURES):
            sink = open_sink(index)
            sink.write(data[:40])
            sink.write(data[40:])
            spooled = sink.finish()
            say(hashlib.sha256(data).hexdigest())
            library.keep(claim.generation_id, Image(index, spooled))
        library.finish(claim.generation_id, SUCCESS)
        say("finished")


def test_a_run_killed_at_any_step_loses_nothing_that_arrived(tmp_path: Path) -> None:
    """Killed before any file operation or commit, the next open files every whole picture under its request."""
    for step in range(1, FOREVER):
        root = tmp_path / f"killed-{step}"

        def act(say: Callable[[str], None], root: Path = root, step: int = step) -> None:
            die_at(step, root)
            run(root, say)

        status, lines = Child(act).end()
        assert status in (0, KILLED), lines
        check(root, arrived=[line for line in lines if line != "finished"], finished="finished" in lines)
        if status == 0:
            break
        shutil.rmtree(root)
    assert 30 < step < FOREVER


@pytest.mark.parametrize("before", ["keep", "finish", "filing"])
def test_a_recovery_killed_at_any_step_is_finished_by_the_next(tmp_path: Path, before: str) -> None:
    """Whoever recovers may be killed as well, at any file operation or commit."""
    dead = tmp_path / "dead"
    arrived = die_before(before, dead)
    for step in range(1, FOREVER):
        root = tmp_path / f"recovery-{step}"
        shutil.copytree(dead, root)

        def act(say: Callable[[str], None], root: Path = root, step: int = step) -> None:
            die_at(step, root)
            Library(root).close()

        status, lines = Child(act).end()
        assert status in (0, KILLED), lines
        check(root, arrived=arrived, finished=before == "filing")
        if status == 0:
            break
        shutil.rmtree(root)
    assert 5 < step < FOREVER


def die_before(moment: str, root: Path) -> list[str]:
    """A library whose kernel was killed at that moment; the hashes of what had arrived."""

    def act(say: Callable[[str], None]) -> None:
        target = {"keep": "imgnb.library.keeping.keep", "finish": "imgnb.library.filing.finish"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(target.get(moment, "imgnb.library.filing.file"), lambda *_: os.kill(os.getpid(), 9))
            run(root, say)

    status, lines = Child(act).end()
    assert status == KILLED
    return lines


def check(root: Path, arrived: list[str], finished: bool) -> None:
    """Open the library as the next kernel does, twice, and look at everything."""
    with Library(root) as library:
        generations = list(library)
        for generation in generations:
            check_generation(generation)
        assert set(arrived) <= {asset.sha256 for generation in generations for asset in generation.assets}
        if finished:
            assert [g.status for g in generations] == ["succeeded"]
            assert [a.bytes for a in generations[0].assets] == list(PICTURES)
            assert library.answer(FOX.fingerprint()) == generations[0]
        first = state(root)
    Library(root).close()
    assert first == state(root)
    for path in (root / "blobs").rglob("*.*"):
        assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not list((root / "incoming").iterdir())


def check_generation(generation: Generation) -> None:
    assert generation.status in ("succeeded", "interrupted")
    assert generation.prompt == FOX.prompt
    assert generation.fingerprint == FOX.fingerprint()
    for asset in generation.assets:
        assert asset.sha256 == hashlib.sha256(asset.bytes).hexdigest()
        assert (asset.width, asset.height) == (4, 4)


def state(root: Path) -> list[object]:
    """Everything in the library: rows and the names of blobs."""
    connection = sqlite3.connect(root / "library.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert not connection.execute("PRAGMA foreign_key_check").fetchall()
        tables = ("generation", "asset", "output", "input", "attempt", "schema_version")
        rows = [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]
    finally:
        connection.close()
    return [*rows, sorted(path.name for path in (root / "blobs").rglob("*.*"))]


@pytest.mark.parametrize("damage", [b"", bytes(40), b'{"generation_id": 1'], ids=["empty", "zeros", "half"])
def test_a_breadcrumb_that_cannot_be_read_stops_nobody(tmp_path: Path, damage: bytes) -> None:
    """After a power cut a breadcrumb may be empty: the spool says whose picture it is, and what it is."""
    root = tmp_path / "library"
    arrived = die_before("filing", root)
    for crumb in (root / "incoming").glob("*.json"):
        crumb.write_bytes(damage)

    with Library(root) as library:
        (generation,) = library
        assert not library.notes
        assert (generation.status, {asset.sha256 for asset in generation.assets}) == ("interrupted", set(arrived))
        assert library.claim(FOX, ORIGIN).generation_id is not None


def test_a_picture_that_was_rescued_finds_a_library_that_was_moved(tmp_path: Path) -> None:
    """What a full disk has put elsewhere comes home, also where the library lies now."""
    root, moved = tmp_path / "library", tmp_path / "moved"
    arrived = die_before("keep", root)
    journal = Journal(root)
    make_rescue_folder(journal.rescue)
    for spool in (root / "incoming").glob("*.spool"):
        shutil.move(spool, journal.rescue / spool.name)
    root.rename(moved)

    with Library(moved) as library:
        (generation,) = library
        assert {asset.sha256 for asset in generation.assets} == set(arrived)


def test_a_success_without_its_bytes_is_not_filed_as_one(tmp_path: Path) -> None:
    """A breadcrumb whose picture is nowhere is kept: the disk that has it may come back."""
    root = tmp_path / "library"
    arrived = die_before("filing", root)
    away = tmp_path / "away"
    away.mkdir()
    gone = [*(root / "incoming").glob("*.spool"), *(root / "blobs").rglob("*.png")]
    for path in gone:
        shutil.move(path, away / path.name)
    with Library(root) as library:
        assert [generation.status for generation in library] == ["interrupted"]
    for path in gone:
        shutil.move(away / path.name, path)
    with Library(root) as library:
        (generation,) = library
        assert (generation.status, {asset.sha256 for asset in generation.assets}) == ("succeeded", set(arrived))
