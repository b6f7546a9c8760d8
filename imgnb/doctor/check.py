"""One thing that was looked at, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import ImgnbError


@dataclass(frozen=True)
class Check:
    """What was looked at and what came of it: well, not well, or neither (None), and then the way out."""

    subject: str
    ok: bool | None
    said: str
    hint: str = ""

    @classmethod
    def failed(cls, subject: str, error: ImgnbError, hint: str = "") -> Check:
        """The check that this error means."""
        return cls(subject, False, error.message, hint or error.hint)

    def to_dict(self) -> dict[str, Any]:
        """The check as plain JSON values."""
        return {"subject": self.subject, "ok": self.ok, "said": self.said, "hint": self.hint}
