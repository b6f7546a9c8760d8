"""What happens while a request runs, and the two seams that events flow through.

Whoever makes events never displays; whoever displays never stores. A `Partial` has another type than an
`Image`, so that a preview can never be saved as a result.

`Sink` and `Cancel` stand here because providers and the library must not know each other: a provider writes the
bytes it decodes into a sink that the library made, and stops when the cancel handle says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .errors import Cancelled

if TYPE_CHECKING:
    from .request import ImageRequest


@dataclass(frozen=True)
class Spooled:
    """A picture that has arrived whole and lies, synced, in a temporary file."""

    sha256: str
    bytes: int
    path: Path


class Sink(Protocol):
    """Where the bytes of one picture go while they arrive."""

    def write(self, data: bytes) -> None:
        """Append decoded bytes. Raises LibraryFull when nothing more fits anywhere."""

    def finish(self) -> Spooled:
        """Make what was written durable and return its digest."""

    def discard(self) -> None:
        """Forget what was written; harmless after `finish` or a second time."""


OpenSink = Callable[[int], Sink]
"Opens the sink of the picture with this index (0-based)."


class Cancel:
    """Stops a run from another thread: sets a flag that waits look at, and calls back whoever blocks in a read."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask the run to stop; may be called from any thread, and again."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise Cancelled if the run was asked to stop."""
        if self.cancelled:
            raise Cancelled

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called at `cancel`, at once if that was before; returns a function that takes it back."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

    def sleep(self, seconds: float) -> None:
        """Wait that long, or until cancelled, which raises Cancelled."""
        self._event.wait(seconds)
        self.check()


@dataclass(frozen=True)
class Started:
    """The request is recorded as running and goes to `route`."""

    generation_id: str
    route: str
    request: ImageRequest
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """An HTTP call is about to be made; `wait` is how long was waited before it, in seconds."""

    number: int
    route: str
    endpoint: str
    retry_reason: str | None = None
    wait: float = 0.0


@dataclass(frozen=True)
class Progress:
    """The run has reached a stage: such as "waiting", "drawing" or "fetching"."""

    stage: str


@dataclass(frozen=True)
class Partial:
    """An unfinished picture, never a result. `index` counts partials from 0; `image` is the picture it belongs to."""

    index: int
    data: bytes = field(repr=False)
    image: int = 0


@dataclass(frozen=True)
class TextDelta:
    """Some text of the answer."""

    text: str


@dataclass(frozen=True)
class Image:
    """A finished picture has arrived whole. `meta` is what the provider said about it, without the bytes."""

    index: int
    spooled: Spooled
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered:
    """What the provider has said, however its answer ended: no event, but what a record holds about the answer."""

    effective: Mapping[str, Any] = field(default_factory=dict)
    "size, quality, background, output_format as the provider says it used them."
    usage: Mapping[str, Any] | None = None
    model: str | None = None
    status: int | None = None
    request_id: str | None = None
    revised_prompt: str | None = None
    text: str | None = None
    partials_received: int = 0
    seconds_to_first_byte: float | None = None
    seconds_to_first_partial: float | None = None
    streamed: bool = False
    response_id: str | None = None
    "The id by which a conversation can be gone on from."
    unknown_events: int = 0
    notes: tuple[str, ...] = ()
    "What the answer had beside the pictures that is to be known: a call that failed."
    began: bool = False
    "Whether any of what was asked for had begun to come."
    sketch: bool = False
    "True when the answer says that it is imgnb's offline sketch, over whichever route it came."


@dataclass(frozen=True)
class Finished:
    """The generation is stored."""

    generation: Any


@dataclass(frozen=True)
class Replayed:
    """The library had the answer; nothing was sent."""

    generation: Any


@dataclass(frozen=True)
class Failed:
    """The run ended without success; `generation` is its record, where one could be written."""

    error: BaseException
    generation: Any = None


Event = Started | Attempt | Progress | Partial | TextDelta | Image | Finished | Replayed | Failed
