"""What is left of a stranger's SVG draws, and does nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from imgnb.errors import ProtocolBroken
from imgnb.pictures.svg_clean import MOST_USES, clean
from imgnb.pictures.svg_survey import DEEPEST

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
    ("kind", "named"),
    [
        ("pattern", "fill"),
        ("mask", "mask"),
        ("marker", "marker-mid"),
        ("clipPath", "clip-path"),
        ("filter", "filter"),
    ],
)
@pytest.mark.parametrize(
    "level",
    [
        '<{kind} id="p{n}"><rect {named}="url(#p{m})"/><rect {named}="url(#p{m})"/></{kind}>',
        '<{kind} id="p{n}"><rect style="{named}:url( \'#p{m}\')"/><rect style="{named}:url(#p{m})"/></{kind}>',
        '<g {named}="url(#p{m})"><{kind} id="p{n}"><rect/><rect/></{kind}></g>',
        '<rect id="r{n}" {named}="url(#p{m})"/><{kind} id="p{n}"><use href="#r{n}"/><use href="#r{n}"/></{kind}>',
        '<style>.c{n}{{{named}:url(#p{m})}}</style><{kind} id="p{n}"><rect class="c{n}"/><rect class="c{n}"/></{kind}>',
    ],
    ids=["attribute", "style", "inherited", "copied", "class"],
)
def test_what_is_drawn_again_draws_nothing_again(kind, named, level):
    """Patterns of patterns, however one leads to the next, double each time as copies of copies do."""
    levels = "".join(level.format(kind=kind, named=named, n=n, m=n + 1) for n in range(40))

    found = cleaned(f'{levels}<rect {named}="url(#p0)"/>')

    assert found.count("url(") == 1
    assert f'{named}="url(#p0)"' in found


@pytest.mark.parametrize(
    "value",
    ["url(#p1", "url(#p%31)", "url(#p1 )url(", "var(--p)", "inherit", "context-fill", "URL(&#10;'#p1)", "url(#p\\31)"],
)
def test_what_points_in_another_way_is_left_out(value):
    """Nothing unclosed, encoded or taken from elsewhere: what cannot be read plainly may mean anything."""
    assert "stroke" not in cleaned(f'<pattern id="p1"/><rect stroke="{value}"/><rect style="stroke:{value}"/>')


@pytest.mark.parametrize(
    ("large", "again"),
    [
        ('<g id="a">{many}</g>', '<use href="#a"/>'),
        ('<pattern id="a">{many}</pattern>', '<rect fill="url(#a)"/>'),
        ('<pattern id="b">{many}</pattern><pattern id="a" href="#b"/>', '<rect fill="url(#a)"/>'),
        ('<g id="b">{many}</g><mask id="a"><use href="#b"/></mask>', '<g style="mask:url(#a)"><rect/></g>'),
        ('<pattern id="b">{many}</pattern><rect id="a" fill="url(#b)"/>', '<use href="#a"/>'),
        (
            '<style>.c{{fill:url(#b)}}</style><pattern id="b">{many}</pattern><rect id="a" class="c"/>',
            '<use href="#a"/>',
        ),
        ('<g id="a">{many}</g>' * 2, '<use href="#a"/>'),
    ],
    ids=["copy", "pattern", "pattern of another", "mask with a copy", "copy with a pattern", "class", "the same id"],
)
def test_copies_are_counted_by_what_they_copy(large, again):
    """A few bytes that draw a large part again and again are left out beyond a limit; a small part may be."""
    many, few = '<path d="M0 0L9 9"/>' * 5000, '<path d="M0 0L9 9"/>' * 3

    def count(content: str) -> int:
        found = cleaned(large.format(many=content) + again * 900)
        return found.count("<use") + found.count("url(#a)")

    assert count(few) >= 900
    assert count(many) < 500


def test_what_is_inherited_counts_for_all_that_inherit():
    """One reference on a group is one for each shape in it, and a marker is one for each corner."""
    part = "<circle/>" * 5000
    marker, pattern = f'<marker id="m">{part}</marker>', f'<pattern id="p">{part}</pattern>'

    corners = cleaned(f'{marker}<path marker-mid="url(#m)" d="{"h1" * 5000}"/>')
    shapes = cleaned(f'{pattern}<g fill="url(#p)">{"<rect/>" * 5000}</g>')

    assert "url(" not in corners + shapes
    assert "url(#m)" in cleaned(f'{marker}<path marker-mid="url(#m)" d="M0 0L1 1L2 2"/>')


def test_colours_of_classes_are_the_elements_own():
    """Simple rules of a style sheet stay, in its order and before the element's own style; others do not."""
    sheet = "<style>/* x */.a, .b{fill:#fc0;stroke:url(http://evil)} .b {stroke:red;} g .a{fill:evil} rect{fill:evil}</style>"

    found = cleaned(f'{sheet}<rect class="b a"/><rect class="a" style="fill:blue"/><rect class="c"/>')

    assert '<rect class="b a" style="fill:#fc0;fill:#fc0;stroke:red">' in found
    assert '<rect class="a" style="fill:#fc0;fill:blue">' in found
    assert '<rect class="c">' in found
    assert "evil" not in found


def test_a_style_sheet_does_not_grow():
    """What many elements are told by one rule is told only so often."""
    sheet = f"<style>.a{{font-family:{'x' * 9000}}}</style>"

    assert len(cleaned(sheet + '<rect class="a"/>' * 5000)) < 4_000_000


@pytest.mark.parametrize("sheet", ["a" * 60_000, "/*" * 30_000, "{" * 60_000, ".a," * 20_000 + "{b:c}", "x" * 10**6])
def test_nonsense_for_a_style_sheet_costs_nothing(sheet):
    """However it is filled, it is read once, from its beginning to its end."""
    assert "<rect" in cleaned(f'<style>{sheet}</style><rect class="a"/>')


def test_two_addresses_are_one():
    """An attribute that came in two spellings is written once: twice is no XML."""
    assert cleaned('<path id="a"/><use href="#a" xlink:href="#a"/>').count("href") == 1


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
