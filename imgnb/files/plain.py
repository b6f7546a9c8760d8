"""Files that are nothing but files: a library that came from elsewhere may hold links, pipes and devices.

A link among the pictures may lead to anything that this user can read, and whoever opens a pipe waits for ever.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_plain(path: Path) -> int:
    """A descriptor of the file. Raises FileNotFoundError for what is missing, a link, a folder or a device."""
    try:
        file = os.open(path, _FLAGS)
    except OSError as error:
        raise FileNotFoundError(f"{path.name} cannot be read") from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(f"{path.name} is no file")
    return file


def read_plain(path: Path) -> bytes:
    """The bytes of the file. Raises FileNotFoundError as above."""
    with os.fdopen(open_plain(path), "rb") as file:
        return file.read()
