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
    asset: Any,
    mask: Any = None,
    *,
    kind: MaskKind = "alpha",
    feather: int = 0,
    mask_fit: bool = False,
    workspace: Workspace | None = None,
) -> MaskPainter:
    """Paint a mask on a picture; `painter.mask` is what was painted, as a stored asset of the picture's size.

    The picture is whatever an edit takes. `mask` is where to begin: any mask, or words such as "box:10%,10%,90%,60%";
    with `mask_fit` it is scaled to the picture. `kind` is what comes out: transparent where it may be edited, or white on
    black.
    """
    return MaskPainter(asset, mask, kind=kind, feather=feather, mask_fit=mask_fit, workspace=workspace)


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
        mask_fit: bool = False,
        workspace: Workspace | None = None,
    ) -> None:
        if kind not in KINDS:
            raise RequestInvalid(f"kind is {kind!r}", hint=f"use {' or '.join(KINDS)}", param="mask")
        self.kind = kind
        self._feather = _pixels(feather)
        self._soft: tuple[Image, int, Image] | None = None
        super().__init__("A picture with a mask that is painted in the notebook", asset, workspace)
        if mask is not None:
            self._drawing = self._area_of(mask, mask_fit)
        self._given = self._drawing

    @property
    def mask(self) -> Asset:
        """The mask, stored, as large as the picture. Raises RequestInvalid where nothing is painted."""
        self._arrive()
        return self._stored()

    @property
    def image(self) -> Image:
        """The mask as a PIL image: RGBA, transparent where it may be edited, or L, white there."""
        self._arrive()
        return self._finished()

    @property
    def coverage(self) -> float:
        """The share of the picture that is painted, 0 to 1; soft pixels count in part."""
        self._arrive()
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
        self._arrive()
        self._draw(inverted(self._drawing))

    def set(self, mask: Any, *, mask_fit: bool = False) -> None:
        """Put this mask in the place of what is painted: any mask, or words such as "box:10%,10%,90%,60%"."""
        area = self._area_of(mask, mask_fit)
        self._arrive()
        self._draw(area)

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
        self._feather = _pixels(given.get("feather"))
        self.changed()
        return {"said": self._said()}

    def _draw(self, drawing: Image, by: str = "") -> None:
        if not by:
            self._given = drawing
        super()._draw(drawing, by)

    def _blank(self) -> Image:
        import PIL.Image

        return PIL.Image.new("L", self.size, 0)

    def _read(self, sent: Image) -> Image:
        # The page smooths the edges of its strokes; a mask is hard unless its feather says otherwise.
        # What Python gave stays as soft as it was where no stroke has been; the page may have inverted it.
        alpha = sent.getchannel("A")
        area = at_least(alpha, 128)
        for given in (self._given, inverted(self._given)):
            area.paste(given, mask=_same(alpha, given))
        return area

    def _sendable(self) -> Image:
        picture = self._drawing.convert("LA")
        picture.putalpha(self._drawing)
        return picture

    def _area(self) -> Image:
        """What is painted, as soft as it is to be."""
        from PIL import ImageFilter

        if not self._feather:
            return self._drawing
        drawing, feather = self._drawing, self._feather
        if self._soft is None or self._soft[0] is not drawing or self._soft[1] != feather:
            self._soft = drawing, feather, drawing.filter(ImageFilter.GaussianBlur(feather / 2))
        return self._soft[2]

    def _finished(self) -> Image:
        import PIL.Image

        area = self._area()
        if self.kind == "black-and-white":
            return area.copy()
        mask = PIL.Image.new("RGBA", area.size, (0, 0, 0, 255))
        mask.putalpha(inverted(area))
        return mask

    def _area_of(self, mask: Any, fit: bool = False) -> Image:
        try:
            reference = self._asked(self.base, mask=mask, mask_fit=fit).reference("mask")
        except RequestInvalid as exc:
            if "--mask-fit" not in exc.hint:
                raise
            raise RequestInvalid(exc.message, hint="mask_fit=True scales it", param="mask") from exc
        assert reference is not None
        return inverted(self.workspace.library.asset(f"@{reference.sha256}").image.getchannel("A"))

    def _stored(self) -> Asset:
        if self._drawing.getbbox() is None:
            raise RequestInvalid(
                "nothing is painted: the mask is empty",
                hint='paint what may be edited, or give it in words: painter.set("box:10%,10%,90%,60%")',
                param="mask",
            )
        if self._area().getbbox() is None:
            raise RequestInvalid(
                f"a feather of {self._feather} pixels leaves nothing of what is painted: the mask is empty",
                hint="use a smaller feather, or paint more",
                param="mask",
            )
        return kept(self, "mask", self._finished())

    def _said(self) -> str:
        return f"{percent(share(self._area()))} of the picture may be edited"


def _same(one: Image, other: Image) -> Image:
    """The area where both are the same: a browser may round colours, and never alpha."""
    from PIL import ImageChops

    return inverted(at_least(ImageChops.difference(one, other), 1))


def _pixels(given: object) -> int:
    """A feather. Raises RequestInvalid for one that is none."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= MOST_FEATHER:
        raise RequestInvalid(f"feather is {given!r}", hint=f"use 0 to {MOST_FEATHER} pixels", param="mask")
    return int(given)
