"""Times and ids, as the library writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from ulid import ULID

_SAME_MOMENT = 60_000
# Milliseconds by which kernels' clocks may differ before their order no longer matters.


def now() -> str:
    """This moment in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id(after: str | None) -> str:
    """A new ULID that sorts after the given one, even if both are of the same millisecond or clocks disagree a little."""
    fresh = ULID()
    if after is None or str(fresh) > after:
        return str(fresh)
    last = ULID.from_str(after)
    if last.milliseconds - fresh.milliseconds > _SAME_MOMENT:
        return str(fresh)
    return str(ULID.from_int(int(last) + 1))
