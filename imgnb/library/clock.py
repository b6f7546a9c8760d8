"""Times and ids, as the library writes them."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

from ulid import ULID

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def now() -> str:
    """This moment in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id(after: str | None) -> str:
    """A new ULID that sorts after the given one, even if clocks disagree or this one was set back."""
    fresh = ULID()
    if after is None or str(fresh) > after or not is_id(after):
        return str(fresh)
    # A millisecond later than the last one, with chance of its own, so that no two libraries continue alike.
    moment = min(ULID.from_str(after).milliseconds + 1, 2**48 - 1)
    return str(ULID(moment.to_bytes(6, "big") + os.urandom(10)))


def is_id(text: str) -> bool:
    """Whether this is an id of ours. Names of files and rows that came with a download may be anything."""
    return _ID.fullmatch(text) is not None


def milliseconds(id: str) -> int:
    """When an id was made, in Unix milliseconds. Of what is no id of ours: 1."""
    return sum(_DIGITS.index(digit) << 5 * (9 - n) for n, digit in enumerate(id[:10])) if is_id(id) else 1


def beginning(milliseconds: int) -> str:
    """How ids begin that were made at this Unix time: ids from then on are not less."""
    moment = min(max(milliseconds, 0), 2**48 - 1)
    return "".join(_DIGITS[moment >> 5 * (9 - n) & 31] for n in range(10))
