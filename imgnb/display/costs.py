"""What was paid, as a table that people read in a terminal or below a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDTH = 80
GROUP = 7
"Characters that a group's column keeps at least, when it must give way."

_HEADS = ("asked", "pictures", "cost", "no price")


def totals(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sum of all rows, for each currency."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        nothing = {"currency": row["currency"], "generations": 0, "pictures": 0, "cost": None, "without_price": 0}
        total = found.setdefault(row["currency"], nothing)
        for name in ("generations", "pictures", "without_price"):
            total[name] += row[name]
        if row["cost"] is not None:
            total["cost"] = round((total["cost"] or 0.0) + row["cost"], 6)
    return [found[currency] for currency in sorted(found)]


def costs_table(rows: Sequence[Mapping[str, Any]], by: Sequence[str], balances: Sequence[Any] = ()) -> str:
    """A line for each group, one for the total of each currency, and one for each budget."""
    lines = _lines(rows, by) if rows else ["nothing has been asked for yet"]
    if balances:
        lines += ["", *(f"budget of {balance}" for balance in balances)]
    return "\n".join(lines)


def _lines(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> list[str]:
    sums = totals(rows)
    groups = [tuple(by), *(tuple(str(row[name]).removesuffix(".ipynb") or "(none)" for name in by) for row in rows)]
    numbers = [_HEADS, *map(_numbers, rows)]
    for total in sums:
        groups.append(("total", *[""] * (len(by) - 1)))
        numbers.append(_numbers(total))
    widths = [max(map(len, column)) for column in zip(*numbers, strict=True)]
    room = WIDTH - sum(widths) - 2 * len(widths) - 2 * (len(by) - 1)
    fitted = _fitted([max(map(len, column)) for column in zip(*groups, strict=True)], room)
    lines = []
    for group, row in zip(groups, numbers, strict=True):
        left = [_cut(text, width).ljust(width) for text, width in zip(group, fitted, strict=True)]
        right = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
        lines.append("  ".join((*left, *right)).rstrip())
    rule = "-" * max(map(len, lines))
    return [lines[0], rule, *lines[1 : len(lines) - len(sums)], rule, *lines[len(lines) - len(sums) :]]


def _numbers(row: Mapping[str, Any]) -> tuple[str, ...]:
    without = f"{row['without_price']:,}" if row["without_price"] else ""
    return f"{row['generations']:,}", f"{row['pictures']:,}", _cost(row["cost"], row["currency"]), without


def _cost(amount: float | None, currency: str) -> str:
    if amount is None:
        return "-"
    return f"{amount:,.4f} USD" if currency == "USD" else f"{round(amount, 4):,g} {currency}"


def _fitted(widths: list[int], room: int) -> list[int]:
    """Widths that fit, the widest giving way first."""
    fitted = list(widths)
    while sum(fitted) > room and max(fitted) > GROUP:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def _cut(text: str, width: int) -> str:
    """The end of what is too long: that of a path, or of a model's snapshot, tells it from others."""
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= width else "\u2026" + text[-(width - 1) :]
