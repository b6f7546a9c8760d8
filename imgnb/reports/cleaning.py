"""HTML of strangers made harmless: what a report keeps of it is tables, words, formulas and embedded pictures.

The cleaning is nh3's (the parser of a browser, and an allowlist). The page's own policy, which lets nothing run or be
fetched, stands behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

PREFIX = "imgnb-"
"Ids that begin so are the page's own; no heading or link of the notebook makes one."

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_MATH = {
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mpadded", "mphantom", "menclose", "mmultiscripts", "mprescripts",
}  # fmt: skip
_TAGS = {
    "a", "abbr", "b", "bdi", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "div",
    "dl", "dt", "em", "figcaption", "figure", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp",
    "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
} | _HEADINGS | _MATH  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "title", "lang", "dir", "id"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "scope", "align"},
    "ol": {"start", "type"},
    "details": {"open"},
    "math": {"display"},
    **{
        name: {"mathvariant", "stretchy", "fence", "form", "lspace", "rspace", "width", "displaystyle", "scriptlevel"}
        for name in _MATH - {"math"}
    },
}
_STYLES = {
    "color", "background-color", "font-weight", "font-style", "text-align", "text-decoration", "vertical-align", "white-space", "width",
    "max-width", "border", "border-collapse", "padding", "font-size", "font-family",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "data", "attachment"}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
_SCROLLS = 'class="scroll" tabindex="0"'
_DISPLAYED = re.compile(r'<math[^>]*display="block".*?</math>', re.DOTALL)
_IMG = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)\s*>')

NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
"A transparent pixel: what stands where a picture is not embedded, whose alternative text is then shown beside it."

Resolve = Callable[[str], str | None]
"Gives a picture's address as a data: URL; None where it cannot be embedded."


def cleaned(html: str, picture: Resolve, *, ids: bool = False) -> str:
    """The HTML without all that runs, fetches or restyles the page; `picture` embeds pictures, `ids` may stay.

    Tables and formulas stand in boxes that scroll, by keys too, so that a wide one does not widen the page.
    """
    import nh3

    def filtered(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            found = value if _PICTURE.fullmatch(value) else picture(value)
            return found if found is not None else NOTHING
        if name == "href" and value.strip().lower().startswith(("data:", "attachment:")):
            return None
        if name == "href" and value.startswith("#") and not value.startswith(f"#{PREFIX}"):
            return value.replace("%20", "-")
        if name == "id":
            return value if ids and value and not value.startswith(PREFIX) else None
        return value

    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=filtered,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
    )
    clean = _IMG.sub(_described, clean)
    clean = _DISPLAYED.sub(rf"<span {_SCROLLS}>\g<0></span>", clean)
    return clean.replace("<table", f"<div {_SCROLLS}><table").replace("</table>", "</table></div>")


def says_something(html: str) -> bool:
    """Whether cleaned HTML has words or pictures: what a script would have drawn has none."""
    return "<img" in html or bool(re.sub(r"<[^>]*>|&nbsp;|\s", "", html))


def picture_url(media_type: str, base64: str) -> str | None:
    """A picture as a data: URL; None where it is none that a page shows."""
    url = f"data:{media_type};base64,{''.join(base64.split())}"
    return url if _PICTURE.fullmatch(url) else None


def _described(match: re.Match[str]) -> str:
    """The picture with an alternative text, which may be none; the words in place of one that is not embedded."""
    attributes = match[1]
    found = re.search(r'\salt="([^"]*)"', attributes)
    if NOTHING in attributes or "src=" not in attributes:
        return f'<span class="gone">[picture: {found[1] if found and found[1] else "not embedded"}]</span>'
    return f"<img{attributes}>" if found else f'<img alt=""{attributes}>'


def text_html(text: str, longest: int) -> str:
    """Text as preformatted HTML; of more than `longest` characters, the beginning, and how much is left out."""
    more = f"\n… {len(text) - longest:,} more characters" if len(text) > longest else ""
    return f'<pre tabindex="0">{escape(text[:longest], quote=False)}{more}</pre>'
