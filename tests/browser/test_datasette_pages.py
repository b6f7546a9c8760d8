"""The pages of `imgnb browse` in Chromium: strict policy, light and dark, wide and narrow, with a keyboard alone."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import pytest

from imgnb.config import Settings
from imgnb.workspace import Workspace

from .lab import PATIENCE, Process, keep

LOOKS = {
    "wide": {"viewport": {"width": 1440, "height": 950}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 950}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
PAGES = ("gallery", "any", "nothing", "generation", "failed", "lineage", "costs", "failures")
PROMPTS = (
    "a red fox in the snow", "<script>alert('x')</script> two foxes", "مدينة قديمة على البحر", "雪の中の狐 🦊",
    "a harbour at dawn, " + "with sails and gulls " * 1500, "a mug on a window sill",
)  # fmt: skip

AUDIT = """
() => {
    const faults = [];
    const say = (what, node) => faults.push(`${what}: ${node.outerHTML.slice(0, 120)}`);
    if (!document.documentElement.lang) faults.push('no language');
    if (document.documentElement.scrollWidth > innerWidth) faults.push('it is wider than the window');
    for (const [what, wanted] of [['h1', 1], ['main', 1], ['body > header', 1], ['body > footer', 1]])
        if (document.querySelectorAll(what).length !== wanted) faults.push(`not one ${what}`);
    for (const image of document.images) if (!image.alt.trim()) say('no alternative text', image);
    for (const image of document.images)
        if (image.complete && !image.naturalWidth && image.loading !== 'lazy') say('not painted', image);
    for (const nav of document.querySelectorAll('nav')) if (!nav.getAttribute('aria-label')) say('no name', nav);
    for (const field of document.querySelectorAll('input, select')) if (!field.labels.length) say('no label', field);
    for (const node of document.querySelectorAll('a, button, summary')) {
        const images = [...node.querySelectorAll('img')].map(image => image.alt).join('');
        if (!(node.getAttribute('aria-label') || node.textContent + images).trim()) say('no words', node);
    }
    for (const node of document.querySelectorAll('[style], [onclick], [onload], [onerror]')) say('inline', node);
    const ids = [...document.querySelectorAll('[id]')].map(node => node.id);
    for (const id of ids) if (ids.filter(other => other === id).length > 1) faults.push(`twice: ${id}`);
    let level = 0;
    for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
        const here = Number(heading.tagName[1]);
        if (!heading.closest('dialog') && here > level + 1) say('a level is left out', heading);
        level = here;
    }
    const read = colour => {
        const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
        return {rgb: [red, green, blue], alpha};
    };
    const over = (top, ground) => top.rgb.map((part, n) => part * top.alpha + ground[n] * (1 - top.alpha));
    const behind = node => {
        if (!node) return [255, 255, 255];
        const colour = read(getComputedStyle(node).backgroundColor);
        return colour.alpha === 1 ? colour.rgb : over(colour, behind(node.parentElement));
    };
    const light = rgb => {
        const [red, green, blue] = rgb.map(part => part / 255)
            .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const node = words.currentNode.parentElement;
        if (!words.currentNode.textContent.trim() || !node.checkVisibility() || node.closest('svg, .unseen, .skip, .of, dialog'))
            continue;
        const ground = behind(node);
        const [lighter, darker] = [light(over(read(getComputedStyle(node).color), ground)), light(ground)].sort().reverse();
        if ((Math.max(lighter, darker) + 0.05) / (Math.min(lighter, darker) + 0.05) < 4.5) say('too little contrast', node);
    }
    return faults;
}
"""
"What people who cannot see, or only see little, would stumble over; and what the policy forbids."


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """A small library of everything, served as `imgnb browse` does: the link with the token, and the pages' paths."""
    folder = tmp_path_factory.mktemp("browsed")
    paths = _drawn(folder / "library")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IMGNB_")}
    (folder / "config.toml").touch()
    environment |= {"IMGNB_LIBRARY": str(folder / "library"), "IMGNB_CONFIG": str(folder / "config.toml")}
    command = [sys.executable, "-m", "imgnb", "browse", "--no-open", "--port", "0"]
    server = Process(command, r"http://127\.0\.0\.1:\d+/\S+", folder / "browse.log", env=environment)
    try:
        yield {"enter": server.said, **paths}
    finally:
        server.stop()


@pytest.fixture
def browse(browser, addresses):
    """Opens a page of the library in a window that looks so; whatever it complains of fails the test."""
    contexts, complaints = [], []

    def open_page(name="gallery", look="wide"):
        contexts.append(browser.new_context(**LOOKS[look]))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        home = "{0.scheme}://{0.netloc}".format(urlsplit(addresses["enter"]))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(home) or complaints.append(request.url))
        page.on("response", lambda response: response.status < 400 or complaints.append(response.url))
        page.goto(addresses["enter"])
        page.goto(f"{home}/-/imgnb{addresses[name]}", wait_until="networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_in_order(browse, name, look):
    """No complaint in the console, nothing from elsewhere, texts for all pictures, headings, contrast, and no overflow."""
    page = browse(name, look)

    # With the caret: to hide it, Playwright would put a style into the page.
    keep(page, f"browse-{name}-{look}", caret="initial")
    assert page.evaluate(AUDIT) == []


def test_the_dark_page_is_dark(browse):
    """Header, ground and panels follow what the system prefers."""
    page = browse("generation", "dark")

    for part in ("body", ".top", ".record > section"):
        colour = page.evaluate("part => getComputedStyle(document.querySelector(part)).backgroundColor", part)
        assert max(int(number) for number in colour[4:-1].split(",")) < 80, part


def test_the_keyboard_goes_through_the_gallery(browse):
    """Arrows move among the pictures, Enter opens one, / searches, ? shows the keys, and Escape leaves them."""
    page = browse()

    def at():
        return page.evaluate("() => [...document.querySelectorAll('a.picture')].indexOf(document.activeElement)")

    columns = page.evaluate(
        "() => { const tops = [...document.querySelectorAll('a.picture')].map(one => one.getBoundingClientRect().top);"
        " return tops.filter(top => top === tops[0]).length; }"
    )
    page.keyboard.press("ArrowDown")
    assert at() == 0
    page.keyboard.press("ArrowRight")
    assert at() == 1
    page.keyboard.press("ArrowDown")
    assert at() == 1 + columns
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert at() == 0
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog#keys").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("snow n")
    assert page.locator("#q").input_value() == "snow n"
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=snow*")
    assert page.locator("a.picture").count() == 2
    page.locator("a.picture").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/generation/*")


def test_arrows_go_from_generation_to_generation(browse):
    """The right arrow and `n` show the older one, the left arrow and `p` the newer."""
    page = browse("generation")
    here = page.url

    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != here)
    page.wait_for_load_state()
    page.keyboard.press("p")
    page.wait_for_url(here)


def test_what_is_copied_is_the_whole_prompt(browse):
    """The button gives all of the prompt, also where only its beginning is to be seen, and says so."""
    page = browse("long")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    shown = page.locator("#prompt").bounding_box()["height"]
    page.locator("button[data-copies=prompt]").click()
    page.wait_for_function("() => document.getElementById('said').textContent === 'Copied'")
    assert page.evaluate("() => navigator.clipboard.readText()").startswith(PROMPTS[4][:1000])
    assert len(page.evaluate("() => navigator.clipboard.readText()")) == len(PROMPTS[4])
    page.locator(".long summary").first.click()
    assert page.locator("#prompt").bounding_box()["height"] > 2 * shown


def test_a_facet_narrows_down(browse):
    """A list opens, closes with Escape, and its link shows what has that value."""
    page = browse("any")

    page.locator("summary", has_text="Tag").click()
    page.keyboard.press("Escape")
    assert not page.locator(".facets li").first.is_visible()
    page.locator("summary", has_text="Tag").click()
    page.locator(".facets li a", has_text="cover").click()
    page.wait_for_url("**tag*cover*")
    assert page.locator("a.picture").count() == 1


def _drawn(library):
    """Draw pictures, an edit and a failure, and say where the pages are."""
    with Workspace(
        Settings(library=library, route="local", routes={"local": {"base_url": "local://engine/v1"}})
    ) as here:
        drawn = [_draw(here, prompt, n=2 if number == 0 else 1) for number, prompt in enumerate(PROMPTS)]
        edit = _draw(here, "a red fox at night", images=[drawn[0].asset])
        here.library.name(edit.asset, "night")
        here.library.tag(edit.asset, "cover")
        here.library.rate(edit.asset, 4)
        _draw(here, "a boat")
    faulty = {"local": {"base_url": "local://engine/v1", "headers": {"x-imgnb-fault": "moderation"}}}
    with Workspace(Settings(library=library, route="local", routes=faulty)) as here:
        list(here.run(here.order(here.request("a fox that fails"))))
        failed = here.library.find("status:failed")[0]
    return {
        "gallery": "", "any": "?q=status:any", "nothing": "?q=unfindable", "generation": f"/generation/{edit.id}",
        "long": f"/generation/{drawn[4].id}", "failed": f"/generation/{failed.id}",
        "lineage": f"/lineage/{edit.asset.sha256}", "costs": "/costs", "failures": "/failures",
    }  # fmt: skip


def _draw(workspace, prompt, **options):
    *_, last = workspace.run(workspace.order(workspace.request(prompt, **options)))
    return last.generation
