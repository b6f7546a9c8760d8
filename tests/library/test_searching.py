"""What a query finds, how much of it there is, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from imgnb.errors import AssetNotFound, QueryInvalid, RequestInvalid
from imgnb.library import Library, Outcome
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
        ("fox colour:red", 4, "no field 'colour'"), ("fox modle:x", 4, "did you mean model:"), ('fox "red', 4, "not closed"),
        ("size:big", 5, "size: is pixels"), ("rating:>=9", 9, "stars"), ("status:lost", 7, "none of succeeded"),
        ("day:2026-13-40", 4, "calendar"), ("tag:", 4, "needs a value"), ("tag:a,,b", 6, "needs a value"),
        ("model:>x", 7, "no order"), ("sort:colour", 5, "sorted by"), ("size:>1,2", 6, "takes one value"),
        ("ref:@nobody", 0, "called @nobody"), ("search:none-such", 0, "no search is saved"), ("cost:..", 5, "beginning or an end"),
        ("is:good", 3, "none of trashed"), ('tag:"a"b', 7, "space is missing"),
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
