"""What git says of a folder, asked of real repositories, some of them made by somebody who means harm."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from imgnb.generation.git_state import git_state


def git(folder: Path, *words: str) -> str:
    """Run git there, with nothing of the user's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")
    command = ["git", *identity, *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one committed notebook."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "report.ipynb").write_text("one")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


def touched(folder: Path) -> None:
    """The notebook has other bytes of the same length and a new time, so that git has to read it."""
    (folder / "report.ipynb").write_text("two")


def test_a_commit_and_whether_files_differ(repository: Path) -> None:
    """The commit is the whole hash; a changed tracked file makes it dirty, a new one does not."""
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "new.txt").touch()

    before = git_state(repository)
    touched(repository)

    assert before == {"commit": commit, "dirty": False}
    assert git_state(repository) == {"commit": commit, "dirty": True}


def test_a_folder_within_is_of_the_same_repository(repository: Path) -> None:
    """Notebooks lie deeper than the root."""
    (repository / "deep").mkdir()

    assert git_state(repository / "deep") == git_state(repository)


@pytest.mark.parametrize(
    ("name", "dirty"),
    [
        ("report.ipynb", False),
        ("deep/tracked.ipynb", False),
        ("new.ipynb", True),
        ("ignored/new.ipynb", True),
        ("added.ipynb", True),
        (":(glob)*.ipynb", True),
        ("*.ipynb", True),
        ("-z", True),
        ("gone.ipynb", False),
        ("x" * 300, False),
    ],
    ids=["tracked", "deep", "new", "ignored", "added", "magic", "pattern", "option", "gone", "too long"],
)
def test_a_notebook_that_no_commit_has_is_dirty(repository: Path, name: str, dirty: bool) -> None:
    """The commit says nothing of it, so a clean one would be untrue; its name is a name and nothing else."""
    (repository / "deep").mkdir()
    (repository / "ignored").mkdir()
    (repository / "deep" / "tracked.ipynb").write_text("one")
    (repository / ".gitignore").write_text("ignored/\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "second")
    path = repository / name
    if dirty:
        path.write_text("one")
    if name == "added.ipynb":
        git(repository, "add", name)

    state = git_state(path.parent, path)

    assert state == {"commit": git(repository, "rev-parse", "HEAD"), "dirty": dirty}


@pytest.mark.parametrize("made", [False, True], ids=["no repository", "no commit yet"])
def test_nothing_is_told_where_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool) -> None:
    """Absent, and no error."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    if made:
        git(tmp_path, "init", "-q")

    assert git_state(tmp_path) is None


def test_nothing_is_told_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git draws all the same."""
    monkeypatch.setenv("PATH", str(repository))

    assert git_state(repository) is None


def test_nothing_is_told_when_git_takes_too_long(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that hangs, as over a network disk, is stopped, and nothing is known."""
    (repository / "git").write_text("#!/bin/sh\nexec sleep 1000\n")
    (repository / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{repository}:{os.environ['PATH']}")

    assert git_state(repository, limit=0.2) is None


def test_git_is_not_led_elsewhere(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIT_DIR, as a hook that started this process has it, is about another repository."""
    monkeypatch.setenv("GIT_DIR", str(repository / "nowhere"))

    assert git_state(repository) is not None


@pytest.mark.parametrize(
    ("setting", "attributes"),
    [
        ("core.fsmonitor", ""),
        ("filter.harm.clean", "* filter=harm"),
        ("filter.harm.process", "* filter=harm"),
        ("core.hooksPath", ""),
    ],
)
def test_nothing_that_a_repository_names_is_run(repository: Path, setting: str, attributes: str) -> None:
    """Its config came in an archive, from anybody: git would run this, and with us it does not."""
    harm, done = repository.parent / "harm", repository.parent / "done"
    harm.mkdir()
    for program in (harm / "program", harm / "post-index-change"):
        program.write_text(f"#!/bin/sh\ntouch '{done}'\ncat\n")
        program.chmod(0o755)
    git(repository, "config", setting, str(harm if setting == "core.hooksPath" else harm / "program"))
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text(attributes)
    touched(repository)

    state = git_state(repository)

    assert not done.exists()
    assert state is not None
    assert ("dirty" in state) is (not attributes)
    if setting != "filter.harm.process":
        subprocess.run(["git", "status"], cwd=repository, capture_output=True, timeout=60, check=False)
        assert done.exists(), "git itself does not run it: the test shows nothing"
