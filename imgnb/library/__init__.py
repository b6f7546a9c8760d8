"""The asset library: every picture that arrived, with its prompt, parameters, cost and hash, in one folder.

`Library` is the only door; everything else in this package is behind it. Nothing is imported until it is asked for,
because SQLModel alone takes more than a second.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .accepted import Accepted
    from .budgets import Allowance, Balance, Budget, parse_budgets
    from .claims import Claim
    from .database import limited
    from .library import Library
    from .migrations import is_library
    from .origin import Origin
    from .outcome import BILLED, Outcome
    from .upkeep.rebuilding import rebuild

__all__ = [
    "BILLED",
    "Accepted",
    "Allowance",
    "Balance",
    "Budget",
    "Claim",
    "Library",
    "Origin",
    "Outcome",
    "is_library",
    "limited",
    "parse_budgets",
    "rebuild",
]

_HOME = {
    "BILLED": ".outcome",
    "Accepted": ".accepted",
    "Allowance": ".budgets",
    "Balance": ".budgets",
    "Budget": ".budgets",
    "Claim": ".claims",
    "Library": ".library",
    "Origin": ".origin",
    "Outcome": ".outcome",
    "is_library": ".migrations",
    "limited": ".database",
    "parse_budgets": ".budgets",
    "rebuild": ".upkeep.rebuilding",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)


class _Package(ModuleType):
    """`imgnb.library` is this package, and called it gives the library in force: `imgnb.library().find("fox")`."""

    def __call__(self, path: Any = None) -> Library:
        """The library in force, or the one at `path`."""
        opened: Library = import_module("imgnb").open_library(path)
        return opened


sys.modules[__name__].__class__ = _Package
