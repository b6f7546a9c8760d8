"""The cells of an HTML table, as pandas writes them: spans, captions, and the colours that a Styler gives by id.

This is no browser. Whatever else stands in a cell is text, and what a cell's own tags do is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

Rules = dict[str, str]
'What CSS says of a cell: "color", "background-color", "font-weight", "text-align".'

_HEARD = ("color", "background-color", "font-weight", "text-align")
_LEFT_OUT = ("row_trim", "col_trim")
"A Styler's classes for the cells that only say that there would be more."

_ID = re.compile(r"#[\w-]+")

_MOST_ROWS, _MOST_CELLS, _MOST_TEXT = 200, 200, 2000
"Far beyond what is drawn: text that pretends to be rows or cells costs no more than this."


@dataclass
class Cell:
    """One cell, as wide and high as it says."""

    text: str = ""
    is_heading: bool = False
    in_head: bool = False
    across: int = 1
    down: int = 1
    rules: Rules = field(default_factory=dict)


@dataclass
class Table:
    """Rows of cells, each standing where it was written: what spans from the row above is not repeated."""

    rows: list[list[Cell]] = field(default_factory=list)
    caption: str = ""


def parsed(html: str) -> Table:
    """Return the first table of the HTML, styled as the style blocks in front of it say of each cell's id."""
    style, start, _ = html.partition("<table")
    reader = _Reader(_rules(style) if start else {})
    reader.feed(html[len(style) :])
    reader.close()
    reader.table.rows = [row for row in reader.table.rows if row]
    return reader.table


class _Reader(HTMLParser):
    """Collects the cells of one table; tags within them are passed over."""

    def __init__(self, rules: dict[str, Rules]) -> None:
        super().__init__()
        self.table = Table()
        self._rules = rules
        self._in_head = False
        self._cell: Cell | None = None
        self._in_caption = False

    def set_cdata_mode(self, *_: object, **__: object) -> None:
        """No tag makes the rest raw text: a cell that says <script> would swallow the rows after it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "thead":
            self._in_head = True
        elif tag == "tbody":
            self._in_head = False
        elif tag == "tr" and len(self.table.rows) < _MOST_ROWS:
            self.table.rows.append([])
        elif tag in ("td", "th"):
            self._begin(tag, {name: value or "" for name, value in attrs})
        elif tag == "caption":
            self._in_caption = True
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = None
        elif tag == "caption":
            self._in_caption = False

    def handle_data(self, data: str) -> None:
        if self._in_caption:
            self.table.caption = (self.table.caption + data)[:_MOST_TEXT]
        elif self._cell is not None:
            self._cell.text = (self._cell.text + data)[:_MOST_TEXT]

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        self._cell = None
        rows = self.table.rows
        if not rows or len(rows[-1]) >= _MOST_CELLS or set(attrs.get("class", "").split()) & set(_LEFT_OUT):
            return
        rules = self._rules.get(attrs.get("id", ""), {}) | _declared(attrs.get("style", ""))
        across, down = _span(attrs.get("colspan")), _span(attrs.get("rowspan"))
        self._cell = Cell("", tag == "th", self._in_head, across, down, rules)
        rows[-1].append(self._cell)


def _span(text: str | None) -> int:
    return min(int(text), _MOST_CELLS) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1


def _rules(style: str) -> dict[str, Rules]:
    """What the style blocks say of each id; later rules win, and selectors of anything else are passed over."""
    found: dict[str, Rules] = {}
    # Split, not searched with one pattern: that would take forever over what is no CSS.
    for block in style.partition(">")[2].split("}"):
        selectors, _, body = block.partition("{")
        declared = _declared(body)
        for selector in selectors.split(",") if declared else ():
            if _ID.fullmatch(name := selector.strip()):
                found[name[1:]] = found.get(name[1:], {}) | declared
    return found


def _declared(body: str) -> Rules:
    pairs = (line.partition(":") for line in body.split(";"))
    cleaned = ((name.strip().lower(), value.replace("!important", "").strip()) for name, _, value in pairs)
    return {name: value for name, value in cleaned if name in _HEARD and value}
