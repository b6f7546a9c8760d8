"""How much a search looks at: a page costs no more because the library is large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from imgnb.library import Library, clauses, search
from imgnb.library.facets import facets
from imgnb.library.plan import plan
from tests.benchmarks.make_library import make_library

MANY = 6_000
"More than a window, so that what is rare is met after it."


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("many") / "library"
    make_library(folder, MANY, every=timedelta(minutes=2))
    with Library(folder) as library:
        first = next(iter(library))
        library.tag(first.asset, "rare")
        yield library


def effort(library: Library, act: Callable) -> int:
    """In thousands: the steps that SQLite's machine takes for it."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    with library._store.database.reading() as connection:
        raw = connection.connection.dbapi_connection
        raw.set_progress_handler(step, 1_000)
        try:
            act(connection)
        finally:
            raw.set_progress_handler(None, 0)
    return taken


@pytest.mark.parametrize(
    "query",
    ["", "fox", "-fox", "fox night", "fox model:nothing", "model:nothing", "fox tag:rare", "-fox tag:rare", "tag:none",
     "route:local model:gpt-image-1.5", "status:failed", "day:2025-12-02", "before:2025-12-03", "id:01KBET", "is:trashed",
     "fox width:>1", "-width:>9000", "rating:>3", "sort:oldest", "fox sort:oldest", "sort:rating", "has:note", "name:hero", "session:none-such"],
)  # fmt: skip
def test_a_page_does_not_look_at_everything(many: Library, query: str) -> None:
    """Frequent or rare, alone or together: far fewer steps than a walk through all rows takes."""
    walk = effort(
        many, lambda c: c.exec_driver_sql("SELECT max(prompt || cost) FROM generation WHERE status != ''").all()
    )

    taken = effort(many, lambda connection: search.numbers(connection, plan(connection, query), 50))

    assert walk >= 30
    assert taken < walk


@pytest.mark.parametrize(("query", "most"), [("", 10), ("is:trashed", 10), ("status:failed", 30)])
def test_counts_of_everything_are_not_counted(many: Library, query: str, most: int) -> None:
    """They are kept: what is read is a handful of rows; of a status, whose labels are not, the newest of it."""
    assert effort(many, lambda connection: facets(connection, plan(connection, query), 12)) < most


@pytest.mark.parametrize(
    "query", ["width:>1 url:nope", "type:png param.seed:none-such", "hash:0,1,2,3,4,5,6,7 url:nope"]
)
def test_what_is_on_all_does_not_lead(many: Library, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With something rare that no index knows, it costs what the rare alone costs, and a bit for seeing that it is on many."""
    monkeypatch.setattr(clauses, "COUNTED", 100)
    monkeypatch.setattr(search, "COUNTED", 100)
    alone = effort(many, lambda c: search.numbers(c, plan(c, query.split()[1]), 50))

    together = effort(many, lambda c: search.numbers(c, plan(c, query), 50))

    assert together < 1.5 * alone


def test_pages_meet_what_lies_beyond_the_window(many: Library) -> None:
    """What is rare comes from far back, each once, in order, also in company of what is frequent."""
    for query in ("day:2025-12-01", "fox day:2025-12-01..2025-12-02", "-fox day:2025-12-01", "status:failed the"):
        whole = [one.id for one in many.find(query, limit=MANY)]
        paged, before = [], None
        while page := many.find(query, limit=40, before=before):
            paged += [one.id for one in page]
            before = page[-1].id
        assert paged == whole == sorted(set(whole), reverse=True)
        assert len(whole) > 40


def test_every_way_to_an_answer_gives_the_same(many: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a tiny window and no short lists, so that the last way is always taken, the same is found."""
    queries = (
        "fox model:gpt-image-2",
        "fox -night route:local",
        "tag:rare",
        "status:failed -fox",
        "width:1024 camel light",
    )
    expected = [list(many.find(query)) for query in queries]
    monkeypatch.setattr(search, "WINDOW", 3)
    monkeypatch.setattr(search, "SHORT", -1)

    assert [list(many.find(query)) for query in queries] == expected
    assert all(expected)
