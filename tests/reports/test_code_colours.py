"""Marked code can be read by people who see contrasts badly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pygments.styles import get_style_by_name

import imgnb.reports.page as page

CSS = Path(page.__file__).with_name("templates") / "report.css"
PANELS = re.findall(r"--panel: #([0-9a-f]{6})", CSS.read_text(encoding="utf-8"))


def light_of(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((light_of(one), light_of(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("style", "panel"), list(zip(page.STYLES, PANELS, strict=True)), ids=page.STYLES)
def test_each_colour_stands_out_from_its_ground(style, panel):
    """By 4.5 to 1, as WCAG asks; white space is not read."""
    colours = {
        str(kind): rules["color"]
        for kind, rules in get_style_by_name(style)
        if rules["color"] and not str(kind).endswith("Whitespace")
    }

    assert {kind: colour for kind, colour in colours.items() if contrast(colour, panel) < 4.5} == {}
