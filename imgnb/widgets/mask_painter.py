"""Painting which part of a picture may be edited.

While it is painted, the mask is an area: 255 where it is painted, hard at its edges. Feather, and which kind of mask it
becomes, come last and in one place, so that both can be changed at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from ..errors import RequestInvalid
from ..pictures import Preview, masks
from ..pictures.areas import at_least, inverted, percent, share
from ..pictures.preview import fitted
from ..records import Asset
from ..workspace import Workspace
from .painter import Painter, kept
from .panel import Given
from .sheets import with_foot

if TYPE_CHECKING:
    from PIL.Image import Image

MaskKind = Literal["alpha", "black-and-white"]

KINDS = ("alpha", "black-and-white")
MOST_FEATHER = 200

EDGE = 1024


def mask_painter(
    asset: Any, mask: Any = None, *, kind: MaskKind = "alpha", feather: int = 0, workspace: Workspace | None = None
) -> MaskPainter:
    """Paint a mask on a picture; `painter.mask` is what was painted, as a stored asset of the picture's size.

    The picture is whatever an edit takes. `mask` is where to begin: any mask, or words such as "box:10%,10%,90%,60%".
    `kind` is what comes out: transparent where it may be edited, or white on black.
    """
    return MaskPainter(asset, mask, kind=kind, feather=feather, workspace=workspace)


class MaskPainter(Painter):
    """A picture on which a mask is painted."""

    page = "mask_painter"

    def __init__(
        self,
        asset: Any,
        mask: Any = None,
        *,
        kind: MaskKind = "alpha",
        feather: int = 0,
        workspace: Workspace | None = None,
    ) -> None:
        if kind not in KINDS:
            raise RequestInvalid(f"kind is {kind!r}", hint=f"use {' or '.join(KINDS)}", param="mask")
        self.kind = kind
        self._feather = _pixels(feather)
        super().__init__("A picture with a mask that is painted in the notebook", asset, workspace)
        if mask is not None:
            self._drawing = self._area_of(mask)

    @property
    def mask(self) -> Asset:
        """The mask, stored, as large as the picture. Raises RequestInvalid where nothing is painted."""
        self._desk.settle()
        return self._stored()

    @property
    def image(self) -> Image:
        """The mask as a PIL image: RGBA, transparent where it may be edited, or L, white there."""
        import PIL.Image

        area = self._area()
        if self.kind == "black-and-white":
            return area
        mask = PIL.Image.new("RGBA", area.size, (0, 0, 0, 255))
        mask.putalpha(inverted(area))
        return mask

    @property
    def coverage(self) -> float:
        """The share of the picture that is painted, 0 to 1; soft pixels count in part."""
        return share(self._area())

    @property
    def feather(self) -> int:
        """Pixels over which the mask's edge is soft."""
        return self._feather

    @feather.setter
    def feather(self, pixels: int) -> None:
        self._feather = _pixels(pixels)
        self.changed()

    def invert(self) -> None:
        """Paint what is not painted, and the other way round."""
        self._draw(inverted(self._drawing))

    def set(self, mask: Any) -> None:
        """Put this mask in the place of what is painted: any mask, or words such as "box:10%,10%,90%,60%"."""
        self._draw(self._area_of(mask))

    def state(self) -> dict[str, Any]:
        """How large it is, which painting is the newest, and what is painted."""
        return {**super().state(), "feather": self._feather, "said": self._said()}

    def picture(self) -> tuple[Preview, Mapping[str, Any]]:
        """The mask over its base."""
        base = fitted(self._base_image(), EDGE)
        area = self._area().resize(base.size)
        mask = area.convert("RGBA")
        mask.putalpha(inverted(area))
        shown, facts = self._twin_of(masks.over(base, mask) if area.getbbox() else base)
        return shown if self._closed else with_foot(
            shown, "imgnb mask painter · run this cell in a live notebook to paint"
        ), facts

    def on_feather(self, given: Given) -> dict[str, Any]:
        """Make the mask's edge soft over this many pixels."""
        self._heed(given)
        self.changed()
        return {"said": self._said()}

    def _heed(self, given: Given) -> None:
        if "feather" in given:
            self._feather = _pixels(given["feather"])

    def _blank(self) -> Image:
        import PIL.Image

        return PIL.Image.new("L", self.size, 0)

    def _read(self, sent: Image) -> Image:
        # The page smooths the edges of its strokes; a mask is hard unless its feather says otherwise.
        return at_least(sent.getchannel("A"), 128)

    def _sendable(self) -> Image:
        picture = self._drawing.convert("LA")
        picture.putalpha(self._drawing)
        return picture

    def _area(self) -> Image:
        """What is painted, as soft as it is to be."""
        from PIL import ImageFilter

        if not self._feather:
            return self._drawing
        return self._drawing.filter(ImageFilter.GaussianBlur(self._feather / 2))

    def _area_of(self, mask: Any) -> Image:
        reference = self._asked(self.base, mask=mask).reference("mask")
        assert reference is not None
        return inverted(self.workspace.library.asset(f"@{reference.sha256}").image.getchannel("A"))

    def _stored(self) -> Asset:
        if self._drawing.getbbox() is None:
            raise RequestInvalid(
                "nothing is painted: the mask is empty",
                hint='paint what may be edited, or give it in words: painter.set("box:10%,10%,90%,60%")',
                param="mask",
            )
        return kept(self, "mask", self.image)

    def _said(self) -> str:
        return f"{percent(share(self._drawing))} of the picture may be edited"


def _pixels(given: object) -> int:
    """A feather. Raises RequestInvalid for one that is none."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= MOST_FEATHER:
        raise RequestInvalid(f"feather is {given!r}", hint=f"use 0 to {MOST_FEATHER} pixels", param="mask")
    return int(given)
