"""The embedded engine: no network, no model; it draws a picture with Pillow, always the same one for the same request.

It is the user's free first minute and the test bench. Each picture says what it is in a small caption.
What comes over the wire is parsed elsewhere; here a `Sketch` of plain values becomes bytes:

    sketch -> scenes/ (which shapes, in which colours) -> raster.py or vector.py -> encode.py

To add a scene: one file in `scenes/` with its words and a `draw(stage)`, and one line in `scenes/__init__.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from .rendering import Rendering
from .sketch import Sketch
from .usage import usage

__all__ = ["Rendering", "Sketch", "draw", "partials", "revised_prompt", "usage"]


def draw(sketch: Sketch) -> bytes:
    """The finished picture, encoded. Whoever wants partials too asks a `Rendering` for both, which draws once."""
    return Rendering(sketch).final()


def partials(sketch: Sketch, count: int) -> Iterator[bytes]:
    """`count` encoded pictures that sharpen."""
    return Rendering(sketch).partials(count)


def revised_prompt(sketch: Sketch) -> str:
    """What a provider's rewriting of the prompt would be; it names the seed."""
    from .palette import choose

    return f"{sketch.prompt.strip()} (offline sketch in the palette {choose(sketch).name!r}, seed {sketch.seed:016x})"
