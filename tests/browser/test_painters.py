"""Masks and markup painted by hand: mouse, keys, fingers and pen on a real page, and what the notebook has of it."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

LOAD = """%load_ext imgnb
import imgnb, json, PIL.Image, PIL.ImageDraw
base = PIL.Image.effect_noise((480, 270), 40).resize(({width}, {height})).convert("RGB")
draw = PIL.ImageDraw.Draw(base)
draw.rectangle(({width} * .55, {height} * .3, {width} * .8, {height} * .8), fill="steelblue")
draw.ellipse(({width} * .1, {height} * .15, {width} * .4, {height} * .7), fill="goldenrod")"""
SHOW = "painter = imgnb.{kind}_painter(base)\npainter"
TELL = """mask = painter.mask.image.getchannel("A")
print(json.dumps(dict(size=mask.size, open=mask.point(lambda v: 255 - v).getbbox(), soft=sum(mask.histogram()[1:255]),
                      share=round(painter.coverage, 4))))"""
STAGE = "div.imgnb-stage"
BUTTON = """name => {
    const button = [...document.querySelectorAll('.imgnb-frame button')].find(one => one.title === name || one.title.startsWith(`${name} (`));
    if (!button || button.disabled) return null;
    button.scrollIntoView({block: "nearest"});
    const box = button.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
}"""
"Brings a button into sight, and says where its middle is."


class Hand:
    """A hand on the page's painter; places are shares of the picture's width and height."""

    def __init__(self, lab):
        self.lab, self.page = lab, lab.page
        self.stage = self.page.locator(STAGE)
        self.page.wait_for_selector(f"{STAGE}[data-ready=yes]")
        self.stage.scroll_into_view_if_needed()

    def at(self, x, y):
        box = self.stage.bounding_box()
        width, height = box["width"] - 2, box["height"] - 2
        scale = min(width / 16, height / 9)  # all of these pictures are 16:9, and lie in the middle
        return box["x"] + box["width"] / 2 + 16 * scale * (x - 0.5), box["y"] + box["height"] / 2 + 9 * scale * (
            y - 0.5
        )

    def stroke(self, *places, steps=10):
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=steps)
        self.page.mouse.up()

    def press(self, name):
        place = self.page.evaluate(BUTTON, name)
        assert place, f"there is no button {name!r} to be pressed"
        self.page.mouse.click(*place)
        self.stage.scroll_into_view_if_needed()

    def until_said(self, text):
        self.page.wait_for_function(
            "text => document.querySelector('.imgnb-paint-said').textContent.includes(text)", arg=text
        )

    def told(self, index=2):
        self.until_said("In the kernel")
        return self.now(index)

    def now(self, index=2):
        """What Python has, asked for without waiting for the page."""
        self.lab.run(index)
        assert len(self.lab.outputs(index)) == 1, self.lab.outputs(index)
        (output,) = self.lab.outputs(index)
        assert output["output_type"] == "stream", output
        return json.loads("".join(output["text"]))


@contextmanager
def painting(lab, name, kind="mask", width=1600, height=900, *more):
    notebook = lab.write(
        name, LOAD.format(width=width, height=height), SHOW.format(kind=kind), TELL, *more, settings='route = "local"'
    )
    lab.open(notebook)
    lab.run(0)
    lab.run(1)
    yield Hand(lab)


def violations(page):
    """What axe finds of a serious kind within the widget."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=".imgnb-frame").response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


def test_a_mask_painted_by_mouse_is_used(lab):
    """Painted on a 4K picture in a small window, it has the picture's exact size, is open where the mouse was, and an edit takes it."""
    lab.page.set_viewport_size({"width": 900, "height": 760})
    edit = "made = imgnb.edit('a red boat', base, mask=painter, size='1088x608')\nprint(made.inputs[1].asset == painter.mask)"
    with painting(lab, "painted", "mask", 3840, 2160, edit) as hand:
        lab.page.evaluate(
            "() => { window.frames4k = []; let last = performance.now(); window.watching = true;"
            " const look = (now) => { window.frames4k.push(now - last); last = now; if (window.watching) requestAnimationFrame(look); };"
            " requestAnimationFrame(look); }"
        )
        lab.page.get_by_label("Brush", exact=True).fill("200")
        hand.stroke((0.3, 0.3), (0.6, 0.35), (0.3, 0.45), (0.6, 0.5), (0.3, 0.6), steps=40)
        frames = lab.page.evaluate("() => { window.watching = false; return window.frames4k.slice(2); }")
        print(f"{len(frames)} frames, {1000 * len(frames) / sum(frames):.0f} a second, longest {max(frames):.0f} ms")

        told = hand.told()
        lab.run(3)

        assert told["size"] == [3840, 2160]
        left, top, right, bottom = told["open"]
        assert (left, right) == (pytest.approx(1152 - 100, abs=16), pytest.approx(2304 + 100, abs=16))
        assert (top, bottom) == (pytest.approx(648 - 100, abs=16), pytest.approx(1296 + 100, abs=16))
        assert told["soft"] == 0
        assert "True\n" in ["".join(output.get("text", "")) for output in lab.outputs(3)], lab.outputs(3)
        lab.screenshot("mask-painter-4k")


def test_each_tool_changes_the_mask(lab):
    """Rectangle, lasso, fill, eraser, invert, clear, undo and redo: after each the kernel has the mask that was seen."""
    with painting(lab, "tools") as hand:
        hand.press("Rectangle")
        hand.stroke((0.25, 0.25), (0.5, 0.5))
        rectangle = hand.told()
        hand.press("Invert")
        inverted = hand.told()
        lab.page.keyboard.press("Shift+Tab")
        hand.stage.focus()
        lab.page.keyboard.press("Control+z")
        undone = hand.told()
        hand.stage.focus()
        lab.page.keyboard.press("Control+Shift+Z")
        redone = hand.told()
        hand.press("Undo")
        hand.press("Eraser")
        lab.page.get_by_label("Brush", exact=True).fill("60")
        hand.stroke((0.2, 0.375), (0.55, 0.375))
        erased = hand.told()
        hand.press("Clear")
        hand.press("Lasso")
        hand.stroke((0.6, 0.2), (0.9, 0.2), (0.75, 0.8))
        lasso = hand.told()
        hand.press("Clear")
        hand.press("Brush")
        lab.page.get_by_label("Brush", exact=True).fill("10")
        hand.stroke((0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6), (0.3, 0.29))
        outline = hand.told()
        hand.press("Fill")
        lab.page.mouse.click(*hand.at(0.45, 0.45))
        filled = hand.told()
        lab.page.mouse.click(*hand.at(0.45, 0.45))
        lab.page.get_by_text("There is nothing to fill here").wait_for()
        lab.page.get_by_label("Feather", exact=True).fill("40")
        lab.screenshot("mask-painter-tools")
        lab.until("() => document.querySelector('.imgnb-paint-over').style.filter.startsWith('blur')")

    assert rectangle["open"] == pytest.approx([400, 225, 800, 450], abs=3)
    assert rectangle["share"] == pytest.approx(1 / 16, abs=0.002)
    assert inverted["share"] == pytest.approx(15 / 16, abs=0.002)
    assert undone == rectangle
    assert redone == inverted
    assert erased["share"] == pytest.approx(1 / 16 * (225 - 60) / 225, abs=0.004)
    assert lasso["share"] == pytest.approx(0.3 * 0.6 / 2, abs=0.004)
    assert outline["share"] < 0.02
    assert filled["share"] == pytest.approx(0.09, abs=0.01)
    assert filled["open"] == pytest.approx(outline["open"], abs=2)


def test_keys_paint_too(lab):
    """By keys alone: the brush and a rectangle's corners; what the pen does is said."""
    with painting(lab, "keys") as hand:
        hand.stage.focus()
        keys = lab.page.keyboard
        keys.press("r")
        for _ in range(3):
            keys.press("Shift+ArrowLeft")
        keys.press("Enter")
        lab.page.get_by_text("Pen down, at").wait_for()
        for _ in range(4):
            keys.press("Shift+ArrowRight")
        for _ in range(2):
            keys.press("Shift+ArrowDown")
        keys.press("Space")
        rectangle = hand.told()
        hand.stage.focus()
        keys.press("Control+z")
        keys.press("b")
        before = lab.page.get_by_label("Brush", exact=True).input_value()
        keys.press("]")
        assert int(lab.page.get_by_label("Brush", exact=True).input_value()) > int(before)
        keys.press("Space")
        for _ in range(5):
            keys.press("Shift+ArrowRight")
        keys.press("+")
        lab.screenshot("mask-painter-keys")
        keys.press("Enter")
        brush = hand.told()

    left, top, right, bottom = rectangle["open"]
    assert rectangle["share"] == pytest.approx((right - left) * (bottom - top) / (1600 * 900), abs=0.001)
    assert (right - left) == pytest.approx(2 * (bottom - top), abs=4)
    assert brush["open"][2] - brush["open"][0] > brush["open"][3] - brush["open"][1]


POINTERS = """events => {
    const stage = document.querySelector('.imgnb-stage');
    const box = stage.getBoundingClientRect();
    stage.setPointerCapture = () => {};
    for (const [type, x, y, more] of events) {
        stage.dispatchEvent(new PointerEvent(type, {bubbles: true, cancelable: true, pointerId: 7, buttons: 1,
            clientX: box.left + box.width * x, clientY: box.top + box.height * y, ...more}));
    }
}"""


def test_a_cell_that_is_run_at_once_has_the_stroke(lab):
    """Nothing is waited for: a stroke just done, one that keys left unfinished, and one while Python sets a mask count."""
    slow = "import threading\nthreading.Timer(0.1, lambda: painter.set('box:0,0,50%,100%')).start()"
    with painting(lab, "at-once", "mask", 1600, 900, slow) as hand:
        hand.press("Rectangle")
        hand.stroke((0.25, 0.25), (0.5, 0.5))
        by_mouse = hand.now()
        hand.stage.focus()
        keys = lab.page.keyboard
        for key in ("Shift+ArrowRight", "Space", *["Shift+ArrowRight"] * 3, *["Shift+ArrowDown"] * 3, "Tab"):
            keys.press(key)
        by_keys = hand.now()
        hand.press("Brush")
        lab.page.get_by_label("Brush", exact=True).fill("60")
        lab.page.mouse.move(*hand.at(0.7, 0.7))
        lab.page.mouse.down()
        lab.page.mouse.move(*hand.at(0.75, 0.7), steps=3)
        lab.run(3)
        lab.until("() => document.querySelector('.imgnb-paint-said').textContent.startsWith('50 %')")
        lab.page.mouse.move(*hand.at(0.8, 0.7), steps=3)
        lab.page.mouse.up()
        together = hand.told()

    assert by_mouse["share"] == pytest.approx(1 / 16, abs=0.002)
    assert by_keys["share"] > by_mouse["share"]
    assert together["open"] == pytest.approx([0, 0, 1280 + 30, 900], abs=4)
    assert 0.507 < together["share"] < 0.53


def test_what_could_not_be_sent_is_not_stored(lab):
    """It is said, Keep stores nothing, and once it works the newest drawing goes; keys work with a button in focus."""
    with painting(lab, "unsent") as hand:
        hand.press("Rectangle")
        hand.stroke((0.25, 0.25), (0.5, 0.5))
        hand.told()
        lab.page.evaluate(
            "() => { window.toBlob = HTMLCanvasElement.prototype.toBlob; HTMLCanvasElement.prototype.toBlob = (f) => f(null); }"
        )
        hand.stroke((0.5, 0.5), (0.75, 0.75))
        hand.until_said("Not sent")
        hand.press("Keep in the library")
        lab.page.get_by_text("The drawing could not be read").wait_for()
        hand.until_said("Not sent")
        lab.page.evaluate("() => { HTMLCanvasElement.prototype.toBlob = window.toBlob; }")
        hand.press("Keep in the library")
        hand.until_said("Kept in the library as @")
        both = hand.now()
        hand.press("Zoom in")
        scale = "() => document.querySelector('.imgnb-stage').getBoundingClientRect().width"
        zoomed, wide = float(hand.stage.get_attribute("data-scale")), lab.page.evaluate(scale)
        lab.page.set_viewport_size({"width": 900, "height": 760})
        lab.until(f"before => ({scale})() < before", wide)
        assert float(hand.stage.get_attribute("data-scale")) > zoomed > 1
        lab.page.get_by_role("button", name="Lasso").focus()
        lab.page.keyboard.press("Control+z")
        one = hand.told()

    assert both["share"] == pytest.approx(2 / 16, abs=0.003)
    assert one["share"] == pytest.approx(1 / 16, abs=0.002)


def test_python_and_the_page_both_set_the_feather(lab):
    """After the page has set it, Python's feather is the one that counts, and a stroke does not take it away."""
    with painting(lab, "feather", "mask", 1600, 900, "painter.feather = 60", "print(painter.feather)") as hand:
        lab.page.get_by_label("Feather", exact=True).fill("40")
        lab.until("() => document.querySelector('.imgnb-paint-over').style.filter.startsWith('blur')")
        lab.page.keyboard.press("Tab")
        lab.run(3)
        lab.until("() => [...document.querySelectorAll('.imgnb-slider output')].some(e => e.textContent === '60 px')")
        hand.press("Rectangle")
        hand.stroke((-0.003, 0.5), (0.5, 1.02))
        hand.told()
        lab.run(4)
        lab.screenshot("mask-painter-feather")
        (feather,) = lab.outputs(4)

    assert "".join(feather["text"]).strip() == "60"


def test_fingers_and_pens_paint(lab):
    """A finger paints, a second one moves the picture instead; a pen's pressure is its width, its other end erases."""
    finger, other = {"pointerType": "touch"}, {"pointerType": "touch", "pointerId": 8}
    hard, soft = ({"pointerType": "pen", "pressure": press} for press in (1, 0.1))
    end = {"pointerType": "pen", "pressure": 0.5, "button": 5, "buttons": 32}

    def line(y, more):
        places = [("pointerdown", 0.3), ("pointermove", 0.5), ("pointermove", 0.7), ("pointerup", 0.7)]
        return [[type, x, y, more] for type, x in places]

    with painting(lab, "fingers") as hand:

        def do(*events):
            lab.page.evaluate(POINTERS, list(events))

        def height():
            told = hand.told()
            return told["open"][3] - told["open"][1]

        do(*line(0.5, finger))
        by_finger = height()
        do(["pointerdown", 0.3, 0.2, finger], ["pointermove", 0.4, 0.2, finger], ["pointerdown", 0.7, 0.2, other])
        do(["pointermove", 0.8, 0.2, other], ["pointerup", 0.8, 0.2, other], ["pointerup", 0.4, 0.2, finger])
        scale = lab.page.evaluate("() => document.querySelector('.imgnb-stage').dataset.scale")
        after_pinch = height()
        hand.press("Show all of it")
        hand.press("Clear")
        do(*line(0.5, hard))
        by_pressing = height()
        hand.press("Clear")
        do(*line(0.5, soft))
        by_stroking = height()
        hand.press("Clear")
        do(*line(0.5, finger))
        share = hand.told()["share"]
        do(["pointerdown", 0.5, 0.5, end], ["pointermove", 0.52, 0.5, end], ["pointerup", 0.52, 0.5, end])
        rest = hand.told()["share"]

    assert after_pinch == by_finger
    assert float(scale) > 1.1
    assert by_pressing > 1.5 * by_finger > 3 * by_stroking
    assert rest < share


def test_a_reload_and_a_second_display_go_on(lab):
    """The mask is there after the page was loaded anew and in a second display; what Python does is seen, and can be undone."""
    second = "painter"
    python = "painter.set('box:0,0,50%,100%')"
    with painting(lab, "reload", "mask", 1600, 900, second, python) as hand:
        hand.press("Rectangle")
        hand.stroke((0.25, 0.25), (0.5, 0.5))
        before = hand.told()
        lab.run(3)
        seen = "() => document.querySelectorAll('.imgnb-stage[data-ready=yes]').length === 2"
        lab.until(seen)
        lab.command("docmanager:save")
        lab.load("reload/reload.ipynb")
        lab.until("() => here && here.context && here.context.path === 'reload/reload.ipynb'")
        lab.until(
            "() => { const s = here.sessionContext.session; return s && s.kernel && s.kernel.status === 'idle'; }"
        )
        lab.page.wait_for_selector(f"{STAGE}[data-ready=yes]")
        hand = Hand(lab) if lab.page.locator(STAGE).count() == 1 else first(lab)
        floor = lab.page.get_by_role("button", name="Undo").first.is_disabled()
        hand.press("Brush")
        lab.page.get_by_label("Brush", exact=True).first.fill("40")
        hand.stroke((0.7, 0.7), (0.8, 0.7))
        after = hand.told()
        lab.run(4)
        lab.run(2)
        (half,) = lab.outputs(2)
        hand.press("Undo")
        undone = hand.told()

    assert floor, "undo takes away what was there before the page"
    assert after["share"] > before["share"]
    assert after["open"][:2] == before["open"][:2]
    assert json.loads("".join(half["text"]))["share"] == 0.5
    assert undone == after


def first(lab):
    hand = object.__new__(Hand)
    hand.lab, hand.page, hand.stage = lab, lab.page, lab.page.locator(STAGE).first
    hand.stage.scroll_into_view_if_needed()
    return hand


def test_markup_is_drawn(dark):
    """Strokes, an arrow, shapes and words in their colours, on transparency and of the exact size; dark and narrow, nothing hides."""
    tell = "mark = painter.markup.image\nprint(json.dumps(dict(size=mark.size, mode=mark.mode,"
    tell += " box=mark.getchannel('A').getbbox(), blue=mark.getpixel((800, 225)), none=mark.getpixel((20, 880)))))"
    with painting(dark, "markup", "markup", 1600, 900, tell) as hand:
        page = dark.page
        hand.press("Blue")
        hand.press("Arrow")
        hand.stroke((0.3, 0.25), (0.6, 0.25))
        hand.press("Red")
        hand.press("Ellipse")
        hand.stroke((0.1, 0.15), (0.4, 0.7))
        hand.press("Pen")
        hand.stroke((0.6, 0.7), (0.7, 0.6), (0.8, 0.75))
        hand.press("Text")
        page.mouse.click(*hand.at(0.5, 0.4))
        page.get_by_text("Type the text first.").wait_for()
        page.get_by_label("Text", exact=True).fill("mehr Licht · 更多 · أكثر <b>")
        page.mouse.click(*hand.at(0.4, 0.8))
        page.mouse.click(*hand.at(0.97, 0.97))  # shifted to where all of it is seen
        told = hand.told(3)
        dark.screenshot("markup-painter-dark")
        page.get_by_label("Text size", exact=True).fill("400")
        page.mouse.click(*hand.at(0.1, 0.1))
        page.get_by_text("The text is larger than the picture").wait_for()
        hand.press("Undo")
        serious = violations(page)
        page.set_viewport_size({"width": 700, "height": 900})
        hand.stage.scroll_into_view_if_needed()
        page.wait_for_function(
            "() => [...document.querySelectorAll('.imgnb-frame button, .imgnb-stage')]"
            ".every(e => e.getBoundingClientRect().right <= 700)"
        )
        dark.screenshot("markup-painter-narrow")
        hand.press("Keep in the library")
        hand.until_said("Kept in the library as @")

    assert told["size"] == [1600, 900]
    assert told["mode"] == "RGBA"
    assert told["blue"] == [0x17, 0x69, 0xE0, 255]
    assert told["none"] == [0, 0, 0, 0]
    assert told["box"][3] > 700
    assert serious == []


def test_the_painter_is_accessible_and_light_in_the_notebook(lab):
    """Nothing serious by axe; the saved notebook has the twin and no other bytes, and shows it without a kernel."""
    with painting(lab, "light") as hand:
        hand.press("Rectangle")
        hand.stroke((0.25, 0.25), (0.5, 0.5))
        hand.told()
        serious = violations(lab.page)
        lab.run(2)
        notebook = lab.root / "light" / "light.ipynb"
        lab.saved(notebook)
        size = notebook.stat().st_size
        lab.close()
        lab.open(notebook, kernel=False)
        lab.until("() => cells[1].node.querySelector('img')")
        lab.screenshot("mask-painter-twin")

    assert serious == []
    assert size < 300_000
