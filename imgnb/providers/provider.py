"""What a provider is: something that answers one request with events, and tells others nothing of how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ..events import Cancel, Event, OpenSink
from ..request import ImageRequest
from .routes import Key, Route


@dataclass(frozen=True)
class Call:
    """One HTTP call to be made: the request with its model, the way it goes, and where its pictures flow."""

    request: ImageRequest
    route: Route
    model: str
    key: Key | None
    open_sink: OpenSink
    cancel: Cancel
    stream: bool
    previews: bool
    "Whether anybody looks at partials; without a viewer their bytes are not even decoded."


class Provider(Protocol):
    """Speaks one dialect."""

    def endpoint(self, request: ImageRequest) -> str:
        """The path below the base URL that this request goes to."""

    def answer(self, call: Call) -> Iterator[Event]:
        """Make one call; yields Progress, Partial, Image and last Answered. Raises ProviderError kinds and Cancelled."""
