"""How a cell presents its picture, read from its outputs or its magic line without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..records.figures import PLAIN, Presentation
from ..request.options import BY_NAME
from .cell_source import MAGIC, words_of
from .notebook_file import facts_of, magic_of

_ENDS = ("final", "failed", "cancelled")


def presentation_in(cell: Mapping[str, Any]) -> Presentation:
    """Caption, alternative text and figure: what the outputs say, or where they say nothing, the magic line."""
    told = (Presentation.of(facts_of(output)) for output in cell.get("outputs", ()))
    return next((one for one in told if one != PLAIN), None) or Presentation.of(dict(_options(magic_of(cell))))


def has_ended(cell: Mapping[str, Any]) -> bool:
    """True when the outputs of the cell say how its run ended: with a picture, or in an error."""
    outputs = cell.get("outputs", ())
    return any(output.get("output_type") == "error" or facts_of(output).get("stage") in _ENDS for output in outputs)


def only_tells(cell: Mapping[str, Any]) -> bool:
    """Whether its magic draws nothing: it gives help, or says what would be sent."""
    return any(name in ("help", "dry_run") for name, _ in _options(magic_of(cell)))


def is_drawn(output: Mapping[str, Any]) -> bool:
    """Whether a cell's run has put it there, or its picture; a slimmed output of others has our metadata, and is theirs."""
    return bool({"stage", "assets", "generation", "fingerprint"} & facts_of(output).keys())


def _options(magic: str | None) -> Iterator[tuple[str, str]]:
    """What the options of a magic's line set, and to what; nothing, for a line that would be refused."""
    found = MAGIC.match(magic or "")
    try:
        words = iter(words_of(magic[found.end() :]) if magic and found else ())
    except ValueError:
        return
    for word in words:
        if word == "--":
            return
        name, sign, value = word.partition("=")
        option = BY_NAME.get(name) or BY_NAME.get(name.replace("_", "-"))
        if option is not None:
            takes = option.kind not in ("flag", "off")
            yield option.sets, (value if sign else next(words, "") if takes else "")
