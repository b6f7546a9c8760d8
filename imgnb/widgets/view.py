"""The front end's side of a panel. Imported only where somebody watches: anywidget brings all of ipywidgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from .pages import css, esm


class View(anywidget.AnyWidget):  # type: ignore[misc]
    """A page of `static/`. `state` is what it shows, as JSON without bytes; everything else goes by messages."""

    state = traitlets.Dict().tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, page: str, state: Mapping[str, Any], heard: Callable[[Any, Sequence[Any]], None]) -> None:
        # The id tells the style sheets of different pages apart: by itself it would be that of this class.
        super().__init__(_esm=esm(page), _css=css(page), _anywidget_id=f"imgnb.{page}", state=dict(state))
        self.on_msg(lambda _, content, buffers: heard(content, buffers))
