"""The commit that a folder is at, and whether its files differ from it, without running anything that the folder names.

A repository that came in an archive brings a config of its own, and git runs what such configs name: file system
monitors, hooks, filters, helpers that fetch what is missing. The first two are switched off, fetching is forbidden,
and where filters are configured in the repository, whether files differ is not asked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LIMIT = 5.0
"Seconds that git may take, all in all."

_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")
_SAFE = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "log.showSignature=false")  # fmt: skip
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_STATUS = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all")
_CONFIGURED = ("config", "--show-scope", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process)$")


def git_state(folder: Path, notebook: Path | None = None, limit: float = LIMIT) -> dict[str, Any] | None:
    """`commit`, and `dirty` where that can be told. None without git, a repository or a commit.

    Dirty is a tracked file that differs, or a notebook that is not tracked, be it ignored or new: no commit has it. Other
    new files are not looked for, which may take long; without `notebook` nobody knows whether it is one of them.
    """
    program = shutil.which("git")
    if program is None:
        return None
    end = time.monotonic() + limit
    commit = _said((program, *_SAFE, "rev-parse", "--verify", "HEAD"), folder, end)
    if commit is None or not _COMMIT.fullmatch(commit.strip()):
        return None
    found: dict[str, Any] = {"commit": commit.strip()}
    if notebook is not None and _is_untracked(program, notebook, folder, end):
        found["dirty"] = True
    elif not _has_filters(program, folder, end) and (changes := _said((program, *_SAFE, *_STATUS), folder, end)) is not None:  # fmt: skip
        found["dirty"] = bool(changes)
    return found


def _is_untracked(program: str, notebook: Path, folder: Path, end: float) -> bool:
    """Whether there is such a file, and git's index does not have it: it alone is asked, no file is read."""
    if not os.path.isfile(notebook):  # of a name that is too long, a path's own raises
        return False
    # The name may hold signs that git reads as a pattern.
    command = (program, *_SAFE, "--literal-pathspecs", "ls-files", "--", str(notebook))
    return _said(command, folder, end) == ""


def _has_filters(program: str, folder: Path, end: float) -> bool:
    """Whether the repository's own config names programs that its files go through; those of the user are hers."""
    lines = _said((program, *_SAFE, *_CONFIGURED), folder, end, nothing_is=1)
    return lines is None or any(not line.startswith(("global\t", "system\t")) for line in lines.splitlines())


def _said(command: tuple[str, ...], folder: Path, end: float, nothing_is: int = 0) -> str | None:
    """What git says; None where it fails, or takes too long. `nothing_is` is its status where it has nothing to say."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and no shell
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=max(0.0, end - time.monotonic()), check=False,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode in (0, nothing_is) else None


def _environment() -> Mapping[str, str]:
    """Ours, without what would lead git elsewhere (as a hook that started us does), and with fetching forbidden."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    return {**ours, "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
