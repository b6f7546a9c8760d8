"""How deep HTML is, before a parser builds it: one takes minutes for what is nested without end.

Nothing is parsed here. Tags are counted in passes over the text, and more are held for open than a browser would: a tag
opens wherever it stands, and ends one only where it can be no attribute, comment or style, and where a browser would end it.
"""

from __future__ import annotations

import re

FEW = 1_000
"Tags that are no matter, however they nest."

DEEPEST = 400
"Elements within elements: what people write has dozens."

MOST_FORMATS = 2_000_000
"Formats that a parser would open again, which it does at tag after tag."

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_HIDING = re.compile(
    r"(?P<comment><!--)|(?P<cdata><!\[CDATA\[)|(?P<raw><(?:style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>]))"
    r"|(?P<rest><(?:script|plaintext|noscript)(?=[\s/>]))|(?P<quoted>=\s*[\"'])|(?P<tag><(?:/?[a-z]|/[^a-z]|[!?]))",
    re.IGNORECASE,
)
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_ENDED = {"p", "caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"}
"Elements of which the next one ends the last, so that they are nested by others only."

_ITEMS = ({"li"}, {"dt", "dd"})
_BLOCKS = {"ul", "ol", "dl", "div", "blockquote", "section", "article", "details", "figure"}
_FORMATS = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_MISNESTED = 8


def too_deep(html: str) -> bool:
    """Whether this may be nested deeper than anybody writes, so that to parse it may take minutes."""
    if html.count("<") <= FEW:
        return False
    open_: list[str] = []
    formats = work = 0
    until = _hidden(html)
    for match in _TAG.finditer(html):
        name = match[2].lower()
        work += formats
        if name in _VOID or name in _ENDED:
            pass
        elif not match[1]:
            formats += name in _FORMATS
            _open(open_, name)
        elif until[match.start()] == 0 and _ends(open_, name):
            formats -= name in _FORMATS
        if len(open_) > DEEPEST or work > MOST_FORMATS:
            return True
    return False


def _hidden(html: str) -> bytearray:
    """For each character, 1 where a tag that begins there may be no tag: within another, a comment, or what is no HTML."""
    hidden = bytearray(len(html) + 1)
    done = 0
    lower = html.lower() if len(html.lower()) == len(html) else html
    ends: dict[str, int] = {}

    def find(wanted: str, at: int) -> int:
        """Where it is next, each stretch of the text looked through once."""
        if not at <= ends.get(wanted, -1):
            found = lower.find(wanted, at)
            ends[wanted] = len(html) if found < 0 else found
        return ends[wanted]

    for match in _HIDING.finditer(lower):
        at = match.end()
        kind = match.lastgroup
        if kind == "comment":
            end = find("-->", at)
        elif kind == "cdata":
            end = find("]]>", at)
        elif kind == "raw":
            end = find(f"</{match[0][1:]}", at)
        elif kind == "rest":
            end = len(html)
        elif kind == "quoted":
            end = find(">", min(len(html), find(match[0][-1], at) + 1))
        else:
            end = find(">", at)
        begin = max(done, match.start() + 1)
        if end > begin:
            hidden[begin:end] = b"\1" * (end - begin)
            done = end
    return hidden


def _open(open_: list[str], name: str) -> None:
    for items in _ITEMS:
        if name in items and open_ and open_[-1] in items:
            open_[-1] = name
            return
    open_.append(name)


def _ends(open_: list[str], name: str) -> bool:
    """Take the element that this ends from those that are open: the last one, a list with its last item, or a format."""
    at = len(open_) - 1
    while name in _BLOCKS and at > 0 and open_[at] in ("li", "dt", "dd"):
        at -= 1
    if at >= 0 and open_[at] == name:
        del open_[at:]
        return True
    for back in range(2, min(_MISNESTED, len(open_)) + 1 if name in _FORMATS else 0):
        if open_[1 - back] not in _FORMATS:
            break
        if open_[-back] == name:
            del open_[-back]
            return True
    return False
