"""Steps of a painter: back, forth, and on from the last point."""

from __future__ import annotations

import pytest

from imgnb.widgets import pages

from .test_painters import painting

DIGEST = """import hashlib
print(json.dumps(dict(digest=hashlib.sha256(painter.mask.image.tobytes()).hexdigest(), share=round(painter.coverage, 6))))"""


def test_undo_on_4k_brings_back_exactly_the_mask_before(lab):
    """In Python too, pixel by pixel: from a canvas that was kept, and from before there was one."""
    with painting(lab, "undo-4k", "mask", 3840, 2160, DIGEST) as hand:
        before = []
        for number in range(14):
            y = 0.1 + 0.055 * number
            hand.stroke((0.1, y), (0.2 + 0.05 * number, y + 0.03), steps=4)
            if number > 10:
                before.append(hand.told(3))
        after = []
        for _ in range(2):
            hand.press("Undo")
            after.append(hand.told(3))
        for _ in range(2):
            hand.press("Redo")
        last = hand.told(3)

    assert len({told["digest"] for told in before}) == 3
    assert after == before[-2::-1]
    assert last == before[-1]


DRAWN = """async text => {
    const url = URL.createObjectURL(new Blob([text], {type: 'text/javascript'}));
    const { Drawing } = await import(url);
    const drawing = new Drawing(3840, 2160);
    const pixels = () => {
        const data = new Uint32Array(drawing.context.getImageData(0, 0, 3840, 2160).data.buffer);
        let sum = 0;
        for (let at = 0; at < data.length; at += 1) sum = (Math.imul(sum, 31) + data[at]) | 0;
        return sum;
    };
    const sums = [];
    let most = 0;
    for (let at = 0; at < 120; at += 1) {
        const [x, y] = [(at * 977) % 3800, (at * 619) % 2100];
        drawing.add({does: at % 7 ? 'stroke' : 'area', colour: '#ff40b4', width: 90, erase: at % 5 === 4,
            points: [[x, y, 90], [3800 - x, y / 2, 90]]});
        if (at % 10 === 9) sums[at] = pixels();
        most = Math.max(most, drawing.kept.length);
    }
    const wrong = [];
    for (let at = 119; at >= 0; at -= 1) {
        if (sums[at] !== undefined && pixels() !== sums[at]) wrong.push(at);
        drawing.undo();
        most = Math.max(most, drawing.kept.length);
    }
    return {wrong, most, different: new Set(sums.filter((sum) => sum !== undefined)).size, empty: pixels()};
}"""


def test_many_steps_on_4k_keep_four_canvases(browser):
    """However many steps are done and undone, at most four full-size canvases are kept, and each step back is exact."""
    page = browser.new_page()
    try:
        found = page.evaluate(DRAWN, pages.esm("drawing"))
    finally:
        page.close()

    assert found == {"wrong": [], "most": 4, "different": 12, "empty": 0}


def test_shift_and_click_goes_on_from_the_last_point(lab):
    """A straight line from where the last stroke ended; after Undo, Clear or another tool's step there is no such point."""
    with painting(lab, "straight") as hand:
        keys = lab.page.keyboard

        def click(*place):
            keys.down("Shift")
            lab.page.mouse.click(*hand.at(*place))
            keys.up("Shift")
            return hand.told()

        lab.page.get_by_label("Brush", exact=True).fill("40")
        alone = click(0.2, 0.2)
        line = click(0.6, 0.2)
        corner = click(0.6, 0.7)
        lab.screenshot("mask-painter-straight")
        hand.press("Undo")
        hand.told()
        undone = click(0.9, 0.9)
        hand.press("Clear")
        cleared = click(0.5, 0.5)
        hand.stage.focus()
        for _ in range(5):
            keys.press("Shift+ArrowRight")
        keys.press("Shift+Enter")
        keys.press("Enter")
        by_keys = hand.told()

    assert alone["open"] == pytest.approx([300, 160, 340, 200], abs=3)
    assert line["open"] == pytest.approx([300, 160, 980, 200], abs=3)
    assert line["share"] == pytest.approx((640 * 40 + 1257) / (1600 * 900), rel=0.03)
    assert corner["open"] == pytest.approx([300, 160, 980, 650], abs=3)
    assert undone["share"] == pytest.approx(line["share"] + alone["share"], rel=0.03)
    assert cleared["open"] == pytest.approx([780, 430, 820, 470], abs=3)
    assert by_keys["open"][1:] == pytest.approx([430, by_keys["open"][2], 470], abs=5)
    assert by_keys["open"][2] > 900
