"""The one failure of a connection that is told from all others, by whoever decides what comes next."""

from __future__ import annotations

from ..errors import ConnectionFailed


class Unreachable(ConnectionFailed):
    """The host was not reached, so that nothing can be billed."""
