"""Painted outlines -> an SVG document: paths, gradients and blurs, nothing that runs or loads."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .caption import TEXT, Box, font_pixels
from .encode import encode
from .palette import Color
from .shapes import Fade, Outline, Shape, oval
from .stage import Stage

if TYPE_CHECKING:
    from PIL.Image import Image


def document(
    stage: Stage,
    size: tuple[int, int],
    title: str,
    caption: Box | None,
    edited: Image | None = None,
    ground: Color | None = None,
) -> str:
    """The scene as SVG, on `ground` where there is one; of an edit, its pixels in an SVG frame, for a photo has no
    outlines."""
    drawing = _Drawing(stage.width / size[0])
    transparent = stage.sketch.transparent
    shapes = stage.subject if transparent and not stage.medallion else stage.shapes
    body = "".join(drawing.path(shape) for shape in shapes) if edited is None else _embedded(edited, size)
    if transparent and stage.medallion and edited is None:
        frame = oval(stage.width / 2, stage.height / 2, stage.width * 0.46, stage.height * 0.46)
        body = f'<g clip-path="url(#{drawing.clip(frame)})">{body}</g>'
    if ground is not None:
        body = f'<rect width="{size[0]}" height="{size[1]}" fill="{_hex(ground)}"/>{body}'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" viewBox="0 0 {size[0]} {size[1]}" role="img">'
        f"<title>{escape(_legal(title))}</title><defs>{''.join(drawing.defs)}</defs>{body}{_caption(caption, size) if caption else ''}</svg>\n"
    )


def _legal(text: str) -> str:
    """Without the signs that XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )


def _embedded(picture: Image, size: tuple[int, int]) -> str:
    small = picture.copy()
    small.thumbnail((1024, 1024))
    kind = "png" if small.mode == "RGBA" else "jpeg"
    data = base64.b64encode(encode(small, kind, 85)).decode()
    return f'<image width="{size[0]}" height="{size[1]}" preserveAspectRatio="none" href="data:image/{kind};base64,{data}"/>'


def _caption(box: Box, size: tuple[int, int]) -> str:
    left, top, right, bottom = box
    letters = font_pixels(*size)
    return (
        f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" rx="{(bottom - top) / 2:g}" fill="#181a2e" fill-opacity="0.52"/>'
        f'<text x="{(left + right) / 2:g}" y="{(top + bottom) / 2 + letters * 0.35:.1f}" font-family="sans-serif" font-size="{letters:.1f}" '
        f'textLength="{right - left - letters * 1.5:.1f}" lengthAdjust="spacingAndGlyphs" text-anchor="middle" fill="#fff">{TEXT}</text>'
    )


class _Drawing:
    """Collects definitions while paths are written; equal ones are written once."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.defs: list[str] = []
        self._names: dict[str, str] = {}

    def path(self, shape: Shape) -> str:
        paint = self._gradient(shape.paint) if isinstance(shape.paint, Fade) else _hex(shape.paint)
        extra = f' fill-opacity="{shape.alpha:.3g}"' if shape.alpha < 1 else ""
        if shape.soft:
            extra += f' filter="url(#{self._blur(shape.soft / self.scale)})"'
        path = f'<path d="{self._steps(shape.outline)}" fill="{paint}"{extra}/>'
        # The clip goes around: a filter on the same element would be cut before it blurs.
        return f'<g clip-path="url(#{self.clip(shape.clip)})">{path}</g>' if shape.clip else path

    def clip(self, outline: Outline) -> str:
        return self._define("c", '<clipPath id="{id}"><path d="' + self._steps(outline) + '"/></clipPath>')

    def _gradient(self, paint: Fade) -> str:
        count = len(paint.colors) - 1
        stops = "".join(
            f'<stop offset="{i / count:.3g}" stop-color="{_hex(color)}"/>' for i, color in enumerate(paint.colors)
        )
        line = 'x2="1" y2="0"' if paint.across else 'x2="0" y2="1"'
        name = self._define("g", '<linearGradient id="{id}" ' + line + f">{stops}</linearGradient>")
        return f"url(#{name})"

    def _blur(self, radius: float) -> str:
        body = f'<feGaussianBlur stdDeviation="{radius:.2f}"/>'
        return self._define("b", '<filter id="{id}" x="-1" y="-1" width="3" height="3">' + body + "</filter>")

    def _define(self, prefix: str, template: str) -> str:
        if template not in self._names:
            self._names[template] = f"{prefix}{len(self._names)}"
            self.defs.append(template.replace("{id}", self._names[template]))
        return self._names[template]

    def _steps(self, outline: Outline) -> str:
        return "M" + "L".join(f"{x / self.scale:.1f} {y / self.scale:.1f}" for x, y in outline) + "Z"


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
