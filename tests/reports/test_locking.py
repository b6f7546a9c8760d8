"""A lock is made from what a notebook's outputs say and what the library knows; nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgnb.errors import LockInvalid
from imgnb.records.lock import lock_path
from imgnb.reports.locking import lock_of

from ..conftest import OpenWorkspace
from .notebooks import cell, draw, write


def test_each_shown_picture_is_pinned(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Cell, request, picture and what is known of them; a picture that is only shown is pinned without a request."""
    workspace = open_workspace()
    fox = draw(workspace)
    edit = draw(workspace, "a blue fox", images=[fox.asset])
    path = write(tmp_path / "report.ipynb", cell("a", fox), cell(None, edit, fox.asset), cell("text"))

    lock, notes = lock_of(path, workspace.library)

    assert notes == ()
    assert (lock.notebook, [one.cell for one in lock.cells]) == ("report.ipynb", ["a", "1"])
    (first,), (second, shown) = (one.pins for one in lock.cells)
    assert first.fingerprint == fox.fingerprint
    assert (first.generation, first.take, first.route, first.prompt) == (fox.id, 1, "local", "a red fox")
    (asset,) = first.assets
    assert (asset.sha256, asset.byte_count, asset.media_type) == (fox.asset.sha256, len(fox.asset.bytes), "image/png")
    assert (asset.width, asset.height) == (1024, 640)
    assert (second.operation, second.inputs) == ("edit", (fox.asset.sha256,))
    assert (shown.fingerprint, shown.hashes) == (None, (fox.asset.sha256,))


def test_the_same_outputs_make_the_same_lock(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Nothing in it depends on when it was made, or on the machine."""
    workspace = open_workspace()
    path = write(tmp_path / "report.ipynb", cell("a", draw(workspace)))

    texts = {lock_of(path, workspace.library)[0].text() for _ in range(2)}

    assert len(texts) == 1
    assert str(tmp_path) not in texts.pop()


def test_a_finished_picture_is_pinned_as_it_is_shown(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Of an edit whose protected pixels were put back, the composite is pinned."""
    workspace = open_workspace()
    fox = draw(workspace)
    edit = draw(workspace, "a hat", images=[fox.asset], mask="box:0,0,50%,100%", composite=True)
    assert edit.assets != edit.originals

    lock, _ = lock_of(write(tmp_path / "r.ipynb", cell("a", edit)), workspace.library)

    assert lock.cells[0].pins[0].hashes == (edit.asset.sha256,)


def test_cells_without_an_output_are_told(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """A cell that was cleared, or not run yet, pins nothing, and that is said."""
    workspace = open_workspace()
    path = write(tmp_path / "r.ipynb", cell("empty", source="%%imagegen\na fox"), cell("python", source="1 + 1"))

    lock, notes = lock_of(path, workspace.library)

    assert lock.cells == ()
    assert notes == ("cell empty has no picture yet: run it, and lock again",)


@pytest.mark.parametrize("id", ["a", None], ids=["id", "place"])
def test_a_cell_that_was_cleared_stays_pinned(open_workspace: OpenWorkspace, tmp_path: Path, id: str | None) -> None:
    """As it was, in the notebook's order; one that is gone is pinned no more, and one that shows another is pinned anew."""
    workspace = open_workspace()
    fox, hare, cat = (draw(workspace, prompt) for prompt in ("a red fox", "a hare", "a cat"))
    path = tmp_path / "r.ipynb"
    write(path, cell(id, fox, source="%%imagegen\na red fox"), cell("b", hare), cell("c", hare), cell("gone", cat))
    before, _ = lock_of(path, workspace.library)
    before.write(lock_path(path))
    write(path, cell(id, source="%%imagegen\na red fox"), cell("b", source="show(hare)"), cell("c", cat))

    lock, notes = lock_of(path, workspace.library)

    assert [one.cell for one in lock.cells] == [id or "0", "b", "c"]
    assert (lock.cells[:2], lock.cells[2].pins[0].hashes) == (before.cells[:2], (cat.asset.sha256,))
    kept = "shows nothing now and stays pinned as it was: imgnb restore"
    assert notes == tuple(f"cell {name} {kept} {path}" for name in (id or "0", "b"))


def test_a_cell_that_has_come_into_a_place_is_not_pinned_for_it(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Of notebooks without ids, nor is a heading that has taken over the id."""
    workspace = open_workspace()
    path = write(tmp_path / "r.ipynb", cell(None, draw(workspace)), cell("b", draw(workspace)))
    lock_of(path, workspace.library)[0].write(lock_path(path))
    write(path, cell(None, source="1 + 1"), {**cell("b", source="# Title"), "cell_type": "markdown"})

    assert lock_of(path, workspace.library)[0].cells == ()


def test_an_earlier_lock_that_cannot_be_read_is_told(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Where a cell shows nothing now that it may have pinned."""
    workspace = open_workspace()
    path = write(tmp_path / "r.ipynb", cell("a", source="%%imagegen\na fox"))
    lock_path(path).write_text("<<<<<<< HEAD")

    _, notes = lock_of(path, workspace.library)

    assert notes[0].startswith("what cells that show nothing now were pinned to is lost: ")


def test_cells_that_contradict_each_other_are_told(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """The same take of the same request cannot be two pictures."""
    workspace = open_workspace()
    fox, other = draw(workspace), draw(workspace, "another")
    path = write(tmp_path / "r.ipynb", cell("a", fox), cell("b", other, fingerprint=fox.fingerprint, generation="x"))

    _, notes = lock_of(path, workspace.library)

    assert notes == ("cells a and b show different pictures for take 1 of the same request: run both again",)


def test_two_cells_of_one_id_are_refused(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """It could not be told which of them a lock means."""
    workspace = open_workspace()
    fox = draw(workspace)

    with pytest.raises(LockInvalid, match="two cells with pictures have the id 'a'"):
        lock_of(write(tmp_path / "r.ipynb", cell("a", fox), cell("a", fox)), workspace.library)


def test_a_picture_that_nobody_knows_is_not_pinned(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Without the library's record not even its size is known: that is refused, with the cell and the way out."""
    workspace = open_workspace()
    path = write(tmp_path / "r.ipynb", cell("a", {"assets": ["f" * 64]}))

    with pytest.raises(LockInvalid, match="cell a shows @ffffffffffff, which is not in the library") as caught:
        lock_of(path, workspace.library)

    assert "imgnb unpack" in caught.value.hint


def test_what_only_the_earlier_lock_knows_stays_pinned(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """A reader without the library can lock anew what came to him locked; he is told."""
    workspace = open_workspace()
    path = write(tmp_path / "r.ipynb", cell("a", draw(workspace)))
    before, _ = lock_of(path, workspace.library)
    before.write(lock_path(path))
    empty = open_workspace(library=tmp_path / "empty")

    lock, notes = lock_of(path, empty.library)

    assert lock.cells[0].pins[0].assets == before.cells[0].pins[0].assets
    assert [note.partition(" is ")[2] for note in notes] == ["not in the library; it stays pinned as it was"]


def test_what_is_lost_or_thrown_away_is_told(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """A picture whose bytes are gone or cut off, or that lies in the trash, is pinned all the same."""
    workspace = open_workspace()
    lost, thrown, cut = draw(workspace), draw(workspace, "thrown"), draw(workspace, "cut")
    lost.asset.path.unlink()
    workspace.library.trash(thrown.asset)
    cut.asset.path.write_bytes(cut.asset.bytes[:-7])
    path = write(tmp_path / "r.ipynb", cell("a", lost), cell("b", thrown), cell("c", cut))

    lock, notes = lock_of(path, workspace.library)

    assert len(lock.cells) == 3
    assert notes[0].startswith(f"cell a: the library has lost the bytes of @{lost.asset.sha256[:12]}")
    assert notes[1].endswith(f"imgnb restore @{thrown.asset.sha256[:12]} brings it back")
    assert notes[2].startswith(f"cell c: the file of @{cut.asset.sha256[:12]} is damaged, ")
    assert notes[2].endswith(": imgnb verify --repair")


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(
            {"take": "x", "cost": -1, "model": 3, "route": ["a"], "generation": 7, "currency": {}}, id="kinds"
        ),
        pytest.param({"take": True, "cost": float("inf"), "model": "\ud83e", "generation": "'; drop"}, id="values"),
        pytest.param({"take": -1, "cost": 10**400, "assets": [1, "x", {"a": 1}]}, id="numbers"),
    ],
)
def test_what_an_output_claims_may_be_anything(
    open_workspace: OpenWorkspace, tmp_path: Path, facts: dict[str, object]
) -> None:
    """A notebook may be anybody's: what is of no use is left out, and the lock can be written and read."""
    workspace = open_workspace()
    path = write(tmp_path / "r.ipynb", cell("a", {"fingerprint": "r1:made-up", **facts}))

    lock, _ = lock_of(path, workspace.library)
    lock.write(lock_path(path))

    (pin,) = lock.cells[0].pins
    assert (pin.assets, pin.take, pin.cost, pin.model, pin.route) == ((), None, None, None, None)
