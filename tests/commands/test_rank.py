"""The ranking by choices, in a shell."""

from __future__ import annotations

import json

from imgnb.workspace import current

from .conftest import Run
from .test_finding import drawn

__all__ = ["drawn"]


def test_what_was_compared_is_printed_best_first(drawn: Run) -> None:
    """As lines and as JSON; a query says of which; nothing compared is said."""
    assert drawn("rank")[1] == "nothing was compared yet\n"
    library = current().library
    owl, winter, fox = (generation.asset for generation in library.find())
    library.choose(fox, owl)
    library.choose(owl, winter)

    status, out, _ = drawn("rank")
    ranked = json.loads(drawn("rank", "--json", "fox", "-winter")[1])

    assert status == 0
    assert [line.split()[1] for line in out.splitlines()[:-1]] == [one.sha256[:12] for one in (fox, owl, winter)]
    assert [row["asset"] for row in ranked["ranking"]] == [fox.sha256]
    assert ranked["choices"] == 0
