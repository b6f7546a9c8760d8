"""Where a page, a PDF or a sheet may be written: never over a notebook, a lock, the library, or what is no file.

A link stays one: what it leads to is replaced, and is what is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from ..errors import RequestInvalid
from ..files.whole import whole_file
from ..records.lock import SUFFIX as LOCK

HTML, PDF = (".html", ".htm"), (".pdf",)
"Endings of what a report makes, and may replace."

_PAGES = (b"<!doctype html", b"<html", b"%pdf-")
"How what is a page begins, whatever it is called."


def target_of(path: Path, endings: Iterable[str], library: Path) -> Path:
    """The file that writing to this path makes or replaces, links followed. Raises RequestInvalid for what must stay."""
    found, kind = _resolved(path)
    name = found.name.lower()
    if name.endswith(".ipynb"):
        raise RequestInvalid(f"{path} is a notebook, which must not be replaced", hint="give another name")
    if name.endswith(LOCK):
        raise RequestInvalid(f"{path} is a notebook's lock, which must not be replaced", hint="give another name")
    if found.is_relative_to(library.resolve()):
        raise RequestInvalid(f"{path} lies in the library", hint="name a place outside of it")
    if kind is not None and not S_ISREG(kind):
        raise RequestInvalid(f"{path} is a pipe or device, not a file", hint="write a file, then send that on")
    if kind is not None and not _may_go(found, tuple(endings)):
        raise RequestInvalid(f"{path} is there, and is none that this would have made", hint="give another name")
    return found


def write(path: Path, content: bytes) -> None:
    """Put this in the file's place in one step, through links. Raises RequestInvalid where it cannot be written."""
    found, _ = _resolved(path)
    try:
        with whole_file(found) as file:
            file.write_bytes(content)
    except OSError as exc:
        raise _unwritable(path, exc) from exc


def _resolved(path: Path) -> tuple[Path, int | None]:
    """What the path leads to, and its mode; None where there is nothing yet. Raises RequestInvalid for no such place."""
    try:
        found = path.resolve()
        mode = path.stat().st_mode if path.exists() else None
        placed = found.parent.is_dir()
    except (OSError, RuntimeError, ValueError) as exc:  # a loop of links, a name that is too long or has half a letter
        raise _unwritable(path, exc) from exc
    if not placed or (mode is not None and S_ISDIR(mode)):
        raise RequestInvalid(f"{path} cannot be written: there is no such folder, or it is one", hint="name a file")
    return found, mode


def _may_go(found: Path, endings: tuple[str, ...]) -> bool:
    """Whether what is there is empty, or called or begins as what is written; JSON is a notebook or a lock, or may be."""
    try:
        with found.open("rb") as file:
            begins = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    except OSError:
        return False
    return not begins or begins.startswith(_PAGES) or (found.suffix.lower() in endings and begins[:1] not in b"{[")


def _unwritable(path: Path, exc: Exception) -> RequestInvalid:
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return RequestInvalid(f"{path} cannot be written: {reason}", hint="give another place")
