"""One notebook output that shows a generation from first to last.

Its bundle has the same two keys from beginning to end, a picture and `text/plain`, and the text never changes; all that
varies is painted into the picture or stands in the output's metadata. What front ends do with it was tried out: updates
by display id sharpen in place without flicker, and the saved notebook holds the last one only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from ..config import Embed
from ..errors import ImgnbError
from ..events import Attempt, Event, Failed, Finished, Partial, Progress, Replayed, Started, TextDelta
from ..pictures import bundle_of, strip
from ..records.figures import PLAIN, Presentation
from ..request import ImageRequest
from .ended import final_bundle, words_told
from .figure_line import tell_figure
from .painting import Painting
from .terminal import stage_of

if TYPE_CHECKING:
    from IPython.display import DisplayHandle


class CellOutput:
    """Shows events. With `live`, the output is opened at once and updated in place; without, only the end is shown.

    `show` takes an event, `tick` paints the time anew; both are to be called on the thread that displays.
    """

    def __init__(
        self, request: ImageRequest, *, live: bool, embed: Embed = "preview", presentation: Presentation = PLAIN
    ) -> None:
        self._request = request
        self._presentation = presentation
        self._alt = presentation.alt or request.prompt
        self._live = live
        self._embed = embed
        self._painting = Painting(request)
        self._handle: DisplayHandle | None = None
        self._shown: object = None
        self._started = time.monotonic()
        self._stage = "starting"
        self._facts: dict[str, Any] = {"stage": "waiting", **presentation.facts}

    def show(self, event: Event) -> None:
        """Show an event, if it changes what is to be seen."""
        if isinstance(event, Finished | Replayed):
            self.finish(event.generation)
        elif isinstance(event, Failed):
            self.fail(event.error)
        elif self._live:
            self._follow(event)

    def tick(self) -> None:
        """Paint the elapsed time and stage anew, opening the output if it is not open yet."""
        if not self._live:
            return
        shown = self._painting.paint(self._stage, time.monotonic() - self._started)
        self._put(bundle_of(shown, alt=self._alt, facts=self._facts, size=self._painting.size))

    def finish(self, generation: Any) -> None:
        """Show the finished generation: the bundle that stays in the notebook, and below it caption and words."""
        self._put(final_bundle(generation, self._presentation, alt=self._alt, embed=self._embed))
        if generation.assets and self._presentation.numbered:
            tell_figure(self._presentation, generation.id)
        for _, words in words_told(generation):
            print(words)

    def fail(self, error: BaseException) -> None:
        """Leave a small strip where the picture was to be; nothing, where none was announced."""
        if self._handle is None:
            return
        kind: Literal["cancelled", "failed"] = "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"
        text = error.message if isinstance(error, ImgnbError) else str(error) or type(error).__name__
        shown = strip(text, kind, alpha=self._request.background == "transparent")
        generation = getattr(error, "generation", None)
        facts = {**self._facts, "stage": kind, **(generation.facts if generation else {})}
        self._put(bundle_of(shown, alt=self._alt, facts=facts))

    def _follow(self, event: Event) -> None:
        if isinstance(event, Started):
            self._stage = f"{event.route} is asked"
            self._facts |= {"generation": event.generation_id, "route": event.route}
        elif isinstance(event, Attempt):
            self._stage = stage_of(event)
            self._facts |= {"route": event.route}
        elif isinstance(event, TextDelta):
            self._stage = "writing"
        elif isinstance(event, Progress):
            self._stage = event.stage
        elif isinstance(event, Partial):
            asked, count = self._request.partial_images, self._request.n or 1
            picture = f"picture {event.image + 1} of {count}, " if count > 1 else ""
            self._stage = f"{picture}preview {event.index + 1}" + (f" of {asked}" if asked else "")
            self._facts |= {"stage": "partial"}
            self._painting.take(event)

    def _put(self, shown: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
        from IPython.display import DisplayHandle, display

        if shown == self._shown:
            return
        data, metadata = shown
        if self._handle is not None:
            self._handle.update(data, metadata=metadata, raw=True)
        elif self._live:
            # Known before it is shown: an interrupt in between must not leave an output that nobody updates.
            self._handle = DisplayHandle()
            self._handle.display(data, metadata=metadata, raw=True)
        else:
            display(data, metadata=metadata, raw=True)
        self._shown = shown  # only now: what an interrupt cut off is sent again
