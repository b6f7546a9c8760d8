"""A lock that is kept up to date pins each answer in its cell as it comes."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from imgnb.errors import LockInvalid
from imgnb.records import Generation
from imgnb.records.lock import read_lock
from imgnb.records.session import Answered
from imgnb.reports.keeping import Keeper
from imgnb.reports.locking import lock_of
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..servers import Canned
from .notebooks import cell, draw, serve_colours, write


@pytest.fixture
def workspace(open_workspace: OpenWorkspace, canned: Canned) -> Workspace:
    """A workspace whose route answers each time with another picture."""
    return open_workspace(serve_colours(canned))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lock is kept."""
    return tmp_path / "report.imgnb.lock"


def answered(generation: Generation, cell: str | None = "a", run: str = "1") -> Answered:
    return Answered(generation, {"cell_id": cell, "run": run})


def pins(path: Path) -> dict[str, list[str | None]]:
    return {one.cell: [pin.generation for pin in one.pins] for one in read_lock(path).cells}


def test_each_run_of_a_cell_takes_the_place_of_the_one_before(workspace: Workspace, path: Path) -> None:
    """Several answers of one run stand beside each other; other cells stay as they are."""
    fox, hare, cat = (draw(workspace, prompt) for prompt in ("a fox", "a hare", "a cat"))
    keeper = Keeper(path)
    for one in (answered(fox), answered(hare), answered(cat, "b")):
        keeper.keep(one)
    assert pins(path) == {"a": [fox.id, hare.id], "b": [cat.id]}

    keeper.keep(answered(cat, run="2"))

    assert pins(path) == {"a": [cat.id], "b": [cat.id]}
    assert keeper.told() == f"{path} is kept up to date: 1 picture so far"
    assert keeper.troubles() == []


def test_what_is_kept_is_what_would_be_locked(workspace: Workspace, tmp_path: Path, path: Path) -> None:
    """`imgnb lock` after saving changes nothing."""
    fox = draw(workspace)
    Keeper(path).keep(answered(fox))
    kept = path.read_bytes()

    lock_of(write(tmp_path / "report.ipynb", cell("a", fox)), workspace.library)[0].write(path)

    assert path.read_bytes() == kept


def test_a_picture_that_is_only_shown_stays_pinned(workspace: Workspace, tmp_path: Path, path: Path) -> None:
    """The cell's answers are pinned anew; a stored picture that it shows beside them was not asked for."""
    fox, hare = draw(workspace), draw(workspace, "a hare")
    lock_of(write(tmp_path / "report.ipynb", cell("a", hare.asset, fox)), workspace.library)[0].write(path)

    Keeper(path).keep(answered(hare))

    assert pins(path) == {"a": [hare.id, None]}


def test_a_new_take_is_pinned_while_the_lock_is_kept(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mode live draws another one, and from then on that is the answer."""
    monkeypatch.chdir(path.parent)
    (path.parent / "report.ipynb").touch()
    keeper = Keeper(path)
    first = draw(workspace)
    keeper.keep(answered(first))
    newest = draw(workspace, mode="live")
    assert draw(workspace).id == first.id

    keeper.keep(answered(newest, run="2"))

    assert draw(workspace).id == newest.id


def test_two_who_keep_one_lock_lose_nothing(workspace: Workspace, path: Path) -> None:
    """As two kernels of one notebook would: each writes down its own cells beside those of the other."""
    fox = draw(workspace)
    keepers = [Keeper(path), Keeper(path)]

    def keep(number: int) -> None:
        for n in range(20):
            keepers[number].keep(answered(fox, f"{number}-{n}"))

    threads = [threading.Thread(target=keep, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pins(path)) == 40
    assert [one.name for one in path.parent.glob("*.imgnb.lock*")] == [path.name]


def test_an_answer_without_a_cell_is_told(workspace: Workspace, path: Path) -> None:
    """Where the front end does not tell the cell, nothing can be pinned; that is said once."""
    keeper = Keeper(path)

    keeper.keep(answered(draw(workspace), None))

    assert read_lock(path).cells == ()
    assert keeper.troubles() == [
        "an answer came without its cell, and is not in report.imgnb.lock: imgnb lock NOTEBOOK"
    ]
    assert keeper.troubles() == []


def test_a_lock_that_breaks_meanwhile_takes_no_answer_away(workspace: Workspace, path: Path) -> None:
    """The picture is there; that it is not pinned is said."""
    keeper = Keeper(path)
    path.write_text("<<<<<<< HEAD")

    keeper.keep(answered(draw(workspace)))

    (said,) = keeper.troubles()
    assert said.startswith("the answer is not pinned: ")
    assert path.read_text() == "<<<<<<< HEAD"


def test_a_lock_that_cannot_be_kept_is_refused_at_once(tmp_path: Path, path: Path) -> None:
    """One that cannot be read, or written."""
    path.write_text(json.dumps({"imgnb_lock": 99}))

    with pytest.raises(LockInvalid, match="lock version 99"):
        Keeper(path)
    with pytest.raises(LockInvalid, match="cannot be written"):
        Keeper(tmp_path / "gone" / "x.imgnb.lock")
