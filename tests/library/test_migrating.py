"""Libraries of earlier versions: opened, brought up to date, and answering as before."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from imgnb.library import Library
from imgnb.library.migrations import LATEST

from .conftest import FOX, draw, png

OLD = Path(__file__).with_name("version-1.db")
"A library as imgnb wrote it before conversations: one success named hero, drawn from FOX, and one failure."


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The old library with the picture that it knows."""
    root = tmp_path / "library"
    sha256 = "15c2a192249c7994bef8f89db9ec4e90292b61878b21bd04c7a26c5c3e6efc7d"
    blob = root / "blobs" / sha256[:2] / sha256[2:4] / f"{sha256}.png"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(png())
    shutil.copyfile(OLD, root / "library.db")
    return root


def test_an_old_library_is_brought_up_to_date(old: Path) -> None:
    """Its rows answer as before, with nothing said of what it could not know, and new ones can be filed."""
    with Library(old) as library:
        made = library.answer(FOX.fingerprint())
        (failed,) = library.find(status="failed")
        new = draw(library, FOX, png(7))

        assert library.schema_version == LATEST
        assert made is not None
        assert made.asset == library.asset("@hero")
        assert (made.main_model, made.continues, made.response_id, made.unknown_events) == (None, None, None, 0)
        assert [(item.status, item.base_url) for item in failed.attempts] == [(500, "")]
        assert library.answer(FOX.fingerprint()) == new


def test_bringing_up_to_date_happens_once(old: Path) -> None:
    """Each step is on record, and opening again adds none."""
    for _ in range(2):
        Library(old).close()

    with sqlite3.connect(old / "library.db") as connection:
        steps = connection.execute("SELECT version, name FROM schema_version ORDER BY version").fetchall()
    connection.close()
    assert [version for version, _ in steps] == list(range(1, LATEST + 1))
    assert steps[1] == (2, "m002_conversations")
