"""Which arrangement suits a family tree.

Few layers stand side by side. What is deeper or wider is set on a grid: a row for each layer, or, where that
would be too small, row after row like text.
"""

from __future__ import annotations

from collections.abc import Sequence

from .tree_columns import Columns
from .tree_grid import Flow, Rows
from .tree_layers import Pair
from .tree_plan import LARGEST, SMALLEST, Layout, Wording

_STEP = 4
_WORTH = ((1.6, Columns), (1.25, Rows), (1.0, Flow))
"The easier it is to read, the smaller its pictures may be."


def arranged(layers: list[list[str]], pairs: Sequence[Pair], wording: Wording) -> Layout:
    """Return the arrangement with the largest pictures; one that reads more easily may have them a little smaller."""
    found = []
    for worth, kind in _WORTH:
        for edge in range(LARGEST, SMALLEST - 1, -_STEP):
            tried = kind(layers, pairs, wording.shape(edge), wording.role)
            if tried.fits():
                found.append((edge * worth, tried))
                break
    if not found:
        return Flow(layers, pairs, wording.shape(SMALLEST), wording.role).layout()
    return max(found, key=lambda pair: pair[0])[1].layout()
