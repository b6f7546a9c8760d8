"""`%imagegen mode ...`: whether this kernel may ask for pictures, shown and changed from a notebook."""

from __future__ import annotations

import os

from .._started import STARTED_IN
from ..config import CHOICES
from ..errors import ConfigInvalid

MEANING = {
    "auto": "what is stored is replayed, and what is not is asked for",
    "live": "each cell asks anew",
    "replay": "nothing is asked for, and what is not stored fails",
}


def mode_wanted(line: str) -> str | None:
    """What a line says about the mode: "" to show it, or a mode; None where it is a prompt, as "mode of transport" is."""
    words = line.split()
    if words[:1] != ["mode"] or len(words) > 2:
        return None
    said = words[1] if len(words) == 2 else ""
    return said if said in ("", *CHOICES["mode"]) else None


def mode(said: str) -> str:
    """Set the mode that is said, for this kernel and what it starts, and tell which one holds.

    Raises ConfigInvalid where the kernel was started in mode replay: what runs in it cannot allow itself more.
    """
    from ..workspace import current

    if said and said != "replay" == STARTED_IN:
        raise ConfigInvalid(
            f"the mode of this kernel stays replay, not {said}: it was started with IMGNB_MODE=replay",
            hint="start it without",
        )
    if said:
        os.environ["IMGNB_MODE"] = said
    holds = current().settings.mode
    return f"the mode of this kernel is {holds}: {MEANING[holds]}"
