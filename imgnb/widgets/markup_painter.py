"""Drawing on a picture what an edit is to heed: strokes, arrows, shapes and words, on transparency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import RequestInvalid
from ..pictures import Preview
from ..pictures.areas import percent, share
from ..pictures.preview import fitted
from ..records import Asset
from ..workspace import Workspace
from .painter import Painter, kept
from .sheets import with_foot

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE = 1024


def markup_painter(asset: Any, markup: Any = None, *, workspace: Workspace | None = None) -> MarkupPainter:
    """Draw on a picture; `painter.markup` is what was drawn, a stored PNG on transparency of the picture's size.

    The picture is whatever an edit takes; `markup` is a drawing to go on from.
    """
    return MarkupPainter(asset, markup, workspace=workspace)


class MarkupPainter(Painter):
    """A picture that is drawn on."""

    page = "markup_painter"

    def __init__(self, asset: Any, markup: Any = None, *, workspace: Workspace | None = None) -> None:
        super().__init__("A picture with markup that is drawn in the notebook", asset, workspace)
        if markup is not None:
            self._drawing = self._drawing_of(markup)

    @property
    def markup(self) -> Asset:
        """The drawing, stored, as large as the picture. Raises RequestInvalid where nothing is drawn."""
        self._arrive()
        return self._stored()

    @property
    def image(self) -> Image:
        """The drawing as a PIL image, RGBA."""
        self._arrive()
        return self._drawing.copy()

    def set(self, markup: Any) -> None:
        """Put this drawing, a picture with transparency, in the place of what is drawn."""
        drawing = self._drawing_of(markup)
        self._arrive()
        self._draw(drawing)

    def state(self) -> dict[str, Any]:
        """How large it is, and which drawing is the newest."""
        return {**super().state(), "said": self._said()}

    def picture(self) -> tuple[Preview, Mapping[str, Any]]:
        """The drawing over its base."""
        import PIL.Image

        base = fitted(self._base_image(), EDGE).convert("RGBA")
        shown, facts = self._twin_of(PIL.Image.alpha_composite(base, self._drawing.resize(base.size)))
        return shown if self._closed else with_foot(
            shown, "imgnb markup painter · run this cell in a live notebook to draw"
        ), facts

    def _blank(self) -> Image:
        import PIL.Image

        return PIL.Image.new("RGBA", self.size, (0, 0, 0, 0))

    def _read(self, sent: Image) -> Image:
        return sent

    def _sendable(self) -> Image:
        return self._drawing

    def _drawing_of(self, markup: Any) -> Image:
        reference = self._asked(self.base, markup=markup).reference("markup")
        assert reference is not None
        drawing = self.workspace.library.asset(f"@{reference.sha256}").upright
        if drawing.size != self.size or not drawing.has_transparency_data:
            has = f"{drawing.width}x{drawing.height}" + (
                "" if drawing.has_transparency_data else ", without transparency"
            )
            raise RequestInvalid(
                f"the markup is {has}",
                hint=f"give a picture with transparency of {self.size[0]}x{self.size[1]}, as the base has",
                param="markup",
            )
        return drawing.convert("RGBA")

    def _stored(self) -> Asset:
        if self._drawing.getchannel("A").getbbox() is None:
            raise RequestInvalid(
                "nothing is drawn: the markup is empty",
                hint="draw on the picture, or give a drawing: painter.set(picture)",
                param="markup",
            )
        return kept(self, "markup", self._drawing)

    def _said(self) -> str:
        return f"{percent(share(self._drawing.getchannel('A')))} of the picture is drawn on"
