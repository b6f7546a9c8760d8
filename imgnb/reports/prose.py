"""A notebook's Markdown as HTML, with formulas as MathML and references to figures as links.

Markdown is markdown-it-py's (CommonMark with tables), formulas are latex2mathml's; what cannot be read stays as it was
written. All of it is cleaned afterwards: Markdown may hold any HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ..errors import ConfigInvalid
from ..records.figures import name_of, refs_in
from .cleaning import PREFIX, Resolve, cleaned

LONGEST_FORMULA = 5_000


class Prose:
    """Turns the Markdown of one report into HTML; raises ConfigInvalid where the extra `report` is not installed."""

    def __init__(self, numbers: Mapping[str, int], unknown: Callable[[str], object]) -> None:
        self._numbers = numbers
        self._unknown = unknown
        self._ids: set[str] = set()
        self._down = 0
        self.title: str | None = None
        "The text of the first heading."
        self.has_top = False
        "Whether a heading of the first level was met."
        self._markdown = _markdown()

    def html(self, text: str, picture: Resolve, *, down: int = 0) -> str:
        """The HTML of this Markdown; headings go `down` levels."""
        tokens = self._markdown.parse(text)
        for number, token in enumerate(tokens):
            if token.type == "heading_open":
                self._head(token, tokens[number + 1], down)
            elif token.type == "heading_close":
                token.tag = _lower(token.tag, down)
            elif token.type == "inline":
                token.children = self._linked(token.children or [])
        rendered = self._markdown.renderer.render(tokens, self._markdown.options, {})
        return cleaned(rendered, picture, heading=lambda one: one)

    def _head(self, token: Any, inline: Any, down: int) -> None:
        text = "".join(child.content for child in inline.children or [] if child.type in ("text", "code_inline"))
        self.title = self.title or text.strip() or None
        self.has_top = self.has_top or token.tag == "h1"
        token.tag = _lower(token.tag, down)
        base = "-".join(text.split()) or "section"
        base = f"-{base}" if base.startswith(PREFIX) else base
        name, number = base, 1
        while name in self._ids:
            name, number = f"{base}-{number}", number + 1
        self._ids.add(name)
        token.attrSet("id", name)

    def _linked(self, children: list[Any]) -> list[Any]:
        return [piece for child in children for piece in (self._pieces(child) if child.type == "text" else [child])]

    def _pieces(self, child: Any) -> list[Any]:
        """A piece of text as it is, or cut where it refers to figures."""
        found: list[Any] = []
        at = 0
        for match in refs_in(child.content):
            found += [_token("text", child.content[at : match.start()]), self._link(name_of(match))]
            at = match.end()
        return [*found, _token("text", child.content[at:])] if found else [child]

    def _link(self, name: str) -> Any:
        if name in self._numbers:
            number = self._numbers[name]
            return _token("html_inline", f'<a href="#{PREFIX}figure-{number}">Figure {number}</a>')
        self._unknown(name)
        return _token("text", f"[no figure {name}]")


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
    markdown.use(amsmath_plugin, renderer=lambda tex: formula(tex, block=True))
    return markdown


def _dollar_first(state: Any) -> None:
    """Let a formula begin a text that ends with a digit: the plugin looks before the first letter, and finds the last."""
    for token in state.tokens:
        if token.type == "inline" and token.content[:1] == "$" and token.content[-1:].isdigit():
            token.content += "\n"


def _token(kind: str, content: str) -> Any:
    from markdown_it.token import Token

    return Token(kind, "", 0, content=content)


def _lower(tag: str, down: int) -> str:
    return f"h{min(6, int(tag[1:]) + down)}"
