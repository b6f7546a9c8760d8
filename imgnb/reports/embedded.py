"""Where the pictures stand in a notebook's file, and how their base64 is written: line breaks and escapes, to be written again."""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..display.notebook_file import name_of
from .notebook_text import NotebookText

KINDS = ("image/png", "image/jpeg", "image/webp", "image/gif")
"What is base64 in a notebook. SVG is text, and is drawn at any size."


@dataclass(frozen=True)
class Place:
    """Where pictures stand: `holder[kind]` is one. What is said of them stands in `owner["metadata"]`."""

    cell: str
    holder: dict[str, Any]
    owner: dict[str, Any]
    attachment: str | None = None
    "The name of an attachment; None for an output."


def places(notebook: dict[str, Any]) -> Iterator[Place]:
    """Each output and attachment that may hold pictures."""
    for number, cell in enumerate(notebook["cells"]):
        name = name_of(cell, number)
        for output in cell.get("outputs", ()) if cell.get("cell_type") == "code" else ():
            if isinstance(data := output.get("data"), dict):
                yield Place(name, data, output)
        attachments = cell.get("attachments")
        for title, holder in attachments.items() if isinstance(attachments, dict) else ():
            if isinstance(holder, dict) and isinstance(cell.get("metadata", {}), dict):
                yield Place(name, holder, cell, title)


@dataclass(frozen=True)
class Writing:
    """How base64 is written: broken after `wrap` letters, ending in `end`, as a list of lines, with escapes."""

    wrap: int = 0
    end: str = ""
    lines: bool = False
    equals: bool = False
    slash: bool = False

    def value(self, data: bytes, text: NotebookText) -> str | list[str]:
        """The bytes as a value for the notebook, written like that."""
        plain = self._broken(data)
        if self.lines:
            return plain.decode("ascii").splitlines(keepends=True)
        return text.put_aside(self._escaped(plain))

    def _broken(self, data: bytes) -> bytes:
        plain = b64encode(data)
        if self.wrap:
            plain = b"\n".join(plain[at : at + self.wrap] for at in range(0, len(plain), self.wrap))
        return plain + self.end.encode()

    def _escaped(self, plain: bytes) -> bytes:
        plain = plain.replace(b"\n", b"\\n")
        plain = plain.replace(b"=", b"\\u003d") if self.equals else plain
        return plain.replace(b"/", b"\\/") if self.slash else plain


def understood(value: object, text: NotebookText) -> tuple[bytes, Writing] | None:
    """The bytes of a picture and how they are written; None for what could not be written the same again."""
    lines = isinstance(value, list)
    parts = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str)]
    if isinstance(value, list) and len(parts) < len(value):
        return None
    raw = b"".join(text.written(part) for part in parts)
    plain = raw.replace(b"\\n", b"\n").replace(b"\\/", b"/").replace(b"\\u003d", b"=")
    wrap = plain.find(b"\n")
    end = "\n" if plain.endswith(b"\n") else ""
    broken = 0 <= wrap < len(plain) - 1
    writing = Writing(wrap if broken else 0, end, lines, b"\\u003d" in raw, b"\\/" in raw)
    try:
        data = binascii.a2b_base64(plain)
    except binascii.Error:
        return None
    same = plain.decode("latin-1").splitlines(keepends=True) == parts if lines else writing._escaped(plain) == raw
    return (data, writing) if same and writing._broken(data) == plain else None
