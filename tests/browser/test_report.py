"""A printed report in a real browser: accessible, light and dark, narrow, and without a word to anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .axe import accessible
from .lab import keep

CELLS = [
    "# The lighthouse\n\nAs {{ ref('hero') }} shows, $\\bar{x} = \\frac{1}{n}\\sum_i x_i$.\n\n$$E = mc^2$$\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    '%load_ext imgnb\nprint("loaded")',
    '%%imagegen --size 1536x1024 --figure hero --caption "The coast at dusk" --alt "A lighthouse"\nA lighthouse at sunset',
    "## Variants",
    "%%imagegen --size 1024x1024 --n 2 --caption \"Two, after {{ ref('hero') }}\"\nA lighthouse in winter",
    "import sys\nprint('careful', file=sys.stderr)\nnumbers = [n**2 for n in range(3)]  # squares\nnumbers",
    "import matplotlib\n%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.figure(figsize=(4, 2)); plt.plot([1, 3, 2]); plt.show()",
    "%imagegen appendix",
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A notebook that was really run, printed as HTML and PDF."""
    folder = tmp_path_factory.mktemp("report")
    cells = [
        nbformat.v4.new_markdown_cell(text) if text.startswith("#") else nbformat.v4.new_code_cell(text)
        for text in CELLS
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGNB_LIBRARY", str(folder / "library"))
        patch.setenv("IMGNB_ROUTE", "local")
        NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
        nbformat.write(notebook, folder / "nb.ipynb")
        words = ["report", "nb.ipynb", "-o", "out.html", "--pdf", "out.pdf", "--code", "shown", "--strict"]
        subprocess.run([sys.executable, "-m", "imgnb", *words], cwd=folder, env=os.environ, check=True)
        yield folder


@pytest.fixture
def opened(browser, report):
    """Opens the report in a scheme and width; the page, and what it asked of anybody."""
    contexts = []

    def open_(scheme="light", width=1000, **options):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page, asked = context.new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((report / "out.html").as_uri())
        return page, [url for url in asked if not url.startswith(("data:", "file:"))]

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(opened, scheme):
    """axe has no serious complaint, with everything unfolded."""
    page, _ = opened(scheme, bypass_csp=True)  # the page lets no script run, axe is one
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    accessible(page, "html")


def test_a_name_that_ends_in_pdf_makes_a_pdf(report):
    """`-o NAME.pdf` alone; the page is not written beside it."""
    words = [sys.executable, "-m", "imgnb", "report", "nb.ipynb", "-o", "named.PDF", "--code", "hidden", "--json"]
    told = json.loads(subprocess.run(words, cwd=report, env=os.environ, check=True, capture_output=True).stdout)

    assert (report / told["pdf"]).read_bytes().startswith(b"%PDF-")
    assert "html" not in told
    assert not (report / "nb.html").exists()


def test_it_asks_nobody_for_anything(opened):
    """The page is whole in itself, and nothing in it is refused by its own policy."""
    page, asked = opened()

    assert asked == []
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


def test_figures_have_text_numbers_and_crisp_pictures(opened):
    """Alternative text on each, captions below, at least two pixels for each of the page's where there are so many."""
    page, _ = opened()

    captions = page.locator("figcaption").all_inner_texts()
    assert [" ".join(caption.split()) for caption in captions] == [
        "Figure 1 The coast at dusk",
        "Figure 2 Two, after Figure 1",
    ]
    assert page.evaluate("[...document.images].every(image => image.alt.length > 0)")
    hero = page.locator("figure img").first
    assert hero.evaluate("image => image.naturalWidth / image.width") >= 2


@pytest.mark.parametrize(
    ("name", "scheme", "width"), [("light", "light", 1000), ("dark", "dark", 1000), ("narrow", "light", 360)]
)
def test_nothing_is_wider_than_the_page(opened, name, scheme, width):
    """Wide code and tables scroll in themselves."""
    page, _ = opened(scheme, width)

    assert page.evaluate("document.documentElement.scrollWidth") == width
    keep(page, f"report-{name}", full_page=True)


def test_a_screen_reader_can_skip_to_the_content(opened):
    """The first key leads to a link that was out of sight."""
    page, _ = opened()

    page.keyboard.press("Tab")
    focused = page.locator(":focus")

    assert focused.inner_text() == "Skip to the content"
    assert focused.bounding_box()["x"] >= 0


def test_the_pdf_is_one(report):
    """Tagged for screen readers, and with more than a page."""
    pdf = Path(report / "out.pdf").read_bytes()

    assert pdf.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in pdf
    assert b"/MarkInfo" in pdf
