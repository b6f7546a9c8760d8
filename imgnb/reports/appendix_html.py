"""An appendix as the HTML that a notebook keeps: inline styles and embedded thumbnails, nothing else.

It is what is left of HTML in a notebook that is not trusted, and takes the colours of whatever page it stands on. Prompts
are hostile: escaped, set apart from the direction of the text around, and kept from being typeset as formulas.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from ..pictures import Preview
from ..pictures.bundle import alt_text
from ..records.figures import figure_line

if TYPE_CHECKING:
    from .appendix import Appendix, Entry

SHOWN = 80
"CSS pixels that a thumbnail may be wide and high: half of what it has, so that it is crisp on a dense screen."

_RULE = "border:0;border-top:1px solid rgba(128,128,128,.45)"
_CELL = f"{_RULE};padding:8px 10px;text-align:left;vertical-align:top;white-space:normal;overflow-wrap:anywhere"
_SMALL = "font-size:85%;opacity:.85"


def appendix_html(appendix: Appendix) -> str:
    """A table with a row for each generation and a last row with the costs."""
    heads = "".join(f'<th scope="col" style="{_CELL};border-top:0">{name}</th>' for name in _HEADS)
    rows = "".join(map(_row, appendix))
    total = f'<tr><td colspan="3" style="{_CELL}"><b>Total:</b> {escape(appendix.total_told)}</td></tr>'
    table = f"<table {_TABLE}><thead><tr>{heads}</tr></thead><tbody>{rows}{total}</tbody></table>"
    return f'<div class="mathjax_ignore tex2jax_ignore">{table}</div>'


_HEADS = ("Picture", "Made of", "Cost")
_TABLE = 'style="border-collapse:collapse;width:100%;max-width:960px;margin:0;table-layout:auto"'


def picture_html(thumb: Preview | None, alt: str, shown: int = SHOWN) -> str:
    """A thumbnail with its alternative text; words where there is none."""
    if thumb is None:
        return "<span>no preview</span>"
    scale = min(1.0, shown / max(thumb.width, thumb.height))
    width, height = (max(1, round(side * scale)) for side in (thumb.width, thumb.height))
    source = f"data:{thumb.media_type};base64,{b64encode(thumb.data).decode('ascii')}"
    size = f'width="{width}" height="{height}"'
    return f'<img src="{source}" alt="{escape(alt_text(alt), quote=True)}" {size} style="width:{width}px;height:{height}px;max-width:none;margin:0 4px 4px 0">'


def _row(entry: Entry) -> str:
    shown = "".join(picture_html(thumb, entry.alt) for thumb in entry.thumbs)
    made = [f"<bdi>{escape(entry.prompt, quote=True)}</bdi>", f'<span style="{_SMALL}">{_told(entry)}</span>']
    if entry.number:
        line = figure_line(entry.number, "")
        made.insert(0, f"<b>{line}</b>")
    hashes = " ".join(f"<code>{sha256}</code>" for sha256 in entry.hashes)
    made.append(f'<span style="{_SMALL}">{hashes}</span>')
    cells = (shown, "<br>".join(made), escape(entry.cost_told, quote=True))
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _told(entry: Entry) -> str:
    params = (f"{name} {value}" for name, value in entry.params)
    take = f"take {entry.take}" if (entry.take or 1) > 1 else ""
    return _joined((entry.model, f"by {entry.route}" if entry.route else "", *params, take))


def _joined(words: Iterable[str]) -> str:
    return " · ".join(f"<bdi>{escape(word, quote=True)}</bdi>" for word in words if word)
