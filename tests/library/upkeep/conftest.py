"""Libraries as they come out of use, and harm done to them from outside."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from imgnb.library import Library

from ...libraries import empty_library
from ..conftest import FOX, _rescue_here, draw, png

__all__ = ["_rescue_here"]

LONG_AGO = time.time() - 40 * 86_400


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three generations; the first's picture has a name, a tag, stars and a note, and went into the last."""
    with Library(empty_library(tmp_path / "library")) as library:
        first = draw(library, FOX, png(1)).asset
        library.name(first, "hero")
        library.tag(first, "cover")
        library.rate(first, 5)
        library.note(first, "the one for the report")
        draw(library, FOX, png(2), png(3))
        library.add(png(9), source="photo.png")
        yield library


@contextmanager
def database(library: Library) -> Iterator[sqlite3.Connection]:
    """The file itself, for whoever does harm to it; foreign keys are not looked at."""
    with closing(sqlite3.connect(library.path / "library.db")) as connection, connection:
        yield connection


def flip(path: Path, at: int = 20) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def age(path: Path) -> Path:
    """Let a file be older than anything that is being written."""
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def contents(root: Path) -> dict[str, bytes]:
    """Every blob by its name."""
    return {path.name: path.read_bytes() for path in sorted((root / "blobs").rglob("*.*"))}
