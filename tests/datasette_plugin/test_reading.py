"""The plugin only reads, sees at once what kernels write, and costs nothing before it is asked."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from imgnb.datasette_plugin.compat import url
from imgnb.datasette_plugin.reading import ask, libraries, library_of
from imgnb.errors import LibraryError, LibraryReadOnly
from imgnb.library import Library

from ..library.conftest import FOX, draw, png
from .conftest import CONFIG, browse


def datasette(*files, **options):
    from datasette.app import Datasette

    return Datasette(files=[str(file) for file in files], **options)


def test_what_a_kernel_writes_is_there_at_once(tmp_path):
    """The server reads while others write, and nothing stale is kept."""
    with Library(tmp_path / "library") as library:
        draw(library, FOX, png(1))
        with browse(library.path) as served:
            before = served.get("/library/gallery.json?_shape=array")
            drawn = draw(library, FOX, png(2), take=2)
            after = served.get("/library/gallery.json?_shape=array")

            assert (len(before.json()), len(after.json())) == (1, 2)
            assert served.get(f"/-/imgnb/blob/{drawn.asset.sha256}").content == png(2)
        draw(library, FOX, png(3), take=3)


def test_the_library_is_opened_for_reading_once(kept):
    """One library for a folder, and it refuses to write."""
    served = datasette(kept.root / "library.db")

    assert library_of(served) is library_of(served, "library")
    with pytest.raises(LibraryReadOnly):
        library_of(served).check_writable()


def test_questions_are_asked_on_a_thread(kept):
    """The function gets the library, and its arguments."""
    served = datasette(kept.root / "library.db")

    found = asyncio.run(ask(served, lambda library, words, limit: library.find(words, limit=limit), "fox", limit=5))

    assert [generation.id for generation in found] == [kept.generation]


def test_no_library_is_said_with_the_way_out(tmp_path):
    """A Datasette without a library has no pages of ours."""
    with pytest.raises(LibraryError, match="no imgnb library") as raised:
        library_of(datasette(memory=True))
    assert "imgnb browse" in raised.value.hint


def test_an_unknown_database_is_refused(kept):
    """Only libraries that are served can be asked for by name."""
    with pytest.raises(LibraryError, match="'_internal' is no imgnb library"):
        library_of(datasette(kept.root / "library.db"), "_internal")


def test_only_files_of_the_name_are_libraries(kept, tmp_path):
    """A copy under another name has no pictures beside it."""
    (tmp_path / "copy.db").write_bytes((kept.root / "library.db").read_bytes())

    assert libraries(datasette(tmp_path / "copy.db")) == {}


def test_addresses_stand_below_the_base_url(kept):
    """Behind a proxy every link has its prefix."""
    served = datasette(kept.root / "library.db", settings={"base_url": "/user/bob/imgnb/"})

    assert url(served, "/-/imgnb/costs") == "/user/bob/imgnb/-/imgnb/costs"


def test_datasette_s_own_rules_hold_for_our_routes(kept, by_hand):
    """A database that is closed to strangers shows them no picture, either."""
    closed = {"databases": {"library": {"allow": {"id": "root"}}}}
    get = by_hand(kept.root / "library.db", **{CONFIG: closed})

    assert get(f"/-/imgnb/blob/{kept.drawn}").status_code == 403
    assert get(f"/-/imgnb/thumb/{kept.drawn}").status_code == 403


def test_importing_the_plugin_brings_nothing_heavy():
    """It is loaded by every Datasette in the environment."""
    heavy = ("sqlmodel", "sqlalchemy", "PIL", "httpx", "IPython", "imgnb.library", "imgnb.workspace")
    script = (
        f"import sys, imgnb.datasette_plugin as p; p.register_routes; print([n for n in {heavy} if n in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "[]"


def test_a_file_of_others_is_no_library(kept, tmp_path):
    """Served first under our name, it takes no page down; one that is empty, or has one of our tables, neither."""
    for name, script in (("a", "CREATE TABLE t(x)"), ("b", "CREATE TABLE generation(id)"), ("c", "")):
        (tmp_path / name).mkdir()
        with closing(sqlite3.connect(tmp_path / name / "library.db")) as made:
            made.executescript(f"PRAGMA user_version = 1; {script}")
    foreign = [tmp_path / name / "library.db" for name in "abc"]

    served = datasette(*foreign, kept.root / "library.db")

    assert list(libraries(served).values()) == [kept.root]
    assert library_of(served).path == kept.root


def test_a_file_that_was_exchanged_is_opened_anew(tmp_path):
    """What a rebuild has put in its place is read, not what was there before."""
    for name in ("library", "other"):
        with Library(tmp_path / name) as library:
            drawn = draw(library, FOX, png(len(name)))
    served = datasette(tmp_path / "library/library.db")
    assert not library_of(served).assets([drawn.asset.sha256])
    (tmp_path / "other/library.db").replace(tmp_path / "library/library.db")

    assert library_of(served).assets([drawn.asset.sha256])


def test_what_takes_too_long_is_broken_off(kept, monkeypatch):
    """A page that SQLite works on for ever says so; the connection is good for the next, which has its own time."""
    monkeypatch.setattr("imgnb.datasette_plugin.reading.PATIENCE", 0.05)
    served = datasette(kept.root / "library.db")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    def look(library, sql):
        with library._store.database.reading() as connection:
            return connection.exec_driver_sql(sql).scalar()

    async def all_at_once():
        return await asyncio.gather(*(ask(served, look, endless) for _ in range(6)), return_exceptions=True)

    told = asyncio.run(all_at_once())

    assert [type(error) for error in told] == [LibraryError] * 6
    assert "took too long" in told[0].message
    monkeypatch.setattr("imgnb.datasette_plugin.reading.PATIENCE", 30.0)
    assert asyncio.run(ask(served, look, "SELECT count(*) FROM generation")) == 1
