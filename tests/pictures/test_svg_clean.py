"""What is left of a stranger's SVG draws, and does nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from imgnb.errors import ProtocolBroken
from imgnb.pictures.svg_clean import DEEPEST, MOST_USES, clean

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'


def cleaned(inside: str) -> str:
    found = clean(f"{OPEN}{inside}</svg>".encode()).decode()
    ElementTree.fromstring(found)
    return found


def test_a_drawing_is_kept():
    """Shapes, texts, gradients, copies and what points into the same file."""
    drawing = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient><path id="p" d="M0 0L9 9"/></defs>'
        '<rect width="9" height="9" style="fill:url(#g);opacity:.5"/><use xlink:href="#p" x="1"/><text>a &amp; b &lt;c&gt;</text>'
    )

    found = cleaned(drawing)

    for part in ("linearGradient", 'style="fill:url(#g);opacity:.5"', '<use href="#p" x="1">', "a &amp; b &lt;c&gt;"):
        assert part in found


@pytest.mark.parametrize(
    "evil",
    [
        "<script>evil()</script>",
        '<rect onclick="evil()"/>',
        '<a href="javascript:evil()"><rect/></a>',
        '<image href="http://evil/"/>',
        '<use href="http://evil/#a"/>',
        '<use xlink:href="data:image/svg+xml,evil"/>',
        '<rect fill="url(http://evil/)"/>',
        '<rect style="fill:url( &quot;//evil&quot;)"/>',
        '<rect style="fill:u\\72l(//evil)"/>',
        '<rect style="background:image-set(&quot;evil&quot;)"/>',
        "<style>@import '//evil'</style>",
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml" onload="evil()"/></foreignObject>',
        '<animate attributeName="href" to="javascript:evil()"/>',
        '<set attributeName="onload" to="evil()"/>',
        '<evil:script xmlns:evil="http://www.w3.org/1999/xhtml">evil()</evil:script>',
        '<script xmlns="http://www.w3.org/1999/xhtml">evil()</script>',
        '<handler type="evil"/>',
        "<?xml-stylesheet href='//evil'?>",
        "<!-- evil -->",
        '<feImage href="//evil"/>',
        '<rect xml:base="//evil/"/>',
        "<text><tspan><script>evil()</script></tspan></text>",
    ],
)
def test_what_does_more_than_draw_is_left_out(evil):
    """Scripts, links, what is fetched, other languages, and what changes the others."""
    found = cleaned(f"{evil}<circle r='1'/>")

    assert "evil" not in found
    assert "circle" in found


def test_copies_of_copies_are_left_out():
    """Thirty lines that double each time would be a billion shapes."""
    levels = "".join(f'<g id="g{n + 1}"><use href="#g{n}"/><use href="#g{n}"/></g>' for n in range(30))

    found = cleaned(f'<rect id="g0" width="1" height="1"/>{levels}<use href="#g30"/>')

    assert found.count("<use") == 1


def test_copies_are_counted():
    """However simple, there is an end to them."""
    assert cleaned('<path id="p"/>' + '<use href="#p"/>' * (MOST_USES + 9)).count("<use") == MOST_USES


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"not xml",
        b"<svg",
        b"<html><svg/></html>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
        b'<!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]><svg/>',
        OPEN.encode() + b"<g>" * (DEEPEST + 1) + b"</g>" * (DEEPEST + 1) + b"</svg>",
        b'<?xml version="1.0" encoding="nonsense"?><svg/>',
        OPEN.encode() + b"\xff\xfe</svg>",
    ],
)
def test_what_cannot_be_read_is_refused(broken):
    """Nothing half clean comes out."""
    with pytest.raises(ProtocolBroken):
        clean(broken)


def test_a_plain_document_type_is_no_harm():
    """Matplotlib and Inkscape write one; it is not followed."""
    kind = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://evil/svg11.dtd">'

    found = clean(kind + OPEN.encode() + b"<rect/></svg>")

    assert b"<rect>" in found
    assert b"evil" not in found
