"""What shows itself as a picture: in Jupyter by its bundle, in marimo by HTML, which keeps the alt text there, and the caption."""

from __future__ import annotations

from typing import Any


class Shown:
    """Base of the records that are pictures to look at; they say how by `_repr_mimebundle_`."""

    caption: str = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        raise NotImplementedError

    def _mime_(self) -> tuple[str, str]:
        """As marimo asks for it."""
        from ..pictures.img_tag import figure_tag, img_tag

        return "text/html", figure_tag(img_tag(*self._repr_mimebundle_()), self.caption)
