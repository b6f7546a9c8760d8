"""Comparing and rating in JupyterLab, by mouse and keys, light, dark and narrow."""

from __future__ import annotations

import json
import re

import pytest

from imgnb.library import Library

NARROW = {"width": 700, "height": 900}
DRAWN = """
import imgnb
imgnb.generate("a red fox in the snow at dawn", route="local", name="fox", size="1024x1024", show=False)
imgnb.generate("a grey fox in the deep snow at <b>night</b>", route="local", name="night", size="1024x1024", show=False)
imgnb.generate("an owl on a branch", route="local", name="owl", size="1536x1024", quality="low", show=False)
imgnb.generate("a hare in the grass", route="local", name="hare", size="1024x1024", show=False);
"""


@pytest.fixture
def opened(lab):
    """Opens a notebook that has drawn four pictures and then runs this cell; the panel's frame."""

    def open_one(name: str, cell: str):
        notebook = lab.write(name, DRAWN, cell)
        lab.open(notebook)
        lab.run(0)
        lab.run(1)
        frame = lab.page.locator(".imgnb-frame").first
        frame.wait_for()
        lab.page.evaluate("() => document.querySelector('.imgnb-frame').scrollIntoView()")
        return notebook, frame

    return open_one


def settled(lab, count: int = 1) -> None:
    """Wait until so many large pictures are painted."""
    lab.page.wait_for_function(
        "count => { const all = [...document.querySelectorAll('.imgnb-large')].filter(i => i.offsetParent);"
        " return all.length >= count && all.every(i => i.dataset.loaded && i.complete); }",
        arg=count,
    )


def accessible(lab) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(lab.page, context=".imgnb-frame").response["violations"]
    bad = [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert bad == []


def as_on_a_phone(lab) -> None:
    """390 pixels are enough: nothing sticks out to the side."""
    script = (
        "() => { const frame = document.querySelector('.imgnb-frame'); frame.style.width = '390px';"
        " return frame.scrollWidth - frame.clientWidth; }"
    )
    assert lab.page.evaluate(script) <= 0


def test_every_mode_is_seen(lab, opened):
    """By keys: the slider, side by side, the difference with its share, blinking; the words that differ are marked."""
    _, frame = opened("compare", 'c = imgnb.compare("@fox", "@night", "@owl"); c')
    settled(lab, 2)
    assert frame.locator("del").all_inner_texts()
    assert "<b>night</b>" in frame.locator("ins").all_inner_texts()
    frame.get_by_role("slider").focus()
    lab.page.keyboard.press("Home")
    assert frame.get_by_role("slider").get_attribute("aria-valuetext") == "0 % A, 100 % B"
    for _ in range(30):
        lab.page.keyboard.press("ArrowRight")
    lab.screenshot("compare-slider")
    accessible(lab)

    frame.get_by_role("button", name="Side by side").click()
    frame.locator(".imgnb-compare-pane").first.wait_for()
    settled(lab, 2)
    frame.locator(".imgnb-compare-pane").first.focus()
    for key in "+++":
        lab.page.keyboard.press(key)
    lab.page.keyboard.press("ArrowRight")
    moved = {image.get_attribute("style") for image in frame.locator(".imgnb-compare-pane img").all()}
    assert len(moved) == 1
    assert "scale(1.95" in moved.pop()
    lab.screenshot("compare-side-by-side")
    accessible(lab)

    lab.page.keyboard.press("3")
    frame.locator(".imgnb-compare-said").filter(has_text="of the pixels differ").wait_for()
    settled(lab)
    assert lab.page.evaluate("() => document.activeElement.textContent") == "Difference"
    lab.screenshot("compare-difference")
    accessible(lab)

    frame.get_by_role("button", name="Blink").click()
    frame.get_by_role("button", name="Pause").click()
    before = frame.locator(".imgnb-compare-corner").inner_text()
    frame.get_by_role("button", name="Show the other").click()
    assert frame.locator(".imgnb-compare-corner").inner_text() != before
    lab.screenshot("compare-blink")
    accessible(lab)


SHAPES = """
import PIL.Image
c = imgnb.compare(PIL.Image.effect_noise((4000, 1000), 90), PIL.Image.new("RGB", (48, 48), "red"))
c
"""


def test_small_large_and_of_other_shapes(lab, opened):
    """A small one is shown larger, a wide one hides only what it covers, and zoomed in it has all its pixels."""
    _, frame = opened("shapes", SHAPES)
    settled(lab, 2)
    script = "one => { const box = one.getBoundingClientRect(); return [box.width, box.height]; }"
    stage, over, track = (
        frame.locator(f".imgnb-compare-{name}").evaluate(script) for name in ("stage", "over", "range")
    )
    assert stage[0] == stage[1] == track[0] == 240
    assert (round(over[0]), round(over[1])) == (240, 60)
    lab.screenshot("compare-shapes")

    frame.get_by_role("button", name="Side by side").click()
    frame.locator(".imgnb-compare-pane").nth(1).wait_for()
    settled(lab, 2)
    assert all(pane.evaluate(script)[1] >= 240 for pane in frame.locator(".imgnb-compare-pane").all())
    frame.locator(".imgnb-compare-pane").first.focus()
    for key in "+" * 9:
        lab.page.keyboard.press(key)
    detail = frame.locator(".imgnb-compare-detail")
    detail.wait_for()
    (width, height), pane = detail.evaluate(script), frame.locator(".imgnb-compare-pane").first.evaluate(script)
    assert width == pytest.approx(pane[0], abs=20)
    assert height == pytest.approx(pane[1], abs=20)
    assert detail.evaluate("one => one.decode().then(() => one.naturalWidth)") == pytest.approx(4000 / 1.25**9, abs=3)
    lab.screenshot("compare-detail")
    accessible(lab)


def test_blinking_keeps_the_place_of_pictures_of_different_shapes(lab, opened):
    """Whichever is shown, the stage stays as it is, and the picture is whole within it, in its own shape."""
    _, frame = opened("blinking", SHAPES)
    frame.get_by_role("button", name="Blink").click()
    settled(lab, 2)
    frame.get_by_role("button", name="Pause").click()
    script = """() => {
        const box = (one) => { const { left, top, right, bottom } = one.getBoundingClientRect(); return [left, top, right, bottom]; };
        const stage = document.querySelector('.imgnb-compare-stage');
        const image = [...stage.querySelectorAll('img')].find((one) => getComputedStyle(one).visibility === 'visible');
        return {stage: box(stage), image: box(image), fit: getComputedStyle(image).objectFit, shape: image.naturalWidth / image.naturalHeight};
    }"""
    lab.until(f"() => ({script})().image[2] > 0")
    seen = [lab.page.evaluate(script)]
    frame.get_by_role("button", name="Show the other").click()
    seen.append(lab.page.evaluate(script))
    lab.screenshot("compare-blink-shapes")

    assert seen[0]["stage"] == seen[1]["stage"]
    assert sorted(round(one["shape"]) for one in seen) == [1, 4]
    for one in seen:
        left, top, right, bottom = one["image"]
        assert one["stage"][0] - 1 <= left < right <= one["stage"][2] + 1
        assert one["stage"][1] - 1 <= top < bottom <= one["stage"][3] + 1
        assert (right - left) / (bottom - top) == pytest.approx(one["shape"], rel=0.02) or one["fit"] == "contain"


def test_which_are_compared_is_known_in_python(lab, opened):
    """A and B are chosen on the page and in Python; closed, the twin is left."""
    notebook, frame = opened("pairs", 'c = imgnb.compare("@fox", "@night", "@owl"); c')

    frame.get_by_role("button", name="Picture 3 as B").click()
    lab.page.wait_for_function(
        "() => document.querySelector('[aria-label^=\"Picture 3 as B\"]').ariaPressed === 'true'"
    )
    lab.page.evaluate(
        "() => { const here = window.jupyterapp.shell.currentWidget; here.model.sharedModel.insertCell(2, {cell_type: 'code', source: 'print(c.pair); c.pair = (2, 3); c.close()'}); }"
    )
    lab.run(2)
    frame.wait_for(state="detached")
    assert "(1, 3)" in json.dumps(lab.outputs(2))
    outputs = lab.saved(notebook)["cells"][1]["outputs"]
    assert len(json.dumps(outputs)) < 300_000
    (twin,) = (out["metadata"]["imgnb"] for out in outputs if "imgnb" in out["metadata"])
    assert (twin["stage"], twin["pair"]) == ("closed", [2, 3])


def test_dark_and_narrow(dark, opened):
    """In the dark theme and in a narrow window everything can be read."""
    _, frame = opened("dark", 'c = imgnb.compare("@fox", "@night", "@owl", "@hare"); c')
    settled(dark, 2)
    accessible(dark)
    dark.screenshot("compare-dark")
    dark.page.set_viewport_size(NARROW)
    frame.get_by_role("button", name="Side by side").click()
    settled(dark, 2)
    dark.screenshot("compare-dark-narrow")
    as_on_a_phone(dark)
    dark.screenshot("compare-phone")


def test_choices_by_keys_make_a_ranking(lab, opened):
    """Each choice is in the library at once; undone, it is gone; the ranking has the order of the choices, and gives stars."""
    notebook, frame = opened("rate", "r = imgnb.rate(); r")
    settled(lab, 2)
    lab.screenshot("rate-choosing")
    accessible(lab)
    assert not re.search("fox|owl|hare", frame.inner_text())
    with Library(notebook.parent / "library", read_only=True) as library:
        frame.locator(".imgnb-rate-side").first.focus()
        lab.page.keyboard.down("ArrowLeft")
        for _ in range(3):  # held: each is one more keydown, of which the front end says that it is a repetition
            lab.page.keyboard.down("ArrowLeft")
        frame.get_by_text("1 of about").wait_for()
        settled(lab, 2)
        for _ in range(3):
            lab.page.keyboard.down("ArrowLeft")
        lab.page.keyboard.up("ArrowLeft")
        lab.page.keyboard.press("u")
        frame.get_by_text("0 of about").wait_for()
        assert library.choices() == []
        settled(lab, 2)
        for number, key in enumerate(("a", "ArrowRight", "=", "b"), 1):
            lab.page.keyboard.press(key)
            frame.locator(".imgnb-rate-progress").filter(has_text=re.compile(f"^{number} ")).wait_for(state="attached")
            if number < 4:
                settled(lab, 2)
        assert [choice.tie for choice in library.choices()] == [False, False, True, False]
        expected = [asset.sha256 for asset in library.rank().assets]
        frame.get_by_role("table").wait_for()
        lab.page.wait_for_function(
            "() => [...document.querySelectorAll('.imgnb-rate-thumb img')].every(i => i.dataset.loaded)"
        )
        lab.screenshot("rate-ranking")
        accessible(lab)
        assert [
            image.get_attribute("data-sha256") for image in frame.locator(".imgnb-rate-thumb img").all()
        ] == expected
        frame.get_by_role("button", name="Store as stars").click()
        frame.get_by_role("button", name="Take the stars back").wait_for()
        assert library.rating(library.asset(f"@{expected[0]}")) == 5


def test_rating_dark_and_narrow(dark, opened):
    """The same in the dark theme and a narrow window."""
    _, frame = opened("ratedark", "r = imgnb.rate(); r")
    settled(dark, 2)
    dark.page.set_viewport_size(NARROW)
    dark.screenshot("rate-dark-narrow")
    as_on_a_phone(dark)
    dark.screenshot("rate-phone")
    frame.get_by_role("button", name="Show the ranking").click()
    frame.get_by_role("table").wait_for()
    accessible(dark)
    dark.screenshot("rate-dark-ranking")
