"""Undo and redo of what is written into a form: typed text, and what was taken over from a picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from .form import Form

MOST = 100
"Steps that can be undone."

PAUSE = 3.0
"Seconds without a change after which typing begins a step of its own."


class Changes:
    """Steps back and forth. A step is what has to be changed; typing goes on in the same one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted = 0.0
        self._back: list[dict[str, Any]] = []
        self._forth: list[dict[str, Any]] = []
        self._typing = False

    @property
    def can_undo(self) -> bool:
        return bool(self._back)

    @property
    def can_redo(self) -> bool:
        return bool(self._forth)

    def note(self, before: Form, after: Form, *, typed: bool = False, taken: bool = False) -> None:
        """Remember a change of the prompt, or what was `taken` from a picture; a size is undone where it was chosen."""
        if before == after or (before.prompt == after.prompt and not taken):
            self._typing = False
            return
        before_it, self._noted = self._noted, self._clock()
        if not (typed and self._typing and self._back and self._noted - before_it < PAUSE):
            self._back = [*self._back, _difference(after, before)][-MOST:]
        self._forth = []
        self._typing = typed

    def end(self) -> None:
        """What is typed from now on is a step of its own."""
        self._typing = False

    def undo(self, form: Form) -> dict[str, Any]:
        """The changes that take the last step back."""
        return self._step(form, self._back, self._forth)

    def redo(self, form: Form) -> dict[str, Any]:
        """The changes that take it forth again."""
        return self._step(form, self._forth, self._back)

    def _step(self, form: Form, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> dict[str, Any]:
        self._typing = False
        if not one:
            return {}
        step = one.pop()
        other.append({name: getattr(form, name) for name in step})
        return step


def _difference(of: Form, wanted: Form) -> dict[str, Any]:
    """What has to be changed in one form to have the other."""
    return {
        item.name: getattr(wanted, item.name)
        for item in fields(Form)
        if getattr(of, item.name) != getattr(wanted, item.name)
    }
