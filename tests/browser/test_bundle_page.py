"""The gallery of a bundle, opened from the disk as a person opens it."""

from __future__ import annotations

import shutil

import pytest

from imgnb.config import Settings
from imgnb.events import Finished
from imgnb.workspace import Workspace

from .lab import keep

PROMPTS = [*(f"a lighthouse, version {number}" for number in range(63)), "a red fox",
           "</script><script>document.title = 'hacked'</script><img src=x onerror=\"document.title = 'hacked'\"> \u202eשלום"]  # fmt: skip


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """The address of index.html in the folder that a bundle was unpacked into."""
    folder = tmp_path_factory.mktemp("bundle")
    with Workspace(Settings(library=folder / "library", route="local")) as workspace:
        library = workspace.library
        for prompt in PROMPTS:
            *_, last = workspace.run(workspace.order(workspace.request(prompt, size="1024x640", quality="low")))
            assert isinstance(last, Finished)
        library.tag(library.find("fox")[0], "hero")
        library.export("", folder / "bundle.zip")
    shutil.unpack_archive(folder / "bundle.zip", folder / "unpacked")
    return (folder / "unpacked" / "index.html").as_uri()


@pytest.fixture
def opened(browser, gallery):
    """Opens the page; what it asked for and what went wrong are kept."""
    contexts = []

    def open_page(**options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.asked, page.wrong = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.wrong.append(message.text))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(gallery)
        page.wait_for_function("document.querySelector('#grid img').naturalWidth > 0")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_it_opens_without_server_and_network(opened):
    """Pictures show, nothing but files beside it is asked for, nothing is complained of, no prompt runs."""
    page = opened()
    keep(page, "bundle")

    assert page.text_content("#count") == "65 pictures"
    assert page.title() == "imgnb gallery"
    assert page.locator("#grid .text").first.text_content() == PROMPTS[-1]
    assert all(url.startswith("file:") for url in page.asked)
    assert page.wrong == []
    assert page.evaluate("[...document.images].filter(image => image.src).every(image => image.alt)")


def test_it_is_searched_and_turned_over(opened):
    """Words, left-out words and tags find; sixty pictures are a page."""
    page = opened()

    assert page.locator("#grid li").count() == 60
    page.click("#older")
    assert page.locator("#grid li").count() == 5
    page.fill("#words", "version -version")
    assert page.text_content("#count") == "0 of 65 pictures"
    page.fill("#words", "FOX")
    assert page.text_content("#count") == "1 of 65 pictures"
    page.fill("#words", "")
    page.select_option("[aria-label=Tag]", "=hero")
    assert page.text_content("#count") == "1 of 65 pictures"


def test_a_picture_is_looked_at_by_keyboard(opened):
    """Enter opens, arrows go on, Escape closes and gives the place back; / goes to the search."""
    page = opened()

    page.locator("#grid button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#picture').naturalWidth === 1024")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#prompt") == "a red fox"
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('#viewer').open")
    assert page.evaluate("document.activeElement.closest('#grid li') !== null")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "words"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(opened, scheme):
    """Nothing is wider than the screen, in the grid and in the viewer; the dark page is dark."""
    page = opened(viewport={"width": 390, "height": 844}, color_scheme=scheme)

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    keep(page, f"bundle-telephone-{scheme}")
    page.locator("#grid button").first.click()
    assert page.evaluate("document.querySelector('.about').scrollWidth <= 390")
    red = page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
    assert (red < 60) == (scheme == "dark")
    keep(page, f"bundle-viewer-{scheme}")


def test_an_svg_is_shown_and_never_opened(browser, tmp_path):
    """In a tab of its own it would run its scripts: nothing leads there, and the page says where the file lies."""
    svg = tmp_path / "evil.svg"
    svg.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>')
    with Workspace(Settings(library=tmp_path / "library", route="local")) as workspace:
        workspace.library.import_(svg)
        workspace.library.export("", tmp_path / "bundle.zip")
    shutil.unpack_archive(tmp_path / "bundle.zip", tmp_path / "unpacked")
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "unpacked" / "index.html").as_uri())

    page.locator("#grid button").click()

    assert page.get_attribute("#picture", "src").endswith(".svg")
    assert page.get_attribute("#open", "href") is None
    assert ".svg" in page.text_content("#facts")
    context.close()
