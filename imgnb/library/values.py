"""What a value in a search means, by the kind of its field: numbers, bytes, sizes, days, and ranges of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .fields import HAVING, STATES, STATUSES, Field

_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_NUMBER = re.compile(r"\$?(-?\d{1,15}(?:\.\d{1,15})?)([a-z]*)", re.ASCII)
_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})", re.ASCII)
_RATIO = re.compile(r"(\d{1,6})[:/x](\d{1,6})", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", re.ASCII)
_AGO = re.compile(r"(\d{1,5})([hdwmy])", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "m": 24 * 30, "y": 24 * 365}


@dataclass(frozen=True)
class Between:
    """From `low` to `high`, both included; None is open. Of days: from the first moment to before the last."""

    low: Any
    high: Any


def read(field: Field, value: str, now: datetime) -> Any:
    """The value as its field reads it. Raises ValueError, with what was wrong where that can be said."""
    if field.kind == "label":
        return _span(value, _stars) if field.name == "rating" else value
    if field.kind == "day":
        return _days(value, now)
    if field.kind in ("number", "bytes", "ratio"):
        return _span(value, _READERS[field.kind])
    if field.kind == "size":
        return _size(value)
    if field.kind == "id" and not value.strip("@* ").removeprefix("r1:"):
        raise ValueError("at least one character of it is needed")
    choices = _CHOICES.get(field.kind)
    if choices is not None and value.lower() not in choices:
        raise ValueError(f"{value!r} is none of {', '.join(choices)}")
    return value.lower() if field.kind in (*_CHOICES, "order", "type") else value


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": STATUSES,
    "state": tuple(STATES),
    "having": tuple(HAVING),
    "flag": ("yes", "no"),
}


def _span(value: str, reader: Callable[[str], float]) -> Any:
    """A number, or with two dots a range."""
    if ".." not in value:
        return reader(value)
    low, _, high = value.partition("..")
    if not low and not high:
        raise ValueError("a range needs a beginning or an end")
    return Between(reader(low) if low else None, reader(high) if high else None)


def _bytes(value: str) -> float:
    match = _NUMBER.fullmatch(value.strip().lower())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{value!r} is no number of bytes")
    return float(match[1]) * _UNITS[match[2]]


def _number(value: str) -> float:
    match = _NUMBER.fullmatch(value.strip().lower())
    if match is None or match[2] not in ("", "s", "k"):
        raise ValueError(f"{value!r} is no number")
    return float(match[1]) * (1000 if match[2] == "k" else 1)


def _stars(value: str) -> float:
    number = _number(value)
    if not 0 <= number <= 5:
        raise ValueError(f"{value} is no number of stars")
    return number


def _ratio(value: str) -> float:
    if match := _RATIO.fullmatch(value):
        if not int(match[2]):
            raise ValueError("a height of 0 is none")
        return int(match[1]) / int(match[2])
    return _number(value)


_READERS: Mapping[str, Callable[[str], float]] = {"number": _number, "bytes": _bytes, "ratio": _ratio}


def _size(value: str) -> Any:
    """Pixels of the longest edge, a range of them, or (width, height)."""
    if match := _SIZE.fullmatch(value.lower()):
        return int(match[1]), int(match[2])
    return _span(value, _number)


def _days(value: str, now: datetime) -> Between:
    """A stretch of time, as the strings in which the library writes moments, whose order is theirs."""
    low, dots, high = value.partition("..")
    if dots:
        if not low and not high:
            raise ValueError("a range needs a beginning or an end")
        return Between(_day(low, now).low if low else None, _day(high, now).high if high else None)
    return _day(value, now)


def _day(value: str, now: datetime) -> Between:
    lowered = value.lower()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if lowered in ("today", "yesterday"):
        begun = today - timedelta(days=lowered == "yesterday")
        return Between(_moment(begun), _moment(begun + timedelta(days=1)))
    if match := _AGO.fullmatch(lowered):
        return Between(_moment(_ago(now, int(match[1]) * _HOURS[match[2]])), None)
    if (match := _DAY.fullmatch(lowered)) is None:
        raise ValueError(f"{value!r} is no day")
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    try:
        begun = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{value} is not in the calendar") from None
    if match[3]:
        return Between(_moment(begun), _after(begun, 1))
    return Between(_moment(begun), _after(begun, 32, "month") if match[2] else _after(begun, 366 + 31, "year"))


def _after(begun: datetime, days: int, of: str = "") -> str | None:
    """The moment at which a day, month or year is over; None at the end of the calendar."""
    try:
        later = begun + timedelta(days=days)
    except OverflowError:
        return None
    if of == "month":
        later = later.replace(day=1)
    if of == "year":
        later = later.replace(year=begun.year + 1, month=1, day=1)
    return _moment(later)


def _ago(now: datetime, hours: int) -> datetime:
    try:
        return now - timedelta(hours=hours)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")


def whole(number: float) -> float | int:
    """A number as SQLite compares it best."""
    return int(number) if math.isfinite(number) and number == int(number) else number
