"""The gallery in JupyterLab: looked through, searched, chosen from by mouse and keys, and read in the next cell."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from imgnb.library import Library
from tests.library.conftest import FOX, draw, png

DRAWN = """%load_ext imgnb
import imgnb
for prompt in ("a red fox in the snow", "<b>a lighthouse</b><img src=x onerror=alert(1)>", "ثعلب أحمر في الثلج", "a tall ship, " * 2400):
    imgnb.generate(prompt, route="local", size="1024x640", show=False)
imgnb.generate("three cats", route="local", size="640x1024", n=3, show=False);"""
LOADED = """() => {
    const { top, bottom } = document.querySelector('.imgnb-grid').getBoundingClientRect();
    const tiles = [...document.querySelectorAll('.imgnb-tile')].filter((tile) => {
        const box = tile.getBoundingClientRect();
        return box.bottom > Math.max(top, 100) && box.top < Math.min(bottom, innerHeight - 40);
    });
    return tiles.length && tiles.every((tile) => tile.querySelector('img')?.dataset.loaded);
}"""
"All that is in sight has its picture, or says that there is none."

TILE = ".imgnb-tile[aria-posinset='{}']"


def shown(lab, index):
    """The page of the gallery in this cell, once its pictures in sight are there."""
    lab.page.wait_for_selector(".imgnb-gallery .imgnb-tile img[data-loaded]", timeout=20_000)
    lab.until(LOADED)
    return lab.page.locator(".imgnb-gallery")


def selected(page, count):
    page.page.wait_for_function(
        "many => document.querySelector('.imgnb-chosen').textContent === `${many} selected`", arg=count
    )


def printed(lab, index):
    lab.run(index)
    return "".join(output.get("text", "") for output in lab.outputs(index))


def in_sight(lab):
    lab.page.evaluate("() => document.querySelector('.imgnb-frame').scrollIntoView()")


def violations(lab):
    found = Axe().run(lab.page, context=".imgnb-frame").response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


def drawn(lab, name, *more):
    notebook = lab.write(name, DRAWN, "gallery = imgnb.gallery()\ngallery", *more, settings='route = "local"')
    lab.open(notebook)
    lab.run(0)
    assert not lab.outputs(0)
    lab.run(1)
    return notebook


READ = "print([asset.alt[:12] for asset in gallery.selected], len(gallery))"


def test_what_is_chosen_is_read_in_the_next_cell(lab):
    """By mouse and by keys, in the order of choosing; and what Python chooses is marked on the page."""
    notebook = drawn(lab, "chosen", READ, "gallery.selected = ['@last']", "gallery.query = 'fox'\nprint(len(gallery))")
    page = shown(lab, 1)
    in_sight(lab)

    page.locator(TILE.format(7)).click()
    page.locator(TILE.format(2)).click(modifiers=["Control"])
    selected(page, 2)

    assert printed(lab, 2).strip() == "['a red fox in', 'three cats'] 7"
    in_sight(lab)
    lab.screenshot("gallery-light")
    page.locator(TILE.format(2)).focus()
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Space")
    lab.page.keyboard.press("Shift+ArrowRight")
    lab.page.keyboard.press("s")
    lab.page.wait_for_function("() => document.querySelectorAll('.imgnb-tile[aria-label*=starred]').length === 2")
    lab.page.keyboard.press("4")
    lab.page.wait_for_function(
        "() => document.querySelectorAll(\".imgnb-tile[aria-label*='rated 4 of 5']\").length === 2"
    )
    lab.page.keyboard.press("Control+a")
    selected(page, 7)
    lab.run(3)
    selected(page, 1)
    assert printed(lab, 4).strip() == "1"
    lab.page.wait_for_function("() => document.querySelectorAll('.imgnb-tile').length === 1")
    assert violations(lab) == []
    cells = lab.saved(notebook)["cells"]
    twin = cells[1]["outputs"][-1]
    assert len(twin["metadata"]["imgnb"]["assets"]) == 1
    assert len(json.dumps(cells)) < 400_000


def test_a_search_is_said_and_a_wrong_one_shows_where(lab):
    """Typing searches after a pause, facets narrow down, and what is not understood is marked in place."""
    drawn(lab, "searching")
    page = shown(lab, 1)
    in_sight(lab)

    page.get_by_label("Search", exact=True).fill("fox rating:purple")
    page.get_by_label("Search", exact=True).press("Enter")

    lab.page.wait_for_selector(".imgnb-wrong:not([hidden])")
    assert "^" in lab.page.locator(".imgnb-wrong").inner_text()
    lab.screenshot("gallery-wrong")
    page.get_by_label("Search", exact=True).fill("fox")
    lab.page.wait_for_function("() => document.querySelectorAll('.imgnb-tile').length === 1")
    assert page.locator(".imgnb-wrong").is_hidden()
    page.get_by_label("Search", exact=True).fill("")
    lab.page.wait_for_function("() => document.querySelectorAll('.imgnb-tile').length === 7")
    page.get_by_text("Narrow down").click()
    lab.screenshot("gallery-facets")
    assert violations(lab) == []
    facet = page.locator(".imgnb-facet[aria-label=model] button")
    facet.first.click()
    page.locator(".imgnb-facet[aria-label=model] button[aria-pressed=true]").wait_for()
    assert lab.page.evaluate("() => document.activeElement.dataset.word").startswith("model:")
    page.get_by_label("Search", exact=True).fill("nothing has these words")
    lab.page.wait_for_selector(".imgnb-empty:not([hidden])")


def test_one_picture_at_large(dark):
    """Enter opens it, arrows go on, Escape leads back to the tile; dark and narrow."""
    drawn(dark, "large")
    page = shown(dark, 1)
    in_sight(dark)
    dark.screenshot("gallery-dark")
    page.locator(TILE.format(4)).focus()

    dark.page.keyboard.press("Enter")
    dark.page.wait_for_function("() => document.querySelector('.imgnb-look img').naturalWidth > 0")
    dark.screenshot("gallery-large-dark")
    assert violations(dark) == []
    dark.page.keyboard.press("ArrowRight")
    dark.page.wait_for_function("() => document.querySelector('.imgnb-look-prompt').textContent.startsWith('ثعلب')")
    dark.page.keyboard.press("4")
    dark.page.wait_for_function("() => document.querySelector('.imgnb-look .imgnb-badges').textContent === '4/5'")
    dark.page.keyboard.press("Escape")

    assert dark.page.evaluate("() => document.activeElement.getAttribute('aria-posinset')") == "5"
    dark.page.set_viewport_size({"width": 700, "height": 900})
    in_sight(dark)
    shown(dark, 1)
    dark.screenshot("gallery-narrow-dark")
    dark.page.set_viewport_size({"width": 390, "height": 900})
    in_sight(dark)
    dark.screenshot("gallery-phone-dark")


def test_what_is_looked_at_stays_the_same_picture(lab):
    """Python finds other pictures meanwhile: the large view goes along with its picture, or ends without it."""
    more = ["gallery.query = 'cats'", "gallery.query = 'fox'", "gallery.query = 'fox'", "print(len(gallery.selected))"]
    drawn(lab, "staying", *more)
    page = shown(lab, 1)
    in_sight(lab)
    page.locator(TILE.format(3)).focus()
    lab.page.keyboard.press("Enter")
    lab.page.wait_for_selector(".imgnb-look:not([hidden]) img[alt='three cats']")

    lab.run(2)

    lab.until("() => document.querySelector('.imgnb-counted').textContent === '3 pictures'")
    assert page.get_by_role("button", name="Next").is_disabled()
    assert page.locator(".imgnb-look").is_visible()
    lab.run(3)
    lab.page.wait_for_selector(".imgnb-look", state="hidden")
    lab.run(4)
    page.locator(TILE.format(1)).focus()
    lab.page.keyboard.press("Control+a")
    selected(page, 1)
    assert printed(lab, 5).strip() == "1"


def test_what_is_not_in_sight_is_thrown_away_only_when_asked(lab):
    """It is said, asked in place, and each time can be undone, the last first."""
    drawn(
        lab, "throwing", "gallery.selected = list(gallery)[:3]; gallery.query = 'fox'", "print(len(gallery.selected))"
    )
    page = shown(lab, 1)
    in_sight(lab)
    lab.run(2)
    page.get_by_text("3 selected, 3 not in sight").wait_for()
    in_sight(lab)
    page.locator(TILE.format(1)).focus()

    lab.page.keyboard.press("Delete")

    page.get_by_text("3 of 3 selected are not in sight.").wait_for()
    lab.screenshot("gallery-asking")
    assert violations(lab) == []
    page.get_by_role("button", name="Leave them").click()
    assert printed(lab, 3).strip() == "3"
    page.get_by_role("button", name="Move to the trash").click()
    page.get_by_role("button", name="Move them to the trash").click()
    selected(page, 0)
    page.locator(TILE.format(1)).click()
    selected(page, 1)
    lab.page.keyboard.press("Delete")
    lab.page.wait_for_selector(".imgnb-thrown")
    undo = page.get_by_role("button", name="Bring back")
    undo.click()
    lab.page.get_by_text("1 brought back.").wait_for()
    undo.click()
    lab.page.get_by_text("3 brought back.").wait_for()
    assert undo.is_hidden()


def test_thousands_are_jumped_through(lab):
    """The scrollbar covers everything, only what is in sight is on the page, and the last one can be chosen."""
    notebook = lab.write("thousands", "import imgnb\ngallery = imgnb.gallery()\ngallery", READ)
    with Library(notebook.parent / "library") as library:
        for number in range(300):
            draw(library, FOX, *(png(number * 8 + n) for n in range(8)))
    lab.open(notebook)
    lab.run(0)
    page = shown(lab, 0)
    lab.until("() => document.querySelector('.imgnb-counted').textContent === '2,400 pictures'")
    in_sight(lab)

    lab.page.evaluate(
        "() => { const grid = document.querySelector('.imgnb-grid'); grid.scrollTop = grid.scrollHeight / 2; }"
    )
    shown(lab, 0)
    assert lab.page.locator(".imgnb-tile").count() < 80
    page.locator(".imgnb-tile[aria-label^='a red fox']").nth(12).focus()
    lab.page.keyboard.press("End")
    lab.page.wait_for_selector(".imgnb-tile[aria-posinset='2400'] img[data-loaded]")
    lab.page.keyboard.press("Space")
    selected(page, 1)

    assert printed(lab, 1).strip() == "['a red fox in'] 2400"


@pytest.mark.parametrize("kernel", [True, False], ids=["closed", "without a kernel"])
def test_the_twin_is_what_stays(lab, kernel):
    """A closed gallery, and a notebook opened without a kernel, show the sheet of what was chosen."""
    notebook = drawn(lab, f"twin-{kernel}", "gallery.select('@last')", "gallery.close()" if kernel else "")
    shown(lab, 1)
    lab.run(2)
    lab.run(3)
    lab.saved(notebook)
    if not kernel:
        lab.close()
        lab.open(notebook, kernel=False)

    lab.until(
        "() => [...cells[1].node.querySelectorAll('.jp-OutputArea-output img')].some((image) => image.naturalWidth > 200)"
    )
    lab.screenshot(f"gallery-twin-{'closed' if kernel else 'no-kernel'}")


def many(lab, name, *cells):
    """A gallery of 450 pictures, in a notebook with these cells below."""
    notebook = lab.write(name, "import imgnb\ngallery = imgnb.gallery()\ngallery", *cells)
    with Library(notebook.parent / "library") as library:
        for number in range(45):
            draw(library, FOX, *(png(number * 10 + n) for n in range(10)))
    lab.open(notebook)
    lab.run(0)
    page = shown(lab, 0)
    lab.until("() => document.querySelector('.imgnb-counted').textContent === '450 pictures'")
    in_sight(lab)
    return page


def test_what_is_being_typed_stays_while_answers_come(lab):
    """Answers to older words arrive between letters: none takes a letter away, and the last words are those that count."""
    slow = """import time
heard = gallery.on_search
def slowly(given):
    time.sleep(0.5)
    return heard(given)
gallery.on_search = slowly"""
    page = many(lab, "typing", slow, "print(gallery.query)")
    lab.run(1)
    search = page.get_by_label("Search", exact=True)
    lab.page.evaluate(
        "() => { window.wrong = []; const input = document.querySelector('.imgnb-gallery input[type=search]');"
        " const told = new MutationObserver(() => window.wrong.push(input.value));"
        " told.observe(document.querySelector('.imgnb-counted'), {childList: true, characterData: true, subtree: true}); }"
    )

    search.press_sequentially("fox ", delay=100)
    lab.until("() => window.wrong.length > 0 || document.querySelector('.imgnb-gallery input').value !== 'fox '")
    first = search.input_value()
    text = "in the snow and rating:>=1"
    search.press_sequentially(text, delay=120)
    lab.until("() => document.querySelector('.imgnb-counted').textContent === '0 pictures'")
    seen = lab.page.evaluate("() => window.wrong")
    lab.run(2)

    assert first == "fox "
    assert search.input_value() == f"fox {text}"
    assert all(f"fox {text}".startswith(value) for value in seen)
    assert lab.outputs(2)[0]["text"] == f"fox {text}\n"


def test_saved_searches_and_facets_follow_what_is_found(lab):
    """Where more is found than a page is told at once, a search saved and a tag given by a cell are there at the next look."""
    more = "imgnb.library().save_search('starred', 'is:starred')\nimgnb.library().tag(next(iter(gallery)), 'hero')\ngallery.refresh()"
    page = many(lab, "following", more)
    page.get_by_text("Narrow down").click()
    lab.page.wait_for_selector(".imgnb-facet[aria-label=model] button")
    options = page.get_by_label("Saved searches").locator("option")
    before = options.all_text_contents(), lab.page.locator(".imgnb-facet[aria-label=tag]").count()

    lab.run(1)
    assert lab.outputs(1) == []
    lab.page.wait_for_selector(".imgnb-facet[aria-label=tag] button:has-text('hero')")

    assert before == (["none"], 0)
    assert options.all_text_contents() == ["choose …", "starred"]
    page.locator(".imgnb-facet[aria-label=tag] button").click()
    lab.until("() => document.querySelector('.imgnb-counted').textContent !== '450 pictures'")
    assert page.get_by_label("Search", exact=True).input_value() == "tag:hero"


def test_one_looks_on_from_where_the_picture_stands_now(lab):
    """Among others that a cell has found, far beyond what is loaded, the next picture is there."""
    page = many(lab, "onwards", "gallery.query = 'sort:oldest'")
    page.locator(TILE.format(1)).focus()
    lab.page.keyboard.press("Enter")
    lab.page.get_by_text("1 of 450", exact=True).wait_for()

    lab.run(1)
    page.locator(".imgnb-look button[title^=Previous]:not([disabled])").wait_for()
    page.locator(".imgnb-look").focus()
    lab.page.keyboard.press("ArrowLeft")

    lab.page.get_by_text("440 of 450", exact=True).wait_for()
    lab.page.keyboard.press("Space")
    selected(page, 1)
