"""The headings, ids and links of a page, over all of its parts: one first heading, no id twice, no link to nowhere.

It reads what was cleaned, in which every tag is written in the same way and every `<` of a text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import unquote

from .cleaning import PREFIX

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_ID = re.compile(r'\sid="([^"]*)"')
_HREF = re.compile(r'\shref="#([^"]*)"')
_TOP = ("", "top")


class Headings:
    """Sees each part of a page in turn; `titled` pages have their first heading already."""

    def __init__(self, titled: bool) -> None:
        self._tops = 1 if titled else 0
        self._down = 0
        self._top: str | None = None
        self._first: str | None = None
        self._ids: set[str] = set()

    @property
    def title(self) -> str | None:
        """The text of the first heading of the first level, else of the first."""
        return self._top or self._first

    @property
    def has_top(self) -> bool:
        """Whether the parts have the page's first heading."""
        return self._top is not None

    def placed(self, html: str) -> str:
        """A part of the text: after the first heading of the first level, a second one and all below it go down."""
        open_: list[tuple[int, bool, int]] = []

        def said(match: re.Match[str]) -> str:
            ended, name, attributes = match[1], match[2], self._own(match[3])
            if not re.fullmatch("h[1-6]", name):
                return f"<{ended}{name}{attributes}>"
            if not ended:
                open_.append((*self._level(int(name[1])), match.end()))
                return f"<h{open_[-1][0]}{attributes}>"
            level, top, begun = open_.pop() if open_ else (6, False, match.start())
            self._call(_text(html[begun : match.start()]), top)
            return f"</h{level}>"

        return _TAG.sub(said, html)

    def below(self, html: str) -> str:
        """A part that is an output: all of its headings go down, and none is the page's."""

        def said(match: re.Match[str]) -> str:
            name = match[2]
            if re.fullmatch("h[1-6]", name):
                name = f"h{min(6, int(name[1]) + 1)}"
            return f"<{match[1]}{name}{self._own(match[3])}>"

        return _TAG.sub(said, html)

    def linked(self, html: str, anchors: set[str], note: Callable[[str], object]) -> str:
        """A part whose links lead somewhere, when all parts have been seen; `anchors` are the page's own."""
        there = self._ids | anchors

        def said(match: re.Match[str]) -> str:
            found = _HREF.search(match[3]) if match[2] == "a" else None
            if found is None or (wanted := unescape(found[1])) in there or unquote(wanted) in there:
                return match[0]
            new = f' href="#{PREFIX}content"' if wanted in _TOP else ""
            if not new:
                note(f"a link leads to #{wanted[:80]}, which the page does not have")
            return f"<a{match[3][: found.start()]}{new}{match[3][found.end() :]}>"

        return _TAG.sub(said, html)

    def _level(self, level: int) -> tuple[int, bool]:
        top = level == 1 and not self._tops
        if level == 1:
            self._down = min(1, self._tops)
            self._tops += 1
        return min(6, level + self._down), top

    def _call(self, text: str, top: bool) -> None:
        self._first = self._first or text or None
        if top:
            self._top = text or self._first or ""

    def _own(self, attributes: str) -> str:
        """The attributes with an id that no other element has."""

        def said(match: re.Match[str]) -> str:
            base = name = "-".join(unescape(match[1]).split()) or "section"
            number = 1
            while name in self._ids:
                name, number = f"{base}-{number}", number + 1
            self._ids.add(name)
            return f' id="{escape(name, quote=True)}"'

        return _ID.sub(said, attributes)


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())
