"""How a run ended, as a plain value; filing it is the business of `filing.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..events import Answered
from .clock import now
from .columns import to_json

BILLED = "the provider may have billed this call"
"What a record says of a call that brought nothing, or not all, and may have been paid for."


@dataclass(frozen=True)
class Outcome:
    """How a run ended. Its pictures are not here: everything that was kept is filed, in order of index."""

    status: Literal["succeeded", "failed", "cancelled"]
    answered: Answered | None = None
    effective: Mapping[str, Any] = field(default_factory=dict)
    mismatches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cost: float | None = None
    cost_basis: str | None = None
    currency: str = "USD"
    billing_note: str | None = None
    seconds: float | None = None
    went: Mapping[str, Any] = field(default_factory=dict)
    "Columns that say which way was taken in the end, where that is another than the one it was to go."
    error_kind: str | None = None
    error_code: str | None = None
    error_param: str | None = None
    error_message: str | None = None
    error_details: Mapping[str, Any] | None = None
    provenance: Mapping[str, Any] | None = None
    "What became known of the surroundings meanwhile, in place of what the claim said; None leaves that."

    def columns(self) -> dict[str, Any]:
        """The outcome as columns of `generation`, plain enough for a breadcrumb."""
        answered = self.answered or Answered()
        return {
            "status": self.status,
            "effective_json": to_json(self.effective or answered.effective),
            "mismatches_json": to_json(self.mismatches),
            "notes_json": to_json(self.notes),
            "usage_json": None if answered.usage is None else to_json(answered.usage),
            "model_answered": answered.model,
            "revised_prompt": answered.revised_prompt,
            "text": answered.text,
            "partials_received": answered.partials_received,
            "streamed": None if self.answered is None else answered.streamed,
            "http_status": answered.status,
            "request_id": answered.request_id,
            "response_id": answered.response_id,
            "unknown_events": answered.unknown_events,
            "seconds_to_first_byte": answered.seconds_to_first_byte,
            "seconds_to_first_partial": answered.seconds_to_first_partial,
            "cost": self.cost,
            "cost_basis": self.cost_basis,
            "currency": self.currency,
            "billing_note": self.billing_note,
            "seconds": self.seconds,
            "error_kind": self.error_kind,
            "error_code": self.error_code,
            "error_param": self.error_param,
            "error_message": self.error_message,
            "error_details_json": None if self.error_details is None else to_json(self.error_details),
            "finished_at": now(),
            **self.went,
            **({} if self.provenance is None else {"provenance_json": to_json(self.provenance)}),
        }
