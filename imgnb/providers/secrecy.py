"""Keeping a key out of what others may show: errors with the values of their frames, and the logs of the HTTP libraries.

Servers repeat keys: in refusals, in headers, in links. What they say is cleaned where it is read (`said.py`); here is
the rest: `hide` for errors, and a filter on the loggers of httpx and httpcore, which write down headers and links as they
come.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from weakref import WeakSet

from ..errors import ImgnbError, ProviderError
from .keys import Key
from .said import fit

LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


def hide(error: BaseException, key: Key | None, outer: BaseException | None = None) -> None:
    """Put stars in place of the key wherever the error may show it: its words, its causes, the values in its frames.

    `outer` is what the caller was handling before anything of ours began: that is left as it is.
    """
    if key is None:
        return
    for one in _chain(error, outer):
        # A body or a header may be a value in any of them; frames that still run hold neither.
        traceback.clear_frames(one.__traceback__)
        if isinstance(one, ImgnbError):
            _hide_words(one, key)
        for cause in (one.__cause__, one.__context__):
            if cause not in (None, outer) and not isinstance(cause, ImgnbError) and _holds(cause, key):
                _let_go(one, cause)


def unlog(key: Key) -> None:
    """Keep this key out of the logs of the HTTP libraries for as long as it lives."""
    with _FILTER.lock:
        _FILTER.keys.add(key)


class _Filter(logging.Filter):
    """Puts stars in place of keys in what the HTTP libraries log."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.keys: WeakSet[Key] = WeakSet()
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        with self.lock:
            keys = list(self.keys)
        plain = hidden = record.getMessage() if keys else ""
        for key in keys:
            hidden = key.hidden_in(hidden)
        if hidden != plain:
            record.msg, record.args = hidden, ()
        return True


_FILTER = _Filter()


def _chain(error: BaseException, outer: BaseException | None) -> Iterator[BaseException]:
    """The error, and all that led to it since `outer`."""
    seen = {id(outer)}
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def _hide_words(error: ImgnbError, key: Key) -> None:
    error.message, error.hint = key.hidden_in(error.message), key.hidden_in(error.hint)
    error.code, error.param = key.hidden_in(error.code or "") or None, key.hidden_in(error.param or "") or None
    error.args = (error.message,)
    if isinstance(error, ProviderError):
        error.request_id = key.hidden_in(error.request_id or "") or None
        error.details = fit(error.details, key)


def _holds(error: BaseException | None, key: Key) -> bool:
    """Whether a foreign error shows the key in its words or its attributes."""
    said = f"{error!r} {getattr(error, 'args', '')!r} {getattr(error, '__dict__', '')!r}"
    return key.hidden_in(said) != said


def _let_go(error: BaseException, cause: BaseException | None) -> None:
    if error.__cause__ is cause:
        error.__cause__ = None
    if error.__context__ is cause:
        error.__context__ = None
