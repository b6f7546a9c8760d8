"""`%imagegen mode`: whether a kernel may ask, in a real shell; a prompt that only begins like it stays a prompt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imgnb.errors import ReplayMissed
from imgnb.magics.completion import complete
from imgnb.magics.modes import mode_wanted
from imgnb.workspace import current

from ..servers import Watched

SMALL = "--size 1024x640 --quality low"


@pytest.mark.parametrize(("line", "said"), [("mode", ""), (" mode  replay ", "replay"), ("mode live", "live")])
def test_a_line_that_is_exactly_about_the_mode_is_understood(line: str, said: str) -> None:
    """To show it, or to set it."""
    assert mode_wanted(line) == said


@pytest.mark.parametrize("line", ["mode of transport", "mode replay button", "modern", "a mode", "mode depeche", ""])
def test_a_prompt_about_modes_stays_a_prompt(line: str) -> None:
    """Only the three modes are no prompt."""
    assert mode_wanted(line) is None


def test_the_mode_is_shown_and_set(shell, workspace, monkeypatch, capsys) -> None:
    """It holds for all that comes after, also for Python calls and for what the kernel starts."""
    monkeypatch.setenv("IMGNB_MODE", "auto")

    for line, said in {
        "mode": "the mode of this kernel is auto: what is stored is replayed, and what is not is asked for",
        "mode live": "the mode of this kernel is live: each cell asks anew",
        "mode replay": "the mode of this kernel is replay: nothing is asked for, and what is not stored fails",
    }.items():
        assert shell.run_line_magic("imagegen", line) is None
        assert capsys.readouterr().out.strip() == said
    assert current().settings.mode == "replay"


def test_in_replay_nothing_is_asked_and_no_key_is_needed(
    shell, workspace, monkeypatch, tmp_path, watched: Watched, capsys
) -> None:
    """What is stored is shown without the key that drew it; a miss fails, and no server hears of either."""
    watched.real = True
    config = f'[routes.paid]\nbase_url = "{watched.url}"\nkey_env = "PAID_KEY"\n'
    (tmp_path / "user.toml").write_text(config, encoding="utf-8")
    monkeypatch.setenv("IMGNB_ROUTE", "paid")
    monkeypatch.setenv("PAID_KEY", "secret")
    monkeypatch.setenv("IMGNB_MODE", "auto")
    shell.run_cell(f"%%imagegen {SMALL} -o fox\na red fox in the snow")
    monkeypatch.delenv("PAID_KEY")
    monkeypatch.setenv("IMGNB_MODE", "replay")
    assert len(watched.requests) == 1

    again = shell.run_cell(f"%%imagegen {SMALL} -o again\na red fox in the snow")
    missed = shell.run_cell(f"%%imagegen {SMALL}\na red hare in the snow")

    assert again.success
    assert shell.user_ns["again"].asset == shell.user_ns["fox"].asset
    assert isinstance(missed.error_in_exec, ReplayMissed)
    assert "prompt: a red [-fox-] {+hare+} in the snow" in missed.error_in_exec.message
    assert len(watched.requests) == 1


ESCAPES = {
    "nothing": [],
    "env": ["%env IMGNB_MODE=auto"],
    "live": ["%env IMGNB_MODE=live"],
    "gone": ["import os; del os.environ['IMGNB_MODE']"],
    "mode": ["%env IMGNB_MODE=auto", "%imagegen mode live"],
    "again": ["%env IMGNB_MODE=auto", "%reload_ext imgnb"],
}
ASKS = [f"%%imagegen {SMALL} --mode live\na fox", "import imgnb; imgnb.generate('a fox', size='1024x640')"]
SHELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in sys.argv[1:]:
    result = shell.run_cell(cell)
    print(f"<{type(result.error_in_exec).__name__}>")
from imgnb.workspace import current
print("asked:", len(current().library), "mode:", current().settings.mode)
"""


@pytest.mark.parametrize("early", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("cells", ESCAPES.values(), ids=ESCAPES.keys())
def test_a_process_that_was_started_in_replay_stays_so(workspace, tmp_path, cells: list[str], early: bool) -> None:
    """Whatever its cells make of the variable, before imgnb is loaded or after; its nearest miss is said, and nobody asked."""
    if early and not Path("/proc/self/environ").exists():
        pytest.skip("this system does not tell what a process was started with")
    ran = [*cells, "%load_ext imgnb", *ASKS] if early else ["%load_ext imgnb", *cells, *ASKS]
    environment = {**os.environ, "IMGNB_MODE": "replay", "IPYTHONDIR": str(tmp_path / "ipython")}

    done = subprocess.run(
        [sys.executable, "-c", SHELL, *ran], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.count("<ReplayMissed>") == len(ASKS), done.stdout
    assert done.stdout.endswith("asked: 0 mode: replay\n")


def test_a_process_that_was_started_without_asks_again(workspace, tmp_path) -> None:
    """A mode that a cell has set, another cell changes."""
    cells = ["%load_ext imgnb", "%imagegen mode replay", ASKS[1], "%env IMGNB_MODE=auto", ASKS[1]]
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}

    done = subprocess.run(
        [sys.executable, "-c", SHELL, *cells], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.count("<ReplayMissed>") == 1, done.stdout
    assert done.stdout.endswith("asked: 1 mode: auto\n")


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("%imagegen mode ", ("", ["auto", "live", "replay"])),
        ("%imagegen mode re", ("re", ["replay"])),
        ("%imagegen lock o", ("o", ["on", "off"])),
        ("%%imagegen mode re", None),
        ("%imagegen a mode re", None),
    ],
)
def test_modes_complete(before: str, found: object) -> None:
    """In a line that is about them; a prompt is not completed."""
    assert complete(before, lambda sets, model: ()) == found
