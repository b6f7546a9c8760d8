"""`%imagelib`: looking into the library from a notebook."""

from __future__ import annotations

from typing import Any

from .options import UsageInvalid

USAGE = """%imagelib show @last        the picture again, as an output of this cell (@name, @hash, @id and @last[2] too)
%imagelib find words        the newest generations whose prompt has these words
%imagelib name @last hero   give a picture a name
%imagelib costs --by model  what was paid, by day, route, model or notebook, and what the budgets leave"""


def imagelib(shell: Any, line: str) -> Any:
    """Do what the line says. Raises UsageInvalid for a line that says nothing known, AssetNotFound for unknown pictures."""
    from ..workspace import current

    command, _, rest = line.strip().partition(" ")
    library = current().library
    if command == "show":
        return _show(shell, library.get(rest.strip() or "@last"))
    if command == "find":
        return library.find(rest)
    if command == "name" and len(rest.split()) == 2:
        reference, name = rest.split()
        library.name(library.asset(reference), name)
        return None
    if command == "costs":
        return _costs(shell, [word for word in rest.replace("=", " ").split() if word != "--by"] or ["day"])
    if command in ("", "--help", "-h", "help"):
        print(USAGE)
        return None
    raise UsageInvalid(f"%imagelib {line} is not understood; use\n{USAGE}")


def _costs(shell: Any, by: list[str]) -> None:
    from ..display.cell import place
    from ..display.costs import costs_table
    from ..workspace import current

    workspace = current()
    rows = workspace.library.costs(by, frame=False)
    print(costs_table(rows, by, workspace.library.balances(workspace.budgets, place(shell)["notebook"])))


def _show(shell: Any, found: Any) -> Any:
    from IPython.display import display

    from ..display.cell import shown_here

    data, metadata = found._repr_mimebundle_()
    display(data, metadata={**metadata, "imgnb": {"stage": "final", **metadata.get("imgnb", {})}}, raw=True)
    if hasattr(found, "assets"):
        shown_here(shell, found)
        return found
    return None
