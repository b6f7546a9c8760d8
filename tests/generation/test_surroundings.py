"""Where a picture was made is on its record."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from imgnb.generation.surroundings import Surroundings, packages
from imgnb.library import Library
from imgnb.library.bundles.records_json import parse

from ..conftest import OpenWorkspace
from .runs import SMALL, column, done, failed, run
from .test_git_state import git, repository

__all__ = ["repository"]


def test_packages_are_those_that_are_installed() -> None:
    """Python and imgnb always, others where they are; no version is made up."""
    found = packages()

    assert found["python"] == platform.python_version()
    assert {"imgnb", "pillow", "httpx", "ipython"} <= set(found)
    assert all(found.values())


def test_a_generation_says_where_it_was_made(open_workspace: OpenWorkspace, repository: Path) -> None:
    """Front end, execution count, packages and the commit of the notebook's folder come back with it."""
    workspace = open_workspace()
    place = {"notebook": str(repository / "report.ipynb"), "front_end": "jupyter", "execution_count": "7"}
    order = workspace.order(workspace.request("a red fox", **SMALL), place=place)

    (*_, last) = workspace.run(order)

    said = workspace.library.generation(last.generation.id).provenance
    assert said["front_end"] == "jupyter"
    assert said["execution_count"] == 7
    assert said["packages"] == dict(packages())
    assert said["git"] == {"commit": git(repository, "rev-parse", "HEAD"), "dirty": False}
    assert last.generation.to_dict()["provenance"] == dict(said)


@pytest.mark.parametrize(("name", "dirty"), [("report.ipynb", False), ("new.ipynb", True)])
def test_a_notebook_that_git_does_not_track_is_dirty(repository: Path, name: str, dirty: bool) -> None:
    """Its commit does not have it."""
    (repository / "new.ipynb").touch()

    assert Surroundings({"notebook": str(repository / name)}).told()["git"]["dirty"] is dirty


def test_neither_paths_nor_people_are_told(repository: Path) -> None:
    """The address of the remote, who commits and where that lies stay at home."""
    git(repository, "remote", "add", "origin", "https://person:secret@example.org/private.git")

    said = json.dumps(Surroundings({"notebook": str(repository / "report.ipynb")}).told())

    assert "commit" in said
    for secret in (str(repository.parent), "person", "secret", "example.org"):
        assert secret not in said


def test_a_failure_says_it_too(open_workspace: OpenWorkspace) -> None:
    """What came to nothing has surroundings, too: they may be the reason."""
    _, record = failed(run(open_workspace(fault="unauthorized", url="local://engine/v1")))

    assert record.provenance["packages"] == dict(packages())


def test_a_replay_asks_git_nothing_and_keeps_what_was(
    open_workspace: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is of the time when it was drawn."""
    workspace = open_workspace()
    first = done(run(workspace))
    monkeypatch.setattr(Surroundings, "__init__", lambda *_: pytest.fail("git was asked"))

    again = done(run(workspace))

    assert again.replayed
    assert again.provenance == first.provenance


def test_a_folder_that_is_gone_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is known of git."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert "git" not in Surroundings({}).told()


def test_it_goes_along_in_a_bundle_and_back(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """Whoever gets the picture is told, too."""
    workspace = open_workspace()
    made = done(run(workspace))
    workspace.library.export([made], tmp_path / "part.zip")

    with Library(tmp_path / "other") as other:
        other.import_(tmp_path / "part.zip")

        assert other.generation(made.id).provenance == made.provenance
    assert column(tmp_path / "other", "provenance_json") == column(workspace.library.path, "provenance_json")


def test_a_record_of_an_older_imgnb_is_read(open_workspace: OpenWorkspace, tmp_path: Path) -> None:
    """It says nothing of it, and comes in with nothing known."""
    workspace = open_workspace()
    workspace.library.export([done(run(workspace))], tmp_path / "records.jsonl", records_only=True)
    (line,) = (
        line for line in (tmp_path / "records.jsonl").read_bytes().splitlines() if b'"record":"generation"' in line
    )
    said = json.loads(line)
    assert said.pop("provenance")

    record = parse(json.dumps(said).encode(), 1)

    assert record.row["provenance_json"] is None


def test_a_script_is_told_from_a_shell(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Python without IPython says `script`; the command line says `shell`."""
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    script = "import imgnb; print(imgnb.generate('a fox', size='1024x1024', show=False).provenance['front_end'])"
    clean_environment.chdir(tmp_path)
    command = [sys.executable, "-m", "imgnb", "generate", "an owl", "--size", "1024x1024", "--json"]

    said = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for words in ([sys.executable, "-c", script], command)]  # fmt: skip

    assert said[0].strip() == "script"
    assert json.loads(said[1])["provenance"]["front_end"] == "shell"
