"""What stands in a cell once its run has ended: the picture, and below it the figure's line and what was said.

A running cell shows it; `restore` and `repair` write the same into the file, as *Run All* would have left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..config import Embed
from ..pictures import bundle, bundle_of, strip
from ..records.figures import Figures, Presentation
from .figure_line import figure_told
from .notebook_file import magic_of, shown_in, source_of
from .presenting import only_tells, presentation_in

WORDS = 10_000
"Characters of an answer that a cell shows; the rest is in `generation.text`."

MimeBundle = tuple[dict[str, Any], dict[str, Any]]


def final_bundle(generation: Any, presentation: Presentation, *, alt: str, embed: Embed) -> MimeBundle:
    """The picture that stays in the notebook; for an answer in words, a strip that says so."""
    facts = {"stage": "final", **generation.facts, **presentation.facts}
    if generation.assets:
        return bundle(generation.assets, alt=alt, facts=facts, embed=embed)
    shown = strip("answered in words", "note", alpha=generation.params.get("background") == "transparent")
    return bundle_of(shown, alt=alt, facts=facts)


def words_told(generation: Any) -> Iterator[tuple[str, str]]:
    """What the main model said, as a stream and its text."""
    if text := generation.text:
        more = f"\n… {len(text) - WORDS:,} more characters are in generation.text" if len(text) > WORDS else ""
        yield "stdout", text[:WORDS] + more


def notes_told(generation: Any) -> Iterator[tuple[str, str]]:
    """What came or was done otherwise than asked, as a magic says it."""
    for sentence in (*generation.notes, *generation.mismatches):
        yield "stderr", f"imgnb: {sentence}"


class Ended:
    """The outputs of a notebook's cells, as *Run All* leaves them; to be asked in the order of the cells.

    That is the order in which figures are numbered. How a cell in Python presents its pictures only its outputs say.
    """

    def __init__(self, embed: Embed = "preview") -> None:
        self._embed: Embed = embed
        self._figures = Figures()

    def passed(self, name: str, cell: Mapping[str, Any]) -> None:
        """Count the figures of a cell that stays as it is."""
        shown = [(Presentation.of(facts), str(facts.get("generation", ""))) for facts in shown_in(cell)]
        if not shown and magic_of(cell) is not None and not only_tells(cell):
            shown = [(presentation_in(cell), "")]
        for presentation, generation in shown:
            if presentation.numbered:
                self._figures.add(presentation, generation, cell=name, run=name)

    def outputs(
        self, name: str, cell: Mapping[str, Any], generation: Any, presentation: Presentation
    ) -> list[dict[str, Any]]:
        """The outputs that show this generation in this cell; what its streams say already is not said again."""
        alt = presentation.alt or generation.prompt
        data, metadata = final_bundle(generation, presentation, alt=alt, embed=self._embed)
        shown = {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata)}
        return [shown, *_streams(cell, self._told(name, cell, generation, presentation))]

    def _told(
        self, name: str, cell: Mapping[str, Any], generation: Any, presentation: Presentation
    ) -> Iterator[tuple[str, str]]:
        if generation.assets and presentation.numbered:
            yield from figure_told(self._figures, presentation, generation.id, cell=name, run=name)
        yield from words_told(generation)
        if magic_of(cell) is not None:
            yield from notes_told(generation)


def _streams(cell: Mapping[str, Any], told: Iterator[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """What is told, a stream for each name, as a kernel flushes them."""
    texts: dict[str, str] = {}
    for name, text in told:
        texts[name] = f"{texts.get(name, '')}{text}\n"
    there = [
        (output.get("name"), source_of({"source": output.get("text") or ""})) for output in cell.get("outputs", ())
    ]
    for name in sorted(texts, reverse=True):
        if not any(name == other and texts[name] in text for other, text in there):
            yield {"output_type": "stream", "name": name, "text": texts[name].splitlines(keepends=True)}
