"""What was paid: by day, by route and by model, each currency apart."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .. import plots
from ..reading import ask
from . import say
from .page import asked, page

if TYPE_CHECKING:
    from ...library import Library

PERIODS: Mapping[str, tuple[str, int | None]] = {
    "30": ("30 days", 30),
    "90": ("90 days", 90),
    "365": ("a year", 365),
    "all": ("all time", None),
}
_DAILY, _WEEKLY = 92, 400
# Days up to which each one has a bar, and up to which each week has; then months.
_KEPT = 8
_OLDEST = 20 * 366
# Days back that are drawn: a picture from elsewhere may claim any date.


@dataclass
class Sum:
    """What a group adds up to."""

    generations: int = 0
    pictures: int = 0
    cost: float = 0.0
    without_price: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a row of the library's."""
        self.generations += row["generations"]
        self.pictures += row["pictures"] or 0
        if math.isfinite(cost := row["cost"] or 0.0):
            self.cost += cost
        self.without_price += row["without_price"]


@dataclass(frozen=True)
class Line:
    """A row of a table, with how long its bar is, in a hundred."""

    title: str
    sum: Sum
    share: float


@dataclass(frozen=True)
class Currency:
    """Everything that was paid in one currency."""

    name: str
    total: Sum
    plot: plots.Plot
    said: str
    steps: str
    "What a bar stands for: day, week or month."
    times: tuple[Line, ...]
    routes: tuple[Line, ...]
    models: tuple[Line, ...]


async def show(datasette: Any, request: Any) -> Any:
    """The page."""
    period = asked(request, "period")
    period = period if period in PERIODS else "30"
    shown = await ask(datasette, look, period, date.today())
    return await page(datasette, request, "costs", shown=shown, period=period, periods=PERIODS)


def look(library: Library, period: str, today: date) -> tuple[Currency, ...]:
    """A view for each currency, dollars first."""
    days = PERIODS[period][1]
    since = today - timedelta(days=days - 1) if days else None
    rows: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in _rows(_Held(library), since, _state(library)):
        rows[row["currency"]].append(row)
    return tuple(
        _currency(name, rows[name], since, today) for name in sorted(rows, key=lambda one: (one != "USD", one))
    )


class _Held:
    """A library as part of a key: the same as any other of its folder."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.library.path == self.library.path

    def __hash__(self) -> int:
        return hash(self.library.path)


@lru_cache(maxsize=_KEPT)
def _rows(held: _Held, since: date | None, state: tuple[int, ...]) -> list[dict[str, Any]]:
    # A million rows take a second to add up: once, until somebody has written.
    return list(held.library.costs(("day", "route", "model"), frame=False, since=since))


def _state(library: Library) -> tuple[int, ...]:
    """Changes when anybody has written into the library."""
    state: list[int] = []
    for name in ("library.db", "library.db-wal"):
        path = library.path / name
        if path.exists():
            there = path.stat()
            state += [there.st_mtime_ns, there.st_size]
    return tuple(state)


def _currency(name: str, rows: list[Mapping[str, Any]], since: date | None, today: date) -> Currency:
    total = Sum()
    by: dict[str, dict[str, Sum]] = {"day": defaultdict(Sum), "route": defaultdict(Sum), "model": defaultdict(Sum)}
    for row in rows:
        total.add(row)
        for group, sums in by.items():
            sums[row[group] or ""].add(row)
    days = {there: one for day, one in by["day"].items() if (there := _date(day))}
    known = min(days, default=today)
    first = since or max(known, today - timedelta(days=_OLDEST))
    length = (today - first).days + 1
    unit = "day" if length <= _DAILY else "week" if length <= _WEEKLY else "month"
    times = _times(days, first, today, unit)
    values = [one.cost for one in times.values()]
    heights = _heights(plots.steps(max(values, default=0.0)), name)
    bars = [f"{_title(at, unit)}: {say.money(one.cost, name)}, {say.counted(one.pictures, 'picture')}" for at, one in times.items()]  # fmt: skip
    drawn = plots.plot(values, bars, [_short(at, unit) for at in times], heights)
    most = max(times, key=lambda at: times[at].cost, default=today)
    said = f"{say.money(total.cost, name)} from {say.day(first.isoformat())} to {say.day(today.isoformat())}, by {unit}"
    if total.cost:
        said += f"; most, {say.money(times[most].cost, name)}, in the {unit} of {say.day(most.isoformat())}"
    newest_first = {_title(at, unit): one for at, one in reversed(times.items()) if one.generations}
    return Currency(
        name, total, drawn, said.replace("in the day of", "on"), unit,
        tuple(_lines(newest_first.items())),
        tuple(_lines(_dearest(by["route"]))),
        tuple(_lines(_dearest(by["model"]))),
    )  # fmt: skip


def _heights(steps: list[float], currency: str) -> dict[float, str]:
    """What stands beside the lines: amounts without cents where none of them has any."""
    whole = all(at == int(at) for at in steps)
    said = {at: say.money(at, currency) for at in steps[1:]}
    return {0.0: "0"} | {at: words.replace(".00", "") if whole else words for at, words in said.items()}


def _times(days: Mapping[date, Sum], first: date, last: date, unit: str) -> dict[date, Sum]:
    """The sums of every day, week or month from the first to the last, also where nothing was paid."""
    times: dict[date, Sum] = {}
    at = first
    while at <= last:
        times.setdefault(_start(at, unit), Sum())
        at += timedelta(days=1)
    for day, one in days.items():
        if (there := times.get(_start(day, unit))) is not None:
            there.add(vars(one))
    return times


def _date(day: str) -> date | None:
    """The day; None where SQLite makes something else of what stands in a record."""
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


def _start(day: date, unit: str) -> date:
    if unit == "day":
        return day
    return day - timedelta(days=day.weekday()) if unit == "week" else day.replace(day=1)


def _title(at: date, unit: str) -> str:
    if unit == "month":
        return f"{at:%B %Y}"
    return f"week of {say.day(at.isoformat())}" if unit == "week" else f"{at:%a} {say.day(at.isoformat())}"


def _short(at: date, unit: str) -> str:
    return f"{at:%b %Y}" if unit == "month" else f"{at.day} {at:%b}"


def _dearest(sums: Mapping[str, Sum]) -> list[tuple[str, Sum]]:
    return sorted(sums.items(), key=lambda item: (-item[1].cost, -item[1].generations, item[0]))


def _lines(groups: Iterable[tuple[str, Sum]]) -> list[Line]:
    groups = list(groups)
    most = max((one.cost for _, one in groups), default=0.0)
    return [Line(say.line(title, 80) or "(none)", one, plots.share(one.cost, most)) for title, one in groups]
