"""A prompt that asks for a "flat #RRGGBB background" gets one: the subject as cut out, laid on that colour."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .palette import Color, rgb
from .sketch import Sketch

if TYPE_CHECKING:
    from PIL.Image import Image

_ASKED = re.compile(r"\bflat\s+#([0-9a-f]{6})\s+background\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]*\bflat\s+#[0-9a-f]{6}\s+background\b[^.!?\n]*[.!?]?", re.IGNORECASE)
_PHRASE = re.compile(
    r"\b(?:(?:alone|isolated)\s+)?(?:on|against|with|before)?\s*(?:an?\s+|the\s+)?(?:(?:perfectly|completely)\s+)?"
    r"flat\s+#[0-9a-f]{6}\s+background\b",
    re.IGNORECASE,
)


def parted(sketch: Sketch) -> tuple[Sketch, Color | None]:
    """The transparent sketch of the subject alone and the colour it is asked on; as it came where none is asked.

    A transparent picture has no background, and that of a masked edit is not the engine's to change.
    """
    asked = _ASKED.search(sketch.prompt)
    if not asked or sketch.transparent or sketch.mask is not None:
        return sketch, None
    return replace(sketch, prompt=_without(sketch.prompt), background="transparent"), rgb(asked[1])


def laid(picture: Image, ground: Color | None) -> Image:
    """The picture on that colour, as RGB; as it is where there is none."""
    if ground is None:
        return picture
    from PIL import Image

    whole = Image.new("RGB", picture.size, ground)
    whole.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return whole


def _without(prompt: str) -> str:
    """The prompt without the sentence that asks for the colour; it steers no scene."""
    rest = _SENTENCE.sub("", prompt).strip()
    # Where the same sentence names the subject, only the words about the background go.
    return rest or _PHRASE.sub("", prompt).strip()
