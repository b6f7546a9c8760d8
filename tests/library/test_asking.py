"""SQL of one's own can only read, and tables for pandas."""

from __future__ import annotations

import sqlite3

import pytest

from imgnb.errors import LibraryError, QueryInvalid, RequestInvalid
from imgnb.library import Library
from imgnb.library.frames import frame
from imgnb.request import ImageRequest

from .conftest import FOX, draw, png


def test_a_select_gives_rows(library: Library) -> None:
    """Values are bound by position or name; columns of one name are told apart; pandas gets a DataFrame."""
    draw(library)

    rows = library.sql("SELECT prompt, status AS prompt FROM generation WHERE model = ?", ("gpt-image-2",), frame=False)
    assert rows == [{"prompt": FOX.prompt, "prompt_2": "succeeded"}]
    assert library.sql("SELECT :n AS n", {"n": "'; DROP"}, frame=False) == [{"n": "'; DROP"}]
    assert library.sql("SELECT count(*) AS n FROM prompt_fts WHERE prompt_fts MATCH 'fox'", frame=False) == [{"n": 1}]
    assert library.sql("PRAGMA table_info(tag)", frame=False)[0]["name"] == "asset"
    pandas = pytest.importorskip("pandas")
    assert isinstance(library.sql("SELECT 1 AS one", frame=True), pandas.DataFrame)


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM generation", "UPDATE generation SET prompt = 'x'", "DROP TABLE tag", "ATTACH 'x.db' AS x", "VACUUM",
     "VACUUM INTO 'copy.db'", "PRAGMA journal_mode = delete", "PRAGMA query_only = OFF", "PRAGMA writable_schema = 1",
     "CREATE TEMP TABLE x (y)", "INSERT INTO tag VALUES ('a', 'b', 'c')", "SELECT load_extension('x')", "BEGIN",
     "SELECT 1; DELETE FROM generation", "SELECT 1; SELECT 2"],
)  # fmt: skip
def test_nothing_but_reading_is_done(library: Library, query: str) -> None:
    """Writing, attaching, settings, extensions and a second statement are refused."""
    draw(library)
    before = library.path.joinpath("library.db").read_bytes()

    with pytest.raises(QueryInvalid):
        library.sql(query)
    assert before == library.path.joinpath("library.db").read_bytes()
    assert not list(library.path.glob("*x.db"))


def test_what_sqlite_does_not_understand_says_where(library: Library) -> None:
    """The caret stands under the word; parameters that do not fit are another matter; a long query is broken off."""
    for query, position in (
        ("SELECT form FROM generation", 7),
        ("SELEC 1", 0),
        ("SELECT * FROM lost", 14),
        ("SELECT (1", 9),
    ):
        with pytest.raises(QueryInvalid) as caught:
            library.sql(query)
        assert caught.value.position == position
    with pytest.raises(RequestInvalid, match="parameters"):
        library.sql("SELECT ?")
    forever = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(LibraryError, match="longer than"):
        library.sql(forever, timeout=0.05)


def test_a_frame_has_a_row_for_each_picture(library: Library) -> None:
    """Flat columns, the order of the search, and a row without picture for what brought none."""
    pytest.importorskip("pandas")
    two = draw(library, ImageRequest("a pair of foxes", quality="low"), png(1), png(2))
    one = draw(library, ImageRequest("a bear"), png(3))
    library.tag(one.asset, "cover")

    table = library.to_pandas()
    assert list(table["asset"]) == [one.asset.sha256, *(asset.sha256 for asset in two.assets)]
    assert table["tags"].iloc[0] == "cover"
    assert list(library.to_pandas("foxes sort:oldest")["position"]) == [0, 1]
    assert len(library.to_pandas("nothing")) == 0
    assert "prompt" in library.to_pandas("nothing").columns


def test_without_pandas_the_way_out_is_said(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dicts where nobody insists; else what to install, or to use instead."""
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)

    assert library.sql("SELECT 1 AS one") == [{"one": 1}]
    assert frame(["a"], [(1,)], False) == [{"a": 1}]
    with pytest.raises(LibraryError, match="pip install pandas"):
        library.to_pandas()


def test_sql_reads_while_another_writes(library: Library) -> None:
    """A write transaction that is open elsewhere does not hold it up."""
    draw(library)
    writer = sqlite3.connect(library.path / "library.db", isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        assert library.sql("SELECT count(*) AS n FROM generation", frame=False) == [{"n": 1}]
    finally:
        writer.close()


@pytest.mark.parametrize(
    "given",
    [{"query": None}, {"params": None}, {"params": 5}, {"params": "x"}, {"timeout": "x"}, {"timeout": None}, {"timeout": 0},
     {"timeout": float("nan")}, {"query": b"SELECT 1"}],
    ids=repr,
)  # fmt: skip
def test_what_is_no_request_says_so(library: Library, given: dict[str, object]) -> None:
    """What is no query, no parameters or no time is refused with the way out."""
    with pytest.raises(RequestInvalid) as caught:
        library.sql(**{"query": "SELECT 1", **given})
    assert caught.value.hint


@pytest.mark.parametrize(
    "query",
    ["SELECT replace(hex(zeroblob(200000)), '0', 'xxxxxxxxxx')", "SELECT zeroblob(900000000)",
     "SELECT hex(randomblob(300000))",
     "SELECT printf('%.*c', 900000000, 'x')", "SELECT format('%-90000000d', 1)", f"SELECT 'x' LIKE '{'%x' * 400}'"],
    ids=["replace", "blob", "hex", "printf", "format", "pattern"],
)  # fmt: skip
def test_nothing_large_is_made(library: Library, query: str) -> None:
    """A time limit does not reach into a function: what one can make is bounded, and said to be too large."""
    with pytest.raises(QueryInvalid, match="too large"):
        library.sql(query)


def test_tables_that_functions_give_can_be_read(library: Library) -> None:
    """What tells of tables, and what is in JSON; a setting cannot be read so, and that is said as what it is."""
    assert library.sql("SELECT name FROM pragma_table_info('tag')", frame=False)[0] == {"name": "asset"}
    assert library.sql("SELECT printf('%.2f %05d %%%s', 1, 2, NULL) AS x", frame=False) == [{"x": "1.00 00002 %"}]
    assert library.sql("SELECT value FROM json_each('[7]')", frame=False) == [{"value": 7}]
    for query in ("SELECT * FROM pragma_journal_mode", "SELECT load_extension('x')"):
        with pytest.raises(QueryInvalid, match="only reading"):
            library.sql(query)
