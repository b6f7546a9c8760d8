"""Figures of plotting libraries as PNG: matplotlib draws its own, Plotly has them drawn by a browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

from ..errors import RequestInvalid
from .kinds import has, is_a
from .probe import MAX_PIXELS

_LEVELS = 4
"From an artist in a subfigure to its figure it is three steps."


def matplotlib_figure(value: object) -> Any:
    """The matplotlib Figure that the value is or belongs to (Axes, artists, seaborn's grids); None where there is none."""
    for _ in range(_LEVELS):
        if value is None or is_a(value, "matplotlib", "Figure"):
            return value
        value = next(_above(value), None)
    return None


def _above(value: object) -> Iterator[object]:
    """What the value stands on; of an array of Axes, as `subplots` gives them, the first."""
    if is_a(value, "numpy", "ndarray"):
        array: Any = value
        if array.dtype.kind == "O" and array.size and is_a(array.flat[0], "matplotlib", "Axes"):
            yield array.flat[0]
        return
    for name in ("figure", "fig"):
        if has(value, name):
            with suppress(Exception):  # a property of a stranger
                found = getattr(value, name)
                if is_a(found, "matplotlib", "FigureBase"):
                    yield found


def figure_png(figure: Any) -> bytes:
    """Return the matplotlib figure as PNG in its own size, resolution and colour; the same figure gives the same bytes.

    The figure stays as it is, and pyplot need not know of it.
    """
    width, height = (int(side * figure.dpi) for side in figure.get_size_inches())
    if width * height > MAX_PIXELS:
        raise _refused("matplotlib", f"it would have {width}x{height} pixels", "make it smaller: figure.set_dpi(100)")
    file = BytesIO()
    try:
        # A user's defaults for saved files (tight, transparent) are not how the figure looks.
        with sys.modules["matplotlib"].rc_context({"savefig.bbox": "standard"}):
            figure.savefig(
                file,
                format="png",
                dpi="figure",
                facecolor=figure.get_facecolor(),
                edgecolor=figure.get_edgecolor(),
                transparent=False,
                metadata={"Software": None},
            )
    except Exception as exc:  # what was put into the figure is drawn only now: any error may come
        raise _refused("matplotlib", str(exc)[:300], "see whether figure.savefig('figure.png') works") from exc
    return file.getvalue()


def plotly_png(figure: Any) -> bytes:
    """Return the Plotly figure as PNG with two pixels for each of its own.

    Raises RequestInvalid where kaleido, or the Chrome that it drives, is not there.
    """
    try:
        data: bytes = figure.to_image(format="png", scale=2)
    except Exception as exc:  # kaleido's and choreographer's own errors, ValueError, RuntimeError
        raise _refused("Plotly", _first_line(exc), _plotly_hint(exc)) from exc
    return data


def _plotly_hint(exc: Exception) -> str:
    said = f"{type(exc).__name__} {exc}".lower()
    if "kaleido" in said and "install" in said and "chrome" not in said:
        return "pip install kaleido, or save the figure as a picture and give its path"
    if "chrome" in said or "browser" in said:
        return "install Chrome or Chromium (plotly_get_chrome, or set BROWSER_PATH), or give a picture's path"
    return "see whether figure.write_image('figure.png') works, or save the figure as a picture and give its path"


def _first_line(exc: Exception) -> str:
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(exc).__name__


def _refused(library: str, reason: str, hint: str) -> RequestInvalid:
    return RequestInvalid(f"the {library} figure cannot be drawn: {reason}", hint=hint, param="image")
