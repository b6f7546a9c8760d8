"""The parts that a page is made of, as its template takes them."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..display.notebook_file import source_of
from ..errors import ProtocolBroken
from ..pictures import Preview
from ..pictures.probe import probe
from .cleaning import picture_url
from .illustrations import shown_size

if TYPE_CHECKING:
    from markupsafe import Markup

_FIGURE_LINE = re.compile(r"^Figure \d+(?:: .*)?$\n?", re.MULTILINE)
_FIG_ALT = re.compile(r"""^#\|\s*fig-alt:\s*["']?(.+?)["']?\s*$""", re.MULTILINE)


@dataclass(frozen=True)
class Drawn:
    """A picture on the page: its address, its alternative text, and CSS pixels."""

    url: str = field(repr=False)
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Block:
    """A part of the page: "prose", "code", "output", "messages", "error" or "figure"."""

    kind: str
    html: Markup | None = field(default=None, repr=False)
    pictures: tuple[Drawn, ...] = ()
    number: int | None = None
    anchor: str = ""
    caption: Markup | None = None


def markup(html: str) -> Markup:
    """HTML that is clean, as the template takes it."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704 - made by `cleaned`, or escaped


def of_preview(picture: Preview, alt: str) -> Drawn:
    """A picture from the library."""
    url = f"data:{picture.media_type};base64,{b64encode(picture.data).decode('ascii')}"
    return Drawn(url, alt, *shown_size(picture.width, picture.height))


def of_embedded(embedded: tuple[str, str], alt: str) -> Drawn | None:
    """The picture that the notebook itself holds; None for what is none."""
    kind, text = embedded
    try:
        found = probe(b64decode(text))
    except (ValueError, ProtocolBroken):
        return None
    url = picture_url(kind, text)
    return Drawn(url, alt, *shown_size(found.width, found.height)) if url else None


def tags_of(cell: Mapping[str, Any]) -> frozenset[str]:
    """The cell's tags, such as `remove-input`, as nbconvert and Jupyter Book read them."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return (
        frozenset(tag.replace("_", "-") for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else frozenset()
    )


def alt_of(cell: Mapping[str, Any], output: Mapping[str, Any]) -> str:
    """What to say of another's picture: what its metadata or the cell's `#| fig-alt:` say, else that it is one."""
    for told in output.get("metadata", {}).values():
        if isinstance(told, dict) and isinstance(told.get("alt"), str):
            return str(told["alt"])
    found = _FIG_ALT.search(source_of(cell)[:10_000])
    return found[1] if found else "Output of the cell"


def without_lines(text: str, captions: int) -> tuple[str, int]:
    """Printed text without the lines of so many figures, whose captions stand below them; and how many are left."""
    text, taken = _FIGURE_LINE.subn("", text, count=captions) if captions else (text, 0)
    return text, captions - taken
