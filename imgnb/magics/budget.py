"""`%imagegen budget ...`: what may be spent, shown and changed from a notebook."""

from __future__ import annotations

from typing import Any

from ..errors import ConfigInvalid

NONE = "no budget is set; `%imagegen budget 5.00` sets one (per session, day or notebook)"


def budget_wanted(line: str) -> str | None:
    """What a line says about budgets: "" to show them, "off", or amounts; None where it is a prompt, as "budget meeting" is."""
    first, _, rest = line.strip().partition(" ")
    if first != "budget":
        return None
    from ..library.budgets import OFF, Budget

    said = rest.strip()
    if said not in ("", OFF):
        try:
            _ = [Budget.parse(text) for text in said.split(",")]
        except ConfigInvalid:
            return None
    return said


def budget(shell: Any, said: str) -> str:
    """Set what is said, beside budgets of other kinds, and tell how each budget stands."""
    from ..display.cell import place
    from ..library.budgets import OFF, Budget
    from ..workspace import current

    workspace = current()
    if said == OFF:
        workspace.budgets = ()
    elif said:
        given = {budget.kind: budget for budget in map(Budget.parse, said.split(","))}
        workspace.budgets = tuple({**{budget.kind: budget for budget in workspace.budgets}, **given}.values())
    balances = workspace.library.balances(workspace.budgets, place(shell)["notebook"])
    return "\n".join(map(str, balances)) or NONE
