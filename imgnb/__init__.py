"""Image generation in notebook cells, with a local library that keeps every picture and its prompt.

`%load_ext imgnb`, then `%%imagegen`; or `imgnb.generate("a fox in the snow")`. Names load on first use, so that
importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import _started as _started  # what the process was started with, before a cell changes it
from ._version import __version__

if TYPE_CHECKING:
    from . import library
    from .api import agenerate, contact_sheet, converse, edit, generate, open_library, stream
    from .errors import Cancelled, ImgnbError, ImgnbWarning
    from .library import Library
    from .records import Asset, Generation
    from .reports.appendix import appendix
    from .request import ImageRequest
    from .widgets.compare import compare
    from .widgets.gallery import gallery
    from .widgets.markup_painter import markup_painter
    from .widgets.mask_painter import mask_painter
    from .widgets.rate import rate
    from .widgets.studio import studio
    from .workspace import Workspace

PUBLIC = {
    "Asset": "records",
    "Cancelled": "errors",
    "Generation": "records",
    "ImageRequest": "request",
    "ImgnbError": "errors",
    "ImgnbWarning": "errors",
    "Library": "library",
    "Workspace": "workspace",
    "agenerate": "api",
    "appendix": "reports.appendix",
    "compare": "widgets.compare",
    "contact_sheet": "api",
    "converse": "api",
    "edit": "api",
    "gallery": "widgets.gallery",
    "generate": "api",
    "markup_painter": "widgets.markup_painter",
    "mask_painter": "widgets.mask_painter",
    "open_library": "api",
    "rate": "widgets.rate",
    "stream": "api",
    "studio": "widgets.studio",
}
"Public names and the modules that they come from."

__all__ = [
    "Asset",
    "Cancelled",
    "Generation",
    "ImageRequest",
    "ImgnbError",
    "ImgnbWarning",
    "Library",
    "Workspace",
    "__version__",
    "agenerate",
    "appendix",
    "compare",
    "contact_sheet",
    "converse",
    "edit",
    "gallery",
    "generate",
    "library",
    "markup_painter",
    "mask_painter",
    "open_library",
    "rate",
    "stream",
    "studio",
]


def __getattr__(name: str) -> Any:
    if name == "library":  # the package of that name, which can be called; see its docstring
        return import_module(".library", __name__)
    if name in PUBLIC:
        return getattr(import_module(f".{PUBLIC[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext imgnb`: register `%%imagegen`, `%%imageedit`, `%imagelib` and their completion."""
    from .magics import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext imgnb`: take back what loading did."""
    from .magics import unload

    unload(shell)
