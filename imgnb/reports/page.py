"""A notebook as one page for people: self-contained, accessible, without code that runs or anything that is fetched.

It shows what the notebook shows: pictures by the hashes in its outputs, at the size of print, from the library.
Nothing is run, and no provider is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .._version import __version__
from ..display.notebook_file import facts_of, source_of
from ..errors import RequestInvalid
from ..pictures import Preview
from ..pictures.bundle import alt_text, plain_line
from ..records.figures import name_of, no_figure, refs_in
from ..records.wording import one_line
from .appendix import Appendix
from .blocks import Block, Drawn, alt_of, markup, of_embedded, of_preview, tags_of, without_lines
from .cleaning import PREFIX
from .embedding import resolver
from .figures import Shown, appendix_place, figures_of, named_twice, numbers_of, text_of
from .illustrations import Progress, illustrations
from .others import code_html, error_html, highlighting, rich_html, stream_html
from .page_notebook import notebook_of, whole
from .prose import Prose
from .rows import entries_of, rows

if TYPE_CHECKING:
    from markupsafe import Markup

    from ..library import Library

Code = Literal["folded", "hidden", "shown"]
CODES: tuple[Code, ...] = ("folded", "hidden", "shown")

STYLES = ("default", "github-dark")
"Colours of code, in a light page and in a dark one."

_LANG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class Wishes:
    """How a report is to look."""

    code: Code = "folded"
    title: str = ""
    appendix: bool = True
    lang: str = "en"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise RequestInvalid(f"code is {self.code!r}", hint=f"use {', '.join(CODES)}", param="code")
        if not _LANG.fullmatch(self.lang):
            raise RequestInvalid(f"lang is {self.lang!r}", hint="use a code such as en, de or pt-BR", param="lang")


@dataclass(frozen=True)
class Page:
    """A report: its HTML, and what is to be said of it."""

    title: str
    html: str = field(repr=False)
    figures: tuple[Shown, ...]
    pictures: int
    missing: tuple[str, ...]
    "Hashes of the pictures that the library does not have."
    notes: tuple[str, ...]


def page(path: Path, library: Library, wishes: Wishes | None = None, progress: Progress | None = None) -> Page:
    """The report of this notebook. `progress` is told how many of how many pictures are ready.

    Raises NotebookInvalid, and ConfigInvalid where the extra `report` is not installed.
    """
    notebook = notebook_of(path)
    making = _Making(path, notebook, library, wishes or Wishes())
    return making.page(progress or (lambda done, of: None))


class _Making:
    """One report as it is made."""

    def __init__(self, path: Path, notebook: Mapping[str, Any], library: Library, wishes: Wishes) -> None:
        self._path, self._notebook, self._wishes = path, notebook, wishes
        self._notes: dict[str, None] = {}
        self._shown = figures_of(notebook, library)
        self._numbers = numbers_of(self._shown)
        self._prose = Prose(self._numbers, self._note, titled=bool(wishes.title))
        for sentence in named_twice(self._shown):
            self._note(sentence)
        self._appendix_at = appendix_place(notebook)
        self._missing: dict[str, None] = {}
        self._pictures: Mapping[str, Preview] = {}

    def page(self, progress: Progress) -> Page:
        assets = [asset for one in self._shown.values() if not one.is_sheet for asset in one.assets if asset]
        self._pictures = illustrations(assets, progress)
        headings = self._prose.headings
        blocks = [block for number, cell in enumerate(self._notebook["cells"]) for block in self._cell(number, cell)]
        title = whole(self._wishes.title or headings.title or self._path.stem)
        appendix = Appendix(entries_of(self._shown.values()) if self._wishes.appendix else ())
        html = _template().render(
            title=title,
            heading=title if self._wishes.title or not headings.has_top else "",
            lang=self._wishes.lang,
            blocks=[self._linked(block, bool(appendix)) for block in blocks],
            code=self._wishes.code,
            rows=rows(appendix),
            placed=any(block.kind == "appendix" for block in blocks),
            total=appendix.total_told,
            notes=self._notes,
            name=whole(self._path.name),
            version=__version__,
            prefix=PREFIX,
            light=markup(highlighting(STYLES[0])),
            dark=markup(highlighting(STYLES[1])),
        )
        count = len({sha256 for one in self._shown.values() for sha256 in one.hashes})
        return Page(title, html, tuple(self._shown.values()), count, tuple(self._missing), tuple(self._notes))

    def _note(self, sentence: str) -> None:
        self._notes[one_line(sentence, 400)] = None

    def _linked(self, block: Block, appendix: bool) -> Block:
        """The block, its links within the page led to what the page has."""
        if block.html is None or block.kind not in ("prose", "output"):
            return block
        anchors = {f"{PREFIX}figure-{one.number}" for one in self._shown.values() if one.number}
        anchors |= {f"{PREFIX}content"} | ({f"{PREFIX}appendix"} if appendix else set())
        return replace(block, html=markup(self._prose.headings.linked(block.html, anchors, self._note)))

    def _cell(self, number: int, cell: Mapping[str, Any]) -> Iterator[Block]:
        tags = tags_of(cell)
        if "remove-cell" in tags:
            return
        if cell.get("cell_type") == "markdown":
            picture = resolver(self._path.parent, cell, self._note)
            yield Block("prose", markup(self._prose.html(source_of(cell), picture)))
        if cell.get("cell_type") != "code":
            return
        if self._wishes.code != "hidden" and "remove-input" not in tags and source_of(cell).strip():
            yield Block("code", markup(code_html(source_of(cell), self._language)))
        if "remove-output" not in tags:
            yield from self._outputs(number, cell)

    @property
    def _language(self) -> str:
        metadata = self._notebook.get("metadata")
        told = metadata.get("language_info") if isinstance(metadata, dict) else None
        name = told.get("name") if isinstance(told, dict) else None
        return name if isinstance(name, str) else "python"

    def _outputs(self, number: int, cell: Mapping[str, Any]) -> Iterator[Block]:
        captions = 0
        for place, output in enumerate(cell.get("outputs", ())):
            shown = self._shown.get((number, place))
            if shown is not None:
                captions += bool(shown.number)
                yield self._figure(shown)
            elif output.get("output_type") == "stream":
                text, captions = without_lines(text_of(output, "text"), captions)
                if html := stream_html(text):
                    yield Block("messages" if output.get("name") == "stderr" else "output", markup(html))
            elif output.get("output_type") == "error":
                yield Block("error", markup(error_html(output)))
            elif self._wishes.appendix and "appendix" in facts_of(output):
                if (number, place) == self._appendix_at:
                    yield Block("appendix")
            else:
                picture = resolver(self._path.parent, cell, self._note)
                if html := rich_html(output, self._prose, alt_of(cell, output), picture):
                    yield Block("output", markup(html))

    def _figure(self, shown: Shown) -> Block:
        anchor = f"{PREFIX}figure-{shown.number}" if shown.number and shown.first else ""
        return Block("figure", None, tuple(self._drawn(shown)), shown.number, anchor, self._caption(shown))

    def _drawn(self, shown: Shown) -> Iterator[Drawn]:
        gone = [sha256 for sha256 in shown.hashes if sha256 not in self._pictures]
        if gone and not shown.is_sheet:
            for sha256 in gone:
                self._missing[sha256] = None
                self._note(f"@{sha256[:12]} is not in the library: the notebook's own preview is shown")
        if not gone and not shown.is_sheet:
            for place, sha256 in enumerate(shown.hashes, 1):
                several = f" ({place} of {len(shown.hashes)})" if len(shown.hashes) > 1 else ""
                yield of_preview(self._pictures[sha256], alt_text(shown.alt) + several)
        elif shown.embedded and (drawn := of_embedded(shown.embedded, alt_text(shown.alt))):
            yield drawn
        else:
            self._note(f"@{shown.hashes[0][:12]} cannot be shown: the notebook has no preview of it either")

    def _caption(self, shown: Shown) -> Markup | None:
        """The caption, escaped, with links to the figures that it refers to."""
        from markupsafe import Markup, escape

        caption, at = plain_line(shown.presentation.caption), 0
        pieces: list[Markup] = []
        for match in refs_in(caption):
            pieces += [escape(caption[at : match.start()]), self._link(name_of(match))]
            at = match.end()
        return Markup("").join([*pieces, escape(caption[at:])]) if caption else None

    def _link(self, name: str) -> Markup:
        from markupsafe import Markup

        if name in self._numbers:
            number = self._numbers[name]
            return Markup('<a href="#{}figure-{}">Figure {}</a>').format(PREFIX, number, number)
        self._note(no_figure(name, self._numbers))
        return Markup("[no figure {}]").format(name)


def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("imgnb.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
