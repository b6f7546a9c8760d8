"""How amounts, times, sizes and anybody's text are said on a page. Templates have this module under the name `say`.

A library may come from anywhere: whatever stands in it is said, or passed over, and breaks no page.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

CAPTION = 240
"Characters of a prompt below a picture; two lines of them are seen."

ALT = 300

_MINUTE, _HOUR = 60, 3600
# Half of them are invisible, and browsers drop or replace them: each has a sign of its own for being looked at.
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {0x7F: 0x2421}
# Half surrogates, which JSON may hold, cannot be sent.
_PICTURES |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)


def text(value: object) -> str:
    """Anybody's text with its control characters made visible; line ends are one newline."""
    return str(value).replace("\r\n", "\n").translate(_PICTURES)


def line(value: object, longest: int = CAPTION) -> str:
    """The text on one line, cut where it is longer."""
    said = " ".join(text(str(value)[: 8 * longest]).split())
    return said if len(said) <= longest else said[: longest - 1].rstrip() + "…"


def alt(prompt: str, number: int = 1, of: int = 1) -> str:
    """What to say of a picture that cannot be seen: its prompt, and which of several it is."""
    said = line(prompt, ALT) or "a picture without a prompt"
    return said if of == 1 else f"{said} (picture {number} of {of})"


def money(amount: float | None, currency: str = "USD") -> str:
    """An amount with as many digits as it takes: $0.04, $0.167, $1,204.50, 6 credits."""
    if amount is None or not math.isfinite(amount):
        return ""
    digits = 2 if abs(amount) >= 1 else 4
    whole, _, rest = f"{amount:,.{digits}f}".partition(".")
    said = f"{whole}.{rest.rstrip('0').ljust(2, '0')}"
    if currency == "USD":
        return f"${said}"
    return f"{said.removesuffix('.00')} {line(currency, 20)}"


def price(amount: float | None, currency: str = "USD") -> str:
    """What a generation cost: free where it cost nothing, nothing where nobody said."""
    return "free" if amount == 0 else money(amount, currency)


def seconds(value: float | None) -> str:
    """A duration: 0.4 s, 12 s, 3 min 20 s."""
    if value is None or not math.isfinite(value):
        return ""
    if value < _MINUTE:
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    whole = round(value)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def size(count: int | None) -> str:
    """A number of bytes: 812 B, 240 kB, 1.9 MB."""
    if count is None:
        return ""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def moment(when: str | None) -> str:
    """A moment in UTC, to the minute: 3 Nov 2026, 14:05."""
    there = _moment(when)
    return f"{there.day} {there:%b %Y, %H:%M}" if there else line(when or "", 40)


def day(when: str | None) -> str:
    """Its day: 3 Nov 2026."""
    there = _moment(when)
    return f"{there.day} {there:%b %Y}" if there else line(when or "", 40)


def stars(count: int | None) -> str:
    """A rating as five stars: ★★★☆☆."""
    return "" if not count else ("★" * min(count, 5)).ljust(5, "☆")


def percent(share: float | None) -> str:
    """A share: 3.4 %."""
    return "" if share is None else f"{100 * share:.1f} %"


def count(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


def capped(number: int, most: int) -> str:
    """A number that was counted up to `most` only: 1,000+."""
    return f"{most:,}+" if number > most else f"{number:,}"


def newest(among: int) -> str:
    """How many of the newest were counted: where the search for more ended short of a round number, about that."""
    digits = len(str(among)) - 1
    rounded = round(among, -digits)
    return f"the newest {among:,}" if rounded == among else f"about the newest {rounded:,}"


def counted(number: int, what: str) -> str:
    """1 picture, 3 pictures."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def value(given: Any) -> str:
    """A parameter's value as one would write it."""
    if given is None:
        return ""
    if isinstance(given, str):
        return text(given)
    return text(json.dumps(given, ensure_ascii=False, default=_plain))


def surroundings(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Where a request was made, as names and values of a record."""
    git, packages = _table(given.get("git")), _table(given.get("packages"))
    changes = {"True": ", with changes", "False": ", without changes"}.get(str(git.get("dirty")), "")
    return (
        ("Front end", value(given.get("front_end"))),
        ("Execution count", value(given.get("execution_count"))),
        ("Commit", value(git.get("commit")) + changes if git.get("commit") else ""),
        ("Packages", ", ".join(f"{name} {said}" for name, said in packages.items())),
    )


def _table(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def pretty(given: Any) -> str:
    """A nested value over several lines."""
    return text(json.dumps(given, ensure_ascii=False, indent=2, default=_plain))


def _plain(given: Any) -> Any:
    if isinstance(given, Mapping):
        return dict(given)
    return list(given) if isinstance(given, Sequence) else str(given)


def _moment(when: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(when) if when else None
    except ValueError:
        return None
