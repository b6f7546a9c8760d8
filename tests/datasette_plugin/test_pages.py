"""The pages are asked for as a browser does, from a real Datasette over a real library."""

from __future__ import annotations

import asyncio
import html
import itertools
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from datasette.app import Datasette
from sqlalchemy import event

from imgnb.datasette_plugin import reading
from imgnb.datasette_plugin.pages import say, terms
from imgnb.events import Failed, Finished
from imgnb.library.query import parse
from imgnb.request import ImageRequest

from ..library.conftest import ORIGIN, draw, png

HOSTILE = '<script>alert("x")</script> \u202eevil\u202c {{ 7*7 }} & "quoted" \'single\' fox\x00nul 🦊 ثعلب'


class Page(HTMLParser):
    """An HTML page as a browser takes it in: its tags with their attributes, and its words."""

    def __init__(self, response):
        super().__init__()
        self.status, self.headers, self.source = response.status_code, response.headers, response.text
        self.tags, self.words, self._inside = [], [], []
        self.feed(response.text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag, attribute):
        return [given[attribute] for name, given in self.tags if name == tag and attribute in given]

    def link(self, rel):
        return next((given["href"] for name, given in self.tags if name == "link" and given.get("rel") == rel), None)


class Served:
    """A library that is drawn into, and the Datasette that shows it."""

    def __init__(self, workspace, **settings):
        self.workspace, self.library = workspace, workspace.library
        self.datasette = Datasette([str(self.library.path / "library.db")], settings=settings)

    def draw(self, prompt, order=None, **options):
        *_, last = self.workspace.run(self.workspace.order(self.workspace.request(prompt, **options), **(order or {})))
        return last.generation if isinstance(last, Finished) else None

    def raw(self, path, **options):
        return asyncio.run(self.datasette.client.get(path, **options))

    def get(self, path="", **query):
        return Page(self.raw(f"/-/imgnb{path}", params=query))


@pytest.fixture
def served(open_workspace, monkeypatch):
    # With rich, Datasette prints a traceback for every 404.
    monkeypatch.setattr("datasette.handle_exception.rich", None, raising=False)
    yield Served(open_workspace())
    for root in list(reading._opened):
        reading.open_at(root).close()
    reading._opened.clear()


@pytest.fixture
def failing(open_workspace, served):
    """Draws a picture that fails in this way."""

    def fail(fault, prompt="a fox that fails"):
        workspace = open_workspace(fault=fault)
        *_, last = workspace.run(workspace.order(workspace.request(prompt)))
        assert isinstance(last, Failed)

    return fail


def test_an_empty_library_says_what_to_do(served):
    """A gallery without a picture shows how to draw the first one."""
    page = served.get()

    assert page.status == 200
    assert "%%imagegen" in page.text
    assert "Nothing has failed" in served.get("/failures").text
    assert "Nothing was asked for" in served.get("/costs").text


def test_each_picture_has_its_tile(served):
    """Three pictures of one request are three tiles, newest generation first, each with an alternative text."""
    served.draw("a red fox", n=3)
    newest = served.draw("a blue boat")

    page = served.get()

    assert re.search(r"/generation/(\w+)", page.source)[1] == newest.id
    alts = [given["alt"] for tag, given in page.tags if tag == "img"]
    assert alts == ["a blue boat", *(f"a red fox (picture {n} of 3)" for n in (1, 2, 3))]


def test_pages_go_to_the_end_and_back(served, monkeypatch):
    """Older pages show every generation once; the way back passes the same pages."""
    monkeypatch.setattr("imgnb.datasette_plugin.pages.gallery.PAGE", 2)
    drawn = [served.draw(f"a fox, number {number}").id for number in range(5)]

    seen, here = [], "/-/imgnb"
    pages = []
    while here:
        page = Page(served.raw(here))
        pages.append(re.findall(r'class="picture" href="/-/imgnb/generation/(\w+)"', page.source))
        seen += pages[-1]
        last, here = page, page.link("next")
    assert seen == drawn[::-1]

    back = Page(served.raw(last.link("prev")))
    assert re.findall(r'class="picture" href="/-/imgnb/generation/(\w+)"', back.source) == pages[1]
    first = Page(served.raw(back.link("prev")))
    assert re.findall(r'class="picture" href="/-/imgnb/generation/(\w+)"', first.source) == pages[0]
    assert first.link("prev") is None


def test_back_is_the_page_before_or_is_not_there(served, monkeypatch):
    """Whatever the order, no link says that it leads back and leads elsewhere."""
    monkeypatch.setattr("imgnb.datasette_plugin.pages.gallery.PAGE", 1)
    for number in range(3):
        served.draw(f"a fox, number {number}")

    for order in ("oldest", "relevance", "rating", "cost", "seconds", "size", "-cost"):
        second = Page(served.raw(served.get(q="fox", sort=order).link("next")))
        third = Page(served.raw(second.link("next")))
        back = third.link("prev")

        assert (back is not None) is (order == "oldest")
        assert any("after=" in href for href in third.all("a", "href")) is (order == "oldest")
        assert back is None or Page(served.raw(back)).all("img", "alt") == second.all("img", "alt")
        assert "from here on" not in third.text


@pytest.mark.parametrize(
    ("query", "sort", "shown", "order"),
    [
        ("fox sort:cost", "", "fox", "cost"),
        ("fox sort:-cost", "newest", "fox", "-cost"),
        ("-sort:newest", "", "", "oldest"),
        ('Sort:"size" fox', "rating", "fox", "size"),
        ('"sort:cost"', "rating", '"sort:cost"', "rating"),
    ],
)
def test_an_order_is_moved_out_of_the_query(served, query, sort, shown, order):
    """What is typed as sort: is chosen in the list of orders, so that choosing another one there is obeyed."""
    served.draw("a fox")

    page = served.get(q=query, sort=sort)

    assert page.all("input", "value")[0] == shown
    assert [given["value"] for tag, given in page.tags if tag == "option" and "selected" in given] == [order]
    assert page.status == 200


def test_facets_narrow_down_and_widen(served):
    """A facet's link puts its term into the query; once it is there, it takes it out again."""
    fox = served.draw("a fox")
    served.draw("a boat")
    served.library.tag(fox.asset, "cover")

    narrowing = next(href for href in served.get().all("a", "href") if "q=tag%3Acover" in href)
    narrow = Page(served.raw(narrowing))

    assert narrow.all("img", "alt") == ["a fox"]
    assert "/-/imgnb" in narrow.all("a", "href")
    assert served.get(q="tag:cover boat").status == 200


def test_a_query_that_does_not_parse_says_where(served):
    """What is wrong stands under the search box, with the query still in it, and no tile."""
    served.draw("a fox")

    page = served.get(q="rating:>=many <b>")

    assert page.status == 400
    assert page.all("input", "value")[0] == "rating:>=many <b>"
    assert "^" in page.text
    assert not page.all("img", "src")


def test_a_failure_is_a_tile_with_its_error(served, failing):
    """Among those of any status, what failed shows its kind and the provider's words."""
    failing("moderation")

    page = served.get(q="status:any")

    assert "policy" in page.text
    assert "rejected by the safety system" in page.text


@pytest.mark.parametrize("kind", ["policy", "auth", ""])
def test_failures_are_listed_by_kind(served, failing, kind):
    """Each kind has a link with its number, which shows those alone."""
    failing("moderation", "a fox for the censor")
    failing("unauthorized", "a fox without a key")

    page = served.get("/failures", kind=kind)

    assert ("a fox for the censor" in page.text) is (kind != "auth")
    assert ("a fox without a key" in page.text) is (kind != "policy")


def test_counts_say_among_how_many(served, failing, monkeypatch):
    """Where only the newest failures are counted, the page says so, and a kind of older ones is still shown."""
    failing("moderation", "a fox for the censor")
    failing("unauthorized", "a fox without a key")
    everything = served.get("/failures")
    monkeypatch.setattr("imgnb.datasette_plugin.pages.failures.MOST", 1)

    page = served.get("/failures", kind="policy")

    assert "among the newest" not in everything.text
    assert "among the newest 1." in page.text
    assert "a fox for the censor" in page.text
    assert page.all("a", "href").count("/-/imgnb/failures?kind=policy") == 1


def test_an_svg_is_shown_as_what_is_harmless_in_it(served):
    """The page has no picture of the file as it came, which may do anything; a link leads to it."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
    drawn = draw(served.library, ImageRequest("a fox"), svg)

    page = served.get(f"/generation/{drawn.id}")

    assert f"/-/imgnb/thumb/{drawn.asset.sha256}" in page.all("img", "src")
    assert not any("/blob/" in src for src in page.all("img", "src"))
    assert f"/-/imgnb/blob/{drawn.asset.sha256}" in page.all("a", "href")


def test_what_takes_too_long_is_said(served):
    """A query that is stopped is answered with a page that says so, and what to do."""
    served.draw("a fox")
    served.get()

    @event.listens_for(reading.open_at(served.library.path)._store.database._engine, "before_cursor_execute")
    def stop(_, cursor, *__):
        cursor.connection.set_progress_handler(lambda: 1, 60)

    page = served.get(q="fox")

    assert page.status == 503
    assert "It takes too long" in page.text


def test_a_generation_says_everything(served):
    """Prompt, parameters side by side, the difference, cost, attempts, code to make it again, and where it comes from."""
    hero = served.draw("a lighthouse", {"name": "hero"}, size="1536x1024")
    night = served.draw("a lighthouse by night", images=[hero.asset])
    served.library.rate(night.asset, 4)
    served.library.note(night.asset, "for the cover")

    page = served.get(f"/generation/{night.id}")

    for said in ("a lighthouse by night", "Asked", "Came", "%%imageedit", "imgnb.edit(", "for the cover", "free",
                 night.fingerprint, night.asset.sha256, "image/png", "Attempts", "Packages", "python 3."):  # fmt: skip
        assert said in page.text
    assert "4 of 5 stars" in page.all("span", "aria-label")
    assert f"/-/imgnb/lineage/{night.asset.sha256}.png" in page.all("img", "src")
    assert f"/-/imgnb/asset/{hero.asset.sha256}" in page.all("a", "href")
    assert page.link("next") == f"/-/imgnb/generation/{hero.id}"


def test_other_takes_and_turns_are_linked(served):
    """Answers to the same request, and what goes on from a turn, are one click away."""
    first = served.draw("a teapot", converse=True)
    second = served.draw("make it blue", converse=True, continues=first)
    one = served.draw("a mug")
    two = served.draw("a mug", {"take": 2, "mode": "live"})

    def links(generation):
        return served.get(f"/generation/{generation.id}").all("a", "href")

    assert f"/-/imgnb/generation/{second.id}" in links(first)
    assert f"/-/imgnb/generation/{first.id}" in links(second)
    assert f"/-/imgnb/generation/{two.id}" in links(one)
    assert f"/-/imgnb/generation/{one.id}" in links(two)


@pytest.mark.parametrize("fault", ["rate_limit=0", "moderation", "not_an_image", "cut"])
def test_a_failed_generation_has_a_page(served, failing, fault):
    """It says that it failed and why, and how to ask again."""
    failing(fault)
    failure = served.library.find("status:failed", limit=1)[0]

    page = served.get(f"/generation/{failure.id}")

    assert page.status == 200
    assert failure.error_message in page.text
    assert "Make it again" in page.text


def test_a_running_generation_looks_again(served):
    """What is being drawn says so, and its page asks anew by itself."""
    claim = served.library.claim(ImageRequest("a fox"), ORIGIN, replay=False)

    page = served.get(f"/generation/{claim.generation_id}")

    assert "It is being drawn" in page.text
    assert any("data-running" in given for _, given in page.tags)
    assert "running" in served.get(q="status:running").text


def test_an_asset_leads_to_its_generation(served):
    """The address of a picture is that of the generation that made it; of one from elsewhere, its lineage."""
    made = served.draw("a fox")
    given = served.library.add(made.asset.bytes + b"\0", source="photo.png")

    assert served.raw(f"/-/imgnb/asset/{made.asset.sha256}").headers["location"].endswith(f"/generation/{made.id}")
    assert served.raw(f"/-/imgnb/asset/{given.sha256}").headers["location"].endswith(f"/lineage/{given.sha256}")
    assert "It stands alone" in served.get(f"/lineage/{given.sha256}").text


def test_a_lineage_is_a_picture_and_a_list(served):
    """The picture, the list with each asset once, and Mermaid; the picture is not sent again to who has it."""
    hero = served.draw("a lighthouse", {"name": "hero"})
    night = served.draw("a lighthouse by night", images=[hero.asset])
    served.draw("both of them", images=[hero.asset, night.asset])

    page = served.get(f"/lineage/{hero.asset.sha256}")
    picture = served.raw(f"/-/imgnb/lineage/{hero.asset.sha256}.png")
    again = served.raw(f"/-/imgnb/lineage/{hero.asset.sha256}.png", headers={"If-None-Match": picture.headers["etag"]})

    assert "flowchart TD" in page.text
    assert sum("/thumb/" in src for src in page.all("img", "src")) == 3
    assert picture.headers["content-type"] == "image/jpeg"
    assert "private" in picture.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
    served.library.name(night.asset, "night")
    assert served.raw(f"/-/imgnb/lineage/{hero.asset.sha256}.png").headers["etag"] != picture.headers["etag"]


def test_a_long_chain_of_edits_is_listed(served):
    """Sixty edits of edits are in the list, each once, though it has no sixty levels; a circle ends."""
    made = [draw(served.library, ImageRequest(f"edit {number}"), png(number)) for number in range(60)]
    with served.library._store.database.writing() as connection:
        for before, after in [*itertools.pairwise(made), (made[-1], made[0])]:
            connection.exec_driver_sql(
                "INSERT INTO input (generation, position, role, asset, source) VALUES (?, 0, 'image', ?, '')",
                (after.id, before.asset.sha256),
            )

    page = served.get(f"/lineage/{made[30].asset.sha256}")

    assert page.status == 200
    assert sum("/thumb/" in src for src in page.all("img", "src")) == 60


@pytest.mark.parametrize("period", ["30", "90", "365", "all", "'; drop table generation --", ""])
def test_costs_are_drawn_and_tabled(served, period):
    """Whatever the period is called, there is a page; a currency has totals, and tables by route and model."""
    served.draw("a fox")

    page = served.get("/costs", period=period)

    assert page.status == 200
    assert "By route" in page.text
    assert "local" in page.text


def test_what_is_drawn_meanwhile_is_there_at_once(served):
    """A kernel writes while the pages are open: gallery and costs, which are kept until then, have the new picture."""
    for count in (1, 2, 3):
        served.draw(f"fox number {count}")

        assert len(served.get().all("img", "src")) == count
        assert f"Pictures {count} " in served.get("/costs", period="all").text


def test_anybodys_text_is_text(served):
    """Markup in prompts, tags, notes, queries and periods stays text; what is invisible is made visible."""
    fox = served.draw(HOSTILE.replace("\0", "").replace("{{", "{ {"))
    served.library.tag(fox.asset, "<b>bold")
    served.library.note(fox.asset, "</p><script>note</script>")

    paths = [
        "", f"/generation/{fox.id}", f"/lineage/{fox.asset.sha256}", "/costs", "/failures", "?q=%3Cscript%3Equery%00",
        "?q=%22%3E%3Cimg+src%3Dx%3E", "/failures?kind=%3Cscript%3E", "?before=%3Cscript%3E", "?sort=%3Cscript%3E",
    ]  # fmt: skip
    for path in paths:
        page = Page(served.raw(f"/-/imgnb{path}"))
        scripts = [given for tag, given in page.tags if tag == "script"]
        assert [sorted(given) for given in scripts] == [["src", "type"]], path
        assert not [given for _, given in page.tags if any(name.startswith("on") or name == "style" for name in given)]
        assert "<b>" not in page.source, path
        assert "\0" not in page.source


@pytest.mark.parametrize(
    "path",
    [
        "/generation/01ARZ3NDEKTSV4RRFFQ69G5FAV", f"/lineage/{'0' * 64}", f"/lineage/{'0' * 64}.png", f"/asset/{'0' * 64}",
        "/generation/../../etc/passwd", "/generation/x'--", "/lineage/%2e%2e%2fetc", "/failures?before=nothing", "/nothing",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(served, path):
    """An id or a hash that there is not, or that is none, is answered with 404."""
    served.draw("a fox")

    assert served.raw(f"/-/imgnb{path}", follow_redirects=True).status_code == 404


def test_what_is_missing_says_so(served):
    """Where there is no such generation, a page says which, and leads back to the gallery."""
    page = served.get("/generation/01ARZ3NDEKTSV4RRFFQ69G5FAV")

    assert page.status == 404
    assert "01ARZ3NDEKTSV4RRFFQ69G5FAV" in page.text
    assert "/-/imgnb" in page.all("a", "href")


def test_links_keep_the_base_url(open_workspace, served):
    """Behind a prefix every link, picture and script lies below it."""
    workspace = open_workspace()
    behind = Served(workspace, base_url="/user/bob/imgnb/")
    fox = behind.draw("a fox")
    behind.draw("a fox by night", images=[fox.asset])

    for path in ("", f"/generation/{fox.id}", f"/lineage/{fox.asset.sha256}", "/costs", "/failures"):
        page = behind.get(path)
        assert page.status == 200
        addresses = [*page.all("a", "href"), *page.all("link", "href"), *page.all("img", "src"), *page.all("script", "src"),
                     *page.all("form", "action")]  # fmt: skip
        outside = [one for one in addresses if not one.startswith(("/user/bob/imgnb", "#", "https://datasette.io"))]
        assert not outside, path
        is_tab = "/generation/" not in path and "/lineage/" not in path
        assert page.all("a", "aria-current").count("page") == is_tab, path


def test_styles_and_scripts_are_served(served):
    """What the pages load is there, under an address that changes with it."""
    page = served.get()

    for address in (*page.all("script", "src"), page.link("stylesheet")):
        assert re.search(r"\?[0-9a-f]{8}$", address)
        assert served.raw(address).status_code == 200


def test_a_long_prompt_is_there_in_full(served):
    """32,000 characters are on the page of their generation, shortened elsewhere."""
    prompt = "wind over the dunes " * 1590
    fox = served.draw(prompt)

    assert html.escape(prompt.strip()) in served.get(f"/generation/{fox.id}").source
    assert len(served.get().source) < 20_000


@pytest.mark.parametrize(
    "nonsense",
    [
        "cost = 9e999", "seconds = 9e999", "created_at = 'never'", "created_at = '-4713-11-24'", "created_at = '0001-01-01'",
        "currency = replace(hex(zeroblob(9000)), '0', '<')", "status = 'odd'", "params_json = '{\"size\": [[1], {}]}'",
        "error_message = x'ff00'", """effective_json = '{"size": "\\ud800", "\\udfff": 1}'""",
        """usage_json = '{"a": "\\ud800"}'""", """mismatches_json = '["\\udc80"]'""", """variables_json = '{"\\ud800": 1}', template = 'x'""", "take = -1", "cost = -4.5",
        """provenance_json = '{"git": 3, "packages": [1], "front_end": "\\ud800"}'""",
    ],
)  # fmt: skip
def test_a_damaged_record_breaks_no_page(served, nonsense):
    """A library may come from anybody: what no imgnb has written is shown, or passed over."""
    fox = served.draw("a fox")
    with served.library._store.database.writing() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql(f"UPDATE generation SET {nonsense}")

    for path in ("", f"/generation/{fox.id}", f"/lineage/{fox.asset.sha256}", "/costs", "/failures"):
        assert served.get(path).status == 200, path
    assert served.get("/costs", period="all").status == 200


@pytest.mark.parametrize(
    ("query", "added", "then"),
    [
        ("fox", "tag:cover", "fox tag:cover"),
        ('"red fox"  snow', "tag:cover", '"red fox" snow tag:cover'),
        ("tag:cover", "tag:cover", "tag:cover"),
    ],
)
def test_a_term_is_added_once(query, added, then):
    """A term joins what was typed, which stays as it is; taken out, it is gone."""
    assert terms.with_term(query, added) == then
    assert added not in terms.pieces(terms.without(then, added))


@pytest.mark.parametrize("field", ["tag", "notebook", "model"])
@pytest.mark.parametrize(
    "value",
    [
        "hero", "<script>", "=x", ">5", ">=5", "-x", "a..b", 'q"uote', '="', '=x"y', '<"', "a'b", "a\\b", "(a)", "ünïcödé", "a,b",
        "two  spaces.ipynb", " begins", "ends ", "a\nb", "tag:x", "#a", "300%", "NONE ", "\u202ea", "x" * 300,
    ],
)  # fmt: skip
def test_a_term_is_read_back_as_its_value(field, value):
    """The grammar reads what a link writes as this value and nothing else, also between other terms."""
    term = terms.term(field, value)
    (condition,) = parse(f"fox {term} -boat", datetime.now(UTC)).conditions

    assert (condition.field.name, condition.sign, condition.values) == (field, "=", (value,))
    assert terms.pieces(f"fox {term} -boat") == ["fox", term, "-boat"]


@pytest.mark.parametrize("value", ["none", "ANY", "a*", '"quoted"', 'my "best".ipynb', 'a,"b', "a\0b", " ", ""])
def test_what_no_term_can_ask_for_has_none(value):
    """Where the grammar would read something else, there is no term."""
    assert terms.term("tag", value) == ""


def test_a_link_of_a_tag_finds_that_tag(served):
    """Each link of a tag leads to the picture that has it; a tag that cannot be asked for has no link."""
    tags = ["<script>", "=x", ">5", 'q"uote', "none", "a*"]
    foxes = {tag: served.draw(f"a fox {number}") for number, tag in enumerate(tags)}
    for tag, fox in foxes.items():
        served.library.tag(fox.asset, tag)
    gallery = served.get()

    for tag, fox in foxes.items():
        page = served.get(f"/generation/{fox.id}")
        links = [href for href in page.all("a", "href") if "q=tag" in href]
        assert len(links) == (tag not in ("none", "a*")), tag
        assert [Page(served.raw(href)).all("img", "alt") for href in links] == [[fox.prompt]] * len(links)
        # On its tile, and among the facets.
        assert all(gallery.all("a", "href").count(href) == 2 for href in links), tag
        assert gallery.text.count(tag) >= 2


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("gpt-image-2", "model:gpt-image-2"),
        ("my notebook.ipynb", 'model:"my notebook.ipynb"'),
        ("a,b", 'model:"a,b"'),
        ("-x", 'model:"-x"'),
        ("1..2", 'model:"1..2"'),
    ],
)
def test_values_are_quoted_where_they_must_be(value, term):
    """A value that the grammar would read otherwise stands in quotes."""
    assert terms.term("model", value) == term


@pytest.mark.parametrize(
    ("among", "said"), [(7, "the newest 7"), (1000, "the newest 1,000"), (993, "about the newest 1,000"), (218, "about the newest 200")]
)  # fmt: skip
def test_a_number_that_chance_made_is_rounded(among, said):
    """How far a search came before others were counted is no exact number."""
    assert say.newest(among) == said


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (0.04, "USD", "$0.04"),
        (0.167, "USD", "$0.167"),
        (0.00005, "USD", "$0.0001"),
        (1204.5, "USD", "$1,204.50"),
        (6.0, "credits", "6 credits"),
        (5.142, "credits", "5.14 credits"),
        (None, "USD", ""),
    ],
)
def test_amounts_have_the_digits_they_take(amount, currency, said):
    """Cents where these are enough, fractions of them where they are not."""
    assert say.money(amount, currency) == said
