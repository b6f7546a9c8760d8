"""What a notebook's outputs show of imgnb's pictures, in the order of the document, with numbers and records.

An output's metadata names pictures by hash. It may be anybody's, so nothing of it is believed but hashes, and a record
only where it is that of these very pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..display.notebook_file import facts_of, name_of
from ..errors import ImgnbError
from ..records import Asset, Generation
from ..records.figures import Presentation
from .blocks import tags_of

if TYPE_CHECKING:
    from ..library import Library

_HASH = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9A-Z]{26}")
_PICTURES = ("image/jpeg", "image/png")


@dataclass(frozen=True)
class Shown:
    """An output that shows pictures: those of a generation, or stored ones."""

    hashes: tuple[str, ...]
    facts: Mapping[str, Any] = field(repr=False)
    presentation: Presentation
    alt: str
    embedded: tuple[str, str] | None = field(repr=False)
    "Media type and base64 of what the notebook itself holds."
    number: int | None = None
    cell: str = ""
    "What the cell is called."
    first: bool = True
    "Whether it is the first of its number: links lead there."
    assets: tuple[Asset | None, ...] = ()
    "From the library, None where it does not have them."
    generation: Generation | None = None

    @property
    def is_sheet(self) -> bool:
        """Whether many pictures stand on one, which is shown as it is."""
        return "contact_sheet" in self.facts or "found" in self.facts


def figures_of(notebook: Mapping[str, Any], library: Library) -> dict[tuple[int, int], Shown]:
    """Each output with pictures of imgnb that a page shows, by cell and output: what tags remove has no number."""
    found = list(_outputs(notebook))
    hashes = list(dict.fromkeys(sha256 for _, output in found for sha256 in _hashes(facts_of(output))))
    known = {asset.sha256: asset for asset in library.assets(hashes)}
    numbers: dict[object, int] = {}
    shown: dict[tuple[int, int], Shown] = {}
    for place, output in found:
        presentation = Presentation.of(facts_of(output))
        key = presentation.figure or place
        first = key not in numbers
        if presentation.numbered:
            numbers.setdefault(key, len(numbers) + 1)
        made = _shown(output, presentation, numbers.get(key), first, known, library)
        shown[place] = replace(made, cell=name_of(notebook["cells"][place[0]], place[0]))
    return shown


def numbers_of(shown: Mapping[tuple[int, int], Shown]) -> dict[str, int]:
    """The number of each figure that has a name."""
    return {one.presentation.figure: one.number for one in shown.values() if one.presentation.figure and one.number}


def named_twice(shown: Mapping[tuple[int, int], Shown]) -> Iterator[str]:
    """A sentence for each name that two figures have, which are not the same pictures."""
    first: dict[str, Shown] = {}
    for one in shown.values():
        if name := one.presentation.figure:
            before = first.setdefault(name, one)
            if before.hashes != one.hashes:
                yield (
                    f"the figure {name!r} is in cell {before.cell:.40} and, with another picture, in cell {one.cell:.40}: "
                    "references lead to the first"
                )


def appendix_place(notebook: Mapping[str, Any]) -> tuple[int, int] | None:
    """The last output that is the notebook's own appendix, by cell and output, of those that a page shows."""
    found = [place for place, output in _all_outputs(notebook) if "appendix" in facts_of(output)]
    return found[-1] if found else None


def _shown(
    output: Mapping[str, Any],
    presentation: Presentation,
    number: int | None,
    first: bool,
    known: Mapping[str, Asset],
    library: Library,
) -> Shown:
    facts = facts_of(output)
    hashes = _hashes(facts)
    generation = _record(facts, hashes, library)
    alt = presentation.alt or _alt(output) or (generation.prompt if generation else "")
    assets = tuple(known.get(sha256) for sha256 in hashes)
    return Shown(
        hashes,
        facts,
        presentation,
        alt,
        embedded_in(output),
        number,
        first=first,
        assets=assets,
        generation=generation,
    )


def _outputs(notebook: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], Mapping[str, Any]]]:
    for place, output in _all_outputs(notebook):
        facts = facts_of(output)
        if "widget" not in facts and facts.get("stage", "final") == "final" and _hashes(facts):
            yield place, output


def _all_outputs(notebook: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], Mapping[str, Any]]]:
    for number, cell in enumerate(notebook["cells"]):
        if cell.get("cell_type") == "code" and not tags_of(cell) & {"remove-cell", "remove-output"}:
            for place, output in enumerate(cell.get("outputs", ())):
                yield (number, place), output


def _hashes(facts: Mapping[str, Any]) -> tuple[str, ...]:
    named = facts.get("assets")
    if not isinstance(named, list):
        return ()
    return tuple(sha256 for sha256 in named if isinstance(sha256, str) and _HASH.fullmatch(sha256))


def _record(facts: Mapping[str, Any], hashes: Sequence[str], library: Library) -> Generation | None:
    """The record of these pictures: the one that is named, or the newest that made the first of them."""
    if "fingerprint" not in facts:
        return None
    named = facts.get("generation")
    for ref in ([named] if isinstance(named, str) and _ID.fullmatch(named) else []) + list(hashes[:1]):
        try:
            found = library.generation(f"@{ref}")
        except ImgnbError:
            continue
        if set(hashes) & {asset.sha256 for asset in found.assets}:
            return found
    return None


def _alt(output: Mapping[str, Any]) -> str:
    """What the output says where its picture cannot be seen."""
    return text_of(output.get("data"), "text/plain")


def embedded_in(output: Mapping[str, Any]) -> tuple[str, str] | None:
    """The picture that the notebook itself holds."""
    for kind in _PICTURES:
        if text := text_of(output.get("data"), kind):
            return kind, text
    return None


def text_of(bundle: object, kind: str) -> str:
    """The text of this kind in an output's bundle; nothing where there is none."""
    value = bundle.get(kind) if isinstance(bundle, dict) else None
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else ""
