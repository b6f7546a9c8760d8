"""`%imagegen lock ...`: keep the notebook's lock up to date while its cells run."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..reports.keeping import Keeper

LOCKING = ("on", "off", "status")
AFTERWARDS = "save the notebook and run: imgnb lock NOTEBOOK"
_KEPT = "imgnb_lock_kept"


def lock_wanted(line: str) -> list[str] | None:
    """The words of a line about the lock: ["on"], ["on", "report.imgnb.lock"], ["off"], ["status"]; None for a prompt."""
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if words[:1] != ["lock"] or words[1:2] not in ([], *([word] for word in LOCKING)):
        return None
    if len(words) == 3 and words[1] == "on" and words[2].endswith((".lock", ".ipynb")):
        return words[1:]
    return (words[1:] or ["status"]) if len(words) < 3 else None


def lock(shell: Any, words: list[str]) -> str:
    """Do what the words say, and tell in a line what is true now. Raises LockInvalid for a lock that cannot be kept."""
    if words[0] == "on":
        return _on(shell, words[1:])
    kept = _kept(shell)
    if words[0] == "status":
        return kept.told() if kept else "no lock is kept up to date; %imagegen lock on begins"
    end(shell)
    return f"{kept.path} is not kept up to date any more; it still holds" if kept else "no lock was kept up to date"


def end(shell: Any) -> None:
    """Keep no lock any more in this shell."""
    if stop := shell.__dict__.pop(_KEPT, (None, None))[1]:
        stop()


def _on(shell: Any, words: list[str]) -> str:
    from ..display.cell import place
    from ..records.lock import lock_path
    from ..reports.keeping import Keeper

    here = place(shell)
    if here["cell_id"] is None:
        return f"this front end does not tell which cell runs, so that no lock can be kept: {AFTERWARDS}"
    if not words and here["notebook"] is None:
        return f"this front end does not tell which notebook runs: %imagegen lock on report.imgnb.lock, or {AFTERWARDS}"
    path = Path(words[0]).expanduser().absolute() if words else Path(str(here["notebook"]))
    path = lock_path(path) if path.suffix == ".ipynb" else path
    keeper = Keeper(path)
    if words:
        os.environ["IMGNB_LOCK"] = str(path)  # else nothing would say that it holds for this kernel
    end(shell)
    setattr(shell, _KEPT, (keeper, _watch(shell, keeper)))
    return keeper.told()


def _kept(shell: Any) -> Keeper | None:
    kept: Keeper | None = shell.__dict__.get(_KEPT, (None, None))[0]
    return kept


def _watch(shell: Any, keeper: Keeper) -> Callable[[], None]:
    """Write down what comes, and say after a cell what went wrong with that; the answer ends both."""
    from ..records.session import SESSION

    def say(*_: object) -> None:
        for sentence in keeper.troubles():
            print(f"imgnb: {sentence}", file=sys.stderr)

    stop = SESSION.watch(keeper.keep)
    shell.events.register("post_run_cell", say)

    def done() -> None:
        stop()
        shell.events.unregister("post_run_cell", say)

    return done
