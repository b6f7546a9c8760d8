"""The mode that this process was started with. Whoever starts one in replay (CI) is not overruled by what runs in it.

Read once, when the package is first imported. A cell may have changed the variable before that: where the system tells
what a process was given, that counts.
"""

from __future__ import annotations

import os


def _mode() -> str | None:
    try:
        with open("/proc/self/environ", "rb") as file:
            given = b"IMGNB_MODE=replay" in file.read().split(b"\0")
    except OSError:  # not on this system
        given = False
    return "replay" if given else os.environ.get("IMGNB_MODE")


STARTED_IN = _mode()
