"""Code and outputs that are not imgnb's, as HTML: text, tables, plots, errors; anybody's, and of any size."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from html import escape
from typing import Any

from ..pictures.probe import probe
from .cleaning import Resolve, cleaned, picture_url, says_something, text_html
from .cleaning_depth import too_deep
from .figures import text_of
from .illustrations import shown_size
from .prose import Prose, formula

LONGEST_TEXT = 20_000
"Characters of an output, or of code, that a page shows."

LONGEST_HTML = 2_000_000
LONGEST_PICTURE = 20_000_000
"Characters of a picture's base64."

_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/gif")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?|[\x00-\x08\x0b-\x1f\x7f]", re.DOTALL)
_WIDGET = "application/vnd.jupyter.widget-view+json"


def stream_html(text: str) -> str:
    """What was printed."""
    plain = _ANSI.sub("", text.replace("\r\n", "\n")).strip("\n")
    return text_html(plain, LONGEST_TEXT) if plain.strip() else ""


def error_html(output: Mapping[str, Any]) -> str:
    """An error: its name and message, and folded how it came to it."""
    name, message = (str(output.get(key, "")) for key in ("ename", "evalue"))
    lines = output.get("traceback")
    trace = "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
    told = f"<p><strong>{escape(_clean(name))}</strong>: <bdi>{escape(_clean(message)[:LONGEST_TEXT])}</bdi></p>"
    if not trace.strip():
        return told
    return f"{told}<details><summary>Traceback</summary>{stream_html(trace)}</details>"


def rich_html(output: Mapping[str, Any], prose: Prose, alt: str, picture: Resolve) -> str:
    """The richest form of an output that a page without scripts can show; nothing for a widget."""
    bundle = output.get("data")
    if text_of(bundle, "text/plain") and isinstance(bundle, dict) and _WIDGET in bundle and len(bundle) <= 2:
        return ""
    if html := _html(text_of(bundle, "text/html"), prose, picture):
        return html
    for kind in _PICTURES:
        if shown := _picture(kind, text_of(bundle, kind), alt):
            return shown
    if text := text_of(bundle, "text/markdown"):
        return prose.html(text[:LONGEST_TEXT], picture, output=True)
    if text := text_of(bundle, "text/latex"):
        return cleaned(f"<p>{formula(text.strip().strip('$'), block=True)}</p>", picture)
    return stream_html(text_of(bundle, "text/plain"))


def code_html(source: str, language: str) -> str:
    """Code with its syntax marked; a magic of imgnb is text."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if len(source) > LONGEST_TEXT or source.lstrip().startswith("%%"):
        return text_html(source, LONGEST_TEXT)
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return text_html(source, LONGEST_TEXT)
    marked = str(highlight(source, lexer, HtmlFormatter(nowrap=True)))
    return f'<pre class="code" tabindex="0">{marked.rstrip()}</pre>'


def highlighting(style: str) -> str:
    """The style sheet of marked code."""
    from pygments.formatters import HtmlFormatter

    return str(HtmlFormatter(style=style).get_style_defs(".code"))


def _html(html: str, prose: Prose, picture: Resolve) -> str:
    if not html or len(html) > LONGEST_HTML or "<script" in html.lower():  # what a script draws, it draws elsewhere too
        return ""
    if too_deep(html):
        prose.note("HTML of an output is nested too deeply, and is left out")
        return ""
    clean = prose.headings.below(cleaned(html, picture))
    return clean if says_something(clean) else ""


def _picture(kind: str, text: str, alt: str) -> str:
    if not text or len(text) > LONGEST_PICTURE:
        return ""
    from base64 import b64encode

    data = text.encode() if kind == "image/svg+xml" else None
    url = picture_url(kind, b64encode(data).decode() if data else text)
    if url is None:
        return ""
    try:
        found = probe(data or b64decode(text), foreign=True)
    except Exception:  # a browser may know it all the same
        return f'<img src="{url}" alt="{escape(alt, quote=True)}">'
    width, height = shown_size(found.width, found.height)
    return f'<img src="{url}" alt="{escape(alt, quote=True)}" width="{width}" height="{height}">'


def _clean(text: str) -> str:
    return _ANSI.sub("", text)
