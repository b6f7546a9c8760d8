"""What was paid, added up: each currency apart, and what nobody has priced is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from imgnb.errors import RequestInvalid
from imgnb.library import Library, Origin, Outcome

from .conftest import FOX, ORIGIN, SUCCESS, arrive, png

CREDITS = replace(ORIGIN, route="gateway", cost_estimate=6.0, currency="credits", notebook="b.ipynb")
UNPRICED = replace(ORIGIN, route="dark", notebook="b.ipynb")

WITHOUT_PANDAS = """
import json, sys
sys.modules["pandas"] = None
from imgnb.library import Library
with Library(sys.argv[1]) as library:
    print(json.dumps(library.costs(["day", "route"])))
"""


def made(library: Library, origin: Origin, outcome: Outcome, pictures: int = 1) -> None:
    claim = library.claim(replace(FOX, prompt=f"fox {len(library)}"), origin, replay=False)
    arrive(library, str(claim.generation_id), *(png(n) for n in range(pictures)))
    library.finish(str(claim.generation_id), outcome)


@pytest.fixture
def spent(library: Library) -> Library:
    """Dollars, credits, what nobody priced, what may have been charged, what was refused, and what runs."""
    made(library, replace(ORIGIN, notebook="a.ipynb"), replace(SUCCESS, cost=0.1), pictures=2)
    made(library, ORIGIN, replace(SUCCESS, cost=0.2))
    made(library, CREDITS, replace(SUCCESS, cost=6.0, currency="credits"))
    made(library, UNPRICED, Outcome("succeeded"))
    made(library, UNPRICED, Outcome("failed", billing_note="the provider may have billed this call"), pictures=0)
    made(library, UNPRICED, Outcome("failed", error_kind="budget"), pictures=0)
    library.claim(replace(FOX, prompt="running"), replace(ORIGIN, cost_estimate=1.0), replay=False)
    return library


def rows(library: Library, *by: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in library.costs(by, frame=False)]


def test_costs_are_added_up_by_route(spent: Library) -> None:
    """What runs is not there yet; what may have been charged has no price, what was refused has none to have."""
    assert spent.costs("route", frame=False)[0] == {
        "route": "openai", "currency": "USD", "generations": 2, "pictures": 3, "cost": 0.3, "without_price": 0,
    }  # fmt: skip
    assert rows(spent, "route")[1:] == [("dark", "USD", 3, 1, None, 2), ("gateway", "credits", 1, 1, 6.0, 0)]


def test_costs_are_added_up_by_notebook_and_model(spent: Library) -> None:
    """Several groups at once; the model is the one that answered."""
    snapshot = "gpt-image-2-2026-04-21"

    assert rows(spent, "notebook", "model") == [
        ("", snapshot, "USD", 1, 1, 0.2, 0),
        ("a.ipynb", snapshot, "USD", 1, 2, 0.1, 0),
        ("b.ipynb", "gpt-image-2", "USD", 3, 1, None, 2),
        ("b.ipynb", snapshot, "credits", 1, 1, 6.0, 0),
    ]


def test_currencies_are_never_added_up(spent: Library) -> None:
    """Credits and USD of one day are two rows."""
    assert [row[1:] for row in rows(spent, "day")] == [("USD", 5, 4, 0.3, 2), ("credits", 1, 1, 6.0, 0)]


def test_costs_begin_on_a_day(spent: Library) -> None:
    """From today on everything counts, from tomorrow on nothing does."""
    today = date.today()

    assert spent.costs("route", frame=False, since=today) == spent.costs("route", frame=False)
    assert spent.costs("route", frame=False, since=today + timedelta(days=1)) == []


@pytest.mark.parametrize("by", ["month", ["day", "month"], []])
def test_what_nothing_can_be_added_up_by_is_refused(library: Library, by: Any) -> None:
    """With the words that would do."""
    with pytest.raises(RequestInvalid, match="added up by") as caught:
        library.costs(by)

    assert "day, route, model, notebook" in caught.value.hint


def test_with_pandas_costs_are_a_frame(spent: Library) -> None:
    """With the same columns, also where there is nothing to add up."""
    pandas = pytest.importorskip("pandas")
    frame = spent.costs(["route", "model"])

    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["route", "model", "currency", "generations", "pictures", "cost", "without_price"]
    assert frame[frame.currency == "USD"].cost.sum() == pytest.approx(0.3)


def test_an_empty_library_has_an_empty_frame(library: Library) -> None:
    """With its columns, so that what is written for a full one runs."""
    pytest.importorskip("pandas")

    assert list(library.costs("day").columns) == ["day", "currency", "generations", "pictures", "cost", "without_price"]


def test_without_pandas_costs_are_rows(spent: Library) -> None:
    """Pandas is nobody's duty."""
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(spent.path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert json.loads(said) == spent.costs(["day", "route"], frame=False)
