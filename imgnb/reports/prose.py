"""A notebook's Markdown as HTML, with formulas as MathML and references to figures as links.

Markdown is markdown-it-py's (CommonMark with tables), formulas are latex2mathml's; what cannot be read stays as it was
written. All of it is cleaned afterwards: Markdown may hold any HTML.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ..errors import ConfigInvalid
from ..records.figures import REFERENCE, name_of, no_figure, with_refs
from .cleaning import PREFIX, Resolve, cleaned, text_html
from .cleaning_depth import too_deep
from .prose_headings import Headings

LONGEST_FORMULA = 5_000
LONGEST_WRITTEN = 20_000
"Characters of a text that is shown as it was written."

REF = "figure_reference"


class Prose:
    """Turns the Markdown of one report into HTML; raises ConfigInvalid where the extra `report` is not installed.

    `note` is told of what is not as it was meant.
    """

    def __init__(self, numbers: Mapping[str, int], note: Callable[[str], object], *, titled: bool = False) -> None:
        self._numbers = numbers
        self.note = note
        self.headings = Headings(titled)
        self._markdown = _markdown()

    def html(self, text: str, picture: Resolve, *, output: bool = False) -> str:
        """The HTML of this Markdown; in an `output`, its headings stand below those of the text."""
        tokens = self._markdown.parse(text)
        for number, token in enumerate(tokens):
            if token.type == "heading_open":
                self._head(token, tokens[number + 1])
            elif token.type == "html_block":
                token.content = self._within(token.content)
            elif token.type == "inline":
                token.children = self._linked(token.children or [])
        rendered = self._markdown.renderer.render(tokens, self._markdown.options, {})
        if too_deep(rendered):
            self.note("a text is nested too deeply, and is shown as it was written")
            return text_html(text, LONGEST_WRITTEN)
        clean = cleaned(rendered, picture, ids=True)
        return self.headings.below(clean) if output else self.headings.placed(clean)

    def _head(self, token: Any, inline: Any) -> None:
        said = {"text": lambda one: one.content, "code_inline": lambda one: one.content, REF: self._said}
        text = "".join(said[child.type](child) for child in inline.children or [] if child.type in said)
        base = "-".join(text.split()) or "section"
        token.attrSet("id", f"-{base}" if base.startswith(PREFIX) else base)

    def _linked(self, children: list[Any]) -> list[Any]:
        """The pieces of a text with references as links, which within a link or a picture's words are words."""
        found, links = [], 0
        for child in children:
            links += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type == REF:
                child = _token("text", self._said(child)) if links else _token("html_inline", self._link(child.content))
            elif child.type == "html_inline":
                child.content = self._within(child.content)
            elif child.type == "image":
                child.children = [
                    _token("text", self._said(one)) if one.type == REF else one for one in child.children or []
                ]
            found.append(child)
        return found

    def _within(self, html: str) -> str:
        """HTML that was written by hand, with references: as links between its tags, as words in them."""
        pieces = re.split(r"(<[^>]*>)", html)
        words = [with_refs(piece, self._numbers, self._unknown) for piece in pieces[1::2]]
        texts = [REFERENCE.sub(lambda match: self._link(name_of(match)), piece) for piece in pieces[::2]]
        return "".join(itertools.chain(*itertools.zip_longest(texts, words, fillvalue="")))

    def _said(self, token: Any) -> str:
        return self._figure(token.content) or f"[no figure {token.content}]"

    def _link(self, name: str) -> str:
        if words := self._figure(name):
            return f'<a href="#{PREFIX}figure-{self._numbers[name]}">{words}</a>'
        return escape(f"[no figure {name}]")

    def _figure(self, name: str) -> str:
        if name in self._numbers:
            return f"Figure {self._numbers[name]}"
        self._unknown(name)
        return ""

    def _unknown(self, name: str) -> None:
        self.note(no_figure(name, self._numbers))


def formula(tex: str, *, block: bool = False) -> str:
    """A formula as MathML; as it was written where it cannot be read."""
    from latex2mathml.converter import convert

    written = f"<code>{escape(tex.strip())}</code>"
    if len(tex) > LONGEST_FORMULA:
        return written
    try:
        return str(convert(tex.strip(), display="block" if block else "inline"))
    except Exception:  # it has no error of its own for what it cannot read
        return written


def _markdown() -> Any:
    try:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.amsmath import amsmath_plugin
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    except ImportError as exc:
        raise ConfigInvalid(f"a report needs {exc.name}", hint="pip install 'imgnb[report]'") from exc
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    markdown.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        double_inline=True,
        renderer=lambda tex, how: formula(tex, block=bool(how.get("display_mode"))),
    )
    markdown.core.ruler.before("inline", "dollar_first", _dollar_first)
    markdown.inline.ruler.before("escape", REF, _reference)
    markdown.use(amsmath_plugin, renderer=lambda tex: formula(tex, block=True))
    return markdown


def _dollar_first(state: Any) -> None:
    """Let a formula begin a text that ends with a digit: the plugin looks before the first letter, and finds the last."""
    for token in state.tokens:
        if token.type == "inline" and token.content[:1] == "$" and token.content[-1:].isdigit():
            token.content += "\n"


def _reference(state: Any, silent: bool) -> bool:
    """A reference as a piece of its own, before what is in its name is taken for emphasis."""
    match = REFERENCE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push(REF, "", 0).content = name_of(match)
    state.pos = match.end()
    return True


def _token(kind: str, content: str) -> Any:
    from markdown_it.token import Token

    return Token(kind, "", 0, content=content)
