"""What a scene is drawn on: its size, colours, chance and moment, and the shapes put there so far."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from math import cos, tau
from random import Random

from .palette import Palette
from .shapes import Outline, Paint, Shape
from .sketch import Sketch

UNIT = 1000.0
"Length of the short edge; the long edge follows from the picture's proportions."


@dataclass
class Stage:
    """A scene under construction. The backdrop is what a transparent picture leaves out."""

    sketch: Sketch
    palette: Palette
    width: float
    height: float
    phase: float = 0.0
    "The moment in an animation, 0 to 1; it loops."
    backdrop: list[Shape] = field(default_factory=list)
    subject: list[Shape] = field(default_factory=list)
    medallion: bool = False
    "The scene has no figure to cut out: a transparent picture shows all of it in a round frame."

    @property
    def detail(self) -> int:
        return self.sketch.detail

    def mentions(self, *terms: str) -> bool:
        return self.sketch.mentions(*terms)

    def rng(self, label: str) -> Random:
        """Chance for one part of the scene: more detail in one part does not move the others."""
        text = f"{self.sketch.seed}/{label}".encode()
        return Random(int.from_bytes(hashlib.sha256(text).digest()[:8], "big"))

    def sway(self, offset: float = 0.0) -> float:
        """A value from -1 to 1 that swings once per loop. Not symmetric at 0: neighbouring frames must differ."""
        return cos(tau * (self.phase + offset) + 0.7)

    def back(
        self, outline: Outline, paint: Paint, alpha: float = 1.0, soft: float = 0.0, clip: Outline | None = None
    ) -> None:
        self.backdrop.append(Shape(outline, paint, alpha, soft, clip))

    def front(
        self, outline: Outline, paint: Paint, alpha: float = 1.0, soft: float = 0.0, clip: Outline | None = None
    ) -> None:
        self.subject.append(Shape(outline, paint, alpha, soft, clip))

    @property
    def shapes(self) -> list[Shape]:
        return self.backdrop + self.subject
