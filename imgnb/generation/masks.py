"""From whatever a person gives as a mask to a finished one: as large as its base, transparent where that may change.

A finished mask is an asset of its own and the request's reference, so that what decides (its size, which side is edited)
is part of the request's identity. How it was made is on record: it is made once and looked up from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from ..pictures import masks
from ..pictures.areas import inverted, percent
from ..pictures.conversion import upright_size
from ..pictures.upright import orientation
from ..records import Asset
from ..request import Reference
from .encoding import as_png

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..library import Library

ALPHA = "alpha"
"In place of a mask: what is transparent in the base is what may change."


@dataclass(frozen=True)
class MaskWishes:
    """What is to be done with a mask. `force` lets one pass that leaves nothing, or everything, to be edited."""

    fit: bool = False
    invert: bool = False
    force: bool = False

    def check(self, mask: Image, size: tuple[int, int]) -> None:
        """Raise RequestInvalid for a mask that cannot lie on a picture of this size, or does nothing there."""
        masks.check(mask, size, allow_nothing=self.force, allow_everything=self.force)

    def recipe(self, **said: Any) -> dict[str, Any]:
        """How a mask is made, as the record says it."""
        return {**said, **{name: True for name, value in vars(self).items() if value}}


def is_described(given: object) -> bool:
    """Whether a mask is given in words: a shape, or the alpha of its base."""
    return isinstance(given, str) and (given == ALPHA or masks.is_drawn(given))


def described_mask(library: Library, words: str, base: Reference, wishes: MaskWishes) -> Asset:
    """The finished mask that these words describe on that base. Raises RequestInvalid for words that describe none."""
    size = upright_size(base.path)
    parent = library.asset(f"@{base.sha256}")
    recipe = wishes.recipe(words=words, **({} if words == ALPHA else {"size": list(size)}))

    def make() -> tuple[bytes, str]:
        mask = masks.of_alpha(parent.upright) if words == ALPHA else masks.drawn(words, size)
        mask = inverted(mask) if wishes.invert else mask
        wishes.check(mask, size)
        side = "all but " if wishes.invert else ""
        what = "what is transparent in the picture" if words == ALPHA else shorten(words, 80, placeholder=" …")
        return as_png(mask), f"{side}{what} is edited, {percent(masks.coverage(mask))} of the picture"

    return library.derive(parent, "mask", recipe, make)


def finished_mask(library: Library, given: Asset, base: Reference, wishes: MaskWishes) -> Asset:
    """The mask finished for that base. Raises RequestInvalid for one that cannot mask it."""
    size = upright_size(base.path)
    if not wishes.invert and (given.width, given.height) == size and "mask" in library.made_as(given):
        return given  # it was finished here before, and let pass: a recipe names it as it is

    def make() -> tuple[bytes, str]:
        picture = given.upright
        mask, said = masks.from_picture(picture, invert=wishes.invert)
        mask = masks.fitted_to(mask, size) if wishes.fit else mask
        wishes.check(mask, size)
        return _kept_or_png(given, picture, mask), said

    return library.derive(given, "mask", wishes.recipe(size=list(size)), make)


def _kept_or_png(given: Asset, picture: Image, mask: Image) -> bytes:
    """The bytes that were given where they are a finished mask already, else the mask's own."""
    is_finished = (
        given.media_type == "image/png"
        and given.frames == 1
        and picture.mode == "RGBA"
        and (given.width, given.height) == picture.size == mask.size
        and orientation(given.image) == 1
        and picture.getchannel("A").tobytes() == mask.getchannel("A").tobytes()
    )
    return given.bytes if is_finished else as_png(mask)
