"""What is found when a notebook is verified."""

from __future__ import annotations

from dataclasses import dataclass

LOCK_ANEW = "lock it anew: imgnb lock {notebook}"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: a word for scripts, a sentence, the way out, and the cell where there is one."""

    kind: str
    message: str
    way_out: str
    cell: str | None = None
