"""Empty libraries, made once: all the steps of the schema take 60 ms, and nearly every test begins with a library."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from imgnb.library import Library

FILE = "library.db"


def empty_library(folder: Path) -> Path:
    """The folder, with the database in it that opening a library there would make."""
    folder.mkdir()
    (folder / FILE).write_bytes(_database())
    return folder


@cache
def _database() -> bytes:
    with TemporaryDirectory() as folder:
        Library(folder).close()
        return Path(folder, FILE).read_bytes()
