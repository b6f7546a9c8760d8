"""This machine's side: versions, settings and the library. Nobody is asked."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

from .._version import __version__
from ..config import Settings
from ..library.condition import SQLITE, condition
from ..providers import probed
from .check import Check


def versions() -> dict[str, str]:
    """The versions that a report of trouble should name."""
    found = {"imgnb": __version__, "httpx": version("httpx"), "Pillow": version("pillow")}
    return {**found, "SQLite": SQLITE, "Python": platform.python_version()}


def here(settings: Settings) -> Iterator[Check]:
    """Which files settle things, and how the library is doing."""
    if not settings.sources:
        yield Check("settings", None, "no file was read", "see the README for where settings stand")
    for source in settings.sources:
        yield Check("settings", True, source)
    if (damage := probed.damage()) is not None:
        path = probed.probes_path()
        yield Check(
            "probes", None, f"{path} cannot be read: {damage}", "delete it; imgnb doctor --probe writes it anew"
        )
    yield from _library(settings)


def _library(settings: Settings) -> Iterator[Check]:
    path, found = settings.library, condition(settings.library)
    if found.error is not None:
        yield Check.failed("library", found.error)
    elif not found.exists:
        yield Check("library", True, f"{path} is made with the first picture")
    else:
        yield Check("library", True, f"{path} can be written; it holds {_generations(found.generations)}")
    for note in found.notes:
        yield Check("library", None, note)


def _generations(count: int) -> str:
    return f"{count} generation{'' if count == 1 else 's'}"
