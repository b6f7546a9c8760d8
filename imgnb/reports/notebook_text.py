"""A notebook of any size, to be changed in few places: what is not changed is written as it was read, to the byte.

Long strings of base64 are set aside before the JSON is read, and put back when it is written, so that two hundred
megabytes of pictures cost hardly more memory than their file has. Indentation and escapes are those that were found.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..display.notebook_file import HINT, parse_notebook
from ..errors import NotebookInvalid
from ..files.durable import sync_file
from ..files.whole import whole_file

LONG = 4096
"Bytes from which on a string is set aside."

_LONG = re.compile(rb'(?<!\\)"([A-Za-z0-9+/=\\]{%d,})"' % LONG)
_BOM = b"\xef\xbb\xbf"
_MARKUP = "<>&='"
"What some programs (Colab) write as escapes; JSON itself uses none of these."

_Stamp = tuple[int, int, int]


class NotebookText:
    """A notebook that was read from a file. `notebook` is its JSON, to be changed; `write` puts it into the file's place."""

    def __init__(self, path: Path, raw: bytes | None = None) -> None:
        """Read the file, or what was read of it. Raises NotebookInvalid for what is no notebook of format 4."""
        self.path = path
        self._mark = f"imgnb-{secrets.token_hex(8)}-"
        self._aside: list[bytes | memoryview] = []
        self.raw, self._stamp = _read(path) if raw is None else (raw, None)
        begin = len(_BOM) if self.raw.startswith(_BOM) else 0
        self._skeleton = _decoded(b"".join(self._set_aside(begin)), path)
        self.notebook: dict[str, Any] = parse_notebook(self._skeleton, path)

    def put_aside(self, written: bytes | memoryview) -> str:
        """A string that stands for these bytes, which are written between quotes as they are."""
        self._aside.append(written)
        return f"{self._mark}{len(self._aside) - 1}"

    def written(self, text: str) -> bytes:
        """The bytes between the quotes of a string that was set aside; of another string, its own."""
        if text.startswith(self._mark):
            return bytes(self._aside[int(text[len(self._mark) :])])
        return text.encode("utf-8", "surrogatepass")

    def length(self, text: str) -> int:
        """How many bytes `written` would give."""
        return len(self._aside[int(text[len(self._mark) :])]) if text.startswith(self._mark) else len(text)

    def write(self) -> int:
        """Put the notebook into the file's place, durably and in one step; how many bytes it has now.

        Raises NotebookInvalid where it cannot be written, or was changed by others since it was read.
        """
        try:
            text = _style_of(self._skeleton).text(self.notebook)
        except RecursionError as exc:
            raise NotebookInvalid(f"{self.path} is nested too deeply to be written again", hint=HINT) from exc
        return replaced(self.path, self._filled(text), self._check_unchanged)

    def _set_aside(self, at: int) -> Iterator[bytes]:
        for found in _LONG.finditer(self.raw, at):
            begin, end = found.span(1)
            if self.raw[end - 1] == 0x5C:
                continue  # its last quote is an escaped one, or it is no base64
            yield self.raw[at:begin]
            yield self.put_aside(memoryview(self.raw)[begin:end]).encode()
            at = end
        yield self.raw[at:]

    def _filled(self, text: str) -> Iterator[bytes | memoryview]:
        if self.raw.startswith(_BOM):
            yield _BOM
        for number, part in enumerate(re.split(rf'{self._mark}(\d+)(?=")', text)):
            yield self._aside[int(part)] if number % 2 else part.encode("utf-8")

    def _check_unchanged(self) -> None:
        if self._stamp is not None and _stamp(self.path) != self._stamp:
            raise NotebookInvalid(
                f"{self.path} was changed while it was worked on, and stays as it is now",
                hint="save and close it elsewhere, and do it again",
            )


@dataclass(frozen=True)
class _Style:
    """How a file writes its JSON."""

    indent: str | None
    separators: tuple[str, str]
    ascii: bool
    escaped: str
    newline: str
    end: str

    def text(self, notebook: object) -> str:
        """The notebook in this style; where its letters are no text, as escapes."""
        text = self._dumped(notebook, self.ascii)
        return text if text.isascii() or _is_encodable(text) else self._dumped(notebook, True)

    def _dumped(self, notebook: object, ascii: bool) -> str:
        text = json.dumps(notebook, indent=self.indent, separators=self.separators, ensure_ascii=ascii)
        for letter in self.escaped:
            text = text.replace(letter, f"\\u{ord(letter):04x}")
        return (text if self.newline == "\n" else text.replace("\n", self.newline)) + self.end


def _style_of(text: str) -> _Style:
    """The style in which this text would come out the same again; the nearest one where there is none."""
    body = text.rstrip()
    begun = re.match(r"\{(\r?\n)([ \t]*)", body)
    found = re.findall(r"(?<!\\)(?:\\\\)*\\(u00[0-9a-f]{2})", body)
    escaped = "".join(letter for letter in _MARKUP if f"u{ord(letter):04x}" in found)
    indent, newline = (begun[2], begun[1]) if begun else (None, "\n")
    colon = ": " if begun or re.match(r'\{"[^"]*": ', body) else ":"
    commas = (",",) if begun else (", ", ",")
    plain = not body.isascii() or not re.search(r"\\u(?!00[0-7])[0-9a-f]{4}", body)
    styles = [
        _Style(indent, (comma, colon), ascii, letters, newline, text[len(body) :])
        for letters in dict.fromkeys((escaped, ""))
        for ascii in (not plain, plain)
        for comma in commas
    ]
    notebook = json.loads(body)
    return next((style for style in styles if style.text(notebook) == text), styles[0])


def replaced(path: Path, pieces: Iterable[bytes | memoryview], check: Callable[[], None] | None = None) -> int:
    """Put these bytes into the file's place, durably and in one step; how many they are. Raises NotebookInvalid."""
    path = path.resolve()  # a link stays one
    try:
        with whole_file(path) as temporary:
            with temporary.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
                size = file.tell()
            if path.exists():
                shutil.copymode(path, temporary)
            sync_file(temporary)  # before the check, after which nothing slow may come
            if check is not None:
                check()
    except OSError as exc:
        raise NotebookInvalid(
            f"{path} cannot be written: {exc.strerror or exc}", hint="work on a copy of it elsewhere"
        ) from exc
    return size


def _read(path: Path) -> tuple[bytes, _Stamp | None]:
    try:
        stamp = _stamp(path)
        return path.read_bytes(), stamp
    except OSError as exc:
        raise NotebookInvalid(f"{path} is not a notebook: {exc.strerror or exc}", hint=HINT) from exc


def _decoded(text: bytes, path: Path) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise NotebookInvalid(f"{path} is not a notebook: {exc}", hint=HINT) from exc


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
