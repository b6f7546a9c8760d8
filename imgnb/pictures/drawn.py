"""Any usual object of a notebook as a picture: arrays, figures, tables, and what shows itself as one.

What an object is, is told by its class's name and by what it offers: nothing here imports a library that the user
has not. Files, links, bytes and addresses in the library are not for here; see `generation/references.py`.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from ..errors import RequestInvalid
from .arrays import array_picture, is_array
from .figures import figure_png, matplotlib_figure, plotly_png
from .frames import frame_picture, is_frame
from .kinds import described, has, is_a, named

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["described", "drawn"]

_DECODED = ("image/png", "image/jpeg", "image/webp", "image/gif")
_METHODS = {"_repr_png_": "image/png", "_repr_jpeg_": "image/jpeg"}


def drawn(value: object) -> tuple[Image | bytes, str] | None:
    """Return the object's picture, or the bytes of an encoded one, and a word for what it was; None if it is no kind.

    Raises RequestInvalid for a kind that has pictures where this one cannot be drawn, as an array with NaN.
    """
    if issubclass(type(value), type):  # a class, which has what its pictures have, and is none
        return None
    if is_a(value, "PIL", "Image"):
        return _pillow(value), "PIL image"
    if (figure := matplotlib_figure(value)) is not None:
        return figure_png(figure), "matplotlib figure"
    if is_a(value, "plotly", "BaseFigure"):
        return plotly_png(value), "Plotly figure"
    if is_frame(value):
        return frame_picture(value)
    if is_array(value):
        return array_picture(value)
    return _shown(value)


def _pillow(image: Any) -> Image:
    if 0 in image.size:
        raise RequestInvalid(
            f"the PIL image {image.width}x{image.height} has no pixels", hint="see how it was cropped", param="image"
        )
    return image  # type: ignore[no-any-return]


def _shown(value: object) -> tuple[bytes, str] | None:
    """The picture that the object shows of itself in a notebook, and what it was."""
    if is_a(value, "IPython", "DisplayHandle"):
        return None
    bundle = _bundle(value)
    name = "IPython image" if is_a(value, "IPython", "Image") else named(value)
    for media_type in _DECODED:
        if bundle.get(media_type):
            return _bytes(bundle[media_type], name), name
    if name == "IPython image":
        raise _refused(name, "it holds a link and no picture", "give the link itself, or Image(url, embed=True)")
    if bundle.get("image/svg+xml"):
        raise _refused(
            name, "it shows itself as SVG only", "convert it to PNG first (Inkscape, rsvg-convert, cairosvg)"
        )
    return None


def _bundle(value: Any) -> dict[str, Any]:
    """What the object shows of itself, by media type, as IPython would ask for it."""
    # Of the class: an object that answers to every name, as a proxy does, shows nothing.
    asked = [name for name in ("_repr_mimebundle_", *_METHODS, "_repr_svg_") if has(type(value), name)]
    found: dict[str, Any] = {}
    for name in asked:
        try:
            answer = getattr(value, name)()
        except RequestInvalid:  # a picture of ours, as a painter is, says itself what is wrong
            raise
        except Exception as exc:  # the value's own code: any error may come
            raise _refused(named(value), f"{name} failed: {str(exc)[:200]}", "show it in a cell to see why") from exc
        answer = answer[0] if isinstance(answer, tuple) and answer else answer
        if name == "_repr_mimebundle_":
            found |= answer if isinstance(answer, dict) else {}
        elif answer is not None:
            found.setdefault(_METHODS.get(name, "image/svg+xml"), answer)
    return found


def _bytes(data: object, name: str) -> bytes:
    """The bytes, which Jupyter's messages and some objects hold as base64."""
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    try:
        return base64.b64decode("".join(str(data).split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _refused(name, f"its picture is {described(data)}, not base64", "save it and give its path") from exc


def _refused(name: str, reason: str, hint: str) -> RequestInvalid:
    return RequestInvalid(f"the {name} cannot be drawn: {reason}", hint=hint, param="image")
