"""The static twin: a plain output beside a widget's, which shows how it stands where no widget is to be had.

Front ends do not fall back within one output. A saved notebook, GitHub, nbconvert and a page without a kernel show this
picture; where the widget lives, the page's style folds it away. It has the form of every picture of imgnb: two keys, of
which the text never changes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from ..pictures import Preview, bundle_of

HIGH = 640
"CSS pixels that a twin may be high."


class Twin:
    """An output that is shown once or more, and updated in place from then on, from any thread."""

    def __init__(self, alt: str) -> None:
        self._alt = alt
        self._handle: Any = None
        self._last: object = None
        self._lock = threading.Lock()

    @property
    def shown(self) -> bool:
        return self._handle is not None

    def show(self, picture: Preview, facts: Mapping[str, Any]) -> None:
        """Add an output with this picture; those that are there already become the same."""
        from IPython.display import DisplayHandle

        data, metadata = bundle_of(picture, alt=self._alt, facts=facts, tallest=HIGH)
        with self._lock:
            if self._handle is None:
                self._handle = DisplayHandle()
            self._handle.display(data, metadata=metadata, raw=True)
            self._last = data, metadata

    def update(self, picture: Preview, facts: Mapping[str, Any]) -> None:
        """Show this picture in every output of it, if it is another one."""
        new = bundle_of(picture, alt=self._alt, facts=facts, tallest=HIGH)
        with self._lock:
            if self._handle is not None and new != self._last:
                self._handle.update(new[0], metadata=new[1], raw=True)
                self._last = new
