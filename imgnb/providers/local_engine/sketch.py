"""What to draw: plain values that the wire protocol layer has already parsed and checked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import cached_property

QUALITIES = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True)
class Sketch:
    """One picture that is asked for; the same values give the same bytes, in every process."""

    prompt: str
    width: int = 1024
    height: int = 1024
    quality: str = "medium"
    background: str = "opaque"
    output_format: str = "png"
    output_compression: int = 100
    index: int = 0
    images: tuple[bytes, ...] = ()
    mask: bytes | None = None
    markup: bytes | None = None
    frame_count: int = 9
    frame_duration_ms: int = 200
    model: str = ""

    @property
    def transparent(self) -> bool:
        return self.background == "transparent"

    @property
    def sharpens(self) -> bool:
        """Whether there are partials: none of what moves, and none of outlines."""
        return self.output_format not in ("gif", "svg")

    @property
    def detail(self) -> int:
        """How much is drawn, from 0 (low) to 4 (max); "auto" and unknown words count as medium."""
        return QUALITIES.index(self.quality) if self.quality in QUALITIES else 1

    @cached_property
    def theme(self) -> int:
        """A number that all n pictures of one prompt share: it picks what no word of the prompt decides."""
        return _number("theme", self.prompt.strip().lower())

    @cached_property
    def seed(self) -> int:
        """The number all chance is drawn from. Size, quality and format are not in it: they change a picture, not its idea."""
        inputs = (*self.images, *filter(None, (self.mask, self.markup)))
        digests = (hashlib.sha256(data).hexdigest() for data in inputs)
        return _number("seed", self.prompt, self.model, str(self.index), *digests)

    @cached_property
    def name(self) -> str:
        """The same for equal sketches, and for no others."""
        values = replace(self, images=(), mask=None, markup=None)
        named = hashlib.sha256(repr(values).encode("utf-8", "surrogatepass"))
        for data in (*self.images, b"", self.mask, self.markup):
            named.update(b"-" if data is None else hashlib.sha256(data).digest())
        return named.hexdigest()

    @cached_property
    def words(self) -> frozenset[str]:
        """The prompt's words in lower case, plurals also in the singular."""
        found = re.findall(r"[a-z]+", self.prompt.lower())
        return frozenset(found) | {_singular(word) for word in found}

    def mentions(self, *terms: str) -> bool:
        """Whether one of the terms is in the prompt: a word in Latin script, or any run of signs in another."""
        return any(term in self.words if term.isascii() else term in self.prompt for term in terms)


def _number(*parts: str) -> int:
    # surrogatepass: a lone surrogate in a prompt is odd but must not stop the drawing.
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s")
