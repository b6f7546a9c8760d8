"""Outputs that were cleared come back as they were."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from imgnb.errors import LockInvalid
from imgnb.records.lock import lock_path
from imgnb.reports.pinned import pinned
from imgnb.reports.restoring import restore
from imgnb.workspace import Workspace

from .travelling import code, output, read, write


@pytest.fixture
def locked(home: Workspace, report: Path) -> Path:
    """The report with a lock beside it."""
    pinned(report, json.loads(report.read_text(encoding="utf-8")), home.library).write(lock_path(report))
    return report


def cleared(report: Path) -> list[dict[str, Any]]:
    cells = [{**cell, "outputs": []} for cell in read(report)]
    write(report, cells)
    return cells


def test_cleared_outputs_come_back_as_they_were(home: Workspace, locked: Path) -> None:
    """To the byte, apart from what says whether that run was a replay."""
    before = locked.read_bytes()
    cleared(locked)

    done = restore(locked, home.library)

    assert (done.restored, done.changed, done.left) == (("hero", "night", "photo"), (), ())
    assert json.loads(locked.read_bytes()) == json.loads(before)
    assert restore(locked, home.library).restored == ()


def test_other_outputs_stay(home: Workspace, locked: Path) -> None:
    """What was printed stands below the picture."""
    printed = {"output_type": "stream", "name": "stdout", "text": ["hello\n"]}
    cells = cleared(locked)
    cells[0]["outputs"] = [printed]
    write(locked, cells)

    restore(locked, home.library)

    assert [one["output_type"] for one in read(locked)[0]["outputs"]] == ["display_data", "stream"]


def test_full_pictures_come_and_go(home: Workspace, locked: Path) -> None:
    """With `full` the provider's bytes stand there; without, the previews of before, to the byte."""
    before = locked.read_bytes()
    hero = home.library.asset("@hero")

    assert restore(locked, home.library, full=True).changed == ("hero", "night", "photo")
    shown = read(locked)[0]["outputs"][0]
    assert b64decode(shown["data"][hero.media_type]) == hero.bytes
    assert shown["metadata"]["imgnb"]["assets"] == [hero.sha256]
    assert restore(locked, home.library, full=True).changed == ()

    assert restore(locked, home.library).changed == ("hero", "night", "photo")
    assert json.loads(locked.read_bytes()) == json.loads(before)


def test_cleared_outputs_come_back_full(home: Workspace, locked: Path) -> None:
    """Where that is wanted."""
    cleared(locked)

    restore(locked, home.library, full=True)

    hero = home.library.asset("@hero")
    assert b64decode(read(locked)[0]["outputs"][0]["data"][hero.media_type]) == hero.bytes


def test_a_cell_that_asks_for_something_else_is_left(home: Workspace, locked: Path) -> None:
    """Its pin is of another prompt; the others are restored."""
    cells = cleared(locked)
    cells[0]["source"] = ["%%imagegen\n", "a windmill"]
    write(locked, cells)

    done = restore(locked, home.library)

    assert done.left == (("hero", "its prompt is another by now"),)
    assert done.restored == ("night", "photo")
    assert read(locked)[0] == cells[0]


def test_what_the_library_has_not_is_named(home: Workspace, locked: Path) -> None:
    """With its cell; so is a cell that is gone."""
    cells = cleared(locked)
    write(locked, cells[:2])
    home.library.asset("@hero").path.unlink()

    done = restore(locked, home.library)

    assert [cell for cell, _ in done.left] == ["hero", "photo"]
    assert "is not in the library" in done.left[0][1]
    assert done.restored == ("night",)


def test_a_picture_that_was_only_shown_comes_back(home: Workspace, locked: Path) -> None:
    """Without a generation."""
    hero = home.library.asset("@hero")
    write(locked, [code("hero", output(hero), id="shows")])
    lock_path(locked).unlink()
    pinned(locked, json.loads(locked.read_text(encoding="utf-8")), home.library).write(lock_path(locked))
    cleared(locked)

    assert restore(locked, home.library).restored == ("shows",)


def test_without_a_lock_the_way_out_is_said(home: Workspace, report: Path) -> None:
    """Nothing says what the cells showed."""
    cleared(report)

    with pytest.raises(LockInvalid, match="shows no pictures, and has no lock") as caught:
        restore(report, home.library)

    assert "imgnb repair" in caught.value.hint


def test_it_can_be_said_in_a_shell(run_command: Any, home: Workspace, locked: Path, clean_environment: Any) -> None:
    """A notebook is told from a picture in the trash by its file; what is left makes the status 1."""
    clean_environment.setenv("IMGNB_LIBRARY", str(home.library.path))
    cells = cleared(locked)

    assert run_command("restore", str(locked))[:2] == (0, f"{locked}: 3 outputs restored\n")
    cells[0]["source"] = ["%%imagegen\n", "a windmill"]
    write(locked, cells)
    status, out, _ = run_command("restore", str(locked), "--json")
    assert (status, json.loads(out)["left"]) == (1, [["hero", "its prompt is another by now"]])
    assert run_command("restore", "@hero", "--full")[0] == 1
    assert run_command("rm", "@hero")[0] == 0
    assert run_command("restore", "@hero")[0] == 0
