"""What a query finds, how much of it there is, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from imgnb.errors import AssetNotFound, LibraryError, QueryInvalid, RequestInvalid
from imgnb.library import Library, Outcome, ranking, search
from imgnb.library import facets as counting
from imgnb.library.plan import plan
from imgnb.request import ImageRequest

from .conftest import FOX, ORIGIN, draw, png

PLACE = replace(ORIGIN, notebook="/work/report.ipynb", cell_id="c1")


@pytest.fixture(scope="module")
def looked_into(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, dict[str, str]]]:
    """A library of three that nobody changes."""
    with Library(tmp_path_factory.mktemp("library")) as library:
        yield library, fill(library)


@pytest.fixture
def three(library: Library) -> dict[str, str]:
    """A library of three to change."""
    return fill(library)


def fill(library: Library) -> dict[str, str]:
    """A fox in winter from a notebook, a named and tagged bear of another model and size, and a failure."""
    fox = draw(library, ImageRequest("a red fox in winter", size="1024x1024", quality="low"), png(1), origin=PLACE)
    bear = draw(
        library,
        ImageRequest("a brown bear, café 狐狸", quality="high"),
        png(2, 8),
        origin=replace(ORIGIN, model="other"),
    )
    library.name(bear.asset, "hero")
    library.tag(bear.asset, "Hero", "star")
    library.rate(bear.asset, 4)
    library.note(bear.asset, "for the cover")
    failed = library.claim(FOX, ORIGIN, replay=False).generation_id
    assert failed is not None
    library.finish(failed, Outcome("failed", error_kind="policy", error_message="the prompt was refused"))
    return {"fox": fox.id, "bear": bear.id, "failed": failed}


def found(library: Library, three: dict[str, str], query: str, **filters) -> list[str]:
    names = {id: name for name, id in three.items()}
    return [names.get(generation.id, generation.id) for generation in library.find(query, **filters)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", "bear fox"), ("fox", "fox"), ("fox -winter", ""), ("-fox", "bear"), ('"red fox"', "fox"), ('"fox red"', ""),
        ("wint*", "fox"), ('-"red fox"', "bear"), ("CAFE", "bear"), ("狐狸", "bear"), ("-狐狸", "fox"), ("cover", "bear"),
        ("hero", "bear"), ("tag:hero", "bear"), ("-tag:hero", "fox"), ("tag:none", "fox"), ("tag:any", "bear"),
        ("tag:he*", "bear"), ("tag:nothing,HERO", "bear"), ("name:@hero", "bear"), ("name:h*", "bear"), ("name:x", ""),
        ("rating:>=4", "bear"), ("rating:4", "bear"), ("rating:<4", ""), ("rating:none", "fox"), ("rating:3..5", "bear"),
        ("note:cover", "bear"), ("note:fox", ""), ("is:starred", "bear"), ("-is:starred", "fox"), ("has:note", "bear"),
        ("has:reference", ""), ("is:edit", ""), ("has:cost", "bear fox"), ("cost:>0.03", "bear fox"), ("cost:>1", ""),
        ("seconds:1..2", "bear fox"), ("seconds:..1", ""), ("model:other", "bear"), ("model:OTHER", "bear"),
        ("model:gpt-image-*", "bear fox"), ("model:gpt-image-2", "fox"), ("model:gpt-image-2-2026-04-21", "bear fox"),
        ("model:nothing", ""), ("fox model:nothing", ""), ("-model:other", "fox"), ("model:other,gpt-image-2", "bear fox"),
        ("size:>4", "bear"), ("size:4x4", "fox"), ("size:8", "bear"), ("width:<=4", "fox"), ("ratio:1:1", "bear fox"),
        ("bytes:<1kB", "bear fox"), ("bytes:>1MB", ""), ("type:png", "bear fox"), ("type:jpg", ""), ("alpha:no", "bear fox"),
        ("quality:low", "fox"), ("quality:low,high", "bear fox"), ("param.quality:high", "bear"),
        ("notebook:report.ipynb", "fox"), ("notebook:none", "bear"), ("notebook:port.ipynb", ""), ("cell:c1", "fox"),
        ("route:openai", "bear fox"), ("owner:openai", "bear fox"), ("endpoint:images/*", "bear fox"), ("take:1", "bear fox"),
        ("status:failed", "failed"), ("status:any", "failed bear fox"), ("-status:succeeded", "failed"),
        ("status:failed error:policy", "failed"), ("status:failed error:refused", "failed"), ("status:running", ""),
        ("prompt:fox", "fox"), ("-prompt:fox", "bear"), ('prompt:"red fox"', "fox"), ("text:fox", ""), ("prompt:狐狸", "bear"),
        ("after:1h", "bear fox"), ("before:2020", ""), ("day:today", "bear fox"), ("day:2020..", "bear fox"),
        ("day:2020-01..2020-02", ""), ("is:trashed", ""), ("sort:oldest", "fox bear"), ("sort:-newest", "fox bear"),
        ("sort:rating", "bear fox"), ("sort:size", "bear fox"), ("sort:-size", "fox bear"), ("-sort:size", "fox bear"),
        ("operation:generate", "bear fox"), ("http_status:none", "bear fox"), ("FOX:", "fox"), ("16:9", ""), ("http://x", ""),
    ],
)  # fmt: skip
def test_a_query_finds_what_it_says(looked_into: tuple[Library, dict[str, str]], query: str, wanted: str) -> None:
    """Each form of the grammar, on a library of three."""
    library, three = looked_into

    assert found(library, three, query) == wanted.split()
    assert library.count(query) == len(wanted.split())


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("fox colour:red", 4, "no field 'colour'"), ("fox modle:x", 4, "did you mean model:"), ("sise:1024", 0, "did you mean size:"), ('fox "red', 4, "not closed"),
        ("size:big", 5, "size: is pixels"), ("rating:>=9", 9, "stars"), ("status:lost", 7, "none of succeeded"),
        ("day:2026-13-40", 4, "calendar"), ("tag:", 4, "needs a value"), ("tag:a,,b", 6, "needs a value"),
        ("model:>x", 7, "no order"), ("sort:colour", 5, "sorted by"), ("size:>1,2", 6, "takes one value"),
        ("ref:@nobody", 0, "called @nobody"), ("search:none-such", 0, "no search is saved"), ("cost:..", 5, "beginning or an end"),
        ("is:good", 3, "none of trashed"), ('tag:"a"b', 7, "space is missing"), ("rating:>=2..3", 9, "not a range"), ("day:<2026-01..2026-02", 5, "not a range"),
        ("size:>1..2", 6, "not a range"), ("tag:>x", 5, "no order"), ("param.seed:>many", 12, "no number"),
        ("id:@", 3, "at least one"), ("hash:*", 5, "at least one"), ("fingerprint:r1:", 12, "at least one"),
    ],
)  # fmt: skip
def test_a_query_that_is_not_understood_says_where(
    looked_into: tuple[Library, dict[str, str]], query: str, position: int, says: str
) -> None:
    """The message shows the query and points at the place; the hint says what was expected."""
    library, _ = looked_into

    with pytest.raises(QueryInvalid) as caught:
        library.find(query)

    assert caught.value.position == position
    _, shown, caret = caught.value.message.split("\n")
    assert (shown, caret) == (query, " " * position + "^")
    assert says in str(caught.value)


def test_pages_go_on_for_every_sort(library: Library) -> None:
    """Page by page with `before`, everything comes once and in the order of one long page."""
    for n in range(7):
        made = draw(library, replace(FOX, n=n + 1), png(n, 4 + n % 3))
        if n % 2:
            library.rate(made.asset, 1 + n % 3)
    for sort in (
        "newest",
        "oldest",
        "relevance",
        "-relevance",
        "cost",
        "seconds",
        "-seconds",
        "rating",
        "-rating",
        "size",
    ):
        whole = [one.id for one in library.find(f"fox sort:{sort}", limit=50)]
        paged, before = [], None
        while page := library.find(f"fox sort:{sort}", limit=2, before=before):
            paged += [one.id for one in page]
            before = paged[-1]
        assert paged == whole
        assert len(set(whole)) == 7


def test_a_page_after_nothing_is_refused(library: Library) -> None:
    """An unknown `before` and a limit below 1 are said, not taken for an empty page."""
    draw(library)

    with pytest.raises(AssetNotFound, match="to go on from"):
        library.find(before="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    for limit in (0, -1, True):
        with pytest.raises(RequestInvalid, match="limit"):
            library.find(limit=limit)


def test_the_most_relevant_comes_first(library: Library) -> None:
    """A short prompt about foxes before a long one that mentions one; newer only where both are as good."""
    best = draw(library, ImageRequest("fox, red fox"), png(1))
    draw(library, ImageRequest("a fox beside " + "many other things " * 20), png(2))

    assert library.find("fox sort:relevance")[0] == best
    assert library.find("fox sort:-relevance")[-1] == best
    assert library.find("fox")[0] != best


def test_facets_count_what_is_found(library: Library, three: dict[str, str]) -> None:
    """Over everything from the counts that are kept, and of a search among what it finds; both say the same."""
    everything, searched = library.facets(), library.facets("size:>0")

    assert everything.among is None is searched.among
    for facets in (everything, searched):
        assert facets.counts["model"] == {"gpt-image-2": 1, "other": 1}
        assert facets.counts["tag"] == {"Hero": 1, "star": 1}
        assert facets.counts["rating"] == {"4": 1}
        assert facets.counts["notebook"] == {"/work/report.ipynb": 1}
        assert list(facets.counts["day"].values()) == [2]
    assert everything.counts["status"] == {"failed": 1, "succeeded": 2}
    assert library.facets("bear").counts["model"] == {"other": 1}
    assert library.facets("status:failed").counts["model"] == {"gpt-image-2": 1}
    assert library.facets("", limit=1).counts["model"] == {"gpt-image-2": 1}
    assert library.facets("nothing").counts["model"] == {}


def test_the_trash_is_found_when_it_is_asked_for(library: Library, three: dict[str, str]) -> None:
    """is:trashed finds it, status:any does not, and the counts know it."""
    library.trash(library.get(f"@{three['fox']}"))

    assert found(library, three, "") == ["bear"]
    assert found(library, three, "is:trashed") == found(library, three, "status:trashed") == ["fox"]
    assert found(library, three, "status:any") == ["failed", "bear"]
    assert found(library, three, "fox", trashed=None) == found(library, three, "fox", trashed=True) == ["fox"]
    assert library.facets().counts["status"] == {"failed": 1, "succeeded": 1, "trashed": 1}


def test_a_count_stops_where_it_was_told(library: Library) -> None:
    """At most one more than `most`."""
    for n in range(5):
        draw(library, replace(FOX, n=n + 1), png(n))

    assert library.count("fox", most=3) == 4
    assert library.count("fox") == 5


def test_a_saved_search_stands_for_its_query(library: Library, three: dict[str, str]) -> None:
    """search:name is what was saved; it is checked before, replaced by name, and forgotten."""
    library.save_search("bears", "bear rating:>=4")
    library.save_search("liked", "search:bears tag:hero")

    assert found(library, three, "search:liked") == found(library, three, "search:liked -fox") == ["bear"]
    assert library.saved_searches() == {"bears": "bear rating:>=4", "liked": "search:bears tag:hero"}
    for query, says in (("rating:many", "stars"), ("search:liked", "itself"), ("search:bears", "itself")):
        with pytest.raises(QueryInvalid, match=says):
            library.save_search("bears", query)
    with pytest.raises(QueryInvalid, match="as it is"):
        library.find("-search:liked")
    for name in ("", "two words", "a:b", "x" * 101, "a\u202eb", "any"):
        with pytest.raises(LibraryError, match="cannot be called"):
            library.save_search(name, "fox")
    library.save_search("bears", "fox")
    assert found(library, three, "search:bears") == ["fox"]
    assert library.forget_search("bears")
    assert not library.forget_search("bears")
    with pytest.raises(QueryInvalid, match="no search is saved"):
        library.find("search:liked")


@pytest.mark.parametrize(
    "text",
    ['x" OR 1=1 --', "'; DROP TABLE generation; --", "a*b", "NEAR(a b)", "^fox", "{prompt}", "\u202etxt.exe", "\ud83d",
     "🦊👩‍🚀", "%_\\", "$x", "?", ":x", "狐" * 3000, "fox\0bear", "+fox", "(fox", "fox)", "AND", "NOT fox", "*", "-", "--", "-*"],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_what_is_typed_is_data(looked_into: tuple[Library, dict[str, str]], text: str) -> None:
    """As a word, a phrase, and the value of any field it finds or is refused in our words, and changes nothing."""
    from imgnb.library.fields import FIELDS

    library, _ = looked_into
    plain = text.replace('"', "")
    for query in (text, f'"{plain}"', f"-{text}", *(f'{name}:"{plain}"' for name in FIELDS)):
        with suppress(QueryInvalid):
            assert len(library.find(query)) == library.count(query)
    assert len(library) == 3


def test_a_pasted_page_is_a_query(library: Library) -> None:
    """32,000 characters of different words are looked for; what is far too much is refused."""
    page = " ".join(f"word{n}" for n in range(2900))
    made = draw(library, ImageRequest(page))

    assert library.find(page) == [made]
    assert library.find(page + " sort:relevance") == [made]
    with pytest.raises(QueryInvalid, match="3000 terms"):
        library.find(" ".join(f"w{n}" for n in range(5000)))
    with pytest.raises(QueryInvalid, match="signs"):
        library.find(" ".join(chr(0x4E00 + n) for n in range(200)))


def test_every_column_can_be_asked_for() -> None:
    """No column of generation, output, input, asset or labels is without a field, but those that only hold rows together."""
    from imgnb.library import tables
    from imgnb.library.fields import FIELDS, SORTS, STATES

    asked = " ".join(
        [*(f"{field.name} {field.sql}" for field in FIELDS.values()), *STATES.values(), *SORTS.values(), "width"]
    )
    joined = {"position", "generation", "asset", "created_at", "number", "label_text"}
    shared = {"error_kind": "error", "error_message": "error", "input.asset": "reference", "note.id": "note"}
    for table in (
        tables.generation,
        tables.output,
        tables.input_,
        tables.asset,
        tables.tag,
        tables.rating,
        tables.note,
    ):
        for column in table.columns:
            name = shared.get(column.name) or shared.get(f"{table.name}.{column.name}") or column.name
            assert column.name in joined or name in asked, f"{table.name}.{column.name}"


def test_labels_of_others_are_not_counted(
    library: Library, three: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tags and ratings are those of what is found, however they are counted: not of another status, nor of the trash."""
    library.tag(library.get(f"@{three['fox']}"), "winter")
    library.trash(library.get(f"@{three['bear']}"))
    for few in (300, 0):
        monkeypatch.setattr(counting, "LABELS", few)
        assert library.facets().counts["tag"] == {"winter": 1}
        assert library.facets().counts["rating"] == {}
        assert library.facets("status:failed").counts["tag"] == {}
        assert library.facets("is:trashed").counts["tag"] == {"Hero": 1, "star": 1}
        assert library.facets("is:trashed").counts["rating"] == {"4": 1}


def test_not_in_the_trash_says_nothing_of_how_it_ended(library: Library, three: dict[str, str]) -> None:
    """What is not in the trash is still what succeeded, unless a status is asked for."""
    library.trash(library.get(f"@{three['fox']}"))

    assert found(library, three, "-is:trashed") == found(library, three, "-status:trashed") == ["bear"]
    assert found(library, three, "-is:trashed status:any") == ["failed", "bear"]


def test_saved_searches_that_double_are_put_in_once(library: Library, three: dict[str, str]) -> None:
    """Each of a tower that names the one below twice is read once; what is too much in all is refused."""
    library.save_search("s0", "bear rating:4")
    for n in range(1, 19):
        library.save_search(f"s{n}", f"search:s{n - 1} search:s{n - 1}")

    with library._store.database.reading() as connection:
        query = plan(connection, "search:s18").query
    assert (len(query.words), len(query.conditions)) == (1, 1)
    assert found(library, three, "search:s18") == ["bear"]
    for name in "abc":
        library.save_search(name, " ".join(f"{name}{n}" for n in range(1400)))
    with pytest.raises(QueryInvalid, match="3000 terms"):
        library.find("search:a search:b search:c")


def test_an_error_of_a_saved_search_stands_at_its_name(library: Library, three: dict[str, str]) -> None:
    """The caret is where the query says `search:`, however far in the saved one the trouble is."""
    library.save_search("heroes", "bear and so on and on ref:@hero")
    library.unname("hero")

    with pytest.raises(QueryInvalid) as caught:
        library.find("fox search:heroes")
    assert caught.value.position == 4


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("fox id:" + ",".join(f"a{n}" for n in range(501)), 4, "300 values"),
        ("fox " + " ".join(f"cost:{n}" for n in range(900)), None, "300 values"),
        ("error:" + '"' + "word " * 2000 + '"', 0, "300 values"),
        ("tag:" + ",".join(f"t{n}" for n in range(5000)), 0, "300 values"),
        ("fox " + "狐" * 40_000, 4, "looked for as they stand"),
        ("fox note:" + "狐" * 40_000, 4, "looked for as they stand"),
        ("fox quality:*" + "a" * 60_000, 4, "looked for as they stand"),
    ],
    ids=["id", "cost", "error", "tag", "word", "note", "star"],
)
def test_what_sqlite_cannot_take_is_refused_before(
    looked_into: tuple[Library, dict[str, str]], query: str, position: int | None, says: str
) -> None:
    """Too many values, and too long a text, are faults of the query, which say where; never of the database."""
    library, _ = looked_into

    with pytest.raises(QueryInvalid, match=says) as caught:
        library.find(query)
    assert position in (None, caught.value.position)


def test_as_much_as_is_allowed_is_taken(looked_into: tuple[Library, dict[str, str]]) -> None:
    """For every field, the most values that there may be, together and one by one, with and without what shall not be."""
    from imgnb.library.fields import FIELDS
    from imgnb.library.plan import VALUES

    library, _ = looked_into
    values = {"day": "2020", "state": "edit", "having": "name", "flag": "yes", "status": "failed"}
    for name, field in FIELDS.items():
        if field.kind in ("order", "search", "address"):
            continue
        value = values.get(field.kind, "1")
        assert isinstance(library.count(f"{name}:" + ",".join([value] * VALUES)), int)
        assert isinstance(library.count(" ".join(f"{sign}{name}:{value}" for sign in ("", "-") * (VALUES // 2))), int)
    assert library.count(" ".join(f"-word{n}" for n in range(2900))) == 2
    assert library.count("狐" * 5000 + " " + "%" * 5000) == 0


@pytest.mark.parametrize("query", ["type:%", "type:p_g", "type:%/png", "type:image/%"])
def test_signs_in_a_type_are_no_wildcards(looked_into: tuple[Library, dict[str, str]], query: str) -> None:
    """Nothing is of a type that is called so."""
    assert not looked_into[0].find(query)


def test_a_walk_cuts_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pages rank or sort the newest only, a whole walk has all, each once, the sorted ones first."""
    for n in range(9):
        draw(library, replace(FOX, n=n + 1), png(n, 4 + n % 3))
    monkeypatch.setattr(ranking, "CANDIDATES", 4)
    monkeypatch.setattr(search, "LOOKED_THROUGH", 3)
    for query in ("fox", "fox sort:relevance", "sort:size", "sort:-size", "sort:cost", "sort:rating"):
        walked = [one.id for one in library.walk(query)]
        assert len(walked) == len(set(walked)) == 9
    sizes = [one.asset.width for one in library.walk("sort:size")]
    assert sizes == sorted(sizes, reverse=True)


def test_counts_of_the_whole_know_what_runs(library: Library, three: dict[str, str]) -> None:
    """The length and the statuses are those of all rows: what ended, what runs, and what is in the trash as it ended."""
    library.claim(FOX, ORIGIN, replay=False)
    for _ in range(2):
        assert len(library) == 4
        assert library.stats()["generations"] == {"failed": 1, "running": 1, "succeeded": 2}
        library.trash(library.get(f"@{three['fox']}"))
