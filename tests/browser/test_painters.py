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
STAGE = ".imgnb-stage"


class Hand:
    """A hand on the page's painter; places are shares of the picture's width and height."""

    def __init__(self, lab):
        self.lab, self.page = lab, lab.page
        self.stage = self.page.locator(STAGE)
        self.page.wait_for_selector(f"{STAGE}[data-ready=yes]")
        self.stage.scroll_into_view_if_needed()

    def at(self, x, y):
        box = self.stage.bounding_box()
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    def stroke(self, *places, steps=10):
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=steps)
        self.page.mouse.up()

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def until_said(self, text):
        self.page.wait_for_function(
            "text => document.querySelector('.imgnb-paint-said').textContent.includes(text)", arg=text
        )

    def told(self, index=2):
        self.until_said("Kept in the notebook")
        self.lab.run(index)
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
    edit = "made = imgnb.edit('a red boat', base, mask=painter, size='1024x576')\nprint(made.inputs[1].asset == painter.mask)"
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
        for found, expected in zip(told["open"], (0.3, 0.3, 0.6, 0.6), strict=True):
            side = 3840 if expected in (told["open"][0], told["open"][2]) else None
            assert found > 0, side
        left, top, right, bottom = told["open"]
        assert (left, right) == (pytest.approx(1152 - 100, abs=16), pytest.approx(2304 + 100, abs=16))
        assert (top, bottom) == (pytest.approx(648 - 100, abs=16), pytest.approx(1296 + 100, abs=16))
        assert told["soft"] == 0
        assert "".join(lab.outputs(3)[-1]["text"]).strip() == "True"
        lab.screenshot("mask-painter-4k")
        assert sum(frames) / len(frames) < 1000 / 30
