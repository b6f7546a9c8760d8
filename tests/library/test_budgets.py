"""Budgets: how they are written, and what counts against them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from imgnb.errors import BudgetExceeded, ConfigInvalid
from imgnb.library import Allowance, Budget, Library, Origin, Outcome, parse_budgets, tables
from imgnb.library.budgets import money

from .conftest import FOX, ORIGIN, SUCCESS

PAID = replace(ORIGIN, cost_estimate=0.2, notebook="a.ipynb")


def begun(library: Library, origin: Origin = PAID, *budgets: Budget, amount: float | None = 0.2, **options: Any) -> str:
    """A generation that runs, if the budgets allow for it."""
    allowance = Allowance(budgets, amount, options.get("currency", "USD"))
    claim = library.claim(replace(FOX, prompt=f"fox {len(library)}"), origin, replay=False, allowance=allowance)
    return str(claim.generation_id)


def spent(library: Library, text: str = "1", notebook: str | None = None) -> float:
    return round(library.balances([Budget.parse(text)], notebook)[0].spent, 6)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("5", Budget(5)),
        (5, Budget(5)),
        (0.5, Budget(0.5)),
        ("$5.00", Budget(5)),
        ("5 USD", Budget(5)),
        ("5.00 per day", Budget(5, "day")),
        ("5 a day", Budget(5, "day")),
        ("2/day", Budget(2, "day")),
        ("40 credits per notebook", Budget(40, "notebook", "credits")),
        ("40 CREDITS PER SESSION", Budget(40, "session", "credits")),
        ("0", Budget(0)),
    ],
)
def test_a_budget_is_written_as_it_is_said(text: str | float, budget: Budget) -> None:
    """USD and session where nothing else is said."""
    assert Budget.parse(text) == budget
    assert Budget.parse(str(budget)) == budget


@pytest.mark.parametrize(
    "text", ["", "five", "-5", "nan", "inf", "1e3", "5 EUR", "5 per week", "per day", True, "5 per daylight"]
)
def test_what_is_no_budget_is_refused(text: Any) -> None:
    """With the words that would be right."""
    with pytest.raises(ConfigInvalid, match="budget is") as caught:
        Budget.parse(text)

    assert "5.00 per day" in caught.value.hint


def test_of_several_of_a_kind_the_smallest_holds() -> None:
    """And "off" means none at all."""
    assert parse_budgets(["5", "2", "9 per day", "1 credits"]) == (
        Budget(2),
        Budget(9, "day"),
        Budget(1, currency="credits"),
    )
    assert parse_budgets(["5", "OFF"]) == ()


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(0.05, "USD", "0.05 USD"), (5, "USD", "5.00 USD"), (0.0053, "USD", "0.0053 USD"), (12.0, "credits", "12 credits"), (0.1 + 0.2, "credits", "0.3 credits")],
)  # fmt: skip
def test_amounts_are_readable(amount: float, currency: str, text: str) -> None:
    """Cents, and less where there are less."""
    assert money(amount, currency) == text


def test_what_runs_counts_with_what_it_may_cost(library: Library) -> None:
    """Once it is done, with what it has cost."""
    id = begun(library)
    assert spent(library) == 0.2

    library.finish(id, replace(SUCCESS, cost=0.05))
    assert spent(library) == 0.05


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        (Outcome("failed", error_kind="validation"), 0.0),
        (Outcome("failed", error_kind="timeout", billing_note="the provider may have billed this call"), 0.2),
        (Outcome("cancelled", billing_note="the provider may have billed this call"), 0.2),
        (Outcome("succeeded"), 0.2),
        (Outcome("succeeded", cost=0.0, cost_basis="free"), 0.0),
    ],
    ids=["refused", "timed out", "cancelled", "nobody counted", "free"],
)
def test_what_may_have_been_charged_counts(library: Library, outcome: Outcome, counted: float) -> None:
    """A limit that forgets what is not certain is none; what was refused costs nothing."""
    library.finish(begun(library), outcome)

    assert spent(library) == counted


def test_what_a_dead_kernel_was_asking_counts(library: Library, reopen: Any) -> None:
    """Its provider may have drawn, and charged, what nobody was there to receive."""
    other = reopen()
    begun(other)
    other._store.session.close()  # as its end does it
    library.recover()

    assert library.find(status="interrupted")
    assert spent(library, "1 per day") == 0.2


def test_currencies_are_apart(library: Library) -> None:
    """Credits are no dollars."""
    begun(library, replace(PAID, cost_estimate=12.0, currency="credits"))

    assert (spent(library, "1"), spent(library, "1 credits")) == (0.0, 12.0)


def test_a_session_is_this_kernels(library: Library, reopen: Any) -> None:
    """What another kernel spends counts for the day and the notebook, not for this session."""
    begun(reopen())

    assert [spent(library, f"1 per {per}", "a.ipynb") for per in ("session", "day", "notebook")] == [0.0, 0.2, 0.2]


def test_a_notebook_is_one_of_many(library: Library) -> None:
    """Where it does not say its name, the session stands in for it."""
    begun(library)

    assert spent(library, "1 per notebook", "b.ipynb") == 0.0
    assert spent(library, "1 per notebook", None) == 0.2


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_a_day_begins_at_local_midnight(library: Library, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """What ran a moment before it was yesterday's."""
    import time

    from ulid import ULID

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        for moment in (midnight - timedelta(milliseconds=1), midnight):
            id = begun(library)
            with library._store.database.writing() as connection:
                moved = update(tables.generation).where(tables.generation.c.id == id)
                connection.execute(moved.values(id=str(ULID.from_datetime(moment.astimezone()))))

        assert (spent(library, "1 per day"), spent(library)) == (0.2, 0.4)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_would_pass_a_budget_is_not_claimed(library: Library) -> None:
    """What is exactly left may be spent; the refusal says what is left and what it may cost."""
    budget = Budget(0.6)
    for _ in range(3):
        begun(library, PAID, budget)

    with pytest.raises(
        BudgetExceeded, match=r"budget of 0\.60 USD per session leaves 0\.00 USD, and this may cost 0\.20 USD"
    ):
        begun(library, PAID, budget)
    assert len(library) == 3


def test_the_tightest_of_several_budgets_decides(library: Library) -> None:
    """A generous day does not help a session that is used up."""
    with pytest.raises(BudgetExceeded, match="per notebook"):
        begun(library, PAID, Budget(5), Budget(5, "day"), Budget(0.1, "notebook"), amount=0.2)


@pytest.mark.parametrize("currency", ["USD", ""], ids=["price unknown", "currency unknown, too"])
def test_an_unknown_cost_passes_until_the_budget_is_used_up(library: Library, currency: str) -> None:
    """Nobody can say that it would be too much; when nothing is left, anything is."""
    unknown = replace(PAID, cost_estimate=None)
    begun(library, unknown, Budget(0.2), amount=None, currency=currency)
    begun(library)

    with pytest.raises(BudgetExceeded, match="what this costs is not known"):
        begun(library, unknown, Budget(0.2), amount=None, currency=currency)


def test_what_is_free_passes_always(library: Library) -> None:
    """A sketch costs nothing, whatever is left."""
    begun(library, replace(PAID, cost_estimate=0.0), Budget(0), amount=0)


def test_a_budget_in_another_currency_does_not_stop_anything(library: Library) -> None:
    """A route that charges credits takes no dollars."""
    begun(library, PAID, Budget(0), amount=3, currency="credits")


def test_going_another_way_is_checked_and_written_down(library: Library) -> None:
    """The generation counts in the currency of the way that it goes now; its own first estimate is not in its way."""
    id = begun(library)
    gateway = replace(PAID, route="gateway", currency="credits", cost_estimate=12.0)

    with pytest.raises(BudgetExceeded, match="leaves 10 credits"):
        library.redirect(id, gateway, Allowance((Budget(10, currency="credits"),), 12.0, "credits"))
    assert (spent(library), spent(library, "1 credits")) == (0.2, 0.0)

    library.redirect(id, gateway, Allowance((Budget(12, currency="credits"),), 12.0, "credits"))
    assert (spent(library), spent(library, "1 credits")) == (0.0, 12.0)

    library.redirect(id, gateway, Allowance((Budget(12, currency="credits"),), 12.0, "credits"))


def test_budgets_outlive_the_library_object(tmp_path: Path) -> None:
    """What was spent today is in the file, not in memory."""
    with Library(tmp_path / "library") as library:
        library.finish(begun(library), replace(SUCCESS, cost=0.05))
    with Library(tmp_path / "library") as library:
        assert spent(library, "1 per day") == 0.05
