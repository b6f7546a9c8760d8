"""What can be written after `imgnb`: the arguments of every command, by capability.

A module here only declares, and names what runs a command as `module:function` of `commands`, where it loads when it runs.
`imgnb --help` loads all of these modules: they import nothing that works.
"""

from __future__ import annotations

from . import bundles, drawing, finding, labels, library, notebooks, routes, upkeep
from .words import Adder


def declare(add: Adder) -> None:
    """Every command, in the order of `imgnb --help`."""
    for capability in (drawing, finding, library, labels, bundles, upkeep, notebooks, routes):
        capability.declare(add)
