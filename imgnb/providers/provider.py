"""What a provider is: something that answers one request with events, and tells others nothing of how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from ..events import Answered, Cancel, Event, OpenSink
from ..request import ImageRequest
from .keys import Key
from .routes import Route

Way = Literal["previous_response_id", "image_generation_call", "upload"]
"How a server is reminded of an earlier turn: by the answer's id, by its picture's, or by sending it all again."

WAYS: tuple[Way, ...] = get_args(Way)
"In the order in which they are tried."


class Uploads(Protocol):
    """Files that servers keep for us, by the picture's hash, the route (whose account they are in) and the base URL."""

    def upload(self, sha256: str, route: str, base_url: str) -> str | None:
        """The id under which this server has the picture, for the route's account."""

    def record_upload(self, sha256: str, route: str, base_url: str, file_id: str | None) -> None:
        """Remember the id, or forget it with None."""


@dataclass(frozen=True)
class Call:
    """One HTTP call to be made: the request with its model, the way it goes, and where its pictures flow."""

    request: ImageRequest
    route: Route
    base_url: str
    model: str
    key: Key | None
    open_sink: OpenSink
    cancel: Cancel
    hear: Callable[[Answered], None]
    stream: bool
    previews: bool
    "Whether anybody looks at partials; without a viewer their bytes are not even decoded."
    deadline: float
    "time.monotonic() by which the answer must be whole."
    main_model: str | None = None
    way: Way | None = None
    image_input: str = "data"
    uploads: Uploads | None = None
    files_again: bool = False


class Provider(Protocol):
    """Speaks one dialect."""

    def endpoint(self, request: ImageRequest, route: Route) -> str:
        """The path below the base URL that this request goes to."""

    def answer(self, call: Call) -> Iterator[Event]:
        """Make one call; yields Progress, Partial, TextDelta and Image. Raises ProviderError kinds and Cancelled.

        Once an answer has begun, `call.hear` is told what it said, however it ends.
        """
