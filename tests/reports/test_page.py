"""A notebook as one page: what it shows, in which order, and that nothing of a stranger's notebook gets through."""

from __future__ import annotations

import base64
import json
import re
from io import BytesIO
from urllib.parse import unquote

import PIL.Image
import pytest

from imgnb.errors import NotebookInvalid, RequestInvalid
from imgnb.reports.cleaning_depth import too_deep
from imgnb.reports.page import Wishes, page

from .conftest import code, markdown, output, shown, stream
from .elements import Elements

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def printed(notebook, workspace):
    """The page of a notebook of these cells, and what stands there."""

    def print_(*cells, wishes=None, **metadata):
        made = page(notebook(*cells, **metadata), workspace.library, wishes)
        return made, Elements(made.html)

    return print_


def picture(address):
    return PIL.Image.open(BytesIO(base64.b64decode(address.partition(",")[2])))


def test_pictures_come_from_the_library_at_least_at_twice_their_size(printed, draw):
    """Not the notebook's preview, but what is crisp on paper; the page keeps their place."""
    hero = draw("a lighthouse", size="1536x1024")

    _, tree = printed(code("%%imagegen\na lighthouse", shown(hero, alt="A lighthouse", caption="The coast")))

    (image,) = [attrs for attrs in tree.all("img") if attrs["width"] == "720"]
    assert image["alt"] == "A lighthouse"
    assert (image["width"], image["height"]) == ("720", "480")
    assert picture(image["src"]).size == (1536, 1024)


def test_larger_pictures_are_made_smaller(printed, workspace):
    """Twice the size at which they are shown is enough."""
    data = BytesIO()
    PIL.Image.effect_noise((3000, 2000), 60).save(data, "PNG")
    asset = workspace.library.add(data.getvalue(), source="test")
    facts = {"assets": [asset.sha256], "stage": "final"}

    _, tree = printed(code("x", output({"image/png": PIXEL, "text/plain": "noise"}, imgnb=facts)))

    large = next(attrs for attrs in tree.all("img") if attrs["width"] == "720")
    assert picture(large["src"]).width <= 1440
    assert len(large["src"]) <= 400_000 * 4 / 3 + 100


def test_figures_are_numbered_by_the_document(printed, draw):
    """A name that is shown twice has one number; what has neither caption nor name has none."""
    cells = [
        code("1", shown(draw("an owl"))),
        code("2", shown(draw("a fox"), figure="fox"), stream("Figure 7\nprinted\n")),
        code("3", shown(draw("a boat"), caption="See {{ ref('fox') }}"), stream("Figure 1: See Figure 7\n")),
        code("4", shown(draw("a fox"), figure="fox")),
    ]

    made, tree = printed(*cells, markdown("As {{ ref('fox') }} shows, not `{{ ref('fox') }}`"))

    assert [one.number for one in made.figures] == [None, 1, 2, 1]
    assert [attrs["id"] for attrs in tree.all("figure") if "id" in attrs] == ["imgnb-figure-1", "imgnb-figure-2"]
    assert "As Figure 1 shows, not {{ ref('fox') }}" in tree.text
    assert "See Figure 1" in tree.text
    assert "Figure 7" not in tree.text
    assert "printed" in tree.text
    links = [attrs["href"] for attrs in tree.all("a")]
    assert links.count("#imgnb-figure-1") == 3


def test_every_link_within_the_page_leads_somewhere(printed, draw):
    """Numbers, references, appendix and headings have their anchors."""
    cells = [
        markdown("# One two\n\n[there](#One-two), {{ ref('fox') }}"),
        code("x", shown(draw("a fox"), figure="fox")),
    ]

    _, tree = printed(*cells)

    ids = [attrs["id"] for _, attrs in tree.found if "id" in attrs]
    assert {attrs["href"][1:] for attrs in tree.all("a") if attrs["href"].startswith("#")} <= set(ids)
    assert len(ids) == len(set(ids))


def test_an_unknown_figure_is_said_with_what_there_is(printed, draw):
    """In the page and in its notes."""
    made, tree = printed(
        markdown("{{ ref('owl') }}"), code("x", shown(draw("a fox"), figure="fox", caption="{{ ref('cat') }}"))
    )

    assert "[no figure owl]" in tree.text
    assert "[no figure cat]" in tree.text
    assert "no figure is named 'owl'; there is fox" in made.notes


def test_the_appendix_tells_how_pictures_were_made(printed, draw):
    """Prompt, model, parameters, hash and total; without it, none of them."""
    fox = draw("a fox", quality="high")

    _, tree = printed(code("x", shown(fox)))
    _, without = printed(code("x", shown(fox)), wishes=Wishes(appendix=False))

    for told in ("a fox", fox.model, "quality high", fox.asset.sha256, "Total: 1 picture, free"):
        assert told in " ".join(tree.text.split())
        assert fox.asset.sha256 not in without.text


def test_a_notebooks_own_appendix_is_not_printed_twice(printed, draw):
    """That of the report takes its place."""
    from imgnb import appendix

    fox = draw("a fox")
    data, metadata = appendix()._repr_mimebundle_()

    _, tree = printed(code("x", shown(fox)), code("y", output(data, **metadata)))

    assert tree.text.count(fox.asset.sha256) == 1


def test_what_the_notebook_shows_is_printed_not_what_is_newer(printed, draw):
    """The hash in the output decides, whatever the record of its generation says."""
    old, new = draw("a fox"), draw("an owl")
    cell = code("x", shown(old))
    cell["outputs"][0]["metadata"]["imgnb"]["generation"] = new.id

    made, tree = printed(cell)

    assert made.figures[0].generation.id == old.id
    assert new.asset.sha256 not in tree.text


def test_a_picture_that_is_gone_is_shown_as_the_notebook_holds_it(printed, draw):
    """And said in the notes."""
    fox = draw("a fox")
    cell = code("x", shown(fox, alt="A fox"))
    cell["outputs"][0]["metadata"]["imgnb"] |= {"assets": ["f" * 64], "generation": "0" * 26}

    made, tree = printed(cell)

    assert made.missing == ("f" * 64,)
    assert "@ffffffffffff is not in the library: the notebook's own preview is shown" in made.notes
    assert [attrs["alt"] for attrs in tree.all("img")] == ["A fox"]


def test_several_pictures_stand_beside_one_another(printed, draw):
    """Each with a text of its own, instead of the contact sheet."""
    four = draw("a fox", n=4)

    _, tree = printed(code("x", shown(four, caption="Four")), wishes=Wishes(appendix=False))

    assert [attrs["alt"] for attrs in tree.all("img")] == [f"a fox ({place} of 4)" for place in (1, 2, 3, 4)]


@pytest.mark.parametrize(("choice", "folded", "there"), [("folded", 1, True), ("hidden", 0, False), ("shown", 0, True)])
def test_code_is_folded_hidden_or_shown(printed, choice, folded, there):
    """As it was wished."""
    _, tree = printed(code("the_answer = 42"), wishes=Wishes(code=choice))

    assert len(tree.all("details")) == folded
    assert ("the_answer" in tree.text) is there


def test_tags_leave_parts_out(printed):
    """As nbconvert and Jupyter Book read them."""
    _, tree = printed(
        code("one = 1", stream("out one"), tags=["remove-input"]),
        code("two = 2", stream("out two"), tags=["remove_output"]),
        code("three = 3", stream("out three"), tags=["remove-cell"]),
    )

    text = tree.text
    assert [word in text for word in ("one = 1", "out one", "two = 2", "out two", "three")] == [
        False,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("cells", "wishes", "title", "heads"),
    [
        ([markdown("# Own *title*")], Wishes(), "Own title", ["Own title"]),
        ([markdown("# Own title")], Wishes(title="Given"), "Given", ["Given"]),
        ([markdown("no heading")], Wishes(), "nb", ["nb"]),
    ],
    ids=["first heading", "given", "none"],
)
def test_a_page_has_a_title_and_one_first_heading(printed, cells, wishes, title, heads):
    """From the first heading, unless another is given."""
    made, _ = printed(*cells, wishes=wishes)

    assert made.title == title
    assert [re.sub("<[^>]*>", "", head) for head in re.findall("<h1[^>]*>(.*?)</h1>", made.html)] == heads


def test_formulas_need_no_script(printed):
    """They become MathML; prices and what cannot be read stay."""
    made, tree = printed(markdown(r"$x_1 + \frac{a}{b}$, costs $5 and $10" + "\n\n$$\\sum_i x_i$$"))

    assert len(tree.all("math")) == 2
    assert "costs $5 and $10" in tree.text
    assert "<mfrac>" in made.html


@pytest.mark.parametrize(
    "cell",
    [
        markdown(EVIL),
        markdown("[x](javascript:alert(1)) <a href='JaVaScRiPt:alert(1)'>y</a> <a href='data:text/html,x'>z</a>"),
        markdown("<iframe src='https://evil.example'></iframe><style>body{display:none}</style><base href='//evil.example'>"),
        markdown("![x](https://evil.example/a.png) <img src='//evil.example/b.png'> ![p](/etc/passwd) ![q](../x.png)"),
        markdown(r"$\text{<script>alert(1)</script>}$ $\href{javascript:alert(1)}{x}$ $\text{<img src=x onerror=alert(1)>}$"),
        markdown("![a](attachment:a)", attachments={"a": {"image/png": '"onload=alert(1) x="', "text/html": EVIL}}),
        markdown(f"# {EVIL}\n\n## <b id=imgnb-content>x</b>\n\n# imgnb-content"),
        code(EVIL, stream(EVIL), stream(EVIL, "stderr")),
        code("x", output({"text/html": f"<table onclick=x><tr><td style='position:fixed;background:url(//e)'>{EVIL}"})),
        code("x", output({"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{EVIL}</svg>"})),
        code("x", output({"image/png": "'><script>alert(1)</script>"}), output({"text/markdown": EVIL})),
        code("x", output({"text/latex": r"$\text{</math><script>alert(1)</script>}$"}), output({"text/plain": EVIL})),
        code("x", {"output_type": "error", "ename": EVIL, "evalue": EVIL, "traceback": [EVIL]}),
        code(f"#| fig-alt: \"' onload=alert(1) {EVIL}\"", output({"image/png": PIXEL})),
    ],
    ids=["html", "links", "frames", "pictures", "formulas", "attachments", "headings", "text", "table", "svg", "kinds", "latex", "error", "alt"],
)  # fmt: skip
def test_nothing_of_a_stranger_runs_or_is_fetched(printed, cell):
    """No script, handler, frame, style sheet or address of elsewhere is left, and no id of the page is taken."""
    made, tree = printed(cell, wishes=Wishes(code="shown"))

    names = {tag for tag, _ in tree.found}
    assert not names & {"script", "iframe", "object", "embed", "base", "form", "link", "svg", "input", "video", "audio"}
    assert len(tree.all("style")) == 1
    for _, attrs in tree.found:
        assert not [name for name in attrs if name.startswith("on") or name in ("srcset", "background", "srcdoc")]
        assert attrs.get("src", "data:image/").startswith("data:image/")
        assert not re.match(r"\s*(javascript|data|vbscript):", attrs.get("href", ""), re.I)
        assert "url(" not in attrs.get("style", "")
        assert "position" not in attrs.get("style", "")
        assert "alt" in attrs or "src" not in attrs
    ids = [attrs["id"] for _, attrs in tree.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert made.html.count("Content-Security-Policy") == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"assets": ["../../etc/passwd", 3, "f" * 63]},
        {"assets": "f" * 64, "fingerprint": "r1:x"},
        {"assets": ["f" * 64], "fingerprint": 3, "generation": ["x"], "caption": {}, "alt": 3, "figure": EVIL},
        {
            "assets": ["f" * 64],
            "fingerprint": "r1:x",
            "caption": EVIL,
            "alt": EVIL,
            "model": EVIL,
            "size": EVIL,
            "cost": "x",
        },
        {"assets": ["f" * 64], "cost": float("1e300"), "currency": EVIL, "stage": "final"},
        {"assets": ["f" * 64], "generation": "@last", "fingerprint": "r1:x"},
    ],
    ids=["paths", "no list", "wrong types", "markup", "cost", "address"],
)
def test_metadata_of_strangers_makes_no_harm(printed, draw, facts):
    """What is no hash, text or number is passed over, and no other record of the library is told."""
    secret = draw("a secret plan")

    made, tree = printed(code("x", output({"image/png": PIXEL, "text/plain": EVIL}, imgnb=facts)))

    assert "script" not in {tag for tag, _ in tree.found}
    assert "secret" not in made.html
    assert secret.asset.sha256 not in made.html


def test_pictures_of_the_folder_and_attachments_are_embedded(printed, tmp_path):
    """What lies beside the notebook goes along; what does not is named in its place."""
    PIL.Image.new("RGB", (3, 2), "red").save(tmp_path / "red.png")
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")

    made, tree = printed(
        markdown(
            "![red](red.png) ![dot](attachment:a%20b.png) ![words](text.png) ![far](https://example.org/x.png)",
            attachments={"a b.png": {"image/png": PIXEL}},
        )
    )

    assert [attrs["alt"] for attrs in tree.all("img")] == ["red", "dot"]
    assert picture(tree.all("img")[0]["src"]).size == (3, 2)
    assert "[picture: words]" in tree.text
    assert "[picture: far]" in tree.text
    assert len(made.notes) == 2


def test_outputs_of_others_are_kept(printed):
    """Tables, plots, text, errors; messages are folded; colours of terminals are dropped."""
    _, tree = printed(
        code(
            "x",
            output({"text/html": "<table><tr><th>a<td>1</table>", "text/plain": "plain table"}),
            output({"image/png": PIXEL, "text/plain": "<Figure>"}),
            output({"text/html": "<div id=p></div><script>plot()</script>", "text/plain": "a plot"}),
            output({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "Slider()"}),
            stream("\x1b[31mred\x1b[0m"),
            stream("careful", "stderr"),
            {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\x1b[0;31mline 1\x1b[0m"]},
        )
    )

    assert "plain table" not in tree.text
    assert "Slider" not in tree.text
    for told in ("a plot", "red", "ValueError: no", "line 1", "careful"):
        assert told in tree.text
    assert "\x1b" not in tree.text
    assert [attrs["alt"] for attrs in tree.all("img")] == ["Output of the cell"]


def test_huge_outputs_are_cut(printed):
    """What nobody reads does not weigh."""
    made, tree = printed(code("x", stream("y" * 5_000_000), output({"text/html": "<b>" + "z" * 5_000_000})))

    assert len(made.html) < 100_000
    assert "4,980,000 more characters" in tree.text


def test_a_notebook_of_another_kernel_is_printed(printed):
    """Its code is marked as its own language, or not at all."""
    made, _ = printed(code("x <- 1 # note"), language_info={"name": "r"})
    unknown, _ = printed(code("x <- 1"), language_info={"name": "no such language"})

    assert 'class="c1"' in made.html
    assert "x &lt;- 1" in unknown.html


def test_a_notebook_of_format_3_is_refused(tmp_path, workspace):
    """With the way out."""
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps({"nbformat": 3, "worksheets": []}), encoding="utf-8")

    with pytest.raises(NotebookInvalid) as caught:
        page(path, workspace.library)

    assert "nbconvert" in caught.value.hint


def test_the_same_notebook_gives_the_same_page(printed, draw):
    """No time and no chance is in it."""
    cells = [markdown("# A $x$ <b>b</b>\n\n{{ ref('fox') }}"), code("x", shown(draw("a fox"), figure="fox"))]

    assert printed(*cells)[0].html == printed(*cells)[0].html


@pytest.mark.parametrize("wrong", [{"code": "loud"}, {"lang": '"><script>'}], ids=["code", "lang"])
def test_wishes_are_checked(wrong):
    """Before anything is made."""
    with pytest.raises(RequestInvalid):
        Wishes(**wrong)


HALF = "\ud83d"
HOSTILE = {
    "halves": lambda fox: [
        markdown(f"# {HALF} title\n\n![{HALF}](attachment:{HALF}) {HALF}", attachments={HALF: {"image/png": PIXEL}}),
        code(HALF, stream(HALF), stream(HALF, "stderr"), output({"text/html": f"<b>{HALF}</b>"})),
        code("x", output({"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'><text>{HALF}</text></svg>"})),
        code("x", output({"text/markdown": HALF}), {"output_type": "error", "ename": HALF, "evalue": HALF, "traceback": [HALF]}),
        code("x", shown(fox, caption=HALF, alt=HALF, figure="fox")),
    ],
    "deep": lambda fox: [
        markdown("<div>" * 60_000),
        code("x", output({"text/html": "<div>" * 60_000, "text/plain": "plain"})),
        code("x", output({"text/html": "<div><!--</div>-->" * 60_000})),
    ],
    "links": lambda fox: [
        markdown("[a](#nowhere) [b](#) [c](#top) [d](#imgnb-figure-9) [e](#imgnb-appendix) [f](#%C3%A9) [g](#mine) [h](#A-b)"),
        markdown("# é\n\n## A b\n\n## A b\n\n<a id='mine'></a><h2 id='A-b'>x</h2><p id='imgnb-content'></p><b id='a b'>x</b>"),
        code("x", output({"text/html": "<a href='#out'>x</a><h1 id=out>y</h1>"})),
        code("x", output({"text/markdown": "# Out\n\n[x](#Out) [y](#gone)"})),
    ],
    "removed": lambda fox: [
        code("x", shown(fox, figure="fox", caption="gone"), tags=["remove-cell"]),
        code("y", shown(fox, figure="owl"), tags=["remove-output"]),
        code("z", shown(fox, caption="{{ ref('fox') }} {{ ref('cat') }}", figure="cat")),
        markdown("{{ ref('fox') }} {{ ref('owl') }} {{ ref('cat') }}"),
    ],
    "references": lambda fox: [
        markdown("# On {{ ref('_a_') }}\n\n<div title=\"{{ ref('_a_') }}\">{{ ref('_a_') }} {{ ref('no') }}</div>"),
        markdown("*{{ ref('_a_') }}* [x {{ ref('_a_') }}](#On-Figure-1) ![{{ ref('_a_') }}](x.png) <b>{{ ref('_a_') }}</b>"),
        code("x", shown(fox, figure="_a_")),
    ],
}  # fmt: skip


@pytest.mark.parametrize("cells", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("wishes", [Wishes(), Wishes(title=f"T {HALF}", appendix=False)], ids=["plain", "titled"])
def test_a_page_is_whole_whatever_the_notebook(printed, draw, cells, wishes):
    """It is UTF-8, has one first heading, no id twice, and every link within it leads to something."""
    made, tree = printed(*cells(draw("a fox")), wishes=wishes)

    made.html.encode()
    ids = [attrs["id"] for _, attrs in tree.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {unquote(attrs["href"][1:]) for attrs in tree.all("a") if attrs.get("href", "").startswith("#")}
    assert links <= set(ids)
    assert len(tree.all("h1")) == 1


def test_half_a_letter_is_shown_as_unreadable(printed):
    """Wherever it stands."""
    made, tree = printed(markdown(f"# a{HALF}b"), code("x", stream(f"c{HALF}d")))

    assert made.title == "a\ufffdb"
    assert "c\ufffdd" in tree.text


def test_what_is_nested_without_end_is_left_out_and_noted(printed):
    """A text is shown as it was written, an output in its next form."""
    made, tree = printed(*HOSTILE["deep"](None))

    assert "plain" in tree.text
    assert "<div><div>" in tree.text
    assert len(made.html) < 100_000
    assert len(made.notes) == 2


@pytest.mark.parametrize(
    ("html", "deep"),
    [
        ("<div></x>", True),
        ("<div><!--</div>-->", True),
        ('<div title="</div>">', True),
        ("<div x='>' </div>", True),
        ("<div></3 </div>", True),
        ("<div><style></div></style>", True),
        ("<li><dd>", True),
        ("<dd></dt><li>", True),
        ("<p><b a=1><i>x", True),
        ("<tr><td>a</td><td>b &lt; c='d</td></tr>", False),
        ("<tr><td>a<td>b", False),
        ("<ul><li>a<li>b</ul>", False),
        ("<dt>a<dd>b", False),
        ("<p><b>x<i>y</b>z</i>", False),
        ('<div class="x"><span>a</span><br></div>', False),
    ],
)
def test_depth_is_counted_as_a_browser_nests_at_least(html, deep):
    """Ends that are none do not count; what people and libraries write, with ends left out, is not deep."""
    assert too_deep(html * 20_000) is deep


def test_a_figure_that_is_removed_has_no_number(printed, draw):
    """Numbers go on without it, and a reference to it is noted."""
    made, tree = printed(*HOSTILE["removed"](draw("a fox")))

    assert [one.presentation.figure for one in made.figures] == ["cat"]
    assert "[no figure fox] [no figure owl] Figure 1" in tree.text
    assert "no figure is named 'fox'; there is cat" in made.notes


def test_references_work_wherever_text_stands(printed, draw):
    """In the title, in HTML, in links and alternative texts, whatever Markdown makes of the name; else they are noted."""
    made, tree = printed(*HOSTILE["references"](draw("a fox")))

    assert made.title == "On Figure 1"
    assert "ref(" not in made.html
    assert [attrs["title"] for attrs in tree.all("div") if "title" in attrs] == ["Figure 1"]
    assert "Figure 1 [no figure no]" in tree.text
    assert "x Figure 1" in tree.text
    assert "[picture: Figure 1]" in tree.text
    assert "On-Figure-1" in [attrs.get("id") for attrs in tree.all("h1")]
    assert any("'no'" in note for note in made.notes)


def test_a_name_of_two_figures_is_noted(printed, draw):
    """With both cells; the same picture again is no other figure."""
    fox, owl = draw("a fox"), draw("an owl")
    one, again, other = (
        code("1", shown(fox, figure="a")),
        code("2", shown(fox, figure="a")),
        code("3", shown(owl, figure="a")),
    )

    same, _ = printed(one, again)
    made, tree = printed({**one, "id": "first"}, {**other, "id": "second"}, markdown("{{ ref('a') }}"))

    assert same.notes == ()
    (note,) = made.notes
    assert "first" in note
    assert "second" in note
    assert [attrs["id"] for attrs in tree.all("figure") if "id" in attrs] == ["imgnb-figure-1"]


@pytest.mark.parametrize(
    ("cells", "title", "levels"),
    [
        ([code("x", output({"text/markdown": "# Out"}))], "nb", [("h1", "nb"), ("h2", "Out")]),
        ([code("x", output({"text/html": "<h1>Out</h1>"}))], "nb", [("h1", "nb"), ("h2", "Out")]),
        ([markdown("<h1 align=center>Own</h1>")], "Own", [("h1", "Own")]),
        (
            [markdown("# A\n## a"), markdown("# B\n## b")],
            "A",
            [("h1", "A"), ("h2", "a"), ("h2", "B"), ("h3", "b")],
        ),
        ([markdown("## a"), markdown("# B")], "B", [("h2", "a"), ("h1", "B")]),
        ([code("x", output({"text/markdown": "# Out"})), markdown("# Own")], "Own", [("h2", "Out"), ("h1", "Own")]),
    ],
    ids=["Markdown output", "HTML output", "written in HTML", "several", "later", "after an output"],
)
def test_a_title_is_of_the_text_and_a_page_has_one_first_heading(printed, cells, title, levels):
    """Outputs stand below; a second heading of the first level and what follows it goes down."""
    made, _ = printed(*cells)

    assert made.title == title
    found = re.findall(r"<(h[1-6])[^>]*>(.*?)</h", made.html)
    assert [(level, re.sub("<[^>]*>", "", text)) for level, text in found] == levels


@pytest.mark.parametrize("wished", [True, False])
def test_the_appendix_stands_where_the_notebook_has_one(printed, draw, wished):
    """In place of the last of the notebook's own; else at the end, and on paper on a page of its own."""
    from imgnb import appendix

    fox = draw("a fox")
    data, metadata = appendix()._repr_mimebundle_()
    own = [code("y", output(data, **metadata))] if wished else []

    made, _ = printed(code("x", shown(fox)), *own, markdown("the end"))

    assert made.html.count('id="imgnb-appendix"') == 1
    assert (made.html.index('id="imgnb-appendix"') < made.html.index("the end")) is wished
    assert ('<section class="appendix apart"' in made.html) is not wished


def test_thumbnails_come_with_the_pictures(workspace):
    """Of the same pixels, so that the appendix decodes no original."""
    from imgnb.pictures.preview import cached_thumbnail
    from imgnb.reports.illustrations import illustrations

    data = BytesIO()
    PIL.Image.effect_noise((1536, 1024), 60).save(data, "PNG")
    asset = workspace.library.add(data.getvalue(), source="test")

    illustrations([asset], lambda done, of: None)

    assert cached_thumbnail(asset) is not None
