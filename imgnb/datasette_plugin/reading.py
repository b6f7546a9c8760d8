"""The library behind a Datasette database, opened for reading only, and asked on threads of its own.

A Datasette may serve any databases. Ours are files named `library.db`; the pages show the first of them, and files are
found by their hash in all of them; one that others made under this name is left alone. Nothing is opened before somebody asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from ..errors import LibraryError

if TYPE_CHECKING:
    from ..library import Library

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Which = tuple[int, int] | None

FILE = "library.db"
THREADS = 4

_opened: dict[Path, Library] = {}
_files: dict[Path, Which] = {}
_lock = Lock()

PATIENCE = 8.0
"Seconds that a page may take: a few that take longer would hold up all others."


def libraries(datasette: Any) -> dict[str, Path]:
    """The folders of the libraries that are served, by the name of their database; the first is what the pages show."""
    return dict(_candidates(datasette))


def library_of(datasette: Any, database: str | None = None) -> Library:
    """The library of that database, by default the first one served, opened once in this process.

    Raises LibraryError where none is served, or where it cannot be read.
    """
    served = libraries(datasette)
    if not served or database not in (None, *served):
        raise LibraryError(
            "no imgnb library is served here" if not served else f"the database {database!r} is no imgnb library",
            hint=f"serve one: imgnb browse, or datasette serve PATH/{FILE}",
        )
    return open_at(served[database] if database else next(iter(served.values())))


def open_at(root: Path) -> Library:
    """The library in this folder, opened for reading only, once for each file that it has been.

    Raises LibraryError where that cannot be done.
    """
    from ..library import Library

    with _lock:
        which = _which(root / FILE)
        if root not in _opened or _files[root] != which:
            if (before := _opened.pop(root, None)) is not None:
                before.close()
            _files[root] = which
            _opened[root] = Library(root, read_only=True)
        return _opened[root]


def _which(file: Path) -> Which:
    """Which file it is: a rebuilt one has the same name."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def ask(
    datasette: Any,
    function: Callable[Concatenate[Library, Given], Answer],
    *args: Given.args,
    **named: Given.kwargs,
) -> Answer:
    """What `function(library, *args)` answers for the first library served, on a thread: SQLite and disks block."""
    return await on_thread(lambda: function(library_of(datasette), *args, **named))


async def on_thread(function: Callable[[], Answer]) -> Answer:
    """What the function answers, on a thread. Raises LibraryError where SQLite takes too long over it."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: _patiently(function))


def _patiently(function: Callable[[], Answer]) -> Answer:
    from ..library import limited

    with limited(PATIENCE):
        return function()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="imgnb")


def _candidates(datasette: Any) -> Iterator[tuple[str, Path]]:
    for name, database in datasette.databases.items():
        if database.path is not None and Path(database.path).name == FILE:
            file = Path(database.path).absolute()
            if _is_ours(file, _which(file)):
                yield name, file.parent


@lru_cache(maxsize=64)
def _is_ours(file: Path, which: Which) -> bool:
    """Whether that file is a library; asked once for each file that it has been. One that is broken may be."""
    from ..library import is_library

    return which is not None and is_library(file)
