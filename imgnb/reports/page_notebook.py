"""A notebook as a page reads it: text that can be written as UTF-8.

Half a surrogate pair, as of a cut-off emoji, is allowed in JSON and nowhere else; it is shown as what is unreadable is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..display.notebook_file import read_notebook

_HALF = re.compile("[\ud800-\udfff]")


def notebook_of(path: Path) -> dict[str, Any]:
    """The notebook, every text of it whole. Raises NotebookInvalid for a file that is none."""
    notebook = read_notebook(path)
    waiting: list[Any] = [notebook]  # no recursion: JSON may be deeper than Python goes
    while waiting:
        held = waiting.pop()
        for key, value in list(held.items() if isinstance(held, dict) else enumerate(held)):
            if isinstance(value, str):
                held[key] = whole(value)
            elif isinstance(value, dict | list):
                waiting.append(value)
            if isinstance(key, str) and not key.isascii():
                held[whole(key)] = held.pop(key)
    return notebook


def whole(text: str) -> str:
    """The text with U+FFFD for each half of a pair: what stands in JSON, or in a name that is no UTF-8."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)
