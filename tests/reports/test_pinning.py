"""With a lock, a request is answered by the pinned pictures and by nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imgnb.errors import LockInvalid, ReplayMissed
from imgnb.records import Generation
from imgnb.records.lock import Lock, LockedCell, lock_path
from imgnb.reports import pinning
from imgnb.reports.locking import lock_of
from imgnb.reports.pinning import locks_in_force, pinned
from imgnb.workspace import Workspace

from ..conftest import OpenWorkspace
from ..servers import Canned
from .notebooks import cell, draw, serve_colours, write

Locked = Callable[..., Path]


@pytest.fixture
def workspace(
    open_workspace: OpenWorkspace, canned: Canned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A workspace whose route answers each time with another picture, in a folder of its own."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return open_workspace(serve_colours(canned))


@pytest.fixture
def locked(workspace: Workspace) -> Locked:
    """Writes a notebook that shows these generations, one in a cell, and its lock."""

    def lock(*shown: Generation, name: str = "report") -> Path:
        path = write(Path(f"{name}.ipynb"), *(cell(f"c{n}", one) for n, one in enumerate(shown)))
        lock_of(path, workspace.library)[0].write(lock_path(path))
        return path

    return lock


@pytest.mark.parametrize("mode", ["auto", "replay"])
def test_the_pinned_take_is_given_though_newer_ones_exist(
    workspace: Workspace, locked: Locked, canned: Canned, mode: str
) -> None:
    """Whatever was drawn since, the report shows what it showed; the output says that it is pinned."""
    first = draw(workspace)
    newest = [draw(workspace, mode="live") for _ in range(2)][-1]
    assert draw(workspace, mode=mode).asset == newest.asset
    locked(first)

    found = draw(workspace, mode=mode)

    assert (found.id, found.asset, found.replayed, found.notes) == (first.id, first.asset, True, ())
    assert found.facts["pinned"] is True
    assert len(canned.requests) == 3


def test_live_draws_anew_whatever_is_pinned(workspace: Workspace, locked: Locked) -> None:
    """A lock keeps pictures; it does not keep anybody from asking for others."""
    first = draw(workspace)
    locked(first)

    found = draw(workspace, mode="live")

    assert found.asset != first.asset
    assert "pinned" not in found.facts


def test_a_pinned_picture_is_given_whatever_its_route(workspace: Workspace, locked: Locked) -> None:
    """The reader may have other routes and keys than the author."""
    first = draw(workspace)
    draw(workspace, mode="live")
    locked(first)
    workspace.service.tools = replace(workspace.service.tools, routes=Workspace.open().routes)
    workspace.service._default_route = None

    assert draw(workspace, route="openai").id == first.id
    assert draw(workspace).id == first.id


def test_a_picture_that_is_gone_is_never_asked_for(workspace: Workspace, locked: Locked, canned: Canned) -> None:
    """A pinned picture that the library lacks fails in each mode but live, and names it and the way out; nothing is paid."""
    first, asked = draw(workspace), len(canned.requests)
    draw(workspace, mode="live")
    locked(first)
    first.asset.path.unlink()
    short = first.asset.sha256[:12]

    with pytest.raises(
        ReplayMissed, match=f"pins this request to @{short}, and @{short} is not in the library"
    ) as caught:
        draw(workspace)

    assert caught.value.hint == (
        "bring it with imgnb unpack, or imgnb import; or --mode live draws anew, and imgnb lock pins that"
    )
    outlook = workspace.service.outlook(workspace.order(workspace.request("a red fox", size="1024x640", quality="low")))
    assert (outlook.would, outlook.refusals[-1]) == ("fail", caught.value.message)
    assert len(canned.requests) == asked + 1


def test_a_pinned_picture_in_the_trash_is_not_given(workspace: Workspace, locked: Locked) -> None:
    """It is told how to bring it back; once it is, it is given."""
    first = draw(workspace)
    locked(first)
    workspace.library.trash(first.asset)

    with pytest.raises(ReplayMissed, match="is in the trash") as caught:
        draw(workspace)
    assert f"imgnb restore @{first.asset.sha256[:12]}" in caught.value.hint

    workspace.library.restore(first.asset)
    assert draw(workspace).id == first.id


def test_an_answer_of_which_a_picture_is_in_the_trash_is_not_given(workspace: Workspace, locked: Locked) -> None:
    """Of several, as of a finished one, each pinned picture has to be there, as imgnb verify says."""
    several = draw(workspace, n=2, route="local")
    asked = {"images": [several.assets[0]], "mask": "box:0,0,50%,100%", "composite": True}
    edit = draw(workspace, "a hat", **asked)
    locked(several, edit)

    workspace.library.trash(several.assets[1])
    with pytest.raises(ReplayMissed, match=f"and @{several.assets[1].sha256[:12]} is in the trash"):
        draw(workspace, n=2)
    assert draw(workspace, "a hat", **asked).id == edit.id
    workspace.library.trash(edit.asset)
    with pytest.raises(ReplayMissed, match=f"and @{edit.asset.sha256[:12]} is in the trash"):
        draw(workspace, "a hat", **asked)


def test_a_picture_that_answers_another_request_does_not_do(workspace: Workspace, locked: Locked) -> None:
    """A lock whose fingerprint was changed by hand pins nothing that the library could give."""
    fox, hare = draw(workspace), draw(workspace, "a hare")
    path = lock_path(locked(hare))
    path.write_text(path.read_text().replace(hare.fingerprint, fox.fingerprint))

    with pytest.raises(ReplayMissed, match="which the library has, but not as its answer"):
        draw(workspace)


def test_a_take_that_is_named_wins(workspace: Workspace, locked: Locked) -> None:
    """It was written down in the cell; that the lock pins another is said."""
    first, second = draw(workspace), draw(workspace, mode="live")
    locked(first)

    found = draw(workspace, take=2)

    assert found.id == second.id
    assert found.notes == ("report.imgnb.lock pins take 1 of this request; take 2 was asked for",)
    assert draw(workspace, take=1).notes == ()


def test_each_cell_has_its_own_picture_of_one_request(workspace: Workspace, locked: Locked) -> None:
    """Two cells ask for the same and show two takes: each gets its own back, where the front end tells the cell."""
    first, second = draw(workspace), draw(workspace, mode="live")
    path = str(locked(first, second).resolve())

    found = [draw(workspace, place={"notebook": path, "cell_id": id}).id for id in ("c0", "c1")]

    assert found == [first.id, second.id]


def test_a_composite_that_is_pinned_is_made_of_its_original(workspace: Workspace, locked: Locked) -> None:
    """The finished picture is what is pinned; a cell that leaves it unfinished is told that it shows another."""
    base = draw(workspace)
    asked = {"images": [base.asset], "mask": "box:0,0,50%,100%"}
    edit = draw(workspace, "a hat", composite=True, **asked)
    draw(workspace, "a hat", composite=True, mode="live", **asked)
    locked(edit)

    assert draw(workspace, "a hat", composite=True, **asked).asset == edit.asset
    plain = draw(workspace, "a hat", **asked)
    assert plain.assets == edit.originals
    assert plain.notes[-1].startswith(f"the lock pins @{edit.asset.sha256[:12]}, and this gives @")


def test_another_request_is_not_pinned(workspace: Workspace, locked: Locked) -> None:
    """A lock keeps nobody from writing new cells."""
    locked(draw(workspace))

    assert draw(workspace, "a new cell").replayed is False


def test_a_lock_that_cannot_be_read_fails_the_cell(workspace: Workspace, locked: Locked) -> None:
    """It is not taken for none: that might show, or pay for, another picture."""
    path = locked(draw(workspace))
    lock_path(path).write_text("<<<<<<< HEAD")

    with pytest.raises(LockInvalid, match="is no JSON") as own:
        draw(workspace, place={"notebook": str(path.resolve())})
    with pytest.raises(LockInvalid, match="is no JSON") as some:
        draw(workspace)

    ways = "say which lock holds: IMGNB_LOCK=report.imgnb.lock or another, or IMGNB_LOCK=off for none"
    assert (ways in own.value.hint, ways in some.value.hint) == (False, True)


def test_a_lock_whose_notebook_is_not_there_does_not_hold(workspace: Workspace, locked: Locked) -> None:
    """Where nobody tells the notebook; the setting lets it hold, and so does a front end that tells an old name."""
    first, newest = draw(workspace), draw(workspace, mode="live")
    path = locked(first)
    path.rename("renamed.ipynb")

    found = draw(workspace)

    assert found.id == newest.id
    assert found.notes == (
        "report.imgnb.lock pins this request, and does not hold, as report.ipynb is not beside it: "
        "IMGNB_LOCK=report.imgnb.lock lets it",
    )
    assert draw(workspace, place={"notebook": str(path.resolve())}).id == first.id
    pin, said = pinned(first.fingerprint, {}, str(lock_path(path)))
    assert (pin and pin.generation, said) == (first.id, "")


def test_a_lock_is_read_again_only_when_it_changed(
    workspace: Workspace, locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred cells read it once; one that is written anew holds from then on."""
    first, second = draw(workspace), draw(workspace, mode="live")
    locked(first)
    reads: list[Path] = []
    read = pinning.read_lock
    monkeypatch.setattr(pinning, "read_lock", lambda path: (reads.append(path), read(path))[1])

    assert {draw(workspace).id for _ in range(3)} == {first.id}
    locked(second)
    assert {draw(workspace).id for _ in range(3)} == {second.id}
    assert len(reads) <= 2


def test_locks_of_a_folder_hold_while_they_agree(workspace: Workspace, locked: Locked) -> None:
    """Where nobody tells the notebook, two locks that pin a request to different pictures are refused, not guessed at."""
    first, second, hare = draw(workspace), draw(workspace, mode="live"), draw(workspace, "a hare")
    locked(first, name="one")
    locked(first, hare, name="two")
    assert draw(workspace).id == first.id

    locked(second, name="two")

    with pytest.raises(
        LockInvalid, match=r"one\.imgnb\.lock and two\.imgnb\.lock pin this request to different"
    ) as caught:
        draw(workspace)
    assert "IMGNB_LOCK=one.imgnb.lock" in caught.value.hint
    assert draw(workspace, place={"notebook": str(Path("two.ipynb").resolve())}).id == second.id


def test_which_lock_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is set; none when that is "off"; the running notebook's; else those of the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    for name in ("a.ipynb", "a.imgnb.lock", "b.ipynb", "other/a.ipynb", "other/a.imgnb.lock"):
        (tmp_path / name).touch()

    def names(setting: str | None = None, **place: str | None) -> list[str]:
        return [os.path.relpath(path) for path in locks_in_force(place, setting)]

    assert names() == names(notebook=None) == ["a.imgnb.lock"]
    assert names(notebook=str(tmp_path / "other/a.ipynb")) == ["other/a.imgnb.lock"]
    assert names(notebook=str(tmp_path / "b.ipynb")) == []
    assert names(notebook=str(tmp_path / "renamed.ipynb")) == ["a.imgnb.lock"]
    assert names(str(tmp_path / "c.imgnb.lock"), notebook=str(tmp_path / "a.ipynb")) == ["c.imgnb.lock"]
    assert names("off", notebook=str(tmp_path / "a.ipynb")) == []


def test_a_folder_that_was_listed_is_listed_again_when_it_changes(tmp_path: Path) -> None:
    """A lock that is written later holds, also in a folder whose listing is remembered."""
    os.utime(tmp_path, (0, 0))
    assert pinning._in_folder(tmp_path) == pinning._in_folder(tmp_path) == ()

    (tmp_path / "a.imgnb.lock").touch()

    assert pinning._in_folder(tmp_path) == (tmp_path / "a.imgnb.lock",)


def test_a_lock_that_was_named_must_be_there(tmp_path: Path) -> None:
    """A misspelt path would else pin nothing without a word."""
    with pytest.raises(LockInvalid, match=r"gone\.lock cannot be read"):
        pinned("r1:x", {}, str(tmp_path / "gone.lock"))


def test_a_setting_names_the_lock(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """A path in a file counts from that file's folder, in the environment from the working folder; "off" is no path."""
    (tmp_path / "imgnb.toml").write_text('lock = "locks/x.imgnb.lock"')
    Lock("x.ipynb", (LockedCell("a", ()),)).write(tmp_path / "y.lock")

    assert Workspace.open(tmp_path).settings.lock == str(tmp_path / "locks" / "x.imgnb.lock")
    assert Workspace.open(tmp_path, lock="y.lock").settings.lock == str(tmp_path / "y.lock")
    assert Workspace.open(tmp_path, lock="off").settings.lock == "off"


def test_an_answer_in_words_is_pinned_too(
    open_workspace: OpenWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversation may be answered without a picture: of two such answers the pinned one is given."""
    monkeypatch.chdir(tmp_path)
    workspace = open_workspace()
    asked = {"converse": True, "size": None, "quality": None}
    first, _ = (draw(workspace, "What is in the sea?", mode="live", **asked) for _ in range(2))
    assert (first.assets, bool(first.text)) == ((), True)
    path = write(tmp_path / "r.ipynb", cell("a", first))
    lock_of(path, workspace.library)[0].write(lock_path(path))

    assert draw(workspace, "What is in the sea?", **asked).id == first.id
