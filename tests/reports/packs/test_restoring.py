"""Outputs that were cleared come back as they were."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from imgnb.errors import LockInvalid
from imgnb.records.lock import lock_path
from imgnb.reports.locking import lock_of
from imgnb.reports.restoring import restore
from imgnb.workspace import Workspace

from .travelling import code, output, read, write


@pytest.fixture
def locked(home: Workspace, report: Path) -> Path:
    """The report with a lock beside it."""
    lock_of(report, home.library)[0].write(lock_path(report))
    return report


def cleared(report: Path) -> list[dict[str, Any]]:
    cells = [{**cell, "outputs": []} for cell in read(report)]
    write(report, cells)
    return cells


def test_cleared_outputs_come_back_as_they_were(home: Workspace, locked: Path) -> None:
    """As a replay shows them, with what it says of the mask."""
    before = locked.read_bytes()
    cleared(locked)

    done = restore(locked, home.library)

    assert (done.restored, done.changed, done.left) == (("hero", "night", "photo"), (), ())
    expected = json.loads(before)
    for cell in expected["cells"]:
        facts = cell["outputs"][0]["metadata"]["imgnb"]
        facts |= {"replayed": True, "pinned": True}
        if notes := home.library.generation(f"@{facts['generation']}").notes:
            said = [f"imgnb: {note}\n" for note in notes]
            cell["outputs"].append({"output_type": "stream", "name": "stderr", "text": said})
    assert [len(cell["outputs"]) for cell in expected["cells"]] == [1, 1, 2]
    assert json.loads(locked.read_bytes()) == expected
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
    assert "are not in the library" in done.left[0][1]
    assert done.restored == ("night",)


@pytest.mark.parametrize("full", [True, False], ids=["full", "previews"])
@pytest.mark.parametrize("clear", [True, False], ids=["cleared", "shown"])
@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), "are damaged"),
        (lambda path: path.write_bytes(b"short"), "are damaged"),
        (lambda path: path.unlink(), "are not in the library"),
    ],
    ids=["changed", "cut", "gone"],
)
def test_damaged_bytes_stay_out_of_a_notebook(run_command, home, locked, clean_environment, full, clear, harm, why):
    """The cell stays as it was, is named, and makes the status 1; the others are done."""
    clean_environment.setenv("IMGNB_LIBRARY", str(home.library.path))
    if not full and not clear:
        restore(locked, home.library, full=True)
    before = cleared(locked)[0] if clear else read(locked)[0]
    harm((hero := home.library.asset("@hero")).path)

    status, out, _ = run_command("restore", str(locked), "--json", *(["--full"] if full else []))

    assert (status, read(locked)[0]) == (1, before)
    assert [[cell, said] for cell, said in json.loads(out)["left"]] == [
        ["hero", f"the bytes of @{hero.sha256[:12]} {'in the library ' if why == 'are damaged' else ''}{why}"]
    ]
    assert json.loads(out)["restored" if clear else "changed"] == ["night", "photo"]


LINES = {
    "the magic line": ('%%imagegen --caption "A light, don\'t ask" --n 1 --alt=tower --figure fig-light', []),
    "the last word": ('%%imagegen --alt=old --caption "A light, don\'t ask" --alt tower --figure fig-light', []),
    "the cut-off output": (
        '%%imagegen --alt=other --caption "another"',
        [{"stage": "partial", "alt": "tower", "caption": "A light, don't ask", "figure": "fig-light"}],
    ),
}


@pytest.mark.parametrize(("line", "told"), LINES.values(), ids=LINES.keys())
def test_caption_alt_and_figure_come_back(home: Workspace, locked: Path, line: str, told: list[Any]) -> None:
    """From what the output says; where it was cleared, from the magic line."""
    cells = cleared(locked)
    cells[0]["source"] = [f"{line}\n", "a lighthouse"]
    cells[0]["outputs"] = [{"output_type": "display_data", "data": {}, "metadata": {"imgnb": one}} for one in told]
    write(locked, cells)

    assert restore(locked, home.library).left == ()

    shown, line = read(locked)[0]["outputs"]
    assert line == {"output_type": "stream", "name": "stdout", "text": ["Figure 1: A light, don't ask\n"]}
    said = {"alt": "tower", "caption": "A light, don't ask", "figure": "fig-light"}
    assert shown["metadata"]["imgnb"].items() >= said.items()
    assert (shown["metadata"]["image/jpeg"]["alt"], shown["data"]["text/plain"]) == ("tower", "tower")


@pytest.mark.parametrize(
    "line",
    [
        '%%imagegen --caption "open',
        "%%imagegen -- --alt no",
        "%%imagegen --figure 5!",
        "%%imagegen --alt",
        "%%imagegen",
    ],
)
def test_a_line_that_says_nothing_of_it_changes_nothing(home: Workspace, locked: Path, line: str) -> None:
    """Then the prompt stands in, whatever else is odd in the line."""
    cells = cleared(locked)
    cells[0]["source"] = [f"{line}\n", "a lighthouse"]
    write(locked, cells)

    restore(locked, home.library)

    facts = read(locked)[0]["outputs"][0]["metadata"]["imgnb"]
    assert not facts.keys() & {"alt", "caption", "figure"}
    assert read(locked)[0]["outputs"][0]["data"]["text/plain"] == "a lighthouse"


def test_two_cells_of_one_id_are_left(home: Workspace, locked: Path) -> None:
    """Which of them the lock means, nobody knows."""
    cells = cleared(locked)
    write(locked, [*cells, cells[0]])

    done = restore(locked, home.library)

    assert set(done.left) == {("hero", "2 cells have this id")}
    assert done.restored == ("night", "photo")


@pytest.mark.parametrize("full", [True, False], ids=["full", "previews"])
@pytest.mark.parametrize("data", [5, "x", ["image/jpeg"], {"image/jpeg": 5}, {"image/jpeg": ["a"]}], ids=str)
def test_odd_outputs_are_passed_over(home: Workspace, locked: Path, data: Any, full: bool) -> None:
    """A notebook may be anybody's; the others are done."""
    cells = read(locked)
    cells[0]["outputs"][0]["data"] = data
    write(locked, cells)

    done = restore(locked, home.library, full=full)

    assert (read(locked)[0], done.changed) == (cells[0], ("night", "photo") if full else ())


def test_a_picture_that_was_only_shown_comes_back(home: Workspace, locked: Path) -> None:
    """Without a generation."""
    hero = home.library.asset("@hero")
    write(locked, [code("hero", output(hero), id="shows")])
    lock_path(locked).unlink()
    lock_of(locked, home.library)[0].write(lock_path(locked))
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
