"""Commands run as a person runs them, with settings, library and keyring of the test's own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imgnb.cli import main

from ..keyrings import MemoryKeyring

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The user's own config.toml, empty, in a folder of its own; no keys."""
    path = tmp_path / "user" / "config.toml"
    path.parent.mkdir()
    path.write_text("first_wait = 0.01\n", encoding="utf-8")
    clean_environment.setenv("IMGNB_CONFIG", str(path))
    clean_environment.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    (tmp_path / "work").mkdir()
    clean_environment.chdir(tmp_path / "work")
    from imgnb import workspace

    workspace._current = None
    yield path
    if workspace._current is not None:
        workspace._current[1].close()
        workspace._current = None


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `imgnb` with these words, and this on standard input: status, stdout and stderr. Settings are read anew."""

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        from imgnb import workspace

        workspace._current = None
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        status = main(words)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def keyring() -> Iterator[MemoryKeyring]:
    """The keyring in force."""
    import keyring

    before, ours = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)
